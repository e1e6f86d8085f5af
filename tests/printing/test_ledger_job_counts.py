# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many sides and sheets a job makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import Range
from allmende.ipp.ticket import Ticket
from allmende.printing.ledger.job_counts import (
    DeviceWord,
    SheetCount,
    count_of_part,
    count_of_whole,
    media_class,
    own_count,
    rest_of,
)
from allmende.printing.ledger.sheets import MediaClass

SIDES = st.sampled_from([None, "one-sided", "two-sided-long-edge", "two-sided-short-edge"])
MODES = st.sampled_from([None, "auto", "color", "monochrome"])
TICKETS = st.builds(
    Ticket,
    copies=st.none() | st.integers(1, 50),
    sides=SIDES,
    print_color_mode=MODES,
    number_up=st.sampled_from([None, 1, 2, 4]),
)
NUMBERS = st.none() | st.integers(0, 2**31 - 1)
WORDS = st.builds(DeviceWord, NUMBERS, NUMBERS, NUMBERS)


def own(mono: int, colour: int, sheets: int) -> SheetCount:
    return SheetCount(mono, colour, sheets, is_estimate=True)


@pytest.mark.parametrize(
    ("pages", "colour", "ticket", "count"),
    [
        (3, 1, Ticket(), own(2, 1, 3)),
        (3, 1, Ticket(copies=2, sides="two-sided-long-edge"), own(4, 2, 4)),
        (3, 3, Ticket(print_color_mode="monochrome"), own(3, 0, 3)),
        (None, None, Ticket(copies=4), own(4, 0, 4)),
        (3, None, Ticket(print_color_mode="color"), own(0, 3, 3)),
        (8, 0, Ticket(number_up=4, sides="two-sided-short-edge"), own(2, 0, 1)),
        (10, 10, Ticket(page_ranges=(Range(2, 4),)), own(0, 3, 3)),
        (10, 5, Ticket(page_ranges=(Range(1, 4),)), own(2, 2, 4)),
    ],
)
def test_our_own_count(pages: int | None, colour: int | None, ticket: Ticket, count: SheetCount) -> None:
    assert own_count(pages, colour, ticket) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        (DeviceWord(), own(6, 4, 5)),
        (DeviceWord(0, None, 0), own(6, 4, 5)),
        (DeviceWord(10, 3, 5), SheetCount(7, 3, 5)),
        (DeviceWord(10), SheetCount(6, 4, 5)),
        (DeviceWord(5), SheetCount(3, 2, 3, is_estimate=True)),
        (DeviceWord(None, None, 5), own(6, 4, 5)),
        (DeviceWord(2**31 - 1, None, None), own(6, 4, 5)),
        (DeviceWord(10, 11, 5), SheetCount(6, 4, 5)),
        (DeviceWord(10, None, 11), SheetCount(6, 4, 5)),
    ],
)
def test_the_device_is_believed_within_reason(word: DeviceWord, count: SheetCount) -> None:
    assert count_of_whole(own(6, 4, 5), word, pages_known=True) == count


def test_what_came_out_of_a_part_is_the_devices_word_alone() -> None:
    whole = own(6, 4, 5)
    assert count_of_part(whole, DeviceWord(), pages_known=True) is None
    assert count_of_part(whole, DeviceWord(0, None, 0), pages_known=True) is None
    assert count_of_part(whole, DeviceWord(4, 4, 2), pages_known=True) == SheetCount(0, 4, 2)
    assert count_of_part(whole, DeviceWord(None, None, 2), pages_known=True) == own(2, 2, 2)


@given(st.none() | st.integers(1, 500), st.none() | st.integers(0, 500), TICKETS, WORDS, st.booleans())
def test_no_count_is_impossible(
    pages: int | None, colour: int | None, ticket: Ticket, word: DeviceWord, whole: bool
) -> None:
    mine = own_count(pages, None if colour is None or pages is None else min(colour, pages), ticket)
    count = (count_of_whole if whole else count_of_part)(mine, word, pages_known=pages is not None)
    for one in (mine, count):
        if one is None:
            assert not whole
            continue
        assert min(one.mono, one.colour, one.sheets) >= 0
        assert 1 <= one.sheets <= max(one.impressions, 1)
    rest = rest_of(mine, count or SheetCount())
    if count is not None and count.impressions <= mine.impressions:
        assert rest.sheets >= mine.sheets - count.sheets
    assert min(rest.mono, rest.colour, rest.sheets) >= 0


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("", MediaClass.A4),
        ("iso_a4_210x297mm", MediaClass.A4),
        ("na_legal_8.5x14in", MediaClass.A4),
        ("iso_a3_297x420mm", MediaClass.A3),
        ("na_ledger_11x17in", MediaClass.A3),
        ("iso_a5_148x210mm", MediaClass.OTHER),
        ("iso_a2_420x594mm", MediaClass.OTHER),
        ("main-tray", MediaClass.OTHER),
    ],
)
def test_paper_has_one_of_three_classes(name: str, media: MediaClass) -> None:
    assert media_class(name) is media
