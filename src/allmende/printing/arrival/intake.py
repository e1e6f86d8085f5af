# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one way in for documents, for IPP and web upload alike.

    begin ─▶ Arrival.write … write ─▶ finish ─▶ the job's number
                  │  small: kept in memory, sealed at the end, stored in the row's own transaction
                  └─ large: sealed and spooled in threads while it arrives, about 1 MiB at a time, two batches in memory

What always holds:
- nothing of a document, or of its title, reaches a disk in clear; the file key lives in memory only, until the document was looked at;
- `finish` returns when document and row are on stable storage; before that nothing is visible, and whatever breaks off
  leaves nothing but, after a crash, a spooled object without a row (`retention.delete_orphans`);
- documents are sealed to their owner (and delegates), or to the town's enrolment key where nobody, or no chip, is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from allmende.directory.identities import Owner, Town
from allmende.documents import READABLE_FORMATS, SNIFF_BYTES, sniff_format
from allmende.printing.arrival.inspections import Inspections, PendingInspection
from allmende.printing.arrival.job_store import (
    SMALL_SEALED,
    ArrivedDocument,
    JobGoneError,
    JobStore,
    NewJob,
    StoreError,
)
from allmende.printing.arrival.quotas import Permit, Quotas, Refusal, RefusedError
from allmende.printing.job_spool import keep_reserve
from allmende.printing.job_states import Change, State
from allmende.printing.jobs import TITLE_NOTE, Identity, SealedTo
from allmende.seal import FileKey, Recipient, Sealer, seal, seal_note
from allmende.spool import Spool, SpoolError, SpoolFullError, SpoolWriter, new_key

#: A document up to this size in clear surely is small when sealed (header and tags included).
SMALL_DOCUMENT: Final = SMALL_SEALED - 8 * 1024
BATCH: Final = 1024 * 1024
#: A title longer than this is cut; characters.
MAX_TITLE: Final = 255


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of a job before its document. `owner` None: nobody knows whose it is.

    `device_id` is that of a direct queue: the document then is sealed to the town's enrolment key, so that it can be delivered after
    a restart too. `address` is the client's; `claimed_name` canonical; `origin` as in the job's row. `expected_size` in bytes of clear document.
    """

    town: Town
    queue_id: int
    owner: Owner | None
    identity: Identity
    claimed_name: str = ""
    title: str = ""
    #: As JSON text (`Ticket.to_json`).
    ticket: str = "{}"
    document_format: str = ""
    device_id: int | None = None
    address: str = ""
    origin: str = ""
    expected_size: int | None = None

    def recipients(self) -> tuple[tuple[Recipient, ...], SealedTo]:
        if self.owner is None or self.device_id is not None:
            return (self.town.enrolment_recipient,), SealedTo.ENROLMENT
        return self.owner.recipients, SealedTo(self.owner.sealed_to)


@dataclass(frozen=True, slots=True)
class FinishedArrival:
    """`file_key` is for who delivers at once (a direct queue); drop it soon."""

    job_id: int
    file_key: FileKey
    size: int


class Intake:
    """Belongs to one event loop."""

    def __init__(
        self,
        store: JobStore,
        spool: Spool,
        quotas: Quotas,
        inspections: Inspections,
        *,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.store = store
        self.spool = spool
        self.quotas = quotas
        self.inspections = inspections
        self.threads = threads

    async def begin(self, submission: Submission, job_id: int | None = None) -> Arrival:
        """Let a document in; `job_id` is that of a job announced before (`announce`). Raises RefusedError."""
        permit = await self.quotas.admit(
            submission.town,
            submission.owner,
            submission.address,
            submission.expected_size,
            is_announced=job_id is not None,
        )
        return Arrival(self, submission, permit, job_id)

    async def announce(self, submission: Submission, expires_at: datetime) -> int:
        """A job whose document follows: its durable row, without title. Raises RefusedError."""
        permit = await self.quotas.admit(submission.town, submission.owner, submission.address, None)
        permit.leave(None)
        try:
            return await self.store.insert_job(
                _new_job(submission, State.INCOMING, datetime.now(UTC), expires_at, change="create")
            )
        except StoreError:
            raise RefusedError(Refusal.STORE) from None


class Arrival:
    """One document on its way in. `write` its bytes in order, then `finish`, from one task; any may `abort` it."""

    def __init__(self, intake: Intake, submission: Submission, permit: Permit, job_id: int | None) -> None:
        self._intake = intake
        self._submission = submission
        self._permit = permit
        self._job_id = job_id
        self._chunks: list[bytes] = []
        self._collected = 0
        self.size = 0
        self._format = ""
        self._upload: _Upload | None = None
        self._batch: asyncio.Future[None] | None = None
        self._ended = False

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises RefusedError; the arrival is then aborted."""
        if self._ended:
            raise RefusedError(Refusal.JOB_GONE)
        self.size += len(chunk)
        try:
            await self._permit.receive(self.size)
        except RefusedError:
            await self.abort()
            raise
        self._chunks.append(chunk)
        self._collected += len(chunk)
        if not self._format and self.size >= SNIFF_BYTES:
            await self._sniff()
        if self._collected >= BATCH or (self._upload is None and self.size > SMALL_DOCUMENT):
            await self._spool_batch()

    def set_ticket(self, ticket: str) -> None:
        """For a way in that knows the ticket (JSON text) only after the document, as a web form does; before `finish`."""
        self._submission = replace(self._submission, ticket=ticket)

    async def finish(self) -> FinishedArrival:
        """Durable when it returns. Raises RefusedError; nothing is left then."""
        if not self.size:
            await self._refuse(Refusal.EMPTY)
        if not self._format:
            await self._sniff()
        try:
            if self._upload is None:
                return await self._finish_small()
            return await self._finish_large(self._upload)
        except SpoolFullError:
            await self._refuse(Refusal.DISK_FULL)
        except JobGoneError:
            await self._refuse(Refusal.JOB_GONE)
        except (StoreError, SpoolError):
            await self._refuse(Refusal.STORE)
        except BaseException:
            await self.abort()
            raise

    async def abort(self) -> None:
        """Leave nothing behind. Idempotent."""
        if self._ended:
            return
        self._ended = True
        self._chunks.clear()
        self._permit.leave(None)
        upload = self._upload
        if upload is not None:
            batch = self._batch
            if batch is not None:
                await asyncio.wait([batch])
                batch.cancelled() or batch.exception()
            await self._in_thread(upload.abort)

    async def _refuse(self, refusal: Refusal) -> NoReturn:
        if self._ended:
            # The job was cancelled while its document was on its way: what fails now fails for that.
            refusal = Refusal.JOB_GONE
        await self.abort()
        raise RefusedError(refusal)

    async def _sniff(self) -> None:
        head = b"".join(self._chunks)[:SNIFF_BYTES]
        found = sniff_format(head, self._submission.document_format)
        if found is None or found not in READABLE_FORMATS:
            await self._refuse(Refusal.FORMAT)
        self._format = found

    async def _spool_batch(self) -> None:
        if self._upload is None:
            recipients, _ = self._submission.recipients()
            self._upload = _Upload(self._intake.spool, new_key(self._submission.town.slug), recipients)
        batch, self._chunks, self._collected = self._chunks, [], 0
        await self._await_batch()
        if self._ended:
            raise RefusedError(Refusal.JOB_GONE)
        self._batch = self._in_thread(self._upload.write, batch)

    async def _await_batch(self) -> None:
        if self._batch is None:
            return
        try:
            await asyncio.shield(self._batch)
        except SpoolFullError:
            await self._refuse(Refusal.DISK_FULL)
        except SpoolError:
            await self._refuse(Refusal.STORE)
        self._batch = None

    def _in_thread(self, function: Callable[..., None], *arguments: Any) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._intake.threads, function, *arguments)

    async def _finish_small(self) -> FinishedArrival:
        document = b"".join(self._chunks)
        recipients, sealed_to = self._submission.recipients()
        file_key, header, body = seal(recipients, document)
        job_id = await self._store(file_key, header, sealed_to, sealed=header + body)
        self._look_later(job_id, file_key, document, "")
        return self._end(job_id, file_key)

    async def _finish_large(self, upload: _Upload) -> FinishedArrival:
        await self._await_batch()
        await self._in_thread(upload.finish, self._chunks)
        self._chunks = []
        _, sealed_to = self._submission.recipients()
        try:
            job_id = await self._store(upload.file_key, upload.header, sealed_to, spool_key=upload.key)
        except StoreError:
            await self._in_thread(self._intake.spool.delete, upload.key)
            raise
        self._look_later(job_id, upload.file_key, None, upload.key)
        return self._end(job_id, upload.file_key)

    def _end(self, job_id: int, file_key: FileKey) -> FinishedArrival:
        self._ended = True
        self._permit.leave(self.size)
        return FinishedArrival(job_id, file_key, self.size)

    async def _store(
        self,
        file_key: FileKey,
        header: bytes,
        sealed_to: SealedTo,
        *,
        sealed: bytes | None = None,
        spool_key: str = "",
    ) -> int:
        submission = self._submission
        now = datetime.now(UTC)
        known = submission.owner is not None or submission.device_id is not None
        state = State.HELD if known else State.QUARANTINED
        change = Change.COMPLETE if known else Change.COMPLETE_UNKNOWN
        expires_at = now + timedelta(hours=submission.town.held_hours)
        title = seal_note(file_key, TITLE_NOTE, submission.title[:MAX_TITLE].encode("utf-8", "replace"))
        if self._job_id is None:
            job = _new_job(
                submission,
                state,
                now,
                expires_at,
                change=change.value,
                title_sealed=title,
                document_format=self._format,
                size=self.size,
                header=header,
                spool_key=spool_key,
                sealed=sealed,
            )
            return await self._intake.store.insert_job(job)
        await self._intake.store.complete_job(
            ArrivedDocument(
                job_id=self._job_id,
                municipality_id=submission.town.id,
                state=state,
                change=change,
                at=now,
                title_sealed=title,
                document_format=self._format,
                size=self.size,
                header=header,
                spool_key=spool_key,
                expires_at=expires_at,
                sealed_to=sealed_to.value,
                ticket=submission.ticket,
                sealed=sealed,
            )
        )
        return self._job_id

    def _look_later(self, job_id: int, file_key: FileKey, document: bytes | None, spool_key: str) -> None:
        self._intake.inspections.submit(
            PendingInspection(
                job_id, self._submission.town.id, file_key, document, spool_key, self._format, self.size
            )
        )


class _Upload:
    """The threads' half of a large document: seals and spools. One call at a time."""

    def __init__(self, spool: Spool, key: str, recipients: tuple[Recipient, ...]) -> None:
        self.key = key
        self._spool = spool
        self._writer: SpoolWriter | None = None
        self._sealer = Sealer(recipients)

    @property
    def header(self) -> bytes:
        return self._sealer.header

    @property
    def file_key(self) -> FileKey:
        return self._sealer.file_key

    def write(self, batch: list[bytes]) -> None:
        keep_reserve(self._spool)
        if self._writer is None:
            self._writer = self._spool.create(self.key)
        self._writer.write(self._sealer.update(b"".join(batch)))

    def finish(self, batch: list[bytes]) -> None:
        self.write(batch)
        if self._writer is not None:
            self._writer.write(self._sealer.finish())
            self._writer.commit()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()


def _new_job(
    submission: Submission, state: State, now: datetime, expires_at: datetime, **columns: Any
) -> NewJob:
    _, sealed_to = submission.recipients()
    return NewJob(
        municipality_id=submission.town.id,
        queue_id=submission.queue_id,
        person_id=submission.owner.id if submission.owner else None,
        identity=submission.identity.value,
        claimed_name=submission.claimed_name,
        state=state,
        sealed_to=sealed_to.value,
        created_at=now,
        expires_at=expires_at,
        ticket=submission.ticket,
        device_id=submission.device_id,
        origin=submission.origin,
        **columns,
    )
