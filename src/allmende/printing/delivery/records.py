# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows behind a delivery: every durable step of it, each one conditional on the job still being this release's.

All calls block on the database and belong into worker threads.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from allmende.devices.devices import Device
from allmende.directory.people import Person
from allmende.printing.delivery.documents import DocumentGoneError, SealedDocument, find_document
from allmende.printing.delivery.port import DeliveryOrder
from allmende.printing.delivery.stops import StopWish, forget_stop, read_stop
from allmende.printing.delivery.turns import take_turn
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import TERMINAL, Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job
from allmende.spool import SpoolError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a delivery ended: a change of the table, or None where the job was taken away from it before it began."""

    change: Change | None
    reason: str = ""
    impressions: int | None = None
    sheets: int | None = None
    #: Of the impressions, those in colour; None where the device doesn't say.
    colour: int | None = None


@dataclass(slots=True)
class LoadedDelivery:
    job: Job
    device: Device
    #: None where it can't be found.
    document: SealedDocument | None
    actor: Person | None = None


class TurnTakenError(Exception):
    """Another process delivers to this device."""


def load_delivery(order: DeliveryOrder, process: str) -> LoadedDelivery | None:
    """Take the device's turn and read the job anew; None where it is not this release's any more.

    Raises TurnTakenError.
    """
    if not take_turn(order.device_id, process):
        raise TurnTakenError
    job = (
        Job.objects.select_related("device")
        .filter(pk=order.job_id, state=State.RELEASED.value, holder=order.holder)
        .first()
    )
    if job is None or job.device is None:
        return None
    try:
        document = find_document(job)
    except DocumentGoneError:
        document = None
    return LoadedDelivery(job, job.device, document)


def begin_delivery(job: Job, device_job_id: int) -> bool:
    """Durable before the first byte of the document leaves; False where the job is not ours to send."""
    try:
        change_job(job, Change.BEGIN, device_job_id=device_job_id, impressions_completed=None)
    except ForbiddenChangeError:
        return False
    return True


def note_accepted(job: Job, device_job_id: int) -> None:
    """The device has the whole document: from now on what it says of the job is said of all of it.

    `impressions_completed` is null before and a number afterwards: this is how recovery knows after a crash.
    """
    _own(job).update(device_job_id=device_job_id, impressions_completed=0)
    job.device_job_id = device_job_id
    job.impressions_completed = 0


def note_progress(
    job: Job, impressions: int | None, sheets: int | None, reason: str, *, accepted: bool
) -> tuple[StopWish, Person] | None:
    """Write down what the device says, and answer what the owner wishes."""
    columns: dict[str, object] = {"reason": reason, "sheets_completed": sheets}
    if accepted:
        columns["impressions_completed"] = impressions or 0
    _own(job).update(**columns)
    stop = read_stop(job.pk, job.holder)
    return (StopWish(stop.wish), stop.actor) if stop is not None else None


def note_waiting(job: Job, reason: str) -> None:
    """Why a released job doesn't begin."""
    _own(job, State.RELEASED).update(reason=reason)


def settle_delivery(job: Job, verdict: Verdict, actor: Person | None) -> bool:
    """Write the verdict; False where the job had left this release. The spooled document of an ended job goes here."""
    if verdict.change is None:
        return False
    columns: dict[str, object] = {"holder": ""}
    if verdict.impressions is not None:
        columns["impressions_completed"] = verdict.impressions
    if verdict.sheets is not None:
        columns["sheets_completed"] = verdict.sheets
    if verdict.colour is not None:
        columns["colour_completed"] = verdict.colour
    try:
        with transaction.atomic():
            state = change_job(job, verdict.change, actor=actor, reason=verdict.reason, **columns)
            forget_stop(job.pk)
    except ForbiddenChangeError:
        return False
    if state in TERMINAL and job.spool_key:
        _delete_spooled(job)
    return True


def _delete_spooled(job: Job) -> None:
    try:
        job_spool().delete(job.spool_key)
    except SpoolError as error:
        log.warning("the document of ended job %d waits for the sweeper: %s", job.pk, error)
        return
    Job.objects.filter(pk=job.pk).update(spool_key="")


def _own(job: Job, state: State = State.DELIVERING) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=state.value, holder=job.holder)
