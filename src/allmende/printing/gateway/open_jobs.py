# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Jobs between Create-Job and their document's end.

A job that was announced has its durable row (state `incoming`); what must not reach a disk, its title and the document's key, waits
here. After `OPEN_JOB_SECONDS` without an operation it is aborted (`multiple-operation-time-out-action: abort-job`).

This is one process' memory. Where several processes share a port, a Send-Document on another connection may meet one that doesn't know
the job's title; it then goes by what Send-Document itself says and by the row, and takes the job over: who announced it lets go when its
time is over and the row says that it is somebody else's by now (`expires_at`).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from django.utils import timezone

from allmende.printing.arrival.intake import Arrival, Submission
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job
from allmende.printing.print_service import PrintService

log = logging.getLogger(__name__)

MAX_OPEN_JOBS: Final = 2_000
#: Of one person, or one address whose person nobody knows: there is always room for the others.
MAX_OPEN_JOBS_EACH: Final = 100
#: An upload that a process took over may take so long; after its death the sweeper ends it.
ADOPTED: Final = timedelta(hours=24)


@dataclass(slots=True)
class OpenJob:
    """`arrival` holds a document that came while more might follow; `busy` while one is being sent."""

    job_id: int
    submission: Submission
    user_name: str
    arrival: Arrival | None = None
    busy: bool = False
    timer: asyncio.TimerHandle | None = None


class OpenJobs:
    """Belongs to one event loop."""

    def __init__(self, service: PrintService, *, seconds: float) -> None:
        self._service = service
        self.seconds = seconds
        self._jobs: dict[int, OpenJob] = {}
        self._tasks: set[asyncio.Task[bool]] = set()

    def has_room(self, submission: Submission) -> bool:
        """Whether this requester may announce one more."""
        if len(self._jobs) < MAX_OPEN_JOBS_EACH:
            return True
        who = _requester_of(submission)
        own = sum(_requester_of(job.submission) == who for job in self._jobs.values())
        return own < MAX_OPEN_JOBS_EACH and len(self._jobs) < MAX_OPEN_JOBS

    def add(self, job: OpenJob) -> None:
        self._jobs[job.job_id] = job
        self.rest(job)

    def find(self, job_id: int) -> OpenJob | None:
        return self._jobs.get(job_id)

    def hold(self, job: OpenJob) -> None:
        """A document is on its way: its pace is watched elsewhere."""
        job.busy = True
        if job.timer is not None:
            job.timer.cancel()
            job.timer = None

    def rest(self, job: OpenJob) -> None:
        """Wait for the next operation, not for ever."""
        job.busy = False
        if job.timer is not None:
            job.timer.cancel()
        job.timer = asyncio.get_running_loop().call_later(self.seconds, self._expire, job)

    def remove(self, job: OpenJob) -> None:
        self._jobs.pop(job.job_id, None)
        if job.timer is not None:
            job.timer.cancel()
            job.timer = None

    async def abort(self, job: OpenJob, *, only_due: bool = False) -> bool:
        """The upload broke off, or nothing came: no document stays, and the row says `aborted`. False where it has another end."""
        self.remove(job)
        if job.arrival is not None:
            await job.arrival.abort()
        town_id = job.submission.town.id
        aborted: bool = await self._service.run_sync(
            partial(abort_job, town_id, job.job_id, only_due=only_due)
        )
        return aborted

    async def stop(self) -> None:
        for job in list(self._jobs.values()):
            self.remove(job)
            if job.arrival is not None:
                await job.arrival.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _expire(self, job: OpenJob) -> None:
        if not job.busy:
            task = asyncio.ensure_future(self.abort(job, only_due=True))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


def _requester_of(submission: Submission) -> tuple[int, int | str]:
    return submission.town.id, submission.owner.id if submission.owner else submission.address


def adopt_job(municipality_id: int, job_id: int) -> None:
    """Make an announced job ours: its announcer waits for it no longer. Synchronous."""
    open_jobs = Job.objects.filter(pk=job_id, municipality_id=municipality_id, state=State.INCOMING.value)
    open_jobs.update(expires_at=timezone.now() + ADOPTED)


def abort_job(municipality_id: int, job_id: int, *, only_due: bool = False) -> bool:
    """Abort a job that is still `incoming`, or (`only_due`) whose time is over too; False where it is not. Synchronous."""
    job = Job.objects.filter(pk=job_id, municipality_id=municipality_id, state=State.INCOMING.value).first()
    if job is None or (only_due and job.expires_at > timezone.now()):
        return False
    try:
        change_job(job, Change.ABORT, reason="incomplete")
    except ForbiddenChangeError:
        return False
    return True
