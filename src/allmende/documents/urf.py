# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Apple raster (URF): header codec, reader and writer.

There is no published standard; what stands here is what the format's public descriptions and the files of
CUPS' own filters agree on. A document is `UNIRAST` and a NUL, a 32-bit page count (0: unknown), then per
page a header of 32 bytes (big-endian) and lines compressed as in PWG raster. No IO here.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from allmende.documents.errors import RasterError, UnreadableReason
from allmende.documents.facts import Sides
from allmende.documents.raster_lines import (
    DEFAULT_LIMITS,
    Buffer,
    LineShape,
    PageEncoder,
    RasterLimits,
    decode_lines,
    skip_lines,
)

MAGIC: Final = b"UNIRAST\0"
FILE_HEADER_BYTES: Final = 12
HEADER_BYTES: Final = 32

COLOUR_SPACE_SGRAY: Final = 0
COLOUR_SPACE_SRGB: Final = 1
COLOUR_SPACE_ADOBE_RGB: Final = 3
COLOUR_SPACE_GREY: Final = 4
COLOUR_SPACE_RGB: Final = 5
COLOUR_SPACE_CMYK: Final = 6

_STRUCT: Final = struct.Struct(">BBBBBBBB4sIII8s")
_SIDES: Final[dict[int, Sides]] = {2: "two-sided-short-edge", 3: "two-sided-long-edge"}
DUPLEX_OF_SIDES: Final[dict[Sides, int]] = {
    "one-sided": 1,
    "two-sided-short-edge": 2,
    "two-sided-long-edge": 3,
}


@dataclass(frozen=True, slots=True)
class UrfHeader:
    """One page's 32 bytes; `resolution` in dpi, the same both ways. Fields without a known name are kept."""

    bits_per_pixel: int = 8
    color_space: int = COLOUR_SPACE_SGRAY
    duplex: int = 1
    print_quality: int = 4
    media_type: int = 0
    media_position: int = 0
    unknown_6: int = 0
    unknown_7: int = 0
    unknown_8: bytes = bytes(4)
    width: int = 0
    height: int = 0
    resolution: int = 300
    unknown_24: bytes = bytes(8)

    def encode(self) -> bytes:
        return _STRUCT.pack(*(getattr(self, name) for name in self.__dataclass_fields__))

    @classmethod
    def decode(cls, data: Buffer) -> "UrfHeader":
        """Read 32 bytes; nothing in them is judged here."""
        if len(data) != HEADER_BYTES:
            raise RasterError("header is cut short")
        return cls(*_STRUCT.unpack(data))

    @property
    def sides(self) -> Sides:
        return _SIDES.get(self.duplex, "one-sided")

    @property
    def bytes_per_line(self) -> int:
        return (self.width * self.bits_per_pixel + 7) // 8

    @property
    def line_shape(self) -> LineShape:
        return LineShape(
            unit=max(1, self.bits_per_pixel // 8),
            bytes_per_line=self.bytes_per_line,
            height=self.height,
            white=0 if self.color_space == COLOUR_SPACE_CMYK else 0xFF,
        )


@dataclass(frozen=True, slots=True)
class UrfPage:
    """A page in an Apple raster: its header, and where its lines begin in `data`."""

    header: UrfHeader
    data: Buffer
    start: int

    def lines(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield (line, times, position after it)."""
        return decode_lines(self.data, self.start, self.header.line_shape)


def read_urf_pages(data: Buffer, limits: RasterLimits = DEFAULT_LIMITS) -> Iterator[UrfPage]:
    """Yield the pages of a whole document one by one; RasterError on the first thing that is wrong.

    The file header's page count is not believed: clients that stream write 0 or a guess.
    """
    if bytes(data[:8]) != MAGIC or len(data) < FILE_HEADER_BYTES:
        raise RasterError("no UNIRAST word")
    position = FILE_HEADER_BYTES
    for _ in range(limits.pages):
        if position == len(data):
            return
        header = UrfHeader.decode(data[position : position + HEADER_BYTES])
        check_header(header, limits)
        position += HEADER_BYTES
        yield UrfPage(header, data, position)
        position = skip_lines(data, position, header.line_shape)
    if position != len(data):
        raise RasterError("too many pages", UnreadableReason.TOO_MANY_PAGES)


def check_header(header: UrfHeader, limits: RasterLimits) -> None:
    """RasterError when the page is too large or of a layout that is not Apple's."""
    limits.check_page(header.width, header.height, header.bytes_per_line)
    if header.bits_per_pixel not in {1, 8, 16, 24, 32, 48, 64} or header.resolution == 0:
        raise RasterError("unsupported pixel layout", UnreadableReason.UNSUPPORTED_FORMAT)


class UrfWriter:
    """Writes an Apple raster page by page: `begin_page`, `lines` as often as wanted, `end_page`."""

    def __init__(self, page_count: int = 0) -> None:
        self._page_count = page_count
        self._started = False
        self._encoder: PageEncoder | None = None

    def begin_page(self, header: UrfHeader) -> bytes:
        shape = header.line_shape
        self._encoder = PageEncoder(shape.unit, shape.bytes_per_line)
        word = b"" if self._started else MAGIC + struct.pack(">I", self._page_count)
        self._started = True
        return word + header.encode()

    def lines(self, block: Buffer) -> bytes:
        if self._encoder is None:
            raise ValueError("no page was begun")
        return self._encoder.lines(block)

    def end_page(self) -> bytes:
        if self._encoder is None:
            raise ValueError("no page was begun")
        rest, self._encoder = self._encoder.end_page(), None
        return rest
