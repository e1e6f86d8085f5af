# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ending what a job is about to do, for whoever may (its client, its owner, the town's IT): it is thrown away, or held again.

Always holds: what a device has in its hands is asked to stop, and has its end from there, also where it began in this very moment;
everything else ends here. The callers have checked that the actor may.
"""

from __future__ import annotations

from typing import Any

from allmende.directory.people import Person
from allmende.printing.delivery.port import running_delivery
from allmende.printing.delivery.stops import StopWish, wish_stop
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job


def cancel_job(actor: Person | None, job: Job, *, reason: str = "") -> bool:
    """Throw it away, or have it thrown away when its device has stopped; False where it is too late.

    None, whom nobody knows, stops no device.
    """
    return _end(actor, job, StopWish.CANCEL, Change.CANCEL, reason=reason)


def hold_job_again(actor: Person, job: Job) -> bool:
    """Before it prints, or when its device has stopped (uncertain if something came out); False where it is too late."""
    return _end(actor, job, StopWish.HOLD, Change.RETURN, reason="stopped-by-owner", holder="")


def _end(actor: Person | None, job: Job, wish: StopWish, change: Change, **columns: Any) -> bool:
    delivery = running_delivery()
    if job.state != State.DELIVERING:
        try:
            change_job(job, change, actor=actor, **columns)
        except ForbiddenChangeError:
            # Changed between the caller's look and this: perhaps it prints now.
            job.refresh_from_db(fields=["state", "holder"])
        else:
            if delivery is not None:
                delivery.withdraw(job.pk)
            return True
    if job.state != State.DELIVERING or actor is None:
        return False
    wish_stop(job, wish, actor=actor)
    if delivery is not None:
        delivery.stop_job(job.pk)
    return True
