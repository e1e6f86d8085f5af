# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.documents import RasterError
from allmende.documents.raster_lines import (
    LineShape,
    PageEncoder,
    RasterLimits,
    decode_lines,
    encode_line,
    skip_lines,
)


@st.composite
def pages(draw: st.DrawFn) -> tuple[int, int, list[bytes]]:
    """(unit, bytes per line, lines): runs and noise mixed, lines that repeat."""
    unit = draw(st.sampled_from([1, 2, 3, 4, 6, 8]))
    runs = draw(
        st.lists(
            st.tuples(
                st.binary(min_size=unit, max_size=unit), st.sampled_from([1, 1, 1, 2, 3, 127, 128, 129, 300])
            ),
            min_size=1,
            max_size=12,
        )
    )
    line = b"".join(pixel * times for pixel, times in runs)
    other = line[::-1] if unit == 1 else line[unit:] + line[:unit]
    repeats = draw(st.lists(st.sampled_from([1, 2, 255, 256, 257, 600]), min_size=1, max_size=4))
    lines = [line if index % 2 else other for index, times in enumerate(repeats) for _ in range(times)]
    return unit, len(line), lines


@given(pages(), st.integers(1, 50))
def test_round_trip(page: tuple[int, int, list[bytes]], block: int) -> None:
    unit, size, lines = page
    encoder = PageEncoder(unit, size)
    packed = b""
    for start in range(0, len(lines), block):
        packed += encoder.lines(b"".join(lines[start : start + block]))
    packed += encoder.end_page()
    shape = LineShape(unit, size, len(lines), 255)
    decoded = list(decode_lines(packed + b"next page", 0, shape))
    assert [line for line, times, _ in decoded for _ in range(times)] == lines
    assert decoded[-1][2] == len(packed) == skip_lines(packed, 0, shape)


def test_the_standard_s_examples_of_tokens() -> None:
    # A run of n is n-1 and the pixel; n literals are 257-n and the pixels.
    assert encode_line(b"aaaa", 1) == b"\x03a"
    assert encode_line(b"abc", 1) == b"\xfeabc"
    assert encode_line(b"RGB" * 4 + b"xyz", 3) == b"\x03RGB\x00xyz"
    assert encode_line(b"RGBRGBxyz", 3) == b"\xfeRGBRGBxyz"
    assert encode_line(b"a" * 300, 1) == b"\x7fa\x7fa\x2ba"


def test_clear_to_end_of_line() -> None:
    shape = LineShape(3, 9, 2, 255)
    assert list(decode_lines(b"\x01\x00RGB\x80", 0, shape)) == [(b"RGB" + b"\xff" * 6, 2, 6)]
    assert skip_lines(b"\x01\x00RGB\x80", 0, shape) == 6


@given(st.binary(max_size=200), st.integers(1, 6), st.integers(1, 20), st.integers(1, 40))
def test_walking_and_decoding_agree_on_any_bytes(data: bytes, unit: int, pixels: int, height: int) -> None:
    shape = LineShape(unit, unit * pixels, height, 255)

    def walked() -> int | None:
        try:
            return skip_lines(data, 0, shape)
        except RasterError:
            return None

    def decoded() -> int | None:
        try:
            return list(decode_lines(data, 0, shape))[-1][2]
        except RasterError:
            return None

    assert walked() == decoded()


@pytest.mark.parametrize(
    ("width", "height", "line"),
    [
        (0, 1, 1),
        (1, 0, 1),
        (2**32 - 1, 1, 1),
        (1, 2**32 - 1, 1),
        (90_000, 90_000, 90_000),
        (10, 10, 2**32 - 1),
    ],
)
def test_sizes_that_no_page_has_are_refused(width: int, height: int, line: int) -> None:
    with pytest.raises(RasterError, match="too-large"):
        RasterLimits().check_page(width, height, line)
