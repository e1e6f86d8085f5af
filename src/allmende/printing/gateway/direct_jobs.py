# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Jobs of direct queues: released to their device as soon as they are ours, and again after a restart.

They are sealed to the town's enrolment key like everything that nobody's chip shall open, so a restart can deliver what was
acknowledged. While the device is not ready the job waits; nothing is printed twice by itself (see `job_states`).
"""

from __future__ import annotations

import logging

from django.utils import timezone

from allmende.directory.keys import enrolment_identity
from allmende.printing.delivery_port import DeliveryOrder, DeliveryPort, TicketChanges, running_delivery
from allmende.printing.intake import FinishedArrival, Submission
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job
from allmende.printing.print_service import PrintService
from allmende.printing.queues import QueueKind
from allmende.seal import FileKey, SealError, read_header, unseal_file_key

log = logging.getLogger(__name__)


async def deliver_directly(service: PrintService, submission: Submission, finished: FinishedArrival) -> None:
    """Release a job that was just stored. Where no delivery runs it waits for the next start."""
    if running_delivery() is not None:
        await service.run_sync(_release_new, submission.town.id, finished.job_id, finished.file_key)


def resume_direct_jobs() -> int:
    """Release what waits in direct queues, e.g. after a restart; answers how many. Synchronous, for the delivery's start."""
    delivery = running_delivery()
    if delivery is None:
        return 0
    jobs = Job.objects.filter(
        queue__kind=QueueKind.DIRECT, state=State.HELD.value, device__isnull=False
    ).select_related("municipality")
    count = 0
    for job in jobs.order_by("pk"):
        try:
            header = read_header(bytes(job.header))
            if header is None:
                continue
            file_key = unseal_file_key(header, enrolment_identity(job.municipality))
        except SealError as error:
            log.error("job %d of a direct queue can't be opened: %s", job.pk, error)
            continue
        count += _release(delivery, job, file_key)
    return count


def _release_new(municipality_id: int, job_id: int, file_key: FileKey) -> None:
    delivery = running_delivery()
    job = Job.objects.filter(pk=job_id, municipality_id=municipality_id, state=State.HELD.value).first()
    if delivery is not None and job is not None:
        _release(delivery, job, file_key)


def _release(delivery: DeliveryPort, job: Job, file_key: FileKey) -> bool:
    if job.device_id is None:
        return False
    holder = delivery.new_holder()
    try:
        change_job(job, Change.RELEASE, holder=holder, released_at=timezone.now())
    except ForbiddenChangeError:
        return False
    delivery.submit([DeliveryOrder(job.pk, job.device_id, holder, file_key, TicketChanges())])
    return True
