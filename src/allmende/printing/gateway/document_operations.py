# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations that bring a document, or announce one: Print-Job, Validate-Job, Create-Job, Send-Document, Close-Job.

What always holds: a request that can be refused without its document is refused before the document is read; a client that goes
away in mid-upload leaves no job (Print-Job), or an aborted one (Send-Document).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast

from django.conf import settings

from allmende.documents import DecompressionError, Decompressor
from allmende.ipp import Attribute, GroupTag, IppError, Status, encode_attributes
from allmende.ipp.job_description import describe_job_state
from allmende.ipp.ticket import TicketReading
from allmende.printing.arrival.intake import Arrival, FinishedArrival, Submission
from allmende.printing.arrival.quotas import RefusedError
from allmende.printing.gateway.calls import Call, RecentJob, answer
from allmende.printing.gateway.errors import ClientGoneError, not_found, refused
from allmende.printing.gateway.job_views import job_view, new_job_state
from allmende.printing.gateway.open_jobs import OpenJob, adopt_job
from allmende.printing.gateway.own_jobs import find_own_job
from allmende.printing.gateway.printer_attributes import FORMATS
from allmende.printing.gateway.subscription_operations import NewJobSubscriptions, subscribe_to_new_job
from allmende.printing.gateway.ticket_readings import KeptReading
from allmende.printing.job_states import State
from allmende.printing.jobs import Identity

_COMPRESSIONS: Final = frozenset({"none", "gzip", "deflate"})
_JOB: Final = int(GroupTag.JOB)
NO_SUBSCRIPTIONS: Final = NewJobSubscriptions()


async def print_job(call: Call) -> bytes:
    kept = _check_job(call)
    submission = _submission(call, kept.text)
    since = datetime.now(UTC)
    try:
        arrival = await call.parts.service.intake.begin(submission)
        finished = await _receive(call, arrival)
    except RefusedError as error:
        raise refused(error) from None
    subscriptions = await _subscribe(call, finished.job_id, since)
    return _accepted(call, submission, finished, kept.reading, subscriptions)


async def validate_job(call: Call) -> bytes:
    reading = _check_job(call).reading
    return answer(call, reading.status, unsupported=reading.unsupported)


async def create_job(call: Call) -> bytes:
    reading, ticket = _check_job(call)
    submission = _submission(call, ticket)
    if not call.parts.open_jobs.has_room(submission):
        raise IppError(Status.SERVER_ERROR_BUSY, "Too many jobs wait for their documents.")
    since = datetime.now(UTC)
    expires_at = since + timedelta(seconds=call.parts.open_jobs.seconds)
    try:
        job_id = await call.parts.service.intake.announce(submission, expires_at)
    except RefusedError as error:
        raise refused(error) from None
    user_name = call.request.user_name or ""
    call.parts.open_jobs.add(OpenJob(job_id, submission, user_name))
    _remember(call, job_id, submission)
    subscriptions = await _subscribe(call, job_id, since)
    return answer(
        call,
        _status(reading, subscriptions),
        [(_JOB, new_job_state(call, job_id, State.INCOMING)), *subscriptions.groups],
        unsupported=reading.unsupported,
    )


async def send_document(call: Call) -> bytes:
    last = call.request.attributes.boolean("last-document")
    _check_document(call)
    job = await _find_open_job(call)
    if job.busy:
        raise IppError(Status.SERVER_ERROR_BUSY, "A document of this job is on its way already.")
    call.parts.open_jobs.hold(job)
    try:
        first = await call.body.read()
        if job.arrival is not None:
            if first:
                raise IppError(  # noqa: TRY301 - its status is looked at below
                    Status.SERVER_ERROR_MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED, "One document per job."
                )
        elif first:
            submission = _with_document(call, job.submission)
            job.submission = submission
            job.arrival = await call.parts.service.intake.begin(submission, job.job_id)
            await _write(call, job.arrival, first)
        elif last:
            raise IppError(Status.CLIENT_ERROR_BAD_REQUEST, "There is no document.")  # noqa: TRY301
        if last:
            return await _finish_open_job(call, job)
    except RefusedError as error:
        await call.parts.open_jobs.abort(job)
        raise refused(error) from None
    except IppError as error:
        if error.status is Status.SERVER_ERROR_MULTIPLE_DOCUMENT_JOBS_NOT_SUPPORTED:
            call.parts.open_jobs.rest(job)
        else:
            await call.parts.open_jobs.abort(job)
        raise
    except BaseException:
        await call.parts.open_jobs.abort(job)
        raise
    call.parts.open_jobs.rest(job)
    return answer(call, Status.SUCCESSFUL_OK, [(_JOB, new_job_state(call, job.job_id, State.INCOMING))])


async def close_job(call: Call) -> bytes:
    """Complete a job whose document came before; closing a complete one again is harmless (PWG 5100.11)."""
    job_id = call.request.job_id or 0
    job = call.parts.open_jobs.find(job_id)
    if job is None or not _is_own(call, job):
        stored = await find_own_job(call, job_id)
        if stored is None:
            raise not_found()
        state = encode_attributes(describe_job_state(job_view(call, stored)))
        return answer(call, Status.SUCCESSFUL_OK, [(_JOB, state)])
    if job.busy:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "A document of this job is on its way.")
    if job.arrival is None:
        if not await call.parts.open_jobs.abort(job):
            return await close_job(call)  # another process of ours brought it to its end meanwhile
        return answer(call, Status.SUCCESSFUL_OK, [(_JOB, new_job_state(call, job_id, State.ABORTED))])
    call.parts.open_jobs.hold(job)
    try:
        return await _finish_open_job(call, job)
    except RefusedError as error:
        await call.parts.open_jobs.abort(job)
        raise refused(error) from None
    except BaseException:
        await call.parts.open_jobs.abort(job)
        raise


async def _finish_open_job(call: Call, job: OpenJob) -> bytes:
    assert job.arrival is not None  # noqa: S101 - the callers have looked
    finished = await job.arrival.finish()
    call.parts.open_jobs.remove(job)
    return _accepted(call, job.submission, finished, None)


def _accepted(
    call: Call,
    submission: Submission,
    finished: FinishedArrival,
    reading: TicketReading | None,
    subscriptions: NewJobSubscriptions = NO_SUBSCRIPTIONS,
) -> bytes:
    state = State.QUARANTINED if submission.owner is None and submission.device_id is None else State.HELD
    if submission.device_id is not None:
        # Not awaited: the job is acknowledged, and the delivery looks for it again where this fails.
        call.parts.service.begin_direct_delivery(finished.job_id)
    _remember(call, finished.job_id, submission)
    return answer(
        call,
        _status(reading, subscriptions),
        [(_JOB, new_job_state(call, finished.job_id, state)), *subscriptions.groups],
        unsupported=reading.unsupported if reading else (),
    )


async def _subscribe(call: Call, job_id: int, since: datetime) -> NewJobSubscriptions:
    """Hardly any client asks for it with its job, so who does not pays nothing."""
    if not call.request.message.groups_of(GroupTag.SUBSCRIPTION):
        return NO_SUBSCRIPTIONS
    return await subscribe_to_new_job(call, job_id, since)


def _status(reading: TicketReading | None, subscriptions: NewJobSubscriptions) -> Status:
    status = reading.status if reading else Status.SUCCESSFUL_OK
    if status is Status.SUCCESSFUL_OK and not subscriptions.all_made:
        return Status.SUCCESSFUL_OK_IGNORED_SUBSCRIPTIONS
    return status


async def _receive(call: Call, arrival: Arrival) -> FinishedArrival:
    try:
        await _write(call, arrival, b"")
        return await arrival.finish()
    except BaseException:
        await arrival.abort()
        raise


async def _write(call: Call, arrival: Arrival, first: bytes) -> None:
    """The whole document, decompressed, into the arrival. Aborts it where that fails."""
    compression = call.request.attributes.keyword("compression") or "none"
    read = call.body.read
    try:
        chunk = first or await read()
        if compression == "none":
            while chunk:
                await arrival.write(chunk)
                chunk = await read()
            return
        kind = cast("Literal['gzip', 'deflate']", compression)
        decompressor = Decompressor(kind, max_output=settings.ALLMENDE_MAX_DOCUMENT_BYTES)
        try:
            while chunk:
                for piece in decompressor.feed(chunk):
                    await arrival.write(piece)
                chunk = await read()
            decompressor.finish()
        except DecompressionError as error:
            too_large = error.reason == "too-large"
            status = (
                Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE
                if too_large
                else Status.CLIENT_ERROR_COMPRESSION_ERROR
            )
            raise IppError(status, "The document can't be decompressed.") from None
    except (IppError, ClientGoneError):
        await arrival.abort()
        raise


def _check_job(call: Call) -> KeptReading:
    """Everything that can be said of a job before its document. Raises IppError."""
    _check_document(call)
    return check_ticket(call)


def check_ticket(call: Call) -> KeptReading:
    """Whether the queue takes jobs, and what it makes of the wishes for this one. Raises IppError."""
    if not call.queue.is_active:
        raise IppError(Status.SERVER_ERROR_NOT_ACCEPTING_JOBS, "This queue takes no jobs just now.")
    attributes = call.request.attributes
    kept = call.parts.tickets.read(
        call.request.job_attributes,
        call.parts.printers.capabilities(call.queue),
        direct=call.queue.is_direct,
        fidelity=attributes.boolean("ipp-attribute-fidelity") or False,
        mandatory=attributes.keywords("job-mandatory-attributes") or (),
    )
    reading = kept.reading
    if not reading.is_acceptable:
        raise UnsupportedAttributesError(reading)
    return kept


class UnsupportedAttributesError(IppError):
    """As IppError, with the attributes that the client shall hear of."""

    def __init__(self, reading: TicketReading) -> None:
        super().__init__(reading.status, "Some attributes are not supported.")
        self.unsupported: tuple[Attribute, ...] = reading.unsupported


def _check_document(call: Call) -> None:
    attributes = call.request.attributes
    document_format = (attributes.string("document-format") or "application/octet-stream").lower()
    if document_format.partition(";")[0].strip() not in FORMATS:
        raise IppError(Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED, document_format[:60])
    compression = attributes.keyword("compression") or "none"
    if compression not in _COMPRESSIONS:
        raise IppError(Status.CLIENT_ERROR_COMPRESSION_NOT_SUPPORTED, compression[:60])


def _submission(call: Call, ticket: str) -> Submission:
    attributes = call.request.attributes
    requester = call.requester
    compression = attributes.keyword("compression") or "none"
    return Submission(
        town=call.queue.town,
        queue_id=call.queue.id,
        owner=requester.owner,
        identity=requester.identity,
        claimed_name=requester.claimed_name,
        title=attributes.text("job-name") or attributes.text("document-name") or "",
        ticket=ticket,
        document_format=attributes.string("document-format") or "",
        device_id=call.queue.device_id,
        address=requester.address,
        origin="" if requester.is_vouched_for else requester.origin,
        expected_size=call.body.document_size if compression == "none" else None,
    )


def _with_document(call: Call, submission: Submission) -> Submission:
    attributes = call.request.attributes
    compression = attributes.keyword("compression") or "none"
    return replace(
        submission,
        title=submission.title or attributes.text("document-name") or "",
        document_format=attributes.string("document-format") or submission.document_format,
        expected_size=call.body.document_size if compression == "none" else None,
    )


async def _find_open_job(call: Call) -> OpenJob:
    job_id = call.request.job_id or 0
    job = call.parts.open_jobs.find(job_id)
    if job is not None:
        if not _is_own(call, job):
            raise not_found()
        return job
    stored = await find_own_job(call, job_id)
    if stored is None:
        raise not_found()
    if stored.state != State.INCOMING:
        raise IppError(Status.CLIENT_ERROR_NOT_POSSIBLE, "The job is complete.")
    # Announced to another process of ours: its title is unknown here.
    await call.parts.service.run_sync(adopt_job, call.queue.town.id, job_id)
    job = OpenJob(
        job_id,
        Submission(
            town=call.queue.town,
            queue_id=call.queue.id,
            owner=call.requester.owner,
            identity=Identity(stored.identity),
            claimed_name=stored.claimed_name,
            ticket=stored.ticket,
            device_id=call.queue.device_id,
            address=call.requester.address,
            origin=stored.origin,
        ),
        call.request.user_name or "",
    )
    call.parts.open_jobs.add(job)
    return job


def _is_own(call: Call, job: OpenJob) -> bool:
    submission, requester = job.submission, call.requester
    if submission.town.id != call.queue.town.id or submission.queue_id != call.queue.id:
        return False
    if (submission.owner and submission.owner.id) != (requester.owner and requester.owner.id):
        return False
    return requester.is_vouched_for or submission.origin == requester.origin


def _remember(call: Call, job_id: int, submission: Submission) -> None:
    call.parts.recent.remember(
        job_id,
        RecentJob(submission.title, call.request.user_name or ""),
    )
