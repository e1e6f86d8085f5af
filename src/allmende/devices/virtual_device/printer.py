# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The machine: takes jobs, prints one at a time, page by page, and stops where a fault says so.

Always holds: a page is in the tray, a sheet in the log, before it is counted; a finished job never changes. Everything
runs on one event loop, and `changed` wakes whoever waits (the machine itself, when it has nothing to do or is stopped).
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from allmende.devices.virtual_device.faults import Fault, FaultKind
from allmende.devices.virtual_device.jobs import VirtualDocument, VirtualJob
from allmende.devices.virtual_device.meters import LifeMeters
from allmende.devices.virtual_device.tray import PrintLog, Tray, TrayPage
from allmende.documents import Converter, DocumentError, Inspector
from allmende.ipp import JobState, PrinterState
from allmende.ipp.ticket import Ticket

log = logging.getLogger(__name__)

JOBS_KEPT: Final = 500
OPEN_JOBS: Final = 200
IMAGES_PER_DOCUMENT: Final = 60
INCOMPLETE_SECONDS: Final = 60.0
_TIMINGS_KEPT: Final = 20_000
_WITHOUT_COLOUR: Final = frozenset({"monochrome", "auto-monochrome", "process-monochrome", "bi-level"})


@dataclass(frozen=True, slots=True)
class _Sheaf:
    """One document as pages to print."""

    document: VirtualDocument
    pages: tuple[int, ...]
    of: int
    is_duplex: bool
    images: list[bytes]
    colour_pages: int = 0
    """So many of its pages; which ones is not known, so the first are taken for them."""


class Printer:
    def __init__(
        self,
        *,
        seconds_per_page: float,
        print_log: PrintLog | None,
        with_images: bool = True,
        meters: LifeMeters | None = None,
    ) -> None:
        self.meters: Final = meters or LifeMeters()
        self.tray: Final = Tray()
        self.jobs: OrderedDict[int, VirtualJob] = OrderedDict()
        self.timings: deque[dict[str, int | str]] = deque(maxlen=_TIMINGS_KEPT)
        self.fault = Fault()
        self.started: Final = datetime.now(UTC)
        self.state_changed = self.started
        self.identified_at: datetime | None = None
        self.on_offline: list[Callable[[], None]] = []
        self._seconds_per_page = seconds_per_page
        self._log = print_log
        self._with_images = with_images
        self._pages_until_fault = 0
        self._last_id = 0
        self._printing: VirtualJob | None = None
        self._changed = asyncio.Event()
        self._inspector = Inspector(max_workers=1)
        self._converter = Converter(max_workers=1, max_idle=1)
        self._machine: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._machine = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._machine:
            self._machine.cancel()
            with suppress(asyncio.CancelledError):
                await self._machine
        await self._inspector.aclose()
        await self._converter.aclose()
        if self._log:
            self._log.close()

    # state

    @property
    def is_offline(self) -> bool:
        return self.fault.kind is FaultKind.OFFLINE

    @property
    def is_stopped(self) -> bool:
        return self.fault.stops_paper and self._pages_until_fault <= 0

    @property
    def state(self) -> PrinterState:
        if self.is_stopped:
            return PrinterState.STOPPED
        return PrinterState.PROCESSING if self._printing else PrinterState.IDLE

    @property
    def state_reasons(self) -> tuple[str, ...]:
        reason = self.fault.state_reason if self.is_stopped else None
        return (reason,) if reason else ("none",)

    @property
    def printing(self) -> VirtualJob | None:
        return self._printing

    def open_jobs(self) -> list[VirtualJob]:
        return [job for job in self.jobs.values() if not job.is_finished]

    def set_fault(self, fault: Fault) -> None:
        self.fault = fault
        self._pages_until_fault = fault.after_pages
        if self.is_offline:
            for drop in self.on_offline:
                drop()
        self._note_change()

    # jobs

    def create_job(
        self, *, name: str, user: str, ticket: Ticket, uri: Callable[[int], str]
    ) -> VirtualJob | None:
        """None when too many jobs are open."""
        if len(self.open_jobs()) >= OPEN_JOBS:
            return None
        self._last_id += 1
        job = VirtualJob(self._last_id, uri(self._last_id), name, user, ticket)
        self.jobs[job.id] = job
        for old in list(self.jobs.values())[: max(len(self.jobs) - JOBS_KEPT, 0)]:
            if old.is_finished:
                del self.jobs[old.id]
        self.await_document(job)
        return job

    def await_document(self, job: VirtualJob) -> None:
        """Restarts the time that a client has for its next document (multiple-operation-time-out)."""
        count = len(job.documents)

        def give_up() -> None:
            if job.is_incoming and len(job.documents) == count:
                self.abort_job(job, "aborted-by-system")

        asyncio.get_running_loop().call_later(INCOMPLETE_SECONDS, give_up)

    def begin_document(self, job: VirtualJob, document: VirtualDocument) -> None:
        job.documents.append(document)

    def note_first_byte(self, job: VirtualJob) -> None:
        self.timings.append({"job": job.id, "name": job.name, "first_byte_ns": time.monotonic_ns()})

    def close_job(self, job: VirtualJob) -> None:
        """No document comes any more."""
        if job.is_finished:
            return
        job.is_incoming = False
        job.reasons = ("job-queued",)
        if not job.documents:
            job.finish(JobState.COMPLETED, "job-completed-successfully")
        self._note_change()

    def cancel_job(self, job: VirtualJob) -> None:
        job.is_cancelled = True
        if job is not self._printing:
            job.finish(JobState.CANCELED, "job-canceled-by-user")
        self._note_change()

    def abort_job(self, job: VirtualJob, reason: str) -> None:
        if not job.is_finished and job is not self._printing:
            job.finish(JobState.ABORTED, reason)
            self._note_change()

    # the machine

    def _note_change(self) -> None:
        self.state_changed = datetime.now(UTC)
        self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            job = next((job for job in self.open_jobs() if not job.is_incoming), None)
            if job is None or self.is_stopped:
                await self._changed.wait()
                continue
            self._printing = job
            job.state, job.reasons, job.processing = JobState.PROCESSING, ("job-printing",), datetime.now(UTC)
            self._note_change()
            try:
                await self._print(job)
            except DocumentError as error:
                log.info("job %s: %s", job.id, error)
                job.finish(JobState.ABORTED, "document-format-error")
            except Exception:
                log.exception("job %s", job.id)
                job.finish(JobState.ABORTED, "aborted-by-system")
            finally:
                self._printing = None
                self._note_change()

    async def _print(self, job: VirtualJob) -> None:
        sheaves = [await self._look_at(job, document) for document in job.documents]
        copies = job.ticket.copies or 1
        job.impressions = copies * sum(len(sheaf.pages) for sheaf in sheaves)
        job.sheets = copies * sum(
            -(-len(sheaf.pages) // 2) if sheaf.is_duplex else len(sheaf.pages) for sheaf in sheaves
        )
        for copy in range(1, copies + 1):
            for sheaf in sheaves:
                if not await self._print_sheaf(job, sheaf, copy, copies):
                    return
        job.finish(JobState.COMPLETED, "job-completed-successfully")

    async def _look_at(self, job: VirtualJob, document: VirtualDocument) -> _Sheaf:
        if not document.is_held:
            return _Sheaf(document, (1,), 1, job.is_duplex, [])
        facts = await self._inspector.inspect(document.chunks, document.format)
        images: list[bytes] = []
        if self._with_images:
            images = await self._converter.render_pages(
                document.chunks, facts.format, height=480, max_pages=IMAGES_PER_DOCUMENT
            )
        ranges = job.ticket.page_ranges
        pages = tuple(
            number
            for number in range(1, facts.pages + 1)
            if not ranges or any(lower <= number <= upper for lower, upper in ranges)
        )
        is_duplex = job.is_duplex
        if job.ticket.sides is None and facts.sides is not None:
            is_duplex = facts.sides != "one-sided"  # a raster's own header says it
        colour = 0 if job.ticket.print_color_mode in _WITHOUT_COLOUR else facts.colour_pages
        return _Sheaf(document, pages, facts.pages, is_duplex, images, colour)

    async def _print_sheaf(self, job: VirtualJob, sheaf: _Sheaf, copy: int, copies: int) -> bool:
        """False when the job ended before its end."""
        per_sheet = 2 if sheaf.is_duplex else 1
        for start in range(0, len(sheaf.pages), per_sheet):
            sides = sheaf.pages[start : start + per_sheet]
            for side, page in zip(("front", "back"), sides, strict=False):
                if not await self._move_paper(job):
                    return False
                self._drop_page(job, sheaf, page, side, (copy, copies))
                self.meters.count_side(is_colour=page <= sheaf.colour_pages)
                job.impressions_completed += 1
            if self._log:
                self._log.write_sheet(
                    job=job.id,
                    name=job.name,
                    sha256=sheaf.document.sha256,
                    copy=copy,
                    pages=list(sides),
                    of=sheaf.of,
                    at=time.time_ns(),
                )
            self.meters.count_sheet()
            job.sheets_completed += 1
        return True

    def _drop_page(
        self, job: VirtualJob, sheaf: _Sheaf, page: int, side: str, copy_of: tuple[int, int]
    ) -> None:
        self.tray.drop(
            TrayPage(
                number=self.tray.next_number(),
                job_id=job.id,
                title=sheaf.document.name or job.name,
                page=page,
                pages=sheaf.of,
                copy=copy_of[0],
                copies=copy_of[1],
                sheet=job.sheets_completed + 1,
                side=side,
                sides="two-sided" if sheaf.is_duplex else "one-sided",
                colour=job.ticket.print_color_mode or "auto",
                printed_at=datetime.now(UTC),
                document_sha256=sheaf.document.sha256,
                image=sheaf.images[page - 1] if page <= len(sheaf.images) else None,
            )
        )

    async def _move_paper(self, job: VirtualJob) -> bool:
        """Waits until one page may come out; False when the job is cancelled or aborted instead."""
        while True:
            if job.is_cancelled:
                job.finish(JobState.CANCELED, "job-canceled-by-user")
                return False
            if self.is_stopped:
                if self.fault.aborts_job:
                    job.finish(JobState.ABORTED, "aborted-by-system")
                    return False
                job.state, job.reasons = JobState.PROCESSING_STOPPED, ("printer-stopped",)
                self._changed.clear()
                await self._changed.wait()
                continue
            job.state, job.reasons = JobState.PROCESSING, ("job-printing",)
            if not await self._wait_for_page(job):
                continue
            if self.fault.stops_paper:
                if self._pages_until_fault <= 0:
                    continue
                self._pages_until_fault -= 1
            return True

    async def _wait_for_page(self, job: VirtualJob) -> bool:
        """The time that a page takes. False when something changed meanwhile that matters here."""
        deadline = time.monotonic() + self._page_seconds()
        while (rest := deadline - time.monotonic()) > 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._changed.wait()
            if job.is_cancelled or self.is_stopped:
                return False
            deadline = min(deadline, time.monotonic() + self._page_seconds())
        await asyncio.sleep(0)
        return True

    def _page_seconds(self) -> float:
        return self.fault.seconds_per_page if self.fault.kind is FaultKind.SLOW else self._seconds_per_page
