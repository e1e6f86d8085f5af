# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one place where a job's state changes after its arrival (see `job_states` for the table)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from allmende.directory.people import Person
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_states import TERMINAL, Change, ForbiddenChangeError, State, next_state
from allmende.printing.job_tickets import write_changes
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview
from allmende.printing.ledger.counting import count_change


def change_job(
    job: Job, change: Change, *, actor: Person | None = None, reason: str = "", **columns: Any
) -> State:
    """Make one change of the table, durable when it returns; its event and its sheets are written in the same transaction.

    `columns` are set on the row together with the state; `job` is updated to match. A job that ends loses its document
    and preview here; its spooled file is the sweeper's (`retention`), found by the key that stays in the row until then.
    Raises ForbiddenChangeError when the table has no such change or somebody else changed the job first.
    """
    old = State(job.state)
    new = next_state(old, change)
    now = timezone.now()
    columns["state"] = new.value
    columns["reason"] = reason
    if new in TERMINAL:
        columns["finished_at"] = now
        columns["holder"] = ""
    with transaction.atomic():
        rows = Job.objects.filter(
            pk=job.pk, municipality_id=job.municipality_id, state=old.value, holder=job.holder
        )
        if not rows.update(**columns):
            raise ForbiddenChangeError(old, change)
        if new in TERMINAL:
            JobDocument.objects.filter(job_id=job.pk).delete()
            JobPreview.objects.filter(job_id=job.pk).delete()
        count_change(job, old, change, columns, now)
        JobEvent.objects.create(
            job_id=job.pk,
            municipality_id=job.municipality_id,
            at=now,
            change=change.value,
            state=new.value,
            device_id=columns.get("device_id", job.device_id),
            actor=actor,
            reason=reason,
        )
    for name, value in columns.items():
        setattr(job, name, value)
    return new


def release_columns(
    *,
    device_id: int,
    holder: str,
    cost_centre_id: int | None,
    changes: TicketChanges,
) -> dict[str, Any]:
    """What a release or a take-over sets on the job's row: where it goes, who bears it, and nothing reported yet."""
    return {
        "device_id": device_id,
        "released_at": timezone.now(),
        "holder": holder,
        "cost_centre_id": cost_centre_id,
        "released_changes": write_changes(changes),
        "device_job_id": 0,
        "impressions_completed": None,
        "colour_completed": None,
        "sheets_completed": None,
    }
