# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of either raster format as one kind of thing: facts, previews and plain pixels.

In worker processes only. Colour is what is on the page, not what its header allows: many clients send
every page as sRGB. Pixel layouts read: 1-bit and 8-bit black, 8- and 16-bit grey, RGB and CMYK; other
device colours are unsupported.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from PIL import Image, ImageChops

from allmende.documents.errors import RasterError, UnreadableDocumentError, UnreadableReason
from allmende.documents.facts import DocumentFacts, Sides
from allmende.documents.formats import PWG_RASTER, URF
from allmende.documents.media_sizes import MediaSize, media_name
from allmende.documents.pixels import are_coloured, png_of
from allmende.documents.pwg_raster import (
    COLOUR_SPACE_BLACK,
    COLOUR_SPACE_CMYK,
    COLOUR_SPACE_SGRAY,
    PwgPage,
    read_pwg_pages,
)
from allmende.documents.raster_lines import Buffer, RasterLimits
from allmende.documents.urf import COLOUR_SPACE_CMYK as URF_CMYK
from allmende.documents.urf import UrfPage, read_urf_pages

# Layouts by (bits per pixel, kind of colour); the same for both formats.
_GREY, _BLACK, _RGB, _CMYK = "grey", "black", "rgb", "cmyk"
_PWG_KINDS: Final = {1: _RGB, 3: _BLACK, 6: _CMYK, 18: _GREY, 19: _RGB, 20: _RGB, 0: _GREY}
_URF_KINDS: Final = {0: _GREY, 4: _GREY, 1: _RGB, 3: _RGB, 5: _RGB, 6: _CMYK}
_LAYOUTS: Final = frozenset(
    {
        (1, _BLACK),
        (1, _GREY),
        (8, _BLACK),
        (8, _GREY),
        (16, _GREY),
        (24, _RGB),
        (48, _RGB),
        (32, _CMYK),
    }
)
_STRIP_LINES: Final = 64
assert (COLOUR_SPACE_BLACK, COLOUR_SPACE_CMYK, COLOUR_SPACE_SGRAY, URF_CMYK) == (3, 6, 18, 6)  # noqa: S101


@dataclass(frozen=True, slots=True)
class RasterPage:
    """One page: pixels, dpi across and along, paper, sides, and how to read its lines."""

    width: int
    height: int
    dpi: tuple[int, int]
    media: MediaSize
    sides: Sides
    bits_per_pixel: int
    kind: str
    copies: int
    source: PwgPage | UrfPage

    @property
    def may_be_coloured(self) -> bool:
        return self.kind in {_RGB, _CMYK}

    def lines(self) -> Iterator[tuple[bytes, int]]:
        """Yield (pixels of one line, how many times): RGB or grey, 8 bits a channel, light up."""
        for line, times, _ in self.source.lines():
            yield self._plain(line), times

    def _plain(self, line: bytes) -> bytes:
        bits, kind = self.bits_per_pixel, self.kind
        if bits == 1:
            mode = "1;I" if kind == _BLACK else "1"
            return Image.frombytes("1", (self.width, 1), line, "raw", mode).convert("L").tobytes()
        if bits in {16, 48}:
            return line[0::2]
        if kind == _BLACK:
            return line.translate(_INVERTED)
        if kind == _CMYK:
            inks = Image.frombytes("CMYK", (self.width, 1), line)
            return inks.convert("RGB").tobytes()
        return line


_INVERTED: Final = bytes(range(255, -1, -1))


def raster_pages(
    document: Buffer, document_format: str, limits: RasterLimits | None = None
) -> Iterator[RasterPage]:
    """Yield a raster document's pages; RasterError when something is wrong with one."""
    limits = limits or RasterLimits()
    if document_format == PWG_RASTER:
        return map(_from_pwg, read_pwg_pages(document, limits))
    if document_format == URF:
        return map(_from_urf, read_urf_pages(document, limits))
    raise UnreadableDocumentError(UnreadableReason.UNSUPPORTED_FORMAT)


def _from_pwg(page: PwgPage) -> RasterPage:
    header = page.header
    across, along = (value or 300 for value in header.hw_resolution)
    kind = _known(header.bits_per_pixel, _PWG_KINDS.get(header.color_space))
    if all(header.page_size):
        media = MediaSize(*(round(side * 2540 / 72) for side in header.page_size))
    else:
        media = _size_in(header.width, header.height, across, along)
    return RasterPage(
        header.width,
        header.height,
        (across, along),
        media,
        header.sides,
        header.bits_per_pixel,
        kind,
        header.num_copies,
        page,
    )


def _from_urf(page: UrfPage) -> RasterPage:
    header = page.header
    dpi = header.resolution
    kind = _known(header.bits_per_pixel, _URF_KINDS.get(header.color_space))
    media = _size_in(header.width, header.height, dpi, dpi)
    return RasterPage(
        header.width, header.height, (dpi, dpi), media, header.sides, header.bits_per_pixel, kind, 0, page
    )


def _known(bits: int, kind: str | None) -> str:
    if kind is None or (bits, kind) not in _LAYOUTS:
        raise RasterError("unsupported colour space", UnreadableReason.UNSUPPORTED_FORMAT)
    return kind


def _size_in(width: int, height: int, across: int, along: int) -> MediaSize:
    return MediaSize(max(1, width * 2540 // across), max(1, height * 2540 // along))


def inspect_raster(
    document: bytearray, document_format: str, parameters: dict[str, Any]
) -> tuple[DocumentFacts, bytes]:
    """Tell a raster's facts and the PNG of its first page."""
    limits = RasterLimits(pages=parameters["max_pages"])
    pages = raster_pages(document, document_format, limits)
    first = next(pages, None)
    if first is None:
        raise UnreadableDocumentError(UnreadableReason.EMPTY)
    preview = thumbnail(first, parameters["preview_height"])
    end = time.monotonic() + parameters["colour_seconds"]
    count = coloured = 0
    mixed = estimated = False
    for page in chain((first,), pages):
        count += 1
        mixed = mixed or media_name(page.media) != media_name(first.media)
        if not page.may_be_coloured:
            continue
        if count > parameters["colour_pages"] or time.monotonic() > end:
            estimated = True
            coloured += 1  # what was not looked at counts as what its header says
        else:
            coloured += _has_colour(page)
    facts = DocumentFacts(
        format=document_format,
        pages=count,
        colour_pages=coloured,
        media=media_name(first.media),
        mixed_media=mixed,
        sides=first.sides,
        colour_estimated=estimated,
    )
    return facts, preview


def _has_colour(page: RasterPage) -> bool:
    return any(are_coloured(line) for line, _ in page.lines())


def thumbnail(page: RasterPage, height: int) -> bytes:
    """The page as PNG, `height` pixels high (never enlarged), in memory for a strip and the result."""
    return png_of(scaled_page(page, *_thumbnail_size(page, height)))


def _thumbnail_size(page: RasterPage, height: int) -> tuple[int, int]:
    across, along = page.dpi
    proportion = (page.width / across) / (page.height / along)
    height = max(1, min(height, page.height))
    return max(1, min(round(height * proportion), 4 * height, page.width)), height


def scaled_page(page: RasterPage, width: int, height: int) -> Image.Image:
    """The page shrunk to `width` x `height` by averaging, read strip by strip."""
    mode = "RGB" if page.may_be_coloured else "L"
    result = Image.new(mode, (width, height), "white")
    top = 0  # in source lines
    for strip in strips(page, max(_STRIP_LINES, -(-page.height // height))):
        lines = len(strip) // (page.width * (3 if mode == "RGB" else 1))
        image = Image.frombytes(mode, (page.width, lines), strip)
        start, end = top * height // page.height, (top + lines) * height // page.height
        if end > start:
            result.paste(image.resize((width, end - start), Image.Resampling.BOX), (0, start))
        elif start < height:
            # A strip thinner than a line of the result: keep the darkest of them.
            thin = image.resize((width, 1), Image.Resampling.BOX)
            box = (0, start, width, start + 1)
            result.paste(ImageChops.darker(result.crop(box), thin), box)
        top += lines
    return result


def strips(page: RasterPage, lines: int) -> Iterator[bytes]:
    """Yield the page's pixels, at most `lines` lines at a time."""
    pending: list[bytes] = []
    for line, times in page.lines():
        for _ in range(times):
            pending.append(line)
            if len(pending) >= lines:
                yield b"".join(pending)
                pending.clear()
    if pending:
        yield b"".join(pending)
