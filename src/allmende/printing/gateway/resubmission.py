# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Resubmit-Job (PWG 5100.11): a second job of what waits, with other wishes where the client has some.

The document is copied as it lies, sealed: no key is needed, none is made, and who could open the first can open the second. What
has ended has no document any more, so it can't be had again.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from allmende.ipp import GroupTag, IppError, Status
from allmende.printing.arrival.job_store import InspectedJob, NewJob, StoreError
from allmende.printing.arrival.quotas import Refusal, RefusedError
from allmende.printing.gateway.calls import Call, RecentJob, answer
from allmende.printing.gateway.document_operations import check_ticket
from allmende.printing.gateway.errors import not_found, refused
from allmende.printing.gateway.job_views import new_job_state
from allmende.printing.gateway.own_jobs import find_own_job
from allmende.printing.job_spool import keep_reserve
from allmende.printing.job_states import Change, State
from allmende.printing.job_tickets import add_to_ticket
from allmende.printing.jobs import Job, JobDocument, JobPreview
from allmende.spool import Spool, SpoolError, SpoolFullError, new_key

_JOB: Final = int(GroupTag.JOB)


async def resubmit_job(call: Call) -> bytes:
    kept = check_ticket(call)
    job = await find_own_job(call, call.request.job_id or 0)
    if job is None:
        raise not_found()
    if job.state not in {State.HELD, State.QUARANTINED}:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "Only what still waits can be printed once more.")
    try:
        job_id = await _copy(call, job, add_to_ticket(job.ticket, kept.reading.ticket))
    except RefusedError as error:
        raise refused(error) from None
    if call.queue.is_direct:
        call.parts.service.begin_direct_delivery(job_id)
    recent = call.parts.recent.find(job.pk)
    title = call.request.attributes.text("job-name") or (recent.title if recent else "")
    call.parts.recent.remember(job_id, RecentJob(title, call.request.user_name or ""))
    return answer(
        call,
        kept.reading.status,
        [(_JOB, new_job_state(call, job_id, State(job.state)))],
        unsupported=kept.reading.unsupported,
    )


class _Sealed(NamedTuple):
    """Of what lies beside the first job's row: its small document, or the second's spool key; its preview."""

    document: bytes | None
    spool_key: str
    preview: bytes | None


async def _copy(call: Call, job: Job, ticket: str) -> int:
    service, requester = call.parts.service, call.requester
    permit = await service.quotas.admit(call.queue.town, requester.owner, requester.address, job.size)
    stored: int | None = None
    try:
        sealed: _Sealed = await service.run_sync(
            partial(_copy_sealed, service.spool, call.queue.town.slug, job)
        )
        try:
            now = datetime.now(UTC)
            job_id = await service.store.insert_job(
                NewJob(
                    municipality_id=job.municipality_id,
                    queue_id=job.queue_id,
                    person_id=job.person_id,
                    identity=requester.identity.value,
                    claimed_name=job.claimed_name,
                    state=State(job.state),
                    sealed_to=job.sealed_to,
                    created_at=now,
                    expires_at=now + timedelta(hours=call.queue.town.held_hours),
                    ticket=ticket,
                    title_sealed=bytes(job.title_sealed),
                    document_format=job.document_format,
                    size=job.size,
                    header=bytes(job.header),
                    spool_key=sealed.spool_key,
                    device_id=call.queue.device_id,
                    origin="" if requester.is_vouched_for else requester.origin,
                    sealed=sealed.document,
                    change=_ARRIVED[State(job.state)],
                )
            )
        except StoreError:
            if sealed.spool_key:
                await service.run_sync(service.spool.delete, sealed.spool_key)
            raise RefusedError(Refusal.STORE) from None
        stored = job.size
    finally:
        permit.leave(stored)
    await _copy_facts(call, job, job_id, sealed.preview)
    return job_id


async def _copy_facts(call: Call, job: Job, job_id: int, preview: bytes | None) -> None:
    """What was found in the document; where that fails it is looked at at the tap, as after a crash."""
    if not job.inspection:
        return
    facts = InspectedJob(
        job_id,
        job.municipality_id,
        job.inspection,
        job.pages,
        job.colour_pages,
        job.media,
        job.document_format,
        preview,
    )
    with contextlib.suppress(StoreError):
        await call.parts.service.store.record_inspection(facts)


def _copy_sealed(spool: Spool, town_slug: str, job: Job) -> _Sealed:
    """Synchronous. Raises RefusedError where the document went away meanwhile, or finds no room."""
    preview = JobPreview.objects.filter(job_id=job.pk).values_list("sealed", flat=True).first()
    copied_preview = bytes(preview) if preview is not None else None
    if not job.spool_key:
        document = JobDocument.objects.filter(job_id=job.pk).values_list("sealed", flat=True).first()
        if document is None:
            raise RefusedError(Refusal.JOB_GONE)
        return _Sealed(bytes(document), "", copied_preview)
    key = new_key(town_slug)
    try:
        with spool.create(key) as writer:
            for piece in spool.read(job.spool_key):
                keep_reserve(spool)
                writer.write(piece)
            writer.commit()
    except SpoolFullError:
        raise RefusedError(Refusal.DISK_FULL) from None
    except SpoolError:
        raise RefusedError(Refusal.STORE) from None
    return _Sealed(None, key, copied_preview)


_ARRIVED: Final = {
    State.HELD: Change.COMPLETE.value,
    State.QUARANTINED: Change.COMPLETE_UNKNOWN.value,
}
