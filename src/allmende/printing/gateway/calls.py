# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a handler needs of a request, and what it gives back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from allmende.ipp import Attribute, GroupTag, Status, encode_attributes, join_message
from allmende.ipp.requests import CheckedRequest
from allmende.ipp.responses import operation_attributes, reply_version
from allmende.printing.gateway.print_queues import QueuePath, QueueView
from allmende.printing.gateway.printer_attributes import PrinterAnswers, PrinterPlace
from allmende.printing.gateway.request_body import RequestBody
from allmende.printing.gateway.requesters import Requester, Requesters
from allmende.printing.print_service import PrintService

if TYPE_CHECKING:
    from allmende.printing.gateway.open_jobs import OpenJobs
    from allmende.printing.gateway.ticket_readings import TicketReadings

_RECENT_JOBS: Final = 5_000


@dataclass(frozen=True, slots=True)
class RecentJob:
    """What only memory knows of a job: its title and its user as the client called them."""

    title: str
    user_name: str


class RecentJobs:
    """The last jobs of this process. CUPS wants to hear a job's name again, and on disk it is sealed: no other process can tell it."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[int, RecentJob] = OrderedDict()

    def remember(self, job_id: int, job: RecentJob) -> None:
        self._jobs[job_id] = job
        if len(self._jobs) > _RECENT_JOBS:
            self._jobs.popitem(last=False)

    def find(self, job_id: int) -> RecentJob | None:
        return self._jobs.get(job_id)


@dataclass(frozen=True, slots=True)
class GatewayParts:
    service: PrintService
    requesters: Requesters
    printers: PrinterAnswers
    recent: RecentJobs
    open_jobs: OpenJobs
    tickets: TicketReadings


@dataclass(frozen=True, slots=True)
class Call:
    parts: GatewayParts
    request: CheckedRequest
    queue: QueueView
    path: QueuePath
    place: PrinterPlace
    requester: Requester
    body: RequestBody

    def job_uri(self, job_id: int) -> str:
        return f"{self.place.uri}/jobs/{job_id}"


_PLAIN_OK: Final = encode_attributes(operation_attributes(Status.SUCCESSFUL_OK))


def answer(
    call: Call,
    status: Status,
    groups: Iterable[tuple[int, bytes]] = (),
    *,
    message: str | None = None,
    unsupported: Sequence[Attribute] = (),
) -> bytes:
    """An encoded response; `groups` are encoded already."""
    if status is Status.SUCCESSFUL_OK and message is None:
        operation = _PLAIN_OK
    else:
        operation = encode_attributes(operation_attributes(status, message))
    parts: list[tuple[int, bytes]] = [(int(GroupTag.OPERATION), operation)]
    if unsupported:
        parts.append((int(GroupTag.UNSUPPORTED), encode_attributes(unsupported)))
    parts += groups
    request = call.request.message
    return join_message(reply_version(request.version), int(status), request.request_id, parts)
