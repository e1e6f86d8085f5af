# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line compression that PWG raster and Apple raster share.

PWG 5102.4-2012 §4.4: a group is one byte "this line, and so many times more", followed by the line as
tokens. A token is a count byte and pixels: 0..127 means the one pixel that follows, 1..128 times; 129..255
means 257-n literal pixels; 128 (Apple's raster, read in both) fills the line to its end with white. A
pixel is `unit` bytes; for less than 8 bits per pixel the unit is one byte.

Nothing is allocated from a number in the document that was not checked against `RasterLimits` first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from allmende.documents.errors import RasterError, UnreadableReason

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class RasterLimits:
    """The caps on what a raster document may claim of itself."""

    width: int = 100_000
    height: int = 200_000
    pixels: int = 1_000_000_000
    bytes_per_line: int = 800_000
    pages: int = 20_000

    def check_page(self, width: int, height: int, bytes_per_line: int) -> None:
        if not (0 < width <= self.width and 0 < height <= self.height and width * height <= self.pixels):
            raise RasterError(f"page of {width} x {height} pixels", UnreadableReason.TOO_LARGE)
        if not 0 < bytes_per_line <= self.bytes_per_line:
            raise RasterError(f"line of {bytes_per_line} bytes", UnreadableReason.TOO_LARGE)


DEFAULT_LIMITS: Final = RasterLimits()


@dataclass(frozen=True, slots=True)
class LineShape:
    """What the codec must know of a page: pixels' unit, a line's length, lines, and what white is."""

    unit: int
    bytes_per_line: int
    height: int
    white: int  # the byte value that leaves the paper white: 0xFF for light, 0 for ink


def decode_lines(data: Buffer, position: int, shape: LineShape) -> Iterator[tuple[bytes, int, int]]:
    """Yield (line, how many times, position after the group) until the page's height is reached."""
    lines = 0
    length = len(data)
    while lines < shape.height:
        if position >= length:
            raise RasterError("ends in mid-page")
        repeat = data[position] + 1
        line, position = _decode_line(data, position + 1, shape)
        # Some producers let the last group run over the page's end: what is over is not on the paper.
        repeat = min(repeat, shape.height - lines)
        lines += repeat
        yield line, repeat, position


def _decode_line(data: Buffer, position: int, shape: LineShape) -> tuple[bytes, int]:
    unit, left = shape.unit, shape.bytes_per_line
    length = len(data)
    pieces: list[bytes] = []
    while left > 0:
        if position >= length:
            raise RasterError("ends in mid-line")
        count = data[position]
        position += 1
        if count == 128:
            pieces.append(bytes((shape.white,)) * left)
            break
        size = unit if count < 128 else (257 - count) * unit
        pixels = bytes(data[position : position + size])
        if len(pixels) < size:
            raise RasterError("ends in mid-line")
        position += size
        if count < 128:
            pixels *= count + 1
        left -= len(pixels)
        pieces.append(pixels)
    if left < 0:
        raise RasterError("line is longer than its header says")
    return b"".join(pieces), position


def skip_lines(data: Buffer, position: int, shape: LineShape) -> int:
    """Return the position after the page, walking the tokens without building the lines."""
    unit, lines = shape.unit, 0
    try:
        while lines < shape.height:
            lines += data[position] + 1
            position += 1
            left = shape.bytes_per_line
            while left > 0:
                count = data[position]
                if count < 128:
                    left -= (count + 1) * unit
                    position += 1 + unit
                elif count == 128:
                    position += 1
                    break
                else:
                    left -= (257 - count) * unit
                    position += 1 + (257 - count) * unit
            if left < 0:
                raise RasterError("line is longer than its header says")
    except IndexError:
        raise RasterError("ends in mid-page") from None
    if position > len(data):
        raise RasterError("ends in mid-page")
    return position


@lru_cache(maxsize=8)
def _runs(unit: int) -> "re.Pattern[bytes]":
    # Three or more equal pixels, or as many others as follow each other: a pair among unequal pixels is
    # cheaper as literals, in bytes for grey and in time for all. The pattern only ever starts matching on a
    # pixel's border, because each match is a whole number of pixels.
    pixel = b"." if unit == 1 else b".{%d}" % unit
    return re.compile(b"(" + pixel + b")\\1{2,}|(?:(" + pixel + b")(?!\\2\\2))+", re.DOTALL)


_REPEAT: Final = tuple(bytes((max(0, pixels - 1),)) for pixels in range(129))
#: A single pixel is a run of one: 129..255 can only say 2..128 literals.
_LITERAL: Final = (b"\0", b"\0", *(bytes((257 - pixels,)) for pixels in range(2, 129)))


def encode_line(line: bytes, unit: int) -> bytes:
    """Compress one line (whole pixels of `unit` bytes); the line-repeat byte is the caller's."""
    pieces: list[bytes] = []
    append = pieces.append
    most = 128 * unit
    for match in _runs(unit).finditer(line):
        start, end = match.span()
        if match.lastindex == 1:
            pixel = match[1]
            while end - start > most:
                append(b"\x7f" + pixel)
                start += most
            append(_REPEAT[(end - start) // unit] + pixel)
        else:
            while end - start > most:
                append(b"\x81" + line[start : start + most])
                start += most
            append(_LITERAL[(end - start) // unit] + line[start:end])
    return b"".join(pieces)


class PageEncoder:
    """Compresses a page's lines as they come, folding equal neighbours into one group."""

    def __init__(self, unit: int, bytes_per_line: int) -> None:
        if bytes_per_line % unit:
            raise ValueError("a line is a whole number of pixels")
        self._unit = unit
        self._bytes_per_line = bytes_per_line
        self._pending = b""
        self._count = 0
        self._coded = b""

    def lines(self, block: Buffer) -> bytes:
        """Take whole lines, one after the other; give the groups that are complete by now."""
        size = self._bytes_per_line
        if len(block) % size:
            raise ValueError("a block is a whole number of lines")
        out: list[bytes] = []
        for start in range(0, len(block), size):
            line = bytes(block[start : start + size])
            if self._count and line == self._pending and self._count < 256:
                self._count += 1
                continue
            if self._count:
                out.append(self._group())
            if line != self._pending:
                self._coded = encode_line(line, self._unit)
                self._pending = line
            self._count = 1
        return b"".join(out)

    def end_page(self) -> bytes:
        """Give the last group; the encoder is then ready for the next page of the same shape."""
        group = self._group() if self._count else b""
        self._count = 0
        return group

    def _group(self) -> bytes:
        return bytes((self._count - 1,)) + self._coded
