# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can't be true is found, whatever the order, and what is true stays believed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.plausibility import (
    Limits,
    Point,
    Reason,
    Says,
    judge_average,
    judge_series,
)

DAY = datetime(2026, 1, 1, 2, tzinfo=UTC)
LIMITS = Limits(per_minute=50, per_month=30_000)


def point(
    day: float, total: int | None, *, serial: str = "", says: Says = Says.NOTHING, number: int = 0
) -> Point:
    return Point(number or int(day * 1000), DAY + timedelta(days=day), Counts(total=total), serial, says)


def reasons(*points: Point) -> list[Reason | None]:
    found = judge_series(points, LIMITS)
    return [found[each.id] for each in points]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5_000)), min_size=1, max_size=15),
    st.lists(st.integers(0, 60_000), max_size=4),
    st.integers(0, 2**32),
)
def test_the_order_of_arrival_does_not_matter(
    honest: list[tuple[int, int]], wild: list[int], seed: int
) -> None:
    points = [point(day, total, number=number) for number, (day, total) in enumerate(honest, 1)]
    points += [point(number * 7, total, number=100 + number) for number, total in enumerate(wild)]
    shuffled = list(points)
    random.Random(seed).shuffle(shuffled)
    assert judge_series(shuffled, LIMITS) == judge_series(points, LIMITS)


@given(st.lists(st.integers(0, 900), min_size=2, max_size=20))
def test_an_honest_counter_is_believed(printed: list[int]) -> None:
    total, points = 10_000, []
    for day, more in enumerate(printed, 1):
        total += more
        points.append(point(day, total))
    assert set(reasons(*points)) == {None}


@given(st.lists(st.integers(0, 900), min_size=4, max_size=15), st.data())
def test_a_spike_of_one_night_is_found_and_nothing_else(printed: list[int], data: st.DataObject) -> None:
    total, points = 10_000, []
    for day, more in enumerate(printed, 1):
        total += more
        points.append(point(day, total))
    place = data.draw(st.integers(1, len(points) - 3))
    spike = data.draw(st.integers(20_000, 80_000))
    points[place] = point(place + 1, total + spike)
    found = reasons(*points)
    assert found[place] in {Reason.CONTRADICTED, Reason.JUMP}
    assert [each for each in found if each] == [found[place]]


def test_the_rules() -> None:
    assert reasons(point(1, 1000), point(2, 900)) == [None, Reason.GOES_BACK]
    assert reasons(point(1, 1000), point(1.01, 50_000)) == [None, Reason.JUMP]
    assert reasons(point(1, 1000), point(31, 90_000)) == [None, Reason.AVERAGE]
    assert reasons(point(1, 1000, serial="A"), point(2, 1010, serial="B")) == [None, Reason.OTHER_DEVICE]
    assert reasons(point(1, 1000, serial="A"), point(2, 1010)) == [None, None]
    assert reasons(point(1, None), point(2, 10)) == [Reason.NO_TOTAL, None]
    one_kind_back = Point(2, DAY + timedelta(days=2), Counts(total=1100, colour=90))
    assert reasons(Point(1, DAY, Counts(total=1000, colour=100)), one_kind_back) == [None, Reason.GOES_BACK]


def test_a_doubted_reading_is_no_measure_for_the_next() -> None:
    assert reasons(point(1, 1000), point(1.01, 50_000), point(2, 1200)) == [None, Reason.JUMP, None]


def test_a_person_outweighs_the_rules() -> None:
    swapped = point(2, 5, serial="B", says=Says.NEW_LIFE)
    assert reasons(point(1, 1000, serial="A"), swapped, point(3, 25, serial="B"))[2] is None
    jump = point(1.01, 50_000, says=Says.CONFIRMED)
    assert reasons(point(1, 1000), jump, point(2, 50_100))[2] is None
    rejected = point(1.5, 1200, says=Says.REJECTED)
    assert reasons(point(1, 1000), rejected, point(2, 1100))[2] is None


def test_what_was_settled_stays_settled() -> None:
    settled = [point(day, 1000 + 10 * day) for day in range(1, 20)]
    after_reset = [point(day, day - 20) for day in range(20, 60)]
    found = reasons(*settled, *after_reset)
    assert set(found[:19]) == {None}
    assert set(found[19:]) == {Reason.GOES_BACK}


def test_forty_thousand_pages_from_a_hundred_printers_is_nobodys_volume() -> None:
    year = timedelta(days=365)
    assert judge_average(40_000, 100, year) is Reason.AVERAGE
    assert judge_average(980_000, 60, year) is None
    assert judge_average(980_000, 1, year) is Reason.AVERAGE
    assert judge_average(10, 100, timedelta(days=3)) is None
