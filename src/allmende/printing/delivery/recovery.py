# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""After a crash: what was in flight in a process that is dead.

A released job that had not begun is held again: its key died with the process, and not a byte was sent. A job that had begun is never
sent again by itself: where the device can be asked, it is followed to its end; else it is uncertain, and its owner decides.
All calls block on the database.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from allmende.printing.budget_reservations import BUDGET_EXCEEDED, BudgetExceededError, hold_budgets
from allmende.printing.delivery.holders import forget_dead_holder, holder_name, is_dead, known_holders
from allmende.printing.delivery.port import DeliveryOrder, TicketChanges
from allmende.printing.delivery.rules import PASSING_REASONS
from allmende.printing.delivery.turns import leave_turns
from allmende.printing.job_access import open_with_enrolment_key
from allmende.printing.job_bearers import expected_bearers
from allmende.printing.job_changes import change_job, release_columns
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job, SealedTo, jobs_in_flight
from allmende.printing.ledger.entries import local_day
from allmende.printing.queues import Queue, QueueKind

log = logging.getLogger(__name__)

RESTARTED: Final = "service-restarted"
#: A direct queue's job that came back is tried again after this, and so many at a time.
DIRECT_RETRY: Final = timedelta(seconds=30)
_DIRECT_BATCH: Final = 50
_IN_FLIGHT: Final = (State.RELEASED.value, State.DELIVERING.value)


def recover_dead(own_name: str, new_holder: str) -> list[Job]:
    """Settle what dead processes held, and forget them; answers the jobs that now belong to `new_holder` and are to be followed.

    A followed job keeps the number of its release, because the device knows it by that.
    """
    adopted: list[Job] = []
    holders = jobs_in_flight().filter(state__in=_IN_FLIGHT).values_list("holder", flat=True).distinct()
    names = {holder_name(holder) for holder in holders} | known_holders()
    for name in names - {own_name}:
        if not is_dead(name):
            continue
        left = jobs_in_flight().filter(
            Q(holder=name) | Q(holder__startswith=f"{name}."), state__in=_IN_FLIGHT
        )
        jobs = left.select_related("device").order_by("released_at", "id")
        adopted += [job for job in jobs if _recover(job, new_holder)]
        # Its turns would end by themselves, but nobody shall stand at an idle device until then.
        leave_turns(name)
        forget_dead_holder(name)
    return adopted


def _recover(job: Job, new_holder: str) -> bool:
    """Whether the job is to be followed by us."""
    try:
        if job.state == State.RELEASED:
            change_job(job, Change.RETURN, reason=RESTARTED, holder="")
            return False
        if job.device is not None and job.device_job_id and not job.device.uri.startswith("socket:"):
            return _adopt(job, f"{new_holder}.{job.holder.partition('.')[2]}")
        change_job(job, Change.LOSE_SIGHT, reason=RESTARTED, holder="")
    except ForbiddenChangeError:
        log.info("job %d was recovered by another process", job.pk)
    return False


def _adopt(job: Job, holder: str) -> bool:
    rows = Job.objects.filter(pk=job.pk, state=State.DELIVERING.value, holder=job.holder)
    if not rows.update(holder=holder):
        return False
    job.holder = holder
    return True


def give_back(order: DeliveryOrder) -> None:
    """A release that this process can't serve any more, before it began: held again."""
    job = Job.objects.filter(pk=order.job_id, state=State.RELEASED.value, holder=order.holder).first()
    if job is not None:
        with contextlib.suppress(ForbiddenChangeError):
            change_job(job, Change.RETURN, reason=RESTARTED, holder="")


def waiting_direct_jobs() -> list[int]:
    """Held jobs of direct queues that may be tried now, oldest first.

    As quick with a million held jobs as with none: these queues' jobs have an index (`job_under_enrolment`).
    """
    queues = list(Queue.objects.filter(kind=QueueKind.DIRECT, is_active=True).values_list("pk", flat=True))
    if not queues:
        return []
    jobs = Job.objects.filter(
        Q(released_at__isnull=True) | Q(released_at__lt=timezone.now() - DIRECT_RETRY),
        state=State.HELD.value,
        sealed_to=SealedTo.ENROLMENT.value,
        queue_id__in=queues,
        expires_at__gt=timezone.now(),
        reason__in=PASSING_REASONS,
    )
    return list(jobs.order_by("id").values_list("pk", flat=True)[:_DIRECT_BATCH])


def release_direct(job_id: int, holder: str) -> DeliveryOrder | None:
    """Release a direct queue's job to the queue's own device; None where it is not there to be released."""
    job = (
        Job.objects.select_related("queue", "municipality", "person__cost_centre")
        .filter(pk=job_id, state=State.HELD.value, queue__kind=QueueKind.DIRECT)
        .first()
    )
    if job is None or job.queue.device_id is None:
        return None
    opened = open_with_enrolment_key(job, job.municipality)
    if opened is None:
        log.warning("job %d of a direct queue does not open with its town's key", job_id)
        return None
    device_id, changes = job.queue.device_id, TicketChanges()
    bearer = expected_bearers(job.municipality_id, [job])[job.pk]
    cost_centre_id = bearer.pk if bearer is not None else None
    columns = release_columns(
        device_id=device_id, holder=holder, cost_centre_id=cost_centre_id, changes=changes
    )
    try:
        with transaction.atomic():
            day = local_day(columns["released_at"])
            held = hold_budgets(job.municipality_id, day, [job], [cost_centre_id])
            if held is not None:
                held.reserve(job, cost_centre_id, device_id, changes)
            change_job(job, Change.RELEASE, **columns)
    except ForbiddenChangeError:
        return None
    except BudgetExceededError:
        # Held until its time is over, and not tried again by itself: its owner can collect it at a device.
        Job.objects.filter(pk=job.pk, state=State.HELD.value).update(reason=BUDGET_EXCEEDED)
        return None
    return DeliveryOrder(job.pk, device_id, holder, opened.file_key, changes)
