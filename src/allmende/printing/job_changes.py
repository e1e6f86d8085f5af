# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one place where a job's state changes after its arrival (see `job_states` for the table)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from allmende.directory.people import Person
from allmende.printing.job_states import TERMINAL, Change, ForbiddenChangeError, State, next_state
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview


def change_job(
    job: Job, change: Change, *, actor: Person | None = None, reason: str = "", **columns: Any
) -> State:
    """Make one change of the table, durable when it returns, and write its event in the same transaction.

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
