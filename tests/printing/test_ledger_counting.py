# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes out is counted, once, whatever becomes of the delivery."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.ipp import JobState
from allmende.printing.job_changes import change_job, release_columns
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.job_tickets import TicketChanges, released_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.figures import sum_sheets
from allmende.printing.ledger.rebuilding import compare_totals, rebuild_totals
from allmende.printing.ledger.rollups import SheetMonth, SheetTotal
from allmende.printing.ledger.sheets import AppendOnlyError, SheetEntry
from allmende.printing.visit.release import settle_uncertain
from makers import make_device, make_job, make_person, make_queue, make_town
from printing.delivering import delivering, wait_for_state
from printing.scripted_device import DeviceJob, scripted_printer
from printing.standing import stand, stand_and_release

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = "0123456789abcdef"


def rows() -> list[tuple[Any, ...]]:
    """(mono, colour, sheets, estimate, reason) of each entry, after a look at the sums."""
    assert compare_totals().is_right
    names = ("impressions_mono", "impressions_colour", "sheets", "is_estimate", "reason")
    return list(SheetEntry.objects.values_list(*names))


def delivering_job(changes: TicketChanges = TicketChanges(), **fields: Any) -> Job:  # noqa: B008
    town = make_town()
    person = make_person(town, cost_centre="1101")
    job = make_job(town, person, **fields).job
    device = make_device(town)
    columns = release_columns(
        device_id=device.pk, holder="x.1", cost_centre_id=person.cost_centre_id, changes=changes
    )
    change_job(job, Change.RELEASE, **columns)
    change_job(job, Change.BEGIN, device_job_id=7)
    return job


def test_a_finished_job_counts_as_the_device_says() -> None:
    job = delivering_job(pages=4, colour_pages=1)
    change_job(job, Change.FINISH, impressions_completed=4, colour_completed=2, sheets_completed=2)
    assert rows() == [(2, 2, 2, False, "counted")]
    entry = SheetEntry.objects.get()
    assert (entry.job_number, entry.person_id, entry.cost_centre, entry.is_duplex) == (
        job.pk,
        job.person_id,
        job.cost_centre,
        True,
    )
    assert entry.cost_centre is not None
    assert entry.cost_centre.number == "1101"
    assert entry.day == timezone.localdate()


def test_a_silent_device_leaves_our_own_count_with_what_the_person_changed() -> None:
    changes = TicketChanges(copies=3, sides="two-sided-long-edge", page_ranges=((1, 3),))
    job = delivering_job(changes, pages=10, colour_pages=0)
    assert released_ticket(Job.objects.get()).copies == 3
    change_job(job, Change.FINISH)
    assert rows() == [(9, 0, 6, True, "counted")]


@pytest.mark.parametrize("change", [Change.LOSE_SIGHT, Change.CANCEL])
def test_a_job_cut_short_counts_what_came_out(change: Change) -> None:
    job = delivering_job(pages=10)
    change_job(job, change, impressions_completed=3, sheets_completed=3)
    assert rows() == [(3, 0, 3, False, "counted")]


@pytest.mark.parametrize("change", [Change.LOSE_SIGHT, Change.CANCEL, Change.RETURN])
def test_what_nobody_reported_is_not_counted(change: Change) -> None:
    job = delivering_job(pages=10)
    change_job(job, change, impressions_completed=0)
    assert rows() == []


def test_an_owner_who_says_that_it_came_out_adds_the_rest() -> None:
    job = delivering_job(pages=10)
    change_job(job, Change.LOSE_SIGHT, impressions_completed=3, sheets_completed=3, holder="")
    change_job(job, Change.CONFIRM)
    assert rows() == [(3, 0, 3, False, "counted"), (7, 0, 7, True, "confirmed")]


def test_an_owner_who_says_that_it_did_not_takes_it_back_and_the_next_try_counts() -> None:
    job = delivering_job(pages=10)
    change_job(job, Change.LOSE_SIGHT, impressions_completed=3, sheets_completed=3, holder="")
    change_job(job, Change.RETRY)
    assert rows() == [(3, 0, 3, False, "counted"), (-3, 0, -3, False, "denied")]
    assert job.device_id is not None
    columns = release_columns(
        device_id=job.device_id, holder="x.2", cost_centre_id=None, changes=TicketChanges()
    )
    change_job(job, Change.RELEASE, **columns)
    change_job(job, Change.BEGIN)
    change_job(job, Change.FINISH, impressions_completed=10, sheets_completed=10)
    assert rows()[2:] == [(10, 0, 10, False, "counted")]
    (whole,) = sum_sheets(job.municipality_id, timezone.localdate(), timezone.localdate())
    assert (whole.impressions, whole.sheets) == (10, 10)


def test_a_change_that_came_too_late_counts_nothing() -> None:
    job = delivering_job()
    stale = Job.objects.get()
    change_job(job, Change.FINISH, impressions_completed=1, sheets_completed=1)
    with pytest.raises(ForbiddenChangeError):
        change_job(stale, Change.FINISH, impressions_completed=1, sheets_completed=1)
    assert rows() == [(1, 0, 1, False, "counted")]


def test_an_entry_is_never_changed_or_deleted() -> None:
    change_job(delivering_job(), Change.FINISH)
    entry = SheetEntry.objects.get()
    entry.sheets = 0
    for deed in (
        entry.save,
        entry.delete,
        SheetEntry.objects.all().delete,
        lambda: SheetEntry.objects.update(sheets=0),
        lambda: SheetEntry.objects.bulk_update([entry], ["sheets"]),
    ):
        with pytest.raises(AppendOnlyError):
            deed()
    assert SheetEntry.objects.get().sheets == 1


def test_wrong_sums_are_found_and_made_anew() -> None:
    change_job(delivering_job(pages=4), Change.FINISH)
    SheetTotal.objects.update(sheets=5)
    SheetMonth.objects.all().delete()
    found = compare_totals()
    assert (found.entries, found.wrong_days, found.wrong_months) == (1, 1, 1)
    assert rebuild_totals() == 3
    assert compare_totals().is_right
    assert SheetMonth.objects.get().sheets == 4


async def test_a_real_delivery_counts_once() -> None:
    async with scripted_printer() as printer, delivering():
        standing = await stand_and_release(printer.uri)
        await wait_for_state(standing.job_ids[0], State.PRINTED)
    assert await sync_to_async(rows)() == [(1, 0, 1, False, "counted")]


async def test_a_job_that_a_killed_process_left_is_counted_once_by_the_next() -> None:
    def left_behind(uri: str) -> None:
        standing = stand(uri)
        Job.objects.update(
            state=State.DELIVERING.value,
            holder=f"{DEAD}.abc",
            device=standing.device,
            device_job_id=1,
            impressions_completed=0,
            released_at=timezone.now() - timedelta(minutes=1),
        )

    async with scripted_printer() as printer:
        printer.jobs = [DeviceJob(1, "allmende-abc", JobState.COMPLETED, 1, 1)]
        await sync_to_async(left_behind)(printer.uri)
        job_id = (await Job.objects.aget()).pk
        async with delivering(), delivering():
            await wait_for_state(job_id, State.PRINTED)
        async with delivering():
            await asyncio.sleep(0)
    assert await sync_to_async(rows)() == [(1, 0, 1, False, "counted")]


def test_a_dead_process_of_which_nothing_can_be_asked_leaves_what_it_had_noted() -> None:
    job = delivering_job(pages=10)
    Job.objects.filter(pk=job.pk).update(impressions_completed=4, sheets_completed=4)
    change_job(Job.objects.get(), Change.LOSE_SIGHT, reason="service-restarted", holder="")
    assert rows() == [(4, 0, 4, False, "counted")]


async def test_a_direct_queue_counts_too() -> None:
    def send(uri: str) -> int:
        town = make_town()
        person = make_person(town, cost_centre="1101")
        queue = make_queue(town, make_device(town, uri=uri))
        return make_job(town, person, queue=queue).job.pk

    async with scripted_printer() as printer, delivering() as delivery:
        job_id = await sync_to_async(send)(printer.uri)
        # Unless the delivery's own look for jobs that wait has found it before.
        await delivery.deliver_direct(job_id)
        await wait_for_state(job_id, State.PRINTED)
    assert await sync_to_async(rows)() == [(1, 0, 1, False, "counted")]
    entry = await SheetEntry.objects.aget()
    assert entry.cost_centre_id is not None


def test_the_owner_settles_at_the_panel() -> None:
    standing = stand()
    Job.objects.update(
        state=State.UNCERTAIN.value, device=standing.device, released_at=timezone.now(), pages=5
    )
    assert settle_uncertain(standing.visit, standing.job_ids[0], came_out=True).done
    assert rows() == [(5, 0, 5, True, "confirmed")]
