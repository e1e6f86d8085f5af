# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A test page goes the way of every job, straight to its device."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest
from django.core.exceptions import PermissionDenied

from allmende.directory.audit import AuditEntry
from allmende.printing.administration.device_test_pages import NoServiceError, print_test_page
from allmende.printing.delivery.port import DeliveryOrder, Progress, set_running_delivery
from allmende.printing.job_access import open_with_enrolment_key
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, SealedTo
from allmende.printing.print_service import PrintService, set_running_service
from allmende.seal import FileKey
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    def __init__(self) -> None:
        self.orders: list[DeliveryOrder] = []

    def new_holder(self) -> str:
        return "test"

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        self.orders.extend(orders)

    def warm(self, device_id: int) -> None:
        pass

    def withdraw(self, job_id: int) -> None:
        pass

    def stop_job(self, job_id: int) -> None:
        pass

    def progress(self, job_id: int) -> Progress | None:
        return None

    def inspect_later(self, job_id: int, file_key: FileKey) -> None:
        pass


@pytest.fixture
def service(transactional_db: None) -> Iterator[PrintService]:
    """The real service on a loop of its own, as in the server's process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> PrintService:
        started = PrintService.from_settings()
        await started.start()
        return started

    running = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    set_running_service(running)
    yield running
    set_running_service(None)
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recording = Recorder()
    set_running_delivery(recording)
    yield recording
    set_running_delivery(None)


def test_it_goes_to_its_device_at_once(service: PrintService, recorder: Recorder) -> None:
    town = make_town()
    it = make_person(town, "it", it=True)
    device = make_device(town)
    number = print_test_page(it, device)
    job = Job.objects.get(pk=number)
    assert (job.state, job.device, job.person, job.sealed_to) == (
        State.RELEASED,
        device,
        it,
        SealedTo.ENROLMENT,
    )
    (order,) = recorder.orders
    assert (order.job_id, order.device_id, order.holder) == (number, device.pk, "test")
    opened = open_with_enrolment_key(job, town)
    assert opened is not None
    assert AuditEntry.objects.get(action="device.test_page").detail == {"job": number}


def test_without_a_service_nothing_is_made(transactional_db: None) -> None:
    town = make_town()
    it = make_person(town, "it", it=True)
    with pytest.raises(NoServiceError):
        print_test_page(it, make_device(town))
    assert not Job.objects.exists()


def test_only_the_towns_own_it_may(service: PrintService, recorder: Recorder) -> None:
    town = make_town()
    device = make_device(town)
    for actor in (make_person(town, "anna"), make_person(make_town("coswig"), "it", it=True)):
        with pytest.raises(PermissionDenied):
            print_test_page(actor, device)
    assert not Job.objects.exists()
