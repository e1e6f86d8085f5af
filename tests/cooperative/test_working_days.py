# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Periods against the law's own examples and the calendar, and what holds for every day and every Land."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.laender import Land
from allmende.cooperative.periods import Period, PeriodUnit
from allmende.cooperative.working_days import (
    add_working_days,
    count_working_days,
    end_from_beginning_of,
    holidays_of,
    is_working_day,
    latest_notice_day,
    month_end,
    next_working_day,
    notice_end,
    period_end,
    previous_working_day,
    quarter_end,
    year_end,
)

ONE_DAY = timedelta(days=1)
days = st.dates(date(1992, 1, 1), date(2059, 12, 31))
laender = st.sampled_from(Land.values)
periods = st.builds(Period, st.integers(1, 60), st.sampled_from(PeriodUnit))


def months(count: int) -> Period:
    return Period(count, PeriodUnit.MONTHS)


@pytest.mark.parametrize(
    ("event", "period", "land", "end"),
    [
        # § 187 Abs. 1: the day of the event is not counted; 12 June 2014 + 14 days is Thursday the 26th.
        (date(2014, 6, 12), Period(14, PeriodUnit.DAYS), "ST", date(2014, 6, 26)),
        # § 193: 31 October 2025 is a Friday and a holiday in Saxony-Anhalt, not in Hesse.
        (date(2025, 10, 17), Period(14, PeriodUnit.DAYS), "ST", date(2025, 11, 3)),
        (date(2025, 10, 17), Period(14, PeriodUnit.DAYS), "HE", date(2025, 10, 31)),
        # § 188 Abs. 3: there is no 31 February; 2024 is a leap year; 29 February 2024 is a Thursday.
        (date(2024, 1, 31), months(1), "ST", date(2024, 2, 29)),
        (date(2025, 1, 31), months(1), "ST", date(2025, 2, 28)),
        (date(2024, 2, 29), Period(1, PeriodUnit.YEARS), "ST", date(2025, 2, 28)),
        # Year's end: 1 January is a holiday, 2 and 3 January 2027 a week-end.
        (date(2026, 12, 18), Period(2, PeriodUnit.WEEKS), "BE", date(2027, 1, 4)),
        # Easter: from Good Friday 2026 to Tuesday.
        (date(2026, 3, 27), Period(1, PeriodUnit.WEEKS), "NW", date(2026, 4, 7)),
    ],
)
def test_the_end_of_a_period(event: date, period: Period, land: str, end: date) -> None:
    assert period_end(event, period, land) == end


@pytest.mark.parametrize(
    ("first", "period", "end"),
    [
        (date(2026, 5, 1), months(1), date(2026, 5, 31)),
        (date(2026, 1, 1), Period(1, PeriodUnit.YEARS), date(2026, 12, 31)),
        (date(2026, 5, 4), Period(1, PeriodUnit.WEEKS), date(2026, 5, 10)),
        (date(2026, 5, 4), Period(1, PeriodUnit.DAYS), date(2026, 5, 4)),
        (date(2025, 1, 31), months(1), date(2025, 2, 28)),
        (date(2024, 2, 29), Period(1, PeriodUnit.YEARS), date(2025, 2, 28)),
    ],
)
def test_a_period_from_the_beginning_of_a_day(first: date, period: Period, end: date) -> None:
    assert end_from_beginning_of(first, period) == end


def test_periods_of_notice_do_not_move() -> None:
    # 30 November 2025 is a Sunday.
    assert notice_end(date(2025, 8, 30), months(3)) == date(2025, 11, 30)
    # Three months to 28 February 2027: 30 November 2026 is a Monday; to 30 June 2026: 31 March is a Tuesday.
    assert latest_notice_day(date(2027, 2, 28), months(3), "ST") == date(2026, 11, 30)
    assert latest_notice_day(date(2026, 6, 30), months(3), "ST") == date(2026, 3, 31)
    # 30 September 2028 is a Saturday.
    assert latest_notice_day(date(2028, 12, 31), months(3), "ST") == date(2028, 9, 29)


def test_holidays_have_dates() -> None:
    # Repentance Day ended in 1994 but for Saxony; Reformation Day was everyone's in 2017; Women's Day in Berlin began in 2019.
    assert not is_working_day(date(1994, 11, 16), "ST")
    assert is_working_day(date(1995, 11, 22), "ST")
    assert not is_working_day(date(1995, 11, 22), "SN")
    assert not is_working_day(date(2017, 10, 31), "BY")
    assert is_working_day(date(2016, 10, 31), "BY")
    assert is_working_day(date(2018, 3, 8), "BE")
    assert not is_working_day(date(2019, 3, 8), "BE")
    assert holidays_of("ST", 2026)[date(2026, 1, 6)] == "Heilige Drei Könige"


def test_an_unknown_land_and_an_unrecorded_year_are_refused() -> None:
    with pytest.raises(ValueError):
        is_working_day(date(2026, 1, 2), "XX")
    with pytest.raises(ValueError):
        holidays_of("ST", 1950)


def test_ends_of_quarter_and_year() -> None:
    assert [quarter_end(date(2026, month, 15)) for month in (1, 3, 4, 9, 12)] == [
        date(2026, 3, 31),
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
        date(2026, 12, 31),
    ]
    assert year_end(date(2026, 12, 31)) == date(2026, 12, 31)
    assert month_end(date(2024, 2, 1)) == date(2024, 2, 29)


@given(days, laender)
def test_the_next_and_the_previous_working_day_enclose_rest_days_alone(day: date, land: str) -> None:
    later, earlier = next_working_day(day, land), previous_working_day(day, land)
    assert is_working_day(later, land)
    assert is_working_day(earlier, land)
    if is_working_day(day, land):
        assert later == earlier == day
    else:
        assert earlier < day < later
        assert count_working_days(earlier + ONE_DAY, later - ONE_DAY, land) == 0
        # Christmas beside a week-end is the longest rest that there is.
        assert (later - earlier).days <= 6


@given(days, st.integers(-40, 40), laender)
def test_working_days_are_counted_as_they_are_added(day: date, count: int, land: str) -> None:
    moved = add_working_days(day, count, land)
    if count > 0:
        assert count_working_days(day + ONE_DAY, moved, land) == count
        assert is_working_day(moved, land)
    elif count < 0:
        assert count_working_days(moved, day - ONE_DAY, land) == -count
        assert is_working_day(moved, land)
    else:
        assert moved == day


@given(days, periods, laender)
def test_a_period_ends_on_a_working_day_and_never_early(day: date, period: Period, land: str) -> None:
    end = period_end(day, period, land)
    assert is_working_day(end, land)
    assert 0 <= (end - period.after(day)).days <= 5


@given(st.dates(date(2052, 1, 1), date(2059, 12, 31)), periods, laender)
def test_notice_given_on_the_last_day_is_in_time_and_a_working_day_later_is_not(
    last_day: date, period: Period, land: str
) -> None:
    day = latest_notice_day(last_day, period, land)
    assert notice_end(day, period) <= last_day < notice_end(add_working_days(day, 1, land), period)


@given(days, periods)
def test_a_period_from_a_beginning_is_a_day_shorter_or_reaches_the_months_last_day(
    day: date, period: Period
) -> None:
    end = end_from_beginning_of(day, period)
    assert day <= end <= notice_end(day, period)
    assert (notice_end(day, period) - end).days == 1 or end == month_end(end)


@given(days)
def test_quarters_lie_in_the_year_and_cover_it(day: date) -> None:
    end = quarter_end(day)
    assert day <= end <= year_end(day)
    assert (end + ONE_DAY).month in {1, 4, 7, 10}
    assert (end + ONE_DAY).day == 1
    assert (end - day).days < 92
