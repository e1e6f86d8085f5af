# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a personal queue address tells of its person, and what its use leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.printing.gateway.print_queues import QueueView, load_queue
from allmende.printing.gateway.requesters import Requesters
from allmende.printing.jobs import Identity
from allmende.printing.queue_addresses import QueueAddress
from makers import make_person, make_town

pytestmark = pytest.mark.django_db(transaction=True)


async def run(function: Callable[..., Any], *args: Any) -> Any:
    return await sync_to_async(function)(*args)


def make_address() -> tuple[QueueAddress, QueueView]:
    town = make_town()
    address = QueueAddress.objects.create(municipality=town, person=make_person(town))
    queue = load_queue(town.slug, None)
    assert queue is not None
    return address, queue


async def test_that_an_address_is_used_is_known_by_the_day() -> None:
    address, queue = await run(make_address)

    async def use() -> Any:
        requester = await Requesters(run).identify(queue, address.key(), None, None, "192.0.2.1")
        assert requester is not None
        assert (requester.identity, requester.owner.id) == (Identity.ADDRESS, address.person_id)
        await run(address.refresh_from_db)
        return address.last_used_at

    first = await use()
    assert first is not None
    assert await use() == first
    long_ago = timezone.now() - timedelta(days=2)
    await run(lambda: QueueAddress.objects.update(last_used_at=long_ago))
    assert await use() > long_ago


async def test_a_revoked_address_is_nobody_s_and_was_not_used() -> None:
    address, queue = await run(make_address)
    await run(lambda: QueueAddress.objects.update(revoked_at=timezone.now()))
    assert await Requesters(run).identify(queue, address.key(), None, None, "192.0.2.1") is None
    await run(address.refresh_from_db)
    assert address.last_used_at is None
