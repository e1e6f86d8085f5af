# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What deliveries and taps learn of a device's state, as panels and the town's IT then see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from allmende.devices.devices import Device
from allmende.ipp import Operation, PrinterState, make
from allmende.ipp.message import Attribute
from allmende.printing.delivery import delivery as delivery_module
from allmende.printing.delivery import devices, host
from allmende.printing.delivery.delivery import Delivery
from allmende.printing.delivery.records import note_waiting
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.visit.release import release_jobs
from devices.programs import free_port
from devices.scripted_device import tls_context
from makers import make_job
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import Deed, cut, scripted_printer, stay_silent
from printing.standing import stand, stand_and_release

pytestmark = pytest.mark.django_db(transaction=True)


def says(state: PrinterState, *reasons: str) -> list[Attribute]:
    return [
        make.enum("printer-state", state),
        make.keyword("printer-state-reasons", *(reasons or ("none",))),
    ]


async def wait_for_device(condition: Callable[[Device], bool]) -> Device:
    async with asyncio.timeout(20):
        while not condition(device := await Device.objects.aget()):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)
    return device


async def test_a_tap_tells_the_device_s_state_and_a_fault_is_asked_for_anew() -> None:
    jam = says(PrinterState.STOPPED, "media-jam-error")
    async with scripted_printer(extra=jam) as printer, delivering():
        standing = await sync_to_async(stand)(printer.uri)
        device = await wait_for_device(lambda device: device.state == "stopped")
        assert device.state_reasons == ["media-jam-error"]
        assert device.seen_at is not None
        printer.extra = says(PrinterState.IDLE)
        await sync_to_async(standing.tap)()
        assert (await wait_for_device(lambda device: device.state == "idle")).state_reasons == []


async def test_a_well_device_is_not_asked_at_each_tap() -> None:
    async with scripted_printer(extra=says(PrinterState.IDLE)) as printer, delivering():
        standing = await sync_to_async(stand)(printer.uri)
        await wait_for_device(lambda device: device.state == "idle")
        asked = printer.times_asked(Operation.GET_PRINTER_ATTRIBUTES)
        for _ in range(3):
            await sync_to_async(standing.tap)()
        await sync_to_async(standing.release)()
        await wait_for_state(standing.job_ids[0], State.PRINTED)
        assert printer.times_asked(Operation.GET_PRINTER_ATTRIBUTES) == asked


async def test_a_device_that_is_away_is_shown_as_such() -> None:
    async with delivering():
        standing = await stand_and_release(f"ipp://127.0.0.1:{free_port()}/ipp/print")
        await wait_for_state(standing.job_ids[0], State.HELD)
        device = await wait_for_device(lambda device: device.state == "unreachable")
        assert device.seen_at is None


async def test_who_waited_in_vain_waited_for_those_behind_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten jobs at a device that is switched off come back at once, not one in every half minute."""
    waited = []

    def note(job: Job, reason: str) -> None:
        waited.append(job.pk)
        note_waiting(job, reason)

    monkeypatch.setattr(host, "note_waiting", note)
    async with delivering():
        standing = await stand_and_release(f"ipp://127.0.0.1:{free_port()}/ipp/print", jobs=5)
        for job_id in standing.job_ids:
            assert (await wait_for_state(job_id, State.HELD)).reason == "device-offline"
        assert waited == standing.job_ids[:1]


async def test_a_device_with_another_certificate_gets_nothing_and_is_shown(tmp_path: Path) -> None:
    """Also to those who have nothing to print there: the panel must not say that it is ready."""
    idle = says(PrinterState.IDLE)
    async with scripted_printer(extra=idle, tls=tls_context(tmp_path, "first")) as printer:
        async with delivering():
            standing = await stand_and_release(printer.uri, jobs=2)
            await wait_for_state(standing.job_ids[1], State.PRINTED)
            pin = (await wait_for_device(lambda device: device.certificate_sha256 != "")).certificate_sha256
        await printer.close()
        printer.tls = tls_context(tmp_path, "second")
        await printer.open()
        asked = list(printer.asked)
        async with delivering():
            await sync_to_async(standing.tap)()
            await wait_for_device(lambda device: device.state_reasons == ["certificate-changed"])
            job = await sync_to_async(lambda: make_job(standing.town, standing.person).job)()
            await sync_to_async(release_jobs)(standing.visit, [job.pk])
            assert (await wait_for_state(job.pk, State.HELD)).reason == "certificate-changed"
            device = await Device.objects.aget()
            assert (device.state, device.certificate_sha256) == ("unreachable", pin)
            assert printer.asked == asked
            await Device.objects.aupdate(certificate_sha256="")
            await sync_to_async(standing.tap)()
            await wait_for_device(lambda device: device.state == "idle" and not device.state_reasons)


@pytest.mark.parametrize("deed", [cut, stay_silent])
async def test_a_device_that_does_not_tell_its_state_is_away(deed: Deed) -> None:
    misdeeds = {Operation.GET_PRINTER_ATTRIBUTES: [deed]}
    async with scripted_printer(misdeeds=misdeeds) as printer, delivering():
        await sync_to_async(stand)(printer.uri)
        await wait_for_device(lambda device: device.state == "unreachable")


async def test_a_device_is_asked_by_itself_whether_it_is_well_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "STATE_AGE", 0.05)
    monkeypatch.setattr(delivery_module, "HEARTBEAT", timedelta(seconds=0.05))
    async with scripted_printer(extra=says(PrinterState.STOPPED, "media-jam-error")) as printer, delivering():
        await sync_to_async(stand)(printer.uri)
        await wait_for_device(lambda device: device.state == "stopped")
        printer.extra = says(PrinterState.IDLE)
        await wait_for_device(lambda device: device.state == "idle" and not device.state_reasons)


async def test_a_state_is_not_written_to_another_address() -> None:
    async with scripted_printer(extra=says(PrinterState.IDLE)) as printer, delivering() as delivery:
        standing = await sync_to_async(stand)(printer.uri)
        await wait_for_device(lambda device: device.state == "idle")
        known = delivery._printers[standing.device.pk]
        await Device.objects.aupdate(uri="ipp://127.0.0.1:1/other", state="unknown")
        known._noted = None
        await delivery._note_state(known)
        assert (await Device.objects.aget()).state == "unknown"


async def test_a_device_shows_itself_once_in_a_while_however_often_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scripted_printer() as printer, delivering() as delivery:
        device_id = (await sync_to_async(stand)(printer.uri)).device.pk
        for _ in range(3):
            await identified(delivery, device_id)
        assert printer.times_asked(Operation.IDENTIFY_PRINTER) == 1
        monkeypatch.setattr(delivery_module, "IDENTIFY_PAUSE", 0.0)
        delivery._identify_from.clear()
        for _ in range(2):
            await identified(delivery, device_id)
        assert printer.times_asked(Operation.IDENTIFY_PRINTER) == 3


@pytest.mark.parametrize("deed", [cut, stay_silent])
async def test_a_device_that_does_not_show_itself_troubles_nobody(deed: Deed) -> None:
    async with (
        scripted_printer(misdeeds={Operation.IDENTIFY_PRINTER: [deed]}) as printer,
        delivering() as delivery,
    ):
        device_id = (await sync_to_async(stand)(printer.uri)).device.pk
        await identified(delivery, device_id)
        assert Operation.IDENTIFY_PRINTER in printer.asked
        await Device.objects.aupdate(uri="socket://127.0.0.1:9")
        delivery._identify_from.clear()
        await identified(delivery, device_id)


async def identified(delivery: Delivery, device_id: int) -> None:
    """Asked, and what was begun for it is over; fails with what went wrong there."""
    before = set(delivery._tasks)
    delivery.identify(device_id)
    await asyncio.gather(*(delivery._tasks - before))
