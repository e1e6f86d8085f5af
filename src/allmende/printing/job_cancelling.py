# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Throwing a job away, for whoever may: its client, its owner in the portal, the town's IT.

Always holds: what a device has in its hands is asked to stop, and has its end from there; everything else ends here.
"""

from __future__ import annotations

from allmende.directory.people import Person
from allmende.printing.delivery.port import running_delivery
from allmende.printing.delivery.stops import StopWish, wish_stop
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job


def cancel_job(actor: Person | None, job: Job, *, reason: str = "") -> bool:
    """Cancel, or ask the one who delivers it to stop; the caller has checked that the actor may.

    False where it is too late. None, whom nobody knows, stops no device.
    """
    delivery = running_delivery()
    if job.state == State.DELIVERING:
        if actor is None:
            return False
        wish_stop(job, StopWish.CANCEL, actor=actor)
        if delivery is not None:
            delivery.stop_job(job.pk)
        return True
    try:
        change_job(job, Change.CANCEL, actor=actor, reason=reason)
    except ForbiddenChangeError:
        return False
    if delivery is not None:
        delivery.withdraw(job.pk)
    return True
