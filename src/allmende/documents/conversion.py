# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Making of a document what a device takes: raster pages, chosen pages, an image as PDF, thumbnails.

All is done in worker processes; raster comes out page by page and in bands of a page, so that neither side
holds more than the document and a few megabytes.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from allmende.documents.errors import (
    ConversionFailedError,
    InspectionFailedError,
    UnreadableDocumentError,
    UnreadableReason,
)
from allmende.documents.facts import Sides
from allmende.documents.formats import JPEG, PNG, PWG_RASTER, READABLE_FORMATS, URF
from allmende.documents.media_sizes import STANDARD_MEDIA, MediaSize
from allmende.documents.worker_pool import DEFAULT_MAX_BYTES, Document, WorkerPool

SheetBack = Literal["normal", "flipped", "rotated", "manual-tumble"]
PageRanges = Sequence[tuple[int, int]]

MAX_PAGE_PIXELS: Final = 300_000_000
_MAX_RESULT_BYTES: Final = 1 << 30
_MAX_PAGES: Final = 100_000


@dataclass(frozen=True, slots=True)
class RasterTarget:
    """What raster a device takes.

    `format`: PWG or Apple raster. `colour`: sRGB, else grey. `bits` 1 is black only (PWG). `media`: the
    sheet; None takes each page's own size. `sheet_back`: how the device wants the back of a sheet
    (`pwg-raster-document-sheet-back`; Apple's DM1..DM4 mean the same four). `page_ranges`: 1-based, both
    ends included, empty for all. `copies` are collated and made here; a copy begins on a new sheet.
    `print_quality`: IPP's 3, 4, 5. ValueError on what no device has.
    """

    format: str = PWG_RASTER
    dpi: int = 300
    colour: bool = True
    bits: Literal[1, 8] = 8
    media: MediaSize | None = STANDARD_MEDIA["iso_a4_210x297mm"]
    sides: Sides = "one-sided"
    sheet_back: SheetBack = "normal"
    page_ranges: tuple[tuple[int, int], ...] = ()
    copies: int = 1
    print_quality: int = 4

    def __post_init__(self) -> None:
        pixels = self.media.pixels(self.dpi) if self.media else (1, 1)
        possible = (
            self.format in {PWG_RASTER, URF}
            and 30 <= self.dpi <= 2400
            and self.bits in {1, 8}
            and not (self.bits == 1 and (self.colour or self.format == URF))
            and pixels[0] * pixels[1] <= MAX_PAGE_PIXELS
            and 1 <= self.copies <= 9999
            and self.print_quality in {3, 4, 5}
        )
        if not possible:
            raise ValueError("no device takes such a raster")
        _check_ranges(self.page_ranges)


class Converter:
    """A pool of converting workers; belongs to one event loop.

    A conversion holds its worker as long as the device takes, so there may be many of them; the few that
    are kept idle are shared. `frame_seconds`: how long a worker may take to its next piece.
    """

    def __init__(
        self,
        *,
        max_workers: int = 16,
        max_idle: int = 2,
        max_bytes: int = DEFAULT_MAX_BYTES,
        frame_seconds: float = 60.0,
    ) -> None:
        self._pool = WorkerPool(max_workers=max_workers, max_idle=max_idle, max_bytes=max_bytes)
        self._frame_seconds = frame_seconds

    async def convert(
        self, document: Document, source_format: str, target: RasterTarget
    ) -> AsyncGenerator[bytes]:
        """Yield the raster in pieces of some 64 KiB to a few megabytes.

        Close the generator (`contextlib.aclosing`) when you stop early: its worker is then killed. Raises
        `UnreadableDocumentError` or `ConversionFailedError`, also after some pieces have come.
        """
        _check_format(source_format, READABLE_FORMATS)
        parameters = {"format": source_format, "target": asdict(target), "max_pages": _MAX_PAGES}
        async with aclosing(self._run("convert", parameters, document)) as pieces:
            async for piece in pieces:
                yield piece

    async def select_pages(self, pdf: Document, page_ranges: PageRanges) -> bytes:
        """A PDF of the chosen pages (1-based, ends included, in document order).

        Ranges beyond the end are cut; `UnreadableDocumentError("no-such-page")` when nothing is left.
        """
        _check_ranges(page_ranges)
        return await self._whole("select_pages", {"page_ranges": list(page_ranges)}, pdf)

    async def image_to_pdf(self, image: Document, image_format: str, media: MediaSize) -> bytes:
        """A one-page PDF with the JPEG or PNG as large as fits on `media`, turned as the image is."""
        _check_format(image_format, frozenset({JPEG, PNG}))
        return await self._whole("image_to_pdf", {"format": image_format, "media": asdict(media)}, image)

    async def render_pages(
        self, document: Document, document_format: str, *, height: int = 400, max_pages: int = 50
    ) -> list[bytes]:
        """The first `max_pages` pages as PNG, about `height` pixels high (16..2000)."""
        _check_format(document_format, READABLE_FORMATS)
        if not 16 <= height <= 2000:
            raise ValueError("a thumbnail is 16 to 2000 pixels high")
        parameters = {"format": document_format, "height": height, "max_pages": max_pages}
        async with aclosing(self._run("render_pages", parameters, document)) as pages:
            return [page async for page in pages]

    async def aclose(self) -> None:
        """Kill all workers and wait until they are gone; conversions in flight fail."""
        await self._pool.aclose()

    async def _whole(self, operation: str, parameters: dict[str, Any], document: Document) -> bytes:
        result = bytearray()
        async with aclosing(self._run(operation, parameters, document)) as pieces:
            async for piece in pieces:
                result += piece
                if len(result) > _MAX_RESULT_BYTES:
                    raise ConversionFailedError("too-large")
        return bytes(result)

    async def _run(
        self, operation: str, parameters: dict[str, Any], document: Document
    ) -> AsyncGenerator[bytes]:
        answers = self._pool.run(operation, parameters, document, frame_seconds=self._frame_seconds)
        try:
            async with aclosing(answers):
                async for _, payload in answers:
                    yield payload
        except InspectionFailedError as error:
            raise ConversionFailedError(error.cause) from None


def _check_format(document_format: str, formats: frozenset[str]) -> None:
    if document_format not in formats:
        raise UnreadableDocumentError(UnreadableReason.UNSUPPORTED_FORMAT)


def _check_ranges(ranges: PageRanges) -> None:
    if any(not 1 <= first <= last for first, last in ranges):
        raise ValueError("a page range is 1 <= first <= last")
