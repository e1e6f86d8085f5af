# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A look at each document after it was acknowledged: pages, colour, paper, preview.

The file key waits here in memory, together with a small document's bytes, in a bounded queue; where that is full, or the
process ends first, the job keeps `inspection = ""` and the look is taken at its owner's tap (`inspect_job`).

Always holds: people go before: while many documents arrive, or somebody stands at a device, looking pauses; a preview is stored only as a note
under the document's own key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from allmende.documents import DocumentFacts, InspectionFailedError, Inspector, UnreadableDocumentError
from allmende.printing.arrival.job_store import InspectedJob, JobStore, StoreError
from allmende.printing.jobs import PREVIEW_NOTE, Job, JobDocument
from allmende.seal import FileKey, SealError, seal_note, unseal_pieces
from allmende.spool import Spool, SpoolError

log = logging.getLogger(__name__)

#: Larger documents are not looked at: bytes in clear.
MAX_DOCUMENT: Final = 64 * 1024 * 1024
MAX_WAITING: Final = 1_000
MAX_WAITING_BYTES: Final = 32 * 1024 * 1024
#: So many arrivals within a tenth of a second are a rush, in which looking waits.
RUSH: Final = 6
RUSH_SECONDS: Final = 0.1
#: How long looking waits after a tap: until the paper is on its way.
TAP_SECONDS: Final = 0.5

UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too-large"
FAILED: Final = "failed"
OK: Final = "ok"


@dataclass(frozen=True, slots=True)
class PendingInspection:
    """`document` is None where it must be read back from the spool (`spool_key`)."""

    job_id: int
    municipality_id: int
    file_key: FileKey = field(repr=False)
    document: bytes | None = field(repr=False)
    spool_key: str
    document_format: str
    size: int


class _Run(Protocol):
    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Awaitable[Any]: ...


class Inspections:
    """Belongs to one event loop. `run` runs a synchronous function in a thread."""

    def __init__(
        self,
        inspector: Inspector,
        store: JobStore,
        spool: Spool,
        run: _Run,
        *,
        workers: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inspector = inspector
        self._store = store
        self._spool = spool
        self._run = run
        self._workers = workers
        self._clock = clock
        self._waiting: deque[PendingInspection] = deque()
        self._waiting_bytes = 0
        self._ready = asyncio.Event()
        self._arrivals: deque[float] = deque(maxlen=RUSH)
        self._tasks: list[asyncio.Task[None]] = []
        self._busy = 0
        self._paused_until = 0.0

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._waiting.clear()
        await self._inspector.aclose()

    async def wait_idle(self) -> None:
        """Wait until everything that is queued was looked at."""
        while self._waiting or self._busy:  # noqa: ASYNC110 - for tests and orderly ends only
            await asyncio.sleep(0.01)

    def submit(self, pending: PendingInspection) -> bool:
        """Queue a look; False where there is no room for it."""
        self._arrivals.append(self._clock())
        size = len(pending.document) if pending.document else 0
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            return False
        self._waiting.append(pending)
        self._waiting_bytes += size
        self._ready.set()
        return True

    def give_way(self) -> None:
        """Somebody taps: what they wait for goes before."""
        self._paused_until = self._clock() + TAP_SECONDS

    async def inspect_job(self, job: Job, file_key: FileKey) -> None:
        """Look now at a stored job's document, e.g. at its owner's tap; columns and preview are stored when it returns."""
        await self._inspect(
            PendingInspection(
                job.pk, job.municipality_id, file_key, None, job.spool_key, job.document_format, job.size
            )
        )

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._ready.clear()
                await self._ready.wait()
            while self._is_rush():  # noqa: ASYNC110 - nothing says that a rush is over
                await asyncio.sleep(RUSH_SECONDS)
            if not self._waiting:
                continue
            pending = self._waiting.popleft()
            self._waiting_bytes -= len(pending.document) if pending.document else 0
            self._busy += 1
            try:
                await self._inspect(pending)
            except Exception:
                log.exception("looking at job %d failed", pending.job_id)
            finally:
                self._busy -= 1

    def _is_rush(self) -> bool:
        now = self._clock()
        return now < self._paused_until or (
            len(self._arrivals) == RUSH and now - self._arrivals[0] < RUSH_SECONDS
        )

    async def _inspect(self, pending: PendingInspection) -> None:
        if pending.size > MAX_DOCUMENT:
            result = InspectedJob(pending.job_id, pending.municipality_id, TOO_LARGE)
        else:
            result = await self._look(pending)
        with contextlib.suppress(StoreError):
            await self._store.record_inspection(result)

    async def _look(self, pending: PendingInspection) -> InspectedJob:
        job_id, town = pending.job_id, pending.municipality_id
        try:
            document: bytes | list[bytes] = pending.document or await self._run(self._read, pending)
            facts = await self._inspector.inspect(document, pending.document_format)
        except UnreadableDocumentError:
            return InspectedJob(job_id, town, UNREADABLE)
        except InspectionFailedError as error:
            return InspectedJob(job_id, town, TOO_LARGE if error.cause == "too-large" else FAILED)
        except (SealError, SpoolError, JobDocument.DoesNotExist):
            return InspectedJob(job_id, town, FAILED)
        return _found(pending, facts)

    def _read(self, pending: PendingInspection) -> list[bytes]:
        pieces: Iterable[bytes]
        if pending.spool_key:
            pieces = self._spool.read(pending.spool_key)
        else:
            pieces = [bytes(JobDocument.objects.get(job_id=pending.job_id).sealed)]
        return [bytes(piece) for piece in unseal_pieces(pieces, pending.file_key)]


def _found(pending: PendingInspection, facts: DocumentFacts) -> InspectedJob:
    preview = None
    if facts.preview_png is not None:
        preview = seal_note(pending.file_key, PREVIEW_NOTE, facts.preview_png)
    return InspectedJob(
        pending.job_id,
        pending.municipality_id,
        OK,
        pages=facts.pages,
        colour_pages=facts.colour_pages,
        media=(facts.media or "")[:60],
        document_format=facts.format,
        preview_sealed=preview,
    )
