# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The host of one delivery's session: what the dialogue needs of database, spool and converter."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final, Protocol

from allmende.directory.people import Person
from allmende.documents.conversion import Converter
from allmende.documents.media_sizes import STANDARD_MEDIA, size_of_media
from allmende.ipp import AttributeSet
from allmende.ipp.ticket import Ticket
from allmende.printing.delivery.documents import CountedPieces, DocumentGoneError, read_document
from allmende.printing.delivery.plans import DeliveryPlan, plan_delivery
from allmende.printing.delivery.port import DeliveryOrder, Progress
from allmende.printing.delivery.records import (
    LoadedDelivery,
    begin_delivery,
    note_accepted,
    note_progress,
    note_waiting,
)
from allmende.printing.delivery.stops import StopWish
from allmende.printing.delivery.watch import DeliveryTimes
from allmende.printing.job_tickets import impressions_wanted, released_ticket
from allmende.spool import Spool

_DEFAULT_MEDIA: Final = STANDARD_MEDIA["iso_a4_210x297mm"]


class RunSync(Protocol):
    """Runs a function that may use Django's models in a thread."""

    def __call__(self, function: Callable[..., Any], /, *arguments: Any) -> Awaitable[Any]: ...


class DeliveryHost:
    """`order` is None for a job whose key died with another process: it can be followed, not sent."""

    def __init__(
        self,
        *,
        run: RunSync,
        spool: Spool,
        converter: Converter,
        times: DeliveryTimes,
        loaded: LoadedDelivery,
        order: DeliveryOrder | None,
    ) -> None:
        self.times = times
        self._run = run
        self._spool = spool
        self._converter = converter
        self._loaded = loaded
        self._order = order
        #: Who wished that it ends.
        self.stopped_by: Person | None = None

    @property
    def document_format(self) -> str:
        return self._loaded.job.document_format

    @property
    def changes_looks(self) -> bool:
        """Whether the person asked at the device for other sides or colours than the document comes with."""
        if self._order is None:
            return False
        return self._order.changes.sides is not None or self._order.changes.colour is not None

    @property
    def expected_impressions(self) -> int | None:
        """Pages times copies; None where the pages are not known or only some of them are printed."""
        pages = self._loaded.job.pages
        ticket = self._ticket()
        if not pages or ticket.page_ranges or ticket.number_up not in {None, 1}:
            return None
        return pages * (ticket.copies or 1)

    @property
    def wanted_impressions(self) -> int | None:
        """What people are shown as the whole of it: copies and pages as released."""
        return impressions_wanted(self._loaded.job.pages, self._ticket())

    def _ticket(self) -> Ticket:
        """With what the owner changed at the device, also of a job that a dead process released."""
        return released_ticket(self._loaded.job)

    async def plan(self, attributes: AttributeSet) -> DeliveryPlan:
        return plan_delivery(self._loaded.job.document_format, self._ticket(), attributes)

    async def open_document(self, plan: DeliveryPlan) -> CountedPieces:
        """Raises DocumentGoneError, DocumentError."""
        if self._order is None or self._loaded.document is None:
            raise DocumentGoneError
        pieces = read_document(self._loaded.document, self._order.file_key, self._spool)
        if plan.raster is None and not plan.pages and not plan.as_pdf:
            return CountedPieces(pieces)
        # What has to be made of the document needs all of it at once; the workers bound its size.
        whole = [piece async for piece in pieces]
        return CountedPieces(self._made(plan, whole))

    async def _made(self, plan: DeliveryPlan, whole: list[bytes]) -> AsyncGenerator[bytes]:
        source = self._loaded.job.document_format
        if plan.raster is not None:
            async for piece in self._converter.convert(whole, source, plan.raster):
                yield piece
        elif plan.pages:
            yield await self._converter.select_pages(whole, plan.pages)
        else:
            media = size_of_media(plan.ticket.media or "") or _DEFAULT_MEDIA
            yield await self._converter.image_to_pdf(whole, source, media)

    async def begin(self, device_job_id: int) -> bool:
        return bool(await self._run(begin_delivery, self._loaded.job, device_job_id))

    async def note_waiting(self, reason: str) -> None:
        await self._run(note_waiting, self._loaded.job, reason)

    async def note_accepted(self, device_job_id: int) -> None:
        await self._run(note_accepted, self._loaded.job, device_job_id)

    async def note_progress(self, progress: Progress, *, accepted: bool) -> StopWish | None:
        stop = await self._run(_note, self._loaded, progress, accepted)
        if stop is None:
            return None
        wish, self.stopped_by = stop
        return StopWish(wish)


def _note(loaded: LoadedDelivery, progress: Progress, accepted: bool) -> tuple[StopWish, Person] | None:
    return note_progress(
        loaded.job, progress.impressions, progress.sheets, progress.reason, accepted=accepted
    )
