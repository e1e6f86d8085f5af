# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The durable way in for jobs: rows of many clients in one transaction, so that they share one flush.

A `JobStore` takes one job's row with its small document and its first event, and returns when all three are on stable storage.
What always holds:

- who was told a job's number can find the job again, also after a power cut; who got an error left nothing behind;
- one job that the database refuses does not harm the others of its group: the group is then written one by one;
- the columns come from the Django models (`arrival/job_rows`), read once at start: there is no second list to drift.

Everything that is not hot (cancel, release, lists) goes through Django's models instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from django.conf import settings

from allmende.printing.job_states import Change, State

#: Sealed documents up to this size lie beside the job's row; larger ones in the spool. Bytes.
SMALL_SEALED: Final = 64 * 1024


class StoreError(Exception):
    """The job is not stored; the client may try again later. The text holds nothing of the job."""


class JobGoneError(StoreError):
    """The job is not in the state that the change needs: cancelled, expired, or finished by somebody else."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job's row as it arrives; the names are those of `Job`'s columns.

    `sealed` is the whole age file of a small document, None where it lies in the spool or has not come yet. `change` is what
    the first event says.
    """

    municipality_id: int
    queue_id: int
    person_id: int | None
    identity: str
    claimed_name: str
    state: State
    sealed_to: str
    created_at: datetime
    expires_at: datetime
    ticket: str = "{}"
    title_sealed: bytes = b""
    document_format: str = ""
    size: int = 0
    header: bytes = b""
    spool_key: str = ""
    inspection: str = ""
    device_id: int | None = None
    origin: str = ""
    sealed: bytes | None = None
    change: str = Change.COMPLETE.value


@dataclass(frozen=True, slots=True)
class ArrivedDocument:
    """What completes a job that was announced before (state `incoming`): its columns, and the new state."""

    job_id: int
    municipality_id: int
    state: State
    change: Change
    at: datetime
    title_sealed: bytes
    document_format: str
    size: int
    header: bytes
    spool_key: str
    expires_at: datetime
    sealed_to: str
    ticket: str
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class InspectedJob:
    """What a look at the document found. None and "" where it is not known; `preview_sealed` is a note."""

    job_id: int
    municipality_id: int
    inspection: str
    pages: int | None = None
    colour_pages: int | None = None
    media: str = ""
    document_format: str = ""
    preview_sealed: bytes | None = None


Entry = NewJob | ArrivedDocument | InspectedJob


class JobStore(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Write what is queued, then close. Calls after this raise StoreError."""

    async def insert_job(self, job: NewJob) -> int:
        """The job's number, durable. Raises StoreError: then there is no such job."""

    async def complete_job(self, document: ArrivedDocument) -> None:
        """Durable when it returns. Raises JobGoneError where the job is no longer `incoming`, else StoreError."""

    async def record_inspection(self, inspected: InspectedJob) -> bool:
        """Whether the job was still there, in need of it. Raises StoreError."""


def open_job_store() -> JobStore:
    """The store for the database that Django's settings name; not yet started."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        from allmende.printing.arrival.job_store_postgresql import PostgresqlJobStore  # noqa: PLC0415 - an optional extra

        return PostgresqlJobStore()
    from allmende.printing.arrival.job_store_sqlite import SqliteJobStore  # noqa: PLC0415 - its counterpart

    return SqliteJobStore(
        writer_address=settings.ALLMENDE_WRITER_ADDRESS, keeps_writer=settings.ALLMENDE_KEEPS_WRITER
    )
