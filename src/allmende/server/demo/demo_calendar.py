# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The days of the demo's year, relative to today: when counting began, when the contract did, and how busy a working day is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from django.utils import timezone

#: How busy offices are by month and by weekday; Tuesday and Thursday are the long days of German offices.
_MONTHS: Final = (1.05, 1.0, 1.1, 0.95, 0.95, 1.0, 0.8, 0.78, 1.05, 1.05, 1.15, 0.95)
_WEEKDAYS: Final = (1.05, 1.2, 0.95, 1.2, 0.7, 0.0, 0.0)
#: Before the joint contract people printed a little more.
_BEFORE: Final = 1.07
_HOLIDAYS: Final = {(1, 1), (1, 6), (5, 1), (10, 3), (10, 31), (12, 24), (12, 25), (12, 26), (12, 31)}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class DemoDays:
    today: date

    @cached_property
    def contract_begin(self) -> date:
        """Four whole quarters before the running one."""
        this_quarter = self.this_quarter
        return this_quarter.replace(year=this_quarter.year - 1)

    @property
    def this_quarter(self) -> date:
        return self.today.replace(month=(self.today.month - 1) // 3 * 3 + 1, day=1)

    @property
    def price_change(self) -> date:
        """The second price list holds from the contract's third quarter on."""
        return add_months(self.contract_begin, 6)

    @property
    def swap_day(self) -> date:
        return add_months(self.contract_begin, 4) + 15 * _DAY

    @property
    def counted_from(self) -> date:
        """January of the year before: so that this year can be compared with the one before."""
        return min(date(self.today.year - 1, 1, 1), self.contract_begin)

    @property
    def yesterday(self) -> date:
        return self.today - _DAY

    @cached_property
    def working_days(self) -> list[tuple[date, float]]:
        """Each with how busy it is; 1 is an average day."""
        days = []
        day = self.counted_from
        free = {
            holiday for year in range(day.year, self.today.year + 1) for holiday in _moving_holidays(year)
        }
        while day < self.today:
            weight = _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()]
            if weight and (day.month, day.day) not in _HOLIDAYS and day not in free:
                days.append((day, weight * (_BEFORE if day < self.contract_begin else 1.0)))
            day += _DAY
        return days

    @cached_property
    def reading_days(self) -> list[date]:
        """The first of each month, each Monday of the last five weeks, and today: the meters as they stood at the midnight before."""
        days = {self.today}
        first = self.counted_from
        while first <= self.today:
            days.add(first)
            first = add_months(first, 1)
        monday = self.today - self.today.weekday() * _DAY
        return sorted(days | {monday - 7 * week * _DAY for week in range(5)})


def add_months(first: date, months: int) -> date:
    """To the first of a month."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def midnight(day: date) -> datetime:
    """The town's midnight at which the day begins."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _moving_holidays(year: int) -> list[date]:
    easter = _easter(year)
    return [easter + days * _DAY for days in (-2, 1, 39, 50)]


def _easter(year: int) -> date:
    """By Butcher's rule, for years of the Gregorian calendar."""
    golden, century = year % 19, year // 100
    moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    offset = moon - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))
