# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a client is told of a job: the queue's `reported_state` decides, the rest is the state table's.

A queue that reports `completed` says so from the moment on in which the document is ours: its clients (Windows) would block their own
queue behind a job that stays held. It never takes that back.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from allmende.ipp import JobState, encode_attributes, make
from allmende.ipp.job_description import JobStateReason, JobView
from allmende.ipp.ticket import Ticket
from allmende.printing.gateway.calls import Call
from allmende.printing.job_states import TERMINAL, State
from allmende.printing.jobs import Job

Reported = tuple[JobState, tuple[str, ...]]

_COMPLETED: Final[Reported] = (JobState.COMPLETED, (JobStateReason.JOB_COMPLETED_SUCCESSFULLY,))
_HELD_QUEUE: Final[dict[State, Reported]] = {
    State.INCOMING: (JobState.PENDING, (JobStateReason.JOB_INCOMING, JobStateReason.JOB_DATA_INSUFFICIENT)),
    State.QUARANTINED: (JobState.PENDING_HELD, (JobStateReason.JOB_HELD_FOR_AUTHORIZATION,)),
    State.HELD: (JobState.PENDING_HELD, (JobStateReason.JOB_RELEASE_WAIT,)),
    State.RELEASED: (JobState.PENDING, (JobStateReason.JOB_QUEUED,)),
    State.DELIVERING: (JobState.PROCESSING, (JobStateReason.JOB_PRINTING,)),
    State.UNCERTAIN: (JobState.PENDING_HELD, (JobStateReason.JOB_HELD_FOR_REVIEW,)),
    State.PRINTED: _COMPLETED,
    State.CANCELLED: (JobState.CANCELED, (JobStateReason.JOB_CANCELED_BY_USER,)),
    State.EXPIRED: (JobState.CANCELED, (JobStateReason.JOB_CANCELED_BY_OPERATOR,)),
    State.ABORTED: (JobState.ABORTED, (JobStateReason.ABORTED_BY_SYSTEM,)),
}
_DIRECT_QUEUE: Final[dict[State, Reported]] = {
    **_HELD_QUEUE,
    State.HELD: (JobState.PENDING, (JobStateReason.JOB_QUEUED,)),
}
_MESSAGES: Final = {
    State.QUARANTINED: "Waits until its owner claims it at a device.",
    State.HELD: "Waits for your chip at a device.",
    State.UNCERTAIN: "Its owner must say at a device whether it came out.",
}
#: States in which the client still has something to send, or the job already has its end.
_TOLD_AS_THEY_ARE: Final = TERMINAL | {State.INCOMING}


def reported_state(state: State, *, direct: bool, completed: bool) -> Reported:
    """`completed`: the queue tells clients of held jobs that they are complete."""
    if direct:
        return _DIRECT_QUEUE[state]
    if completed and state not in _TOLD_AS_THEY_ARE:
        return _COMPLETED
    return _HELD_QUEUE[state]


def new_job_state(call: Call, job_id: int, state: State) -> bytes:
    """What the answer to Print-Job and its kin says of the job, encoded (RFC 8011 §4.2.1.2)."""
    key = (state, call.queue.is_direct, call.queue.reported_completed)
    told = _ENCODED.get(key)
    if told is None:
        reported, reasons = reported_state(state, direct=key[1], completed=key[2])
        told = _ENCODED[key] = encode_attributes(
            [
                make.enum("job-state", reported),
                make.keyword("job-state-reasons", *reasons),
                make.text("job-state-message", _message(state, reported)),
            ]
        )
    uri = call.job_uri(job_id).encode()
    return b"".join((_JOB_URI, len(uri).to_bytes(2, "big"), uri, _JOB_ID, job_id.to_bytes(4, "big"), told))


def _message(state: State, reported: JobState) -> str:
    return _MESSAGES.get(state, "") if reported is JobState.PENDING_HELD else ""


#: Tag, name and, for the number, length of the two attributes that differ for each job (RFC 8010 §3.1.4).
_JOB_URI: Final = b"\x45\x00\x07job-uri"
_JOB_ID: Final = b"\x21\x00\x06job-id\x00\x04"
_ENCODED: Final[dict[tuple[State, bool, bool], bytes]] = {}


def job_view(call: Call, job: Job) -> JobView:
    """Everything of a stored job; the caller has checked that it is the requester's."""
    state = State(job.state)
    told, reasons = reported_state(
        state, direct=call.queue.is_direct, completed=call.queue.reported_completed
    )
    recent = call.parts.recent.find(job.pk)
    ended = job.finished_at or (job.created_at if told.is_terminating else None)
    begun = job.released_at or (ended if told is JobState.COMPLETED else None)
    octets = -(-job.size // 1024)
    finished = told.is_terminating
    return JobView(
        id=job.pk,
        uri=call.job_uri(job.pk),
        printer_uri=call.place.uri,
        more_info=f"{call.place.web}/",
        uuid=_job_uuid(call, job.pk),
        name=recent.title if recent and recent.title else f"Job {job.pk}",
        user_name=(recent.user_name if recent else "") or job.claimed_name or call.requester.shown_name,
        state=told,
        reasons=reasons,
        message=_message(state, told),
        printer_started=call.queue.created_at,
        now=datetime.now(UTC),
        created=job.created_at,
        processing=begun,
        completed=ended,
        k_octets=octets,
        k_octets_processed=octets if finished else 0,
        impressions=job.pages,
        impressions_completed=job.impressions_completed or 0,
        media_sheets_completed=job.sheets_completed or 0,
        documents=0 if state is State.INCOMING else 1,
        document_format=job.document_format or None,
        ticket=_ticket(job.ticket),
    )


def _job_uuid(call: Call, job_id: int) -> str:
    """The printer's UUID with the job's number in its last part: the same whenever it is asked for."""
    return f"urn:uuid:{str(call.queue.uuid)[:23]}-{job_id:012x}"


def _ticket(text: str) -> Ticket:
    try:
        return Ticket.from_json(json.loads(text))
    except (ValueError, AttributeError):
        return Ticket()
