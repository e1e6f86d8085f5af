# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Periods: presets meet each other without a gap, and the year before is the same days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.reports.periods import Period, Preset, period_of

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(days)
def test_presets_meet(today: date) -> None:
    month, before = period_of(Preset.THIS_MONTH, today), period_of(Preset.LAST_MONTH, today)
    assert (month.until, before.until + timedelta(days=1)) == (today, month.since)
    year, last = period_of(Preset.THIS_YEAR, today), period_of(Preset.LAST_YEAR, today)
    assert last.until + timedelta(days=1) == year.since
    week = period_of(Preset.LAST_WEEK, today)
    assert (week.since.weekday(), (week.until - week.since).days) == (0, 6)
    assert 0 < (today - week.until).days <= 7
    quarter = period_of(Preset.LAST_QUARTER, today)
    assert quarter.since.month in {1, 4, 7, 10}
    assert 0 < (today - quarter.until).days <= 92
    assert period_of(Preset.LAST_QUARTER, quarter.since).until + timedelta(days=1) == quarter.since


@given(days, days)
def test_the_year_before_is_a_year_earlier(one: date, two: date) -> None:
    period = Period(min(one, two), max(one, two))
    before = period.year_before()
    assert before.since.year == period.since.year - 1
    assert abs((period.until - before.until).days - 365.5) <= 1.5


def test_whole_months_stay_whole() -> None:
    assert Period(date(2025, 2, 1), date(2025, 2, 28)).year_before() == Period(
        date(2024, 2, 1), date(2024, 2, 29)
    )
    assert Period(date(2024, 2, 29), date(2024, 2, 29)).year_before() == Period(
        date(2023, 2, 28), date(2023, 2, 28)
    )
    assert Period(date(2026, 3, 5), date(2026, 4, 2)).whole_months() == Period(
        date(2026, 3, 1), date(2026, 4, 30)
    )


def test_an_end_before_its_beginning_is_refused() -> None:
    with pytest.raises(ValueError):
        Period(date(2026, 2, 1), date(2026, 1, 31))
