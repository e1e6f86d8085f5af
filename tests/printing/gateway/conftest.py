# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town whose gateway answers in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.gateway import Gateway
from allmende.printing.print_service import PrintService
from makers import make_chip, make_person, make_queue, make_town
from printing.gateway.ipp_client import Client


@pytest.fixture
def town(transactional_db: None) -> Municipality:
    town = make_town(trusted_networks=["127.0.0.0/8"], login_domains=["zerbst", "zerbst.example"])
    make_queue(town)
    return town


@pytest.fixture
def anna(town: Municipality) -> Person:
    person = make_person(town, "anna", password="a password of anna")
    make_chip(person)
    return person


@pytest.fixture
async def service(anna: Person, home: Path) -> AsyncIterator[PrintService]:
    service = PrintService.from_settings()
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def gateway(service: PrintService) -> Gateway:
    return Gateway(service)


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client(gateway)
