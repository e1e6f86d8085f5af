# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""PWG raster: header codec, reader and writer (PWG 5102.4-2012 "PWG Raster Format").

A document is the word `RaS2`, then per page a header of 1,796 bytes (big-endian) and the compressed lines
(`raster_lines.py`). The header codec is exact: `PwgHeader.decode(data).encode() == data` for any 1,796
bytes, reserved fields included. No IO here.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

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

SYNC_WORD: Final = b"RaS2"
HEADER_BYTES: Final = 1796

# ColorSpace values (PWG 5102.4 §4.3).
COLOUR_SPACE_RGB: Final = 1
COLOUR_SPACE_BLACK: Final = 3
COLOUR_SPACE_CMYK: Final = 6
COLOUR_SPACE_SGRAY: Final = 18
COLOUR_SPACE_SRGB: Final = 19
COLOUR_SPACE_ADOBE_RGB: Final = 20
#: Where the value 0 leaves the paper white; everywhere else full light does.
INK_SPACES: Final = frozenset({COLOUR_SPACE_BLACK, COLOUR_SPACE_CMYK, *range(48, 63)})

# The header in order: (field, struct code). A number before `I` or `i` makes a tuple; "" is reserved.
_LAYOUT: Final = (
    ("pwg_raster", "64s"),
    ("media_color", "64s"),
    ("media_type", "64s"),
    ("print_content_optimize", "64s"),
    ("", "12s"),
    ("cut_media", "I"),
    ("duplex", "I"),
    ("hw_resolution", "2I"),
    ("", "16s"),
    ("insert_sheet", "I"),
    ("jog", "I"),
    ("leading_edge", "I"),
    ("", "12s"),
    ("media_position", "I"),
    ("media_weight_metric", "I"),
    ("", "8s"),
    ("num_copies", "I"),
    ("orientation", "I"),
    ("", "4s"),
    ("page_size", "2I"),
    ("", "8s"),
    ("tumble", "I"),
    ("width", "I"),
    ("height", "I"),
    ("", "4s"),
    ("bits_per_color", "I"),
    ("bits_per_pixel", "I"),
    ("bytes_per_line", "I"),
    ("color_order", "I"),
    ("color_space", "I"),
    ("", "16s"),
    ("num_colors", "I"),
    ("", "28s"),
    ("total_page_count", "I"),
    ("cross_feed_transform", "i"),
    ("feed_transform", "i"),
    ("image_box", "4I"),
    ("alternate_primary", "I"),
    ("print_quality", "I"),
    ("", "20s"),
    ("vendor_identifier", "I"),
    ("vendor_length", "I"),
    ("vendor_data", "1088s"),
    ("", "64s"),
    ("rendering_intent", "64s"),
    ("page_size_name", "64s"),
)
_STRUCT: Final = struct.Struct(">" + "".join(code for _, code in _LAYOUT))
_RESERVED_BYTES: Final = sum(struct.calcsize(code) for name, code in _LAYOUT if not name)


@dataclass(frozen=True, slots=True)
class PwgHeader:
    """One page's header, in the order of the standard (§4.3).

    Character fields are Latin-1 without trailing NULs. `page_size` is in points, `hw_resolution` in dpi,
    `image_box` left, top, right, bottom in pixels. `reserved`: all reserved fields, one after the other.
    """

    pwg_raster: str = "PwgRaster"
    media_color: str = ""
    media_type: str = ""
    print_content_optimize: str = ""
    cut_media: int = 0
    duplex: int = 0
    hw_resolution: tuple[int, int] = (300, 300)
    insert_sheet: int = 0
    jog: int = 0
    leading_edge: int = 0
    media_position: int = 0
    media_weight_metric: int = 0
    num_copies: int = 0
    orientation: int = 0
    page_size: tuple[int, int] = (0, 0)
    tumble: int = 0
    width: int = 0
    height: int = 0
    bits_per_color: int = 8
    bits_per_pixel: int = 8
    bytes_per_line: int = 0
    color_order: int = 0
    color_space: int = COLOUR_SPACE_SGRAY
    num_colors: int = 1
    total_page_count: int = 0
    cross_feed_transform: int = 1
    feed_transform: int = 1
    image_box: tuple[int, int, int, int] = (0, 0, 0, 0)
    alternate_primary: int = 0xFFFFFF
    print_quality: int = 0
    vendor_identifier: int = 0
    vendor_length: int = 0
    vendor_data: bytes = bytes(1088)
    rendering_intent: str = ""
    page_size_name: str = ""
    reserved: bytes = bytes(_RESERVED_BYTES)

    def encode(self) -> bytes:
        """Give the header's 1,796 bytes; struct.error when a number does not fit its field."""
        values: list[Any] = []
        reserved = 0
        for name, code in _LAYOUT:
            if not name:
                size = struct.calcsize(code)
                values.append(self.reserved[reserved : reserved + size])
                reserved += size
                continue
            value = getattr(self, name)
            if isinstance(value, tuple):
                values.extend(value)
            else:
                values.append(value.encode("latin-1") if isinstance(value, str) else value)
        return _STRUCT.pack(*values)

    @classmethod
    def decode(cls, data: Buffer) -> "PwgHeader":
        """Read 1,796 bytes; nothing in them is judged here."""
        if len(data) != HEADER_BYTES:
            raise RasterError("header is cut short")
        values = iter(_STRUCT.unpack(data))
        known: dict[str, Any] = {}
        reserved = b""
        for name, code in _LAYOUT:
            value = next(values)
            if not name:
                reserved += value
            elif name == "vendor_data":
                known[name] = value
            elif code.endswith("s"):
                known[name] = value.rstrip(b"\0").decode("latin-1")
            elif len(code) > 1:
                known[name] = (value, *(next(values) for _ in range(int(code[:-1]) - 1)))
            else:
                known[name] = value
        return cls(**known, reserved=reserved)

    @property
    def sides(self) -> Sides:
        if not self.duplex:
            return "one-sided"
        return "two-sided-short-edge" if self.tumble else "two-sided-long-edge"

    @property
    def line_shape(self) -> LineShape:
        return LineShape(
            unit=max(1, self.bits_per_pixel // 8),
            bytes_per_line=self.bytes_per_line,
            height=self.height,
            white=0 if self.color_space in INK_SPACES else 0xFF,
        )


@dataclass(frozen=True, slots=True)
class PwgPage:
    """A page in a PWG document: its header, and where its lines begin in `data`."""

    header: PwgHeader
    data: Buffer
    start: int

    def lines(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield (line, times, position after it)."""
        return decode_lines(self.data, self.start, self.header.line_shape)


def read_pwg_pages(data: Buffer, limits: RasterLimits = DEFAULT_LIMITS) -> Iterator[PwgPage]:
    """Yield the pages of a whole document one by one; RasterError on the first thing that is wrong.

    A page's lines are walked (not built) only when the next page is asked for.
    """
    if bytes(data[:4]) != SYNC_WORD:
        raise RasterError("no RaS2 word")
    position = 4
    for _ in range(limits.pages):
        if position == len(data):
            return
        header = PwgHeader.decode(data[position : position + HEADER_BYTES])
        check_header(header, limits)
        position += HEADER_BYTES
        yield PwgPage(header, data, position)
        position = skip_lines(data, position, header.line_shape)
    if position != len(data):
        raise RasterError("too many pages", UnreadableReason.TOO_MANY_PAGES)


def check_header(header: PwgHeader, limits: RasterLimits) -> None:
    """RasterError when the page is too large or its numbers contradict each other."""
    if not header.pwg_raster.startswith("PwgRaster"):
        raise RasterError("not a PWG header")
    limits.check_page(header.width, header.height, header.bytes_per_line)
    bits = header.bits_per_pixel
    if header.color_order != 0 or bits not in {1, 2, 4, 8, 16, 24, 32, 48, 64, *range(8, 128, 8)}:
        raise RasterError("unsupported pixel layout", UnreadableReason.UNSUPPORTED_FORMAT)
    if header.bytes_per_line != (header.width * bits + 7) // 8:
        raise RasterError("a line's length does not fit its width")


class PwgWriter:
    """Writes a PWG document page by page: `begin_page`, `lines` as often as wanted, `end_page`."""

    def __init__(self) -> None:
        self._started = False
        self._encoder: PageEncoder | None = None

    def begin_page(self, header: PwgHeader) -> bytes:
        shape = header.line_shape
        self._encoder = PageEncoder(shape.unit, shape.bytes_per_line)
        word = b"" if self._started else SYNC_WORD
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
