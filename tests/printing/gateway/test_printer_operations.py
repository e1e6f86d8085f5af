# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on a queue itself: who looks for a printer makes its device show itself, where the queue has one."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from allmende.directory.municipalities import Municipality
from allmende.ipp import Operation, Status, make
from allmende.printing.gateway import Gateway
from allmende.printing.print_service import PrintService
from makers import make_device, make_queue
from printing.gateway.ipp_client import Client


async def test_only_a_direct_queue_s_device_is_asked_to_show_itself(
    gateway: Gateway, service: PrintService, town: Municipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await sync_to_async(lambda: make_device(town, "schalter"))()
    await sync_to_async(make_queue)(town, device)
    asked: list[int] = []
    monkeypatch.setattr(service.delivery, "identify", asked.append)
    held, direct = Client(gateway), Client(gateway, "/ipp/direct/zerbst/schalter")
    assert (await held.send(Operation.IDENTIFY_PRINTER)).code == Status.SUCCESSFUL_OK
    flash = make.keyword("identify-actions", "flash")
    refused = await direct.send(Operation.IDENTIFY_PRINTER, flash)
    assert refused.code == Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert asked == []
    assert (await direct.send(Operation.IDENTIFY_PRINTER)).code == Status.SUCCESSFUL_OK
    assert asked == [device.pk]
