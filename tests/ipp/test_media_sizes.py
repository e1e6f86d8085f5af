# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import MediaSize, read_media_name
from allmende.ipp.media_sizes import custom_media_name

sides = st.integers(1, 9_999_999)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("iso_a4_210x297mm", (21000, 29700)),
        ("na_letter_8.5x11in", (21590, 27940)),
        ("na_number-10_4.125x9.5in", (10478, 24130)),
        ("custom_max_330.2x1200mm", (33020, 120000)),
        ("letter", None),
        ("iso_a4_0x297mm", None),
        ("iso_a4_210x297cm", None),
        ("iso_a4_210x297mm ", None),
        ("iso_a4_٢١٠x297mm", None),
        ("iso_a4_999999x999999in", None),
        ("a" * 300 + "_a4_210x297mm", None),
    ],
)
def test_names_tell_their_size(name: str, size: tuple[int, int] | None) -> None:
    assert read_media_name(name) == size


@given(sides, sides)
def test_a_custom_name_tells_its_size(x: int, y: int) -> None:
    size = MediaSize(x, y)
    assert read_media_name(custom_media_name(size)) == size


@given(st.text(max_size=40))
def test_any_text_is_a_name_or_none(text: str) -> None:
    size = read_media_name(text)
    assert size is None or min(size) > 0
