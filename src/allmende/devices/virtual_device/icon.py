# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The printer's icon as a PNG (ISO/IEC 15948), drawn from rectangles: clients show it (PWG 5100.13 §5.6.6)."""

import struct
import zlib
from functools import lru_cache

_CLEAR, _BODY, _PAPER, _LIGHT = b"\0\0\0\0", b"\x17\x1a\x2b\xff", b"\xff\xff\xff\xff", b"\x3f\xb6\x8b\xff"
# Left, top, right, bottom in sixteenths of the icon's side; later ones cover earlier ones.
_SHAPES = (
    (4, 1, 12, 7, _PAPER),
    (1, 5, 15, 12, _BODY),
    (12, 7, 13, 8, _LIGHT),
    (4, 9, 12, 15, _PAPER),
    (5, 11, 11, 12, _BODY),
    (5, 13, 9, 14, _BODY),
)


@lru_cache(maxsize=4)
def icon_png(side: int) -> bytes:
    rows = bytearray()
    for y in range(side):
        line = [_CLEAR] * side
        for left, top, right, bottom, colour in _SHAPES:
            if top * side // 16 <= y < bottom * side // 16:
                start, end = left * side // 16, right * side // 16
                line[start:end] = [colour] * (end - start)
        rows += b"\0" + b"".join(line)
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
