# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on jobs that are already here, each on the requester's own alone.

Hold-Job and Release-Job: every job of a held queue is held until its owner's chip is tapped, whatever its client wishes. Hold-Job on it
is fulfilled already; Release-Job takes back the client's own hold and can't print: only the chip opens the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from allmende.directory.people import Person
from allmende.ipp import Attribute, GroupTag, IppError, Status, encode_attributes, make
from allmende.ipp.attribute_groups import select_attributes
from allmende.ipp.job_description import describe_job
from allmende.printing.gateway.calls import Call, answer
from allmende.printing.gateway.errors import not_found
from allmende.printing.gateway.job_views import job_view
from allmende.printing.gateway.own_jobs import MAX_JOBS, Which, find_own_job, list_own_jobs
from allmende.printing.job_endings import cancel_job as cancel_stored_job
from allmende.printing.job_states import TERMINAL, State
from allmende.printing.jobs import Job

_JOB: Final = int(GroupTag.JOB)
_WHICH: Final = frozenset({"completed", "not-completed", "all"})
_DEFAULT_ATTRIBUTES: Final = ("job-id", "job-uri")
#: What Get-Jobs answers at most where the client names no limit.
DEFAULT_LIMIT: Final = 100


async def get_job_attributes(call: Call) -> bytes:
    job = await _own_job(call)
    attributes = _described(call, job)
    requested = call.request.requested_attributes
    selected = select_attributes(attributes, requested, "job")
    return answer(call, Status.SUCCESSFUL_OK, [(_JOB, encode_attributes(selected))])


async def get_jobs(call: Call) -> bytes:
    attributes = call.request.attributes
    which = attributes.keyword("which-jobs") or "not-completed"
    if which not in _WHICH:
        refusal = make.keyword("which-jobs", which[:255])
        return answer(
            call,
            Status.CLIENT_ERROR_ATTRIBUTES_OR_VALUES_NOT_SUPPORTED,
            message="which-jobs",
            unsupported=[refusal],
        )
    jobs = await list_own_jobs(
        call,
        cast("Which", which),
        limit=attributes.integer("limit") or DEFAULT_LIMIT,
        # PWG 5100.13's, a place in the list; and the one that CUPS' clients know, a number.
        first_index=attributes.integer("first-index") or 1,
        first_job_id=attributes.integer("first-job-id") or 0,
        job_ids=attributes.integers("job-ids") or (),
    )
    requested = call.request.requested_attributes or _DEFAULT_ATTRIBUTES
    groups = [
        (_JOB, encode_attributes(select_attributes(_described(call, job), requested, "job"))) for job in jobs
    ]
    return answer(call, Status.SUCCESSFUL_OK, groups)


async def cancel_job(call: Call) -> bytes:
    job = await _own_job(call)
    if job_view(call, job).state.is_terminating:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "The job is complete.")
    if not await call.parts.service.run_sync(_cancel, job, call.requester.owner and call.requester.owner.id):
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "The job is complete.")
    await _forget_open(call, job.pk)
    return answer(call, Status.SUCCESSFUL_OK)


async def cancel_jobs(call: Call) -> bytes:
    """Cancel-Jobs and Cancel-My-Jobs: for a client, all jobs are its own ones (PWG 5100.11 §5.1, §5.2).

    What the client was told to be complete stays, as with Cancel-Job.
    """
    job_ids = call.request.attributes.integers("job-ids") or ()
    if len(job_ids) > MAX_JOBS:
        raise IppError(Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, "job-ids")
    if not job_ids:
        first = 1
        while jobs := await list_own_jobs(call, "not-completed", limit=MAX_JOBS, first_job_id=first):
            await _cancel_all(call, jobs)
            first = jobs[-1].pk + 1
        return answer(call, Status.SUCCESSFUL_OK)
    jobs = await list_own_jobs(call, "all", limit=MAX_JOBS, job_ids=job_ids)
    found = {job.pk: job_view(call, job).state for job in jobs}
    missing = [job_id for job_id in job_ids if job_id not in found or found[job_id].is_terminating]
    if missing:
        status = (
            Status.CLIENT_ERROR_NOT_FOUND
            if any(job_id not in found for job_id in missing)
            else Status.CLIENT_ERROR_NOT_POSSIBLE
        )
        return answer(call, status, message="job-ids", unsupported=[make.integer("job-ids", *missing)])
    await _cancel_all(call, jobs)
    return answer(call, Status.SUCCESSFUL_OK)


async def _cancel_all(call: Call, jobs: Sequence[Job]) -> None:
    owner_id = call.requester.owner and call.requester.owner.id
    for job in jobs:
        await call.parts.service.run_sync(_cancel, job, owner_id)
        await _forget_open(call, job.pk)


async def hold_job(call: Call) -> bytes:
    job = await _own_job(call)
    if job.state not in {State.HELD, State.QUARANTINED, State.INCOMING} or call.queue.is_direct:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "The job can't be held any more.")
    return answer(call, Status.SUCCESSFUL_OK)


async def release_job(call: Call) -> bytes:
    job = await _own_job(call)
    if job.state in _TERMINAL:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "The job is complete.")
    if call.queue.is_direct:
        return answer(call, Status.SUCCESSFUL_OK)
    return answer(
        call, Status.SUCCESSFUL_OK, message="It prints when its owner's chip is tapped at a device."
    )


async def _own_job(call: Call) -> Job:
    job = await find_own_job(call, call.request.job_id or 0)
    if job is None:
        raise not_found()
    return job


def _described(call: Call, job: Job) -> list[Attribute]:
    return describe_job(job_view(call, job))


async def _forget_open(call: Call, job_id: int) -> None:
    job = call.parts.open_jobs.find(job_id)
    if job is not None:
        await call.parts.open_jobs.abort(job)


_TERMINAL: Final = frozenset(state.value for state in TERMINAL)


def _cancel(job: Job, owner_id: int | None) -> bool:
    """Synchronous."""
    owner = Person.objects.filter(pk=owner_id).first() if owner_id is not None else None
    return cancel_stored_job(owner, job, reason="cancelled-by-client")
