# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Counting: what a change of a job means for the ledger, written in that change's own transaction.

    change        from         what is counted
    FINISH        delivering   the device's word, else our own count (estimate)
    LOSE_SIGHT    delivering   what the device says came out so far, nothing where it is silent
    CANCEL        delivering   the same: a job cut short counts what came out
    CONFIRM       uncertain    the rest: its owner says that all of it came out (estimate)
    RETRY         uncertain    a counter-entry of what was counted: its owner says that it did not come out

Always holds: a change is made once (`job_changes`: a conditional update), so a delivery counts once, also when its process was killed and
another recovered it; the unique key of the entry (job, release, reason) says the same to the database. A job that nobody ever settles
stays as the device reported it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from allmende.printing.budget_reservations import settle_budgets
from allmende.printing.job_states import Change, State
from allmende.printing.job_tickets import released_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import append_entry, local_day
from allmende.printing.ledger.job_counts import (
    DeviceWord,
    SheetCount,
    count_of_part,
    count_of_whole,
    media_class,
    own_count,
    rest_of,
)
from allmende.printing.ledger.sheets import EntryReason, SheetEntry

_ENDS: Final = frozenset({Change.FINISH, Change.LOSE_SIGHT, Change.CANCEL, Change.RETURN})
_SETTLES: Final = frozenset({Change.CONFIRM, Change.RETRY})


def count_change(job: Job, old: State, change: Change, columns: dict[str, Any], at: datetime) -> None:
    """Called by `change_job` within its transaction; `columns` are what the change sets on the job's row."""
    if old in {State.RELEASED, State.DELIVERING} and change in _ENDS:
        count = _count_of_delivery(job, old, change, columns)
        entry = _entry(job, count, EntryReason.COUNTED, at) if count is not None else None
    elif old is State.UNCERTAIN and change in _SETTLES:
        entry = _settle(job, change, at)
    else:
        return
    settle_budgets(job, entry, local_day(at))
    if entry is not None:
        append_entry(entry)


def counted_of(job: Job) -> SheetEntry | None:
    """What the ledger has of the job's last delivery, without what its owner said later."""
    if job.released_at is None:
        return None
    return SheetEntry.objects.filter(
        job_number=job.pk, released_at=job.released_at, reason=EntryReason.COUNTED
    ).first()


def whole_count(job: Job) -> SheetCount:
    """Our own count of the job as it was released."""
    return own_count(job.pages, job.colour_pages, released_ticket(job))


def _count_of_delivery(job: Job, old: State, change: Change, columns: dict[str, Any]) -> SheetCount | None:
    if old is not State.DELIVERING or change is Change.RETURN:
        return None
    word = DeviceWord(
        columns.get("impressions_completed", job.impressions_completed),
        columns.get("colour_completed", job.colour_completed),
        columns.get("sheets_completed", job.sheets_completed),
    )
    count = count_of_whole if change is Change.FINISH else count_of_part
    return count(whole_count(job), word, pages_known=job.pages is not None)


def _settle(job: Job, change: Change, at: datetime) -> SheetEntry | None:
    counted = counted_of(job)
    if change is Change.RETRY:
        return counter_entry(counted, EntryReason.DENIED, at) if counted is not None else None
    before = SheetCount()
    if counted is not None:
        before = SheetCount(counted.impressions_mono, counted.impressions_colour, counted.sheets)
    rest = rest_of(whole_count(job), before)
    return _entry(job, rest, EntryReason.CONFIRMED, at) if rest.impressions or rest.sheets else None


def counter_entry(entry: SheetEntry, reason: EntryReason, at: datetime, note: str = "") -> SheetEntry:
    """Takes back all of an entry, today: a month that was billed is not changed afterwards."""
    return SheetEntry(
        municipality_id=entry.municipality_id,
        day=local_day(at),
        at=at,
        device_id=entry.device_id,
        cost_centre_id=entry.cost_centre_id,
        person_id=entry.person_id,
        job_number=entry.job_number,
        released_at=entry.released_at,
        kind=entry.kind,
        media=entry.media,
        is_duplex=entry.is_duplex,
        impressions_mono=-entry.impressions_mono,
        impressions_colour=-entry.impressions_colour,
        sheets=-entry.sheets,
        is_estimate=entry.is_estimate,
        reason=reason,
        reverses=entry,
        note=note,
    )


def _entry(job: Job, count: SheetCount, reason: EntryReason, at: datetime) -> SheetEntry:
    return SheetEntry(
        municipality_id=job.municipality_id,
        day=local_day(at),
        at=at,
        device_id=job.device_id,
        cost_centre_id=job.cost_centre_id,
        person_id=job.person_id,
        job_number=job.pk,
        released_at=job.released_at,
        media=media_class(released_ticket(job).media or job.media),
        is_duplex=count.is_duplex,
        impressions_mono=count.mono,
        impressions_colour=count.colour,
        sheets=count.sheets,
        is_estimate=count.is_estimate,
        reason=reason,
    )
