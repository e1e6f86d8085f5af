# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Spans between readings: additive, never negative, honest about their ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.spans import How, UsedReading, span_of

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def reading(number: int, hours: float, mono: int, colour: int, *, starts_life: bool = False) -> UsedReading:
    counts = Counts(total=mono + colour, mono=mono, colour=colour)
    return UsedReading(number, DAY + timedelta(hours=hours), "snmp", "", counts, starts_life)


steps = st.lists(
    st.tuples(
        st.integers(0, 500), st.integers(0, 3000), st.integers(0, 3000), st.sampled_from([False] * 5 + [True])
    ),
    min_size=1,
    max_size=12,
)
moments = st.lists(st.integers(-50, 3000), min_size=3, max_size=3).map(sorted)


@st.composite
def series(draw: st.DrawFn) -> list[UsedReading]:
    drawn = draw(steps)
    hours = list(accumulate(step[0] for step in drawn))
    found: list[UsedReading] = []
    mono = colour = 0
    for number, (_gap, more_mono, more_colour, anew) in enumerate(drawn):
        starts = anew and number > 0
        mono, colour = (more_mono, more_colour) if starts else (mono + more_mono, colour + more_colour)
        found.append(reading(number, hours[number], mono, colour, starts_life=starts))
    return found


@given(series(), moments, st.randoms())
def test_spans_that_follow_each_other_add_up(
    readings: list[UsedReading], hours: list[int], random: object
) -> None:
    first, middle, last = (DAY + timedelta(hours=hour) for hour in hours)
    parts = [span_of(1, readings, first, middle), span_of(1, readings, middle, last)]
    whole = span_of(1, readings, first, last)
    if whole is None:
        assert parts == [None, None]
        return
    for kind in ("total", "mono", "colour"):
        added = sum(getattr(part.counts, kind) for part in parts if part)
        assert added == getattr(whole.counts, kind)
        assert added >= 0


@given(series(), moments, st.randoms())
def test_the_order_of_arrival_does_not_matter(
    readings: list[UsedReading], hours: list[int], random: object
) -> None:
    since, until = DAY + timedelta(hours=hours[0]), DAY + timedelta(hours=hours[2])
    shuffled = list(readings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert span_of(1, shuffled, since, until) == span_of(1, readings, since, until)


@given(series(), moments)
def test_parts_make_up_the_total(readings: list[UsedReading], hours: list[int]) -> None:
    span = span_of(1, readings, DAY + timedelta(hours=hours[0]), DAY + timedelta(hours=hours[2]))
    if span is not None:
        assert span.counts.total == (span.counts.mono or 0) + (span.counts.colour or 0)


def test_interpolation_is_said() -> None:
    readings = [reading(1, 0, 1000, 0), reading(2, 48, 1480, 0)]
    span = span_of(7, readings, DAY + timedelta(hours=12), DAY + timedelta(hours=48))
    assert span is not None
    assert (span.device_id, span.counts.total) == (7, 360)
    assert (span.start.how, span.end.how) == (How.INTERPOLATED, How.READING)
    assert span.start.gap == timedelta(hours=48)
    assert span.is_interpolated
    assert span.is_complete


def test_beyond_the_readings_nothing_is_assumed() -> None:
    readings = [reading(1, 24, 1000, 0), reading(2, 48, 1100, 0)]
    span = span_of(1, readings, DAY, DAY + timedelta(days=30))
    assert span is not None
    assert span.counts.total == 100
    assert (span.start.at, span.end.at) == (readings[0].at, readings[1].at)
    assert span.start.how is How.NEAREST
    assert not span.is_complete


def test_lives_are_added_and_the_gap_between_them_is_not() -> None:
    readings = [
        reading(1, 0, 1000, 0),
        reading(2, 24, 1200, 0),
        reading(3, 48, 5, 0, starts_life=True),
        reading(4, 72, 65, 0),
    ]
    span = span_of(1, readings, DAY, DAY + timedelta(hours=72))
    assert span is not None
    assert span.counts.total == 200 + 60
    assert [(swap.last_before.id, swap.first_after.id) for swap in span.swaps] == [(2, 3)]
    assert not span.is_complete
    assert span_of(1, readings, DAY + timedelta(hours=30), DAY + timedelta(hours=40)) is None


def test_one_reading_is_no_span() -> None:
    assert span_of(1, [reading(1, 0, 5, 5)], DAY, DAY + timedelta(days=1)) is None
    assert span_of(1, [], DAY, DAY) is None
    with pytest.raises(ValueError, match="ends before"):
        span_of(1, [], DAY + timedelta(days=1), DAY)


def test_a_kind_that_one_end_does_not_know_is_not_known() -> None:
    known = Counts(total=100, mono=100, colour=0)
    readings = [
        UsedReading(1, DAY, "snmp", "", known),
        UsedReading(2, DAY + timedelta(days=1), "manual", "", Counts(total=150)),
    ]
    span = span_of(1, readings, DAY, DAY + timedelta(days=1))
    assert span is not None
    assert span.counts == Counts(total=50)
