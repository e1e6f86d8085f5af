# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Undo a compressed IPP body, with a cap (RFC 8011 §5.1.2 `compression`).

Push style, constant memory: at most one slice of output is held at a time. A body that swells beyond
`max_output`, or by more than `max_ratio` once `RATIO_FREE_BYTES` have come out, is a bomb.
"""

import zlib
from collections.abc import Iterator
from typing import Final, Literal

from allmende.documents.errors import DecompressionError, UnreadableReason

#: Below this the ratio is not looked at: a small blank page may well shrink to a hundredth.
RATIO_FREE_BYTES: Final = 16 * 1024 * 1024
#: Deflate itself ends at 1032, so only a bound well below that is one; documents, which are packed inside, stay far below this.
MAX_RATIO: Final = 200.0

_SLICE: Final = 256 * 1024


class Decompressor:
    """One body's decompressor: `feed` each piece, then `finish`.

    `deflate` means the zlib format (RFC 1950); raw deflate (RFC 1951), which some clients send under that
    name, is recognised by its first byte. A gzip body may have several members (RFC 1952 §2.2).
    """

    def __init__(
        self, kind: Literal["gzip", "deflate"], *, max_output: int, max_ratio: float = MAX_RATIO
    ) -> None:
        if kind not in {"gzip", "deflate"}:
            raise ValueError(f"unknown compression {kind!r}")
        self._kind = kind
        self._max_output = max_output
        self._max_ratio = max_ratio
        self._inner: zlib._Decompress | None = None
        self.bytes_in = 0
        self.bytes_out = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the clear pieces, each at most 256 KiB; must be exhausted before the next call."""
        self.bytes_in += len(data)
        while data:
            inner, data = self._member_for(data)
            if not data:
                return
            while not inner.eof:
                try:
                    piece = inner.decompress(data, _SLICE)
                except zlib.error as error:
                    raise DecompressionError(UnreadableReason.BROKEN) from error
                self._count(len(piece))
                if piece:
                    yield piece
                data = inner.unconsumed_tail
                if not data and len(piece) < _SLICE:  # else output may still wait inside
                    break
            data = inner.unused_data if inner.eof else b""

    def finish(self) -> None:
        """Say that the body has ended; raises when it ended too early."""
        if self._inner is None or not self._inner.eof:
            raise DecompressionError(UnreadableReason.BROKEN if self.bytes_in else UnreadableReason.EMPTY)

    def _member_for(self, data: bytes) -> "tuple[zlib._Decompress, bytes]":
        if self._inner is None or self._inner.eof:
            if self._inner is not None:
                if self._kind == "deflate":
                    raise DecompressionError(UnreadableReason.BROKEN)
                data = data.lstrip(b"\0")  # padding after the last member, as the gzip program allows it
                if not data:
                    return self._inner, data
            self._inner = self._start(data)
        return self._inner, data

    def _start(self, data: bytes) -> "zlib._Decompress":
        if self._kind == "gzip":
            return zlib.decompressobj(wbits=31)
        return zlib.decompressobj(wbits=15 if data[0] & 0x0F == 8 else -15)

    def _count(self, size: int) -> None:
        self.bytes_out += size
        bomb = self.bytes_out > RATIO_FREE_BYTES and self.bytes_out > self.bytes_in * self._max_ratio
        if bomb or self.bytes_out > self._max_output:
            raise DecompressionError(UnreadableReason.TOO_LARGE)
