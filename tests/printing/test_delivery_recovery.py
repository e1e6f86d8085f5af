# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""After the death of a process: what it held, judged from the rows and from what the device says."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.documents import make_demo_pdf
from allmende.ipp import JobState, Operation
from allmende.printing.delivery import delivery as delivery_module
from allmende.printing.delivery.holders import DeliveryHolder, LivingHolder, is_dead, known_holders
from allmende.printing.delivery.port import DeliveryOrder, TicketChanges
from allmende.printing.delivery.recovery import recover_dead, release_direct, waiting_direct_jobs
from allmende.printing.delivery.turns import take_turn
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import State
from allmende.printing.job_tickets import write_changes
from allmende.printing.jobs import Job, JobEvent
from allmende.printing.retention import sweep_once
from allmende.spool import SpoolError
from makers import make_device, make_job, make_queue, make_town
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import DeviceJob, ScriptedPrinter, refuse_http, scripted_printer, work_on
from printing.standing import stand

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = "0123456789abcdef"


async def left_behind(uri: str, state: State, **columns: object) -> int:
    """A job as a killed process leaves it."""

    def work() -> int:
        standing = stand(uri)
        Job.objects.update(
            state=state.value,
            holder=f"{DEAD}.abc",
            device=standing.device,
            released_at=timezone.now(),
            **columns,
        )
        return standing.job_ids[0]

    return await sync_to_async(work)()


def device_job(state: JobState, pages: int | None) -> DeviceJob:
    return DeviceJob(1, "allmende-abc", state, pages, pages)


async def test_a_job_that_had_not_begun_is_held_again() -> None:
    job_id = await left_behind("ipp://127.0.0.1:1/ipp/print", State.RELEASED)
    async with delivering():
        job = await Job.objects.aget(pk=job_id)
        assert (job.state, job.reason, job.holder) == (State.HELD, "service-restarted", "")


@pytest.mark.parametrize(
    ("found", "accepted", "state"),
    [
        (device_job(JobState.COMPLETED, 1), True, State.PRINTED),
        (device_job(JobState.COMPLETED, None), True, State.PRINTED),
        (device_job(JobState.COMPLETED, 1), False, State.PRINTED),
        (device_job(JobState.COMPLETED, None), False, State.UNCERTAIN),
        (device_job(JobState.ABORTED, 0), False, State.HELD),
        (device_job(JobState.ABORTED, 1), False, State.UNCERTAIN),
        (device_job(JobState.ABORTED, None), True, State.UNCERTAIN),
        (DeviceJob(1, "somebody else's", JobState.COMPLETED, 1, 1), True, State.UNCERTAIN),
        (None, True, State.UNCERTAIN),
    ],
)
async def test_a_job_that_had_begun_is_asked_for_and_never_sent(
    found: DeviceJob | None, accepted: bool, state: State
) -> None:
    async with scripted_printer() as printer:
        printer.jobs = [found] if found else []
        job_id = await left_behind(
            printer.uri, State.DELIVERING, device_job_id=1, impressions_completed=0 if accepted else None
        )
        async with delivering():
            job = await wait_for_state(job_id, state)
            assert job.holder == ""
        assert not printer.printed or printer.jobs == [found]
        assert all(not one.document for one in printer.jobs)


@pytest.mark.parametrize(("pages", "state"), [(1, State.UNCERTAIN), (2, State.PRINTED)])
async def test_the_copies_chosen_at_the_device_count_also_after_a_crash(pages: int, state: State) -> None:
    """Nobody heard whether the device had all of the document, and it says "completed"."""
    async with scripted_printer() as printer:
        printer.jobs = [device_job(JobState.COMPLETED, pages)]
        changes = write_changes(TicketChanges(copies=2))
        job_id = await left_behind(printer.uri, State.DELIVERING, device_job_id=1, released_changes=changes)
        async with delivering():
            await wait_for_state(job_id, state)


async def test_a_job_that_still_prints_is_followed_to_its_end() -> None:
    async with scripted_printer() as printer:
        going = device_job(JobState.PROCESSING, 0)
        printer.jobs = [going]
        job_id = await left_behind(printer.uri, State.DELIVERING, device_job_id=1, impressions_completed=0)
        async with delivering() as delivery:
            job = await Job.objects.aget(pk=job_id)
            assert job.holder == f"{delivery.process_name}.abc"
            work_on(JobState.COMPLETED, 1, 1)(going)
            await wait_for_state(job_id, State.PRINTED)


@pytest.mark.parametrize("device_job_id", [0, 1])
async def test_what_can_not_be_asked_for_is_uncertain(device_job_id: int) -> None:
    uri = "ipp://127.0.0.1:1/ipp/print" if device_job_id else "socket://127.0.0.1:9100"
    job_id = await left_behind(uri, State.DELIVERING, device_job_id=device_job_id)
    async with delivering():
        await wait_for_state(job_id, State.UNCERTAIN)


async def test_the_turn_of_a_dead_process_is_free_at_once() -> None:
    job_id = await left_behind("ipp://127.0.0.1:1/ipp/print", State.RELEASED)
    device = (await Job.objects.select_related("device").aget(pk=job_id)).device
    assert device is not None
    assert await sync_to_async(take_turn)(device.pk, DEAD)
    assert not await sync_to_async(take_turn)(device.pk, "somebody else")
    async with delivering():
        assert await sync_to_async(take_turn)(device.pk, "somebody else")


async def test_what_a_living_process_holds_is_left_alone() -> None:
    def begin() -> LivingHolder:
        living = LivingHolder()
        living.start()
        return living

    living = await sync_to_async(begin)()
    job_id = await left_behind("ipp://127.0.0.1:1/ipp/print", State.RELEASED)
    await Job.objects.aupdate(holder=f"{living.name}.abc")
    async with delivering() as delivery:
        assert (await Job.objects.aget(pk=job_id)).state == State.RELEASED
        living.abandon()
        await delivery._recover()
        assert (await Job.objects.aget(pk=job_id)).state == State.HELD


def test_death_by_kill_is_seen_at_once(home: Path) -> None:
    """A process that is killed lets go of its lock in that moment, whatever its heartbeat says."""
    living = LivingHolder()
    living.start()
    assert not is_dead(living.name)
    living.abandon()
    assert is_dead(living.name)


def test_a_machine_that_is_silent_is_dead_after_a_while() -> None:
    DeliveryHolder.objects.create(name="far", place="another machine", seen_at=timezone.now())
    assert not is_dead("far")
    DeliveryHolder.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert is_dead("far")


def test_the_dead_are_forgotten_also_when_they_held_nothing(home: Path) -> None:
    dead, living = LivingHolder(), LivingHolder()
    for holder in (dead, living):
        holder.start()
    dead.abandon()
    assert recover_dead("own", "own") == []
    assert known_holders() == {living.name}
    assert [path.name for path in (home / "holders").iterdir()] == [living.name]


async def direct_job(printer: ScriptedPrinter, **columns: object) -> int:
    def work() -> int:
        town = make_town()
        device = make_device(town, uri=printer.uri)
        return make_job(town, None, queue=make_queue(town, device), **columns).job.pk

    return await sync_to_async(work)()


async def test_a_direct_queue_prints_without_a_chip_also_after_a_crash() -> None:
    async with scripted_printer() as printer:
        job_id = await direct_job(printer, holder=f"{DEAD}.abc")
        await Job.objects.aupdate(state=State.RELEASED.value)
        async with delivering():
            await wait_for_state(job_id, State.PRINTED)
        assert len(printer.printed) == 1


async def test_a_direct_queue_prints_in_the_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the database is slow with the first job."""
    documents = [make_demo_pdf(name) for name in ("Eins", "Zwei", "Drei")]
    overtaken = threading.Event()

    def release(job_id: int, holder: str) -> DeliveryOrder | None:
        if job_id != job_ids[0]:
            overtaken.set()
        else:
            overtaken.wait(0.3)
        return release_direct(job_id, holder)

    def send(uri: str) -> list[int]:
        town = make_town()
        queue = make_queue(town, make_device(town, uri=uri))
        return [make_job(town, None, queue=queue, document=document).job.pk for document in documents]

    monkeypatch.setattr(delivery_module, "release_direct", release)
    async with scripted_printer() as printer:
        job_ids = await sync_to_async(send)(printer.uri)
        async with delivering() as delivery:
            await asyncio.gather(*map(delivery.deliver_direct, job_ids))
            await wait_for_state(job_ids[-1], State.PRINTED)
        assert printer.printed == documents


async def test_a_direct_queue_does_not_repeat_what_the_device_refused() -> None:
    async with scripted_printer(formats=("image/jpeg",)) as printer:
        job_id = await direct_job(printer)
        async with delivering():
            await wait_until_reason(job_id, "format-not-supported")
            await Job.objects.aupdate(released_at=timezone.now() - timedelta(hours=1))
            assert await sync_to_async(waiting_direct_jobs)() == []


async def test_a_direct_queue_does_not_repeat_what_may_be_on_paper() -> None:
    """A web server that gives up while the printer behind it prints."""
    only = (Operation.PRINT_JOB, Operation.GET_PRINTER_ATTRIBUTES)
    async with scripted_printer(
        operations=only, misdeeds={Operation.PRINT_JOB: [refuse_http("504 Gateway Timeout")]}
    ) as printer:
        job_id = await direct_job(printer)
        async with delivering():
            await wait_for_state(job_id, State.UNCERTAIN)
            await Job.objects.aupdate(released_at=timezone.now() - timedelta(hours=1))
            assert await sync_to_async(waiting_direct_jobs)() == []


async def test_a_direct_queue_tries_again_when_the_spool_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Iterator[bytes]:
        raise SpoolError("no answer")

    async with scripted_printer() as printer:
        job_id = await direct_job(printer, spooled=True)
        with monkeypatch.context() as away:
            away.setattr(type(job_spool()), "read", fail)
            async with delivering():
                await wait_until_reason(job_id, "spool-silent")
        await Job.objects.aupdate(released_at=timezone.now() - timedelta(hours=1))
        async with delivering():
            await wait_for_state(job_id, State.PRINTED)
        assert len(printer.printed) == 1


async def wait_until_reason(job_id: int, reason: str) -> None:
    async with asyncio.timeout(20):
        while not await Job.objects.filter(pk=job_id, reason=reason).aexists():  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.02)


KILLED = """
import os, sys, django
django.setup()
from django.conf import settings
from django.db import connections
from pathlib import Path
settings.HOME = Path(sys.argv[1])
from allmende.printing.delivery.holders import LivingHolder
from unittest.mock import patch
living = LivingHolder()
with patch("allmende.printing.delivery.holders.DeliveryHolder"):
    living.start()
print(living.name, flush=True)
sys.stdin.read()
"""


@pytest.mark.system
async def test_a_killed_process_is_dead(home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        str(home),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"DJANGO_SETTINGS_MODULE": "allmende.server.settings", "ALLMENDE_HOME": str(home), "PATH": ""},
    )
    assert process.stdout is not None
    name = (await process.stdout.readline()).decode().strip()

    def known() -> None:
        from allmende.printing.delivery import holders as delivery_holders

        DeliveryHolder.objects.create(name=name, place=delivery_holders._place(), seen_at=timezone.now())

    await sync_to_async(known)()
    assert not await sync_to_async(is_dead)(name)
    process.kill()
    await process.wait()
    assert await sync_to_async(is_dead)(name)


def test_sweeping_after_a_crash_leaves_events_in_order() -> None:
    stand()
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep_once(job_spool()).expired == 1
    assert [event.change for event in JobEvent.objects.all()] == ["complete", "expire"]
