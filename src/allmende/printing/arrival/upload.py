# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Web upload: a file from the browser goes through `intake` chunk by chunk, as one from an IPP client does.

Django would put a large upload into a temporary file in clear. This handler takes its place: each chunk goes straight to the
sealer, and nothing of the document touches a disk before it is sealed. The ticket is known only after the whole form was
read, so it is filled in just before `finish`.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from allmende.directory.identities import load_owner, load_town
from allmende.directory.people import Person
from allmende.ipp.ticket import Ticket
from allmende.printing.arrival.intake import Arrival, Submission
from allmende.printing.arrival.quotas import RefusedError
from allmende.printing.jobs import Identity
from allmende.printing.print_service import PrintService, running_service
from allmende.printing.queues import Queue, QueueKind

CHUNK: Final = 256 * 1024
FILE_FIELD: Final = "document"
#: Of one person at the same time, in one process: fewer than the web side takes at all, so that a neighbour always gets through.
UPLOADS_PER_PERSON: Final = 2


class NoQueueError(Exception):
    """The town has no queue that takes jobs, or no print service runs."""


class OwnUploadsError(Exception):
    """As many files of this person are arriving already as may."""


_running: Final[Counter[int]] = Counter()
_running_lock: Final = threading.Lock()


@contextmanager
def take_place(person: Person) -> Iterator[None]:
    """For as long as a file of this person arrives. Raises OwnUploadsError; ask before the request's body is read."""
    with _running_lock:
        if _running[person.pk] >= UPLOADS_PER_PERSON:
            raise OwnUploadsError
        _running[person.pk] += 1
    try:
        yield
    finally:
        with _running_lock:
            _running[person.pk] -= 1
            if not _running[person.pk]:
                del _running[person.pk]


class ArrivedFile(UploadedFile):  # type: ignore[type-arg]
    """A file whose bytes have gone to the intake: it can be finished or dropped, not read."""


class SealingUploadHandler(FileUploadHandler):
    """For one request. `refusal` tells why the file was not taken; `finish` or `drop` must be called."""

    chunk_size = CHUNK

    def __init__(self, request: HttpRequest, person: Person) -> None:
        super().__init__(request)
        self.refusal: RefusedError | None = None
        self._person = person
        self._arrival: Arrival | None = None
        self._service: PrintService | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FILE_FIELD or self._arrival is not None or self.refusal is not None:
            raise SkipFile
        self._service = _service()
        try:
            self._arrival = self._service.call(self._service.intake.begin(self._submission()))
        except RefusedError as error:
            self.refusal = error
            raise SkipFile from None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        del start
        if self._arrival is None or self._service is None or self.refusal is not None:
            return
        try:
            self._service.call(self._arrival.write(raw_data))
        except RefusedError as error:
            self.refusal = error
            raise SkipFile from None

    def file_complete(self, file_size: int) -> ArrivedFile:
        return ArrivedFile(name=self.file_name, size=file_size, content_type=self.content_type)

    def upload_interrupted(self) -> None:
        self.drop()

    def finish(self, ticket: Ticket) -> int:
        """The job's number; durable when it returns. Raises RefusedError."""
        if self._arrival is None or self._service is None:
            raise ValueError("no document has arrived")
        arrival, self._arrival = self._arrival, None
        arrival.set_ticket(json.dumps(ticket.to_json()))
        return self._service.call(arrival.finish()).job_id

    def drop(self) -> None:
        """Leave nothing behind, unless it was finished. Idempotent."""
        if self._arrival is not None and self._service is not None:
            arrival, self._arrival = self._arrival, None
            self._service.call(arrival.abort())

    def _submission(self) -> Submission:
        municipality = self._person.municipality
        town = load_town(municipality.slug) if municipality is not None else None
        if town is None:
            raise NoQueueError
        queue = Queue.objects.filter(municipality_id=town.id, kind=QueueKind.HELD, is_active=True).first()
        if queue is None:
            raise NoQueueError
        address = self.request.META.get("REMOTE_ADDR", "") if self.request is not None else ""
        return Submission(
            town=town,
            queue_id=queue.pk,
            owner=load_owner(town, self._person),
            identity=Identity.SIGNED_IN,
            title=self.file_name or "",
            document_format=self.content_type or "",
            address=address,
            expected_size=None,
        )


def _service() -> PrintService:
    try:
        return running_service()
    except RuntimeError:
        raise NoQueueError from None
