# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Working days, holidays of each Land, and when a period ends (§§ 187-193 BGB). Pure: no clock, no database.

Always holds: the day of the event is not counted (§ 187 Abs. 1) unless the period runs from the beginning of a day (Abs. 2); an end on a
Saturday, Sunday or holiday of the place moves to the next working day where something is to be declared or paid within the period
(§ 193), and never where the period only lets something begin or end (periods of notice).

Holidays are those of the library `holidays`, which knows when each became one. It knows a whole Land alone: a holiday of single
municipalities (Corpus Christi in parts of Saxony and Thuringia, Assumption Day in Bavaria's catholic ones, the Peace Festival of Augsburg)
counts as a working day here, so that a period is never taken for longer than it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import holidays

from allmende.cooperative.laender import Land
from allmende.cooperative.periods import Period, PeriodUnit, add_months

_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
#: The library's first year: the Unity Treaty's holidays.
FIRST_YEAR: Final = 1991


@lru_cache(maxsize=512)
def holidays_of(land: str, year: int) -> Mapping[date, str]:
    """Each holiday of this Land in this year, with its German name; "" gives those of the whole country.

    Raises ValueError for an unknown Land, and for a year that nobody has recorded.
    """
    if land and land not in Land.values:
        raise ValueError(land)
    if year < FIRST_YEAR:
        raise ValueError(year)
    return MappingProxyType(
        dict(holidays.country_holidays("DE", subdiv=land or None, years=year, language="de"))
    )


def is_working_day(day: date, land: str) -> bool:
    """Neither Saturday nor Sunday nor a holiday of the Land."""
    return day.weekday() < _SATURDAY and day not in holidays_of(land, day.year)


def next_working_day(day: date, land: str) -> date:
    """`day` itself where it is one."""
    while not is_working_day(day, land):
        day += _DAY
    return day


def previous_working_day(day: date, land: str) -> date:
    """`day` itself where it is one."""
    while not is_working_day(day, land):
        day -= _DAY
    return day


def add_working_days(day: date, count: int, land: str) -> date:
    """The `count`-th working day after `day` (before it, where `count` is negative); with 0, `day` as it is."""
    step = _DAY if count > 0 else -_DAY
    for _each in range(abs(count)):
        day += step
        while not is_working_day(day, land):
            day += step
    return day


def count_working_days(first: date, last: date, land: str) -> int:
    """From `first` to `last`, both included; 0 where `last` is earlier."""
    return sum(is_working_day(first + each * _DAY, land) for each in range((last - first).days + 1))


def period_end(event: date, period: Period, land: str) -> date:
    """The last day on which something may still be declared or paid (§§ 187 Abs. 1, 188, 193)."""
    return next_working_day(period.after(event), land)


def notice_end(event: date, period: Period) -> date:
    """The last day of a period of notice: it ends where it ends, also on a Sunday."""
    return period.after(event)


def latest_notice_day(last_day: date, period: Period, land: str) -> date:
    """The last day to give notice so that it takes effect with `last_day`: a whole period must lie between.

    Three months to 30 June may be given on 31 March (§ 188 Abs. 3). What arrives on a Sunday nobody reads, so a rest day moves to the
    working day before, the careful reading.
    """
    day = period.before(last_day)
    while period.after(day + _DAY) <= last_day:
        day += _DAY
    return previous_working_day(day, land)


def end_from_beginning_of(first: date, period: Period) -> date:
    """The last day of a period that runs from the beginning of `first` (§§ 187 Abs. 2, 188): a month from 1 May ends on 31 May."""
    if period.unit is PeriodUnit.DAYS:
        return first + (period.count - 1) * _DAY
    if period.unit is PeriodUnit.WEEKS:
        return first + (7 * period.count - 1) * _DAY
    end = add_months(first, period.count * (12 if period.unit is PeriodUnit.YEARS else 1))
    # Without a day of this number in the last month, its last day ends the period (§ 188 Abs. 3).
    return end - _DAY if end.day == first.day else end


def month_end(day: date) -> date:
    return add_months(day.replace(day=1), 1) - _DAY


def quarter_end(day: date) -> date:
    """Of the calendar's quarter."""
    return add_months(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3) - _DAY


def year_end(day: date) -> date:
    """Of the calendar's year."""
    return date(day.year, 12, 31)
