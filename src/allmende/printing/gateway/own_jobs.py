# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one door to stored jobs for clients: a requester's own jobs of this town and queue, and no others.

Own is: of the same person; for a requester who has no more than a name to show, known or not, what came under the same name from the
same address (a name alone is a hint that anybody can give).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from django.db.models import QuerySet

from allmende.printing.gateway.calls import Call
from allmende.printing.job_states import TERMINAL, State
from allmende.printing.jobs import Job

MAX_JOBS: Final = 500
_DONE: Final = [state.value for state in TERMINAL]

Which = Literal["completed", "not-completed", "all"]


async def find_own_job(call: Call, job_id: int) -> Job | None:
    """The job, if it is the requester's; None is also the answer for everybody else's."""
    return await call.parts.service.run_sync(_find, call, job_id)


async def list_own_jobs(
    call: Call,
    which: Which,
    *,
    limit: int,
    first_index: int = 1,
    first_job_id: int = 0,
    job_ids: Sequence[int] = (),
) -> list[Job]:
    """At most `limit` (and MAX_JOBS) from the place `first_index` on, which counts from 1 among the jobs from `first_job_id` on.

    Open ones oldest first, complete ones newest first (RFC 8011 §4.2.6.2).
    """
    places = slice(first_index - 1, first_index - 1 + min(limit, MAX_JOBS))
    return await call.parts.service.run_sync(_list, call, which, places, first_job_id, job_ids)


def own_jobs(call: Call) -> QuerySet[Job]:
    """Synchronous."""
    jobs = Job.objects.filter(municipality_id=call.queue.town.id, queue_id=call.queue.id)
    return jobs.filter(call.requester.owns())


def _find(call: Call, job_id: int) -> Job | None:
    if not 0 < job_id < 2**31:
        return None
    return own_jobs(call).filter(pk=job_id).first()


def _list(call: Call, which: Which, places: slice, first_job_id: int, job_ids: Sequence[int]) -> list[Job]:
    jobs = own_jobs(call)
    if job_ids:
        jobs = jobs.filter(pk__in=list(job_ids)[:MAX_JOBS])
    completed = call.queue.tells_completed
    if which == "not-completed":
        jobs = jobs.filter(state=State.INCOMING.value) if completed else jobs.exclude(state__in=_DONE)
    elif which == "completed":
        jobs = jobs.exclude(state=State.INCOMING.value) if completed else jobs.filter(state__in=_DONE)
    if first_job_id:
        jobs = jobs.filter(pk__gte=first_job_id)
    return list(jobs.order_by("-pk" if which == "completed" else "pk")[places])
