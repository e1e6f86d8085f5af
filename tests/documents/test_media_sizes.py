# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.documents import MediaSize, media_name, size_of_media
from allmende.documents.media_sizes import STANDARD_MEDIA, TOLERANCE, size_from_points


@pytest.mark.parametrize("name", STANDARD_MEDIA)
def test_every_standard_size_is_named_upright_and_turned(name: str) -> None:
    size = STANDARD_MEDIA[name]
    assert media_name(size) == name
    assert media_name(MediaSize(size.height, size.width)) == name


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ((595, 842), "iso_a4_210x297mm"),
        ((595.276, 841.89), "iso_a4_210x297mm"),
        ((612, 792), "na_letter_8.5x11in"),
        ((842, 1191), "iso_a3_297x420mm"),
        ((312, 624), "iso_dl_110x220mm"),
        ((283.46, 283.46), "custom_100x100mm_100x100mm"),
    ],
)
def test_pages_in_points_are_named(points: tuple[float, float], name: str) -> None:
    assert media_name(size_from_points(*points)) == name


@given(st.integers(100, 200_000), st.integers(100, 200_000))
def test_a_name_says_the_size(width: int, height: int) -> None:
    size = MediaSize(width, height).upright()
    named = size_of_media(media_name(size))
    assert named is not None
    assert abs(named.width - size.width) <= TOLERANCE
    assert abs(named.height - size.height) <= TOLERANCE


@pytest.mark.parametrize("name", ["", "iso_a4", "x_nanx1mm", "a_1e9x1mm", "a_0x5mm", "a_-1x5in", "a_1x2cm"])
def test_other_words_have_no_size(name: str) -> None:
    assert size_of_media(name) is None


def test_a4_at_300_dpi_has_the_pixels_that_devices_expect() -> None:
    assert STANDARD_MEDIA["iso_a4_210x297mm"].pixels(300) == (2480, 3508)
