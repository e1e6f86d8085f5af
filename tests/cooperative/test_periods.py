# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.periods import Period, PeriodUnit, add_months, financial_year_of

MONTHS = PeriodUnit.MONTHS


@pytest.mark.parametrize(
    ("period", "day", "last"),
    [
        (Period(6, MONTHS), date(2021, 12, 31), date(2022, 6, 30)),
        (Period(6, MONTHS), date(2019, 8, 31), date(2020, 2, 29)),
        (Period(1, PeriodUnit.YEARS), date(2020, 2, 29), date(2021, 2, 28)),
        (Period(6, PeriodUnit.WEEKS), date(2013, 11, 14), date(2013, 12, 26)),
        (Period(14, PeriodUnit.DAYS), date(2023, 12, 20), date(2024, 1, 3)),
    ],
)
def test_the_end_of_a_period(period: Period, day: date, last: date) -> None:
    assert period.after(day) == last


@pytest.mark.parametrize(
    ("period", "day", "last"),
    [
        (Period(3, MONTHS), date(2021, 12, 31), date(2021, 9, 30)),
        (Period(3, MONTHS), date(2021, 6, 30), date(2021, 3, 31)),
        (Period(1, MONTHS), date(2024, 3, 31), date(2024, 2, 29)),
        (Period(1, PeriodUnit.YEARS), date(2024, 12, 31), date(2023, 12, 31)),
    ],
)
def test_until_when_a_notice_is_in_time(period: Period, day: date, last: date) -> None:
    assert period.before(day) == last


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 70), st.sampled_from(PeriodUnit))
def test_before_is_the_last_day_whose_period_is_over(day: date, count: int, unit: PeriodUnit) -> None:
    period = Period(count, unit)
    last = period.before(day)
    assert period.after(last) <= day < period.after(last + timedelta(days=1))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 12), st.integers(1, 31))
def test_every_day_lies_in_one_year_and_years_follow_each_other(day: date, month: int, number: int) -> None:
    ends = f"{month:02d}-{number:02d}"
    year = financial_year_of(day, ends)
    assert year.first_day <= day <= year.last_day
    assert financial_year_of(year.last_day, ends) == year == financial_year_of(year.first_day, ends)
    after = financial_year_of(year.last_day + timedelta(days=1), ends)
    assert after.first_day == year.last_day + timedelta(days=1)
    assert add_months(year.first_day, 12) - after.first_day in {timedelta(days=n) for n in (-1, 0, 1)}


@pytest.mark.parametrize("ends", ["13-01", "00-10", "12-32", "xx-01", "12"])
def test_nonsense_is_no_end_of_a_year(ends: str) -> None:
    with pytest.raises(ValueError):
        financial_year_of(date(2024, 1, 1), ends)
