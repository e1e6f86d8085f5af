# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import contextlib
import gzip
import zlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.documents import DecompressionError, Decompressor

Kind = Literal["gzip", "deflate"]


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def undo(kind: Kind, data: bytes, step: int, **limits: float) -> bytes:
    decompressor = Decompressor(kind, max_output=int(limits.pop("max_output", 1 << 30)), **limits)
    out = b""
    for start in range(0, len(data), step):
        for piece in decompressor.feed(data[start : start + step]):
            assert len(piece) <= 256 * 1024
            out += piece
    decompressor.finish()
    return out


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(1, 200))
def test_any_pieces_give_the_same(data: bytes, step: int, times: int) -> None:
    data *= times
    assert undo("gzip", gzip.compress(data), step) == data
    assert undo("deflate", zlib.compress(data), step) == data
    assert undo("deflate", raw_deflate(data), step) == data


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=4), st.integers(1, 50), st.integers(0, 600))
def test_members_and_padding(parts: list[bytes], step: int, padding: int) -> None:
    packed = b"".join(map(gzip.compress, parts)) + bytes(padding)
    assert undo("gzip", packed, step) == b"".join(parts)


def test_output_that_waits_inside_is_not_lost() -> None:
    data = bytes(10_000_000)
    assert undo("gzip", gzip.compress(data), 1 << 20) == data


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_give_output_or_the_one_error(data: bytes, kind: Kind) -> None:
    with contextlib.suppress(DecompressionError):
        assert undo(kind, data, 100) == undo(kind, data, 1)


def test_cut_short_and_trailing_bytes() -> None:
    for kind, packed in (("gzip", gzip.compress(b"x" * 999)), ("deflate", zlib.compress(b"x" * 999))):
        assert kind in {"gzip", "deflate"}
        with pytest.raises(DecompressionError, match="broken"):
            undo("gzip" if kind == "gzip" else "deflate", packed[:-1], 10)
        with pytest.raises(DecompressionError, match="broken"):
            undo("gzip" if kind == "gzip" else "deflate", packed + b"junk", 10)
    with pytest.raises(DecompressionError, match="empty"):
        undo("gzip", b"", 10)


def test_a_bomb_is_stopped_by_its_size_and_by_its_ratio() -> None:
    bomb = gzip.compress(bytes(64_000_000))
    with pytest.raises(DecompressionError, match="too-large"):
        undo("gzip", bomb, 65536, max_output=1_000_000)
    with pytest.raises(DecompressionError, match="too-large"):
        undo("gzip", bomb, 65536)


def test_the_caller_is_stopped_before_much_has_come_out() -> None:
    decompressor = Decompressor("gzip", max_output=1_000_000)
    came = 0
    pieces = decompressor.feed(gzip.compress(bytes(64_000_000)))
    with pytest.raises(DecompressionError):  # noqa: PT012 -- what came before the error is the point
        for piece in pieces:
            came += len(piece)
    assert came <= 1_000_000
