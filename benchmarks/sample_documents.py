# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The documents that the benchmarks print: real PDF files of an exact size that do not compress."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

SMALL = 10 * 1024
BIG = 1 << 30

_TEXT = b"BT /F1 12 Tf 72 770 Td (Stadt Zerbst: Haushaltsplan) Tj ET"
_BEFORE = [
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    b"<</Length %d>>stream\n%s\nendstream" % (len(_TEXT), _TEXT),
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
]


def small_document(size: int = SMALL) -> bytes:
    """A one-page PDF of `size` bytes."""
    return b"".join(_pieces(size))


def write_document(path: Path, size: int = BIG) -> None:
    """Write a one-page PDF of `size` bytes: the page is small, an unused stream beside it is not."""
    with path.open("wb") as file:
        for piece in _pieces(size):
            file.write(piece)


def _pieces(size: int) -> Iterator[bytes]:
    begin = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(_BEFORE, 1):
        offsets.append(len(begin))
        begin += b"%d 0 obj%s endobj\n" % (number, body)
    offsets.append(len(begin))
    # The padding's own length has ten digits, so that the frame's size does not depend on it.
    opening = b"6 0 obj<</Length %010d>>stream\n"
    closing = b"\nendstream endobj\n"
    references = b"xref\n0 7\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % offset for offset in offsets
    )
    trailer = references + b"trailer<</Size 7/Root 1 0 R>>\nstartxref\n%010d\n%%%%EOF\n"
    frame = len(begin) + len(opening % 0) + len(closing) + len(trailer % 0)
    padding = size - frame
    if padding < 0:
        raise ValueError(f"a PDF of {size} bytes is smaller than its frame of {frame}")
    yield begin + opening % padding
    # A fixed seed: the same bytes for every server and in every run.
    block = random.Random(2026).randbytes(min(padding, 1 << 20))  # noqa: S311 (noise, not a secret)
    remaining = padding
    while remaining:
        yield block[:remaining]
        remaining -= min(remaining, len(block))
    yield closing + trailer % (size - len(trailer % 0))
