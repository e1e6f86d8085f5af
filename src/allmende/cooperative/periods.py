# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Periods of law and statutes, and the financial year.

Always holds: a period of months or years ends on the day of the same number, or on the month's last day where there is no such day
(§ 188 Abs. 2 and 3 BGB); the day of the event itself is not counted (§ 187 Abs. 1 BGB). Whether an end on a Sunday moves on is not decided
here (§ 193 BGB does not apply to periods of notice).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class PeriodUnit(StrEnum):
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Period:
    count: int
    unit: PeriodUnit

    def after(self, day: date) -> date:
        """The last day of a period that an event on `day` starts."""
        return self._move(day, self.count)

    def before(self, day: date) -> date:
        """The last day on which the event may happen, so that its period is over by the end of `day`.

        Three months before 30 June are kept on 31 March still.
        """
        last = self._move(day, -self.count)
        while self.after(last + timedelta(days=1)) <= day:
            last += timedelta(days=1)
        return last

    def _move(self, day: date, count: int) -> date:
        if self.unit is PeriodUnit.DAYS:
            return day + timedelta(days=count)
        if self.unit is PeriodUnit.WEEKS:
            return day + timedelta(weeks=count)
        return add_months(day, count * (12 if self.unit is PeriodUnit.YEARS else 1))


def add_months(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 + count
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """Both days belong to it."""

    first_day: date
    last_day: date


def financial_year_of(day: date, ends: str) -> FinancialYear:
    """The financial year that `day` lies in; `ends` is its last day as `MM-DD` (`02-29` means February's last day).

    Raises ValueError for what is no such day.
    """
    month, number = (int(part) for part in ends.split("-"))
    if not 1 <= month <= 12 or not 1 <= number <= 31:
        raise ValueError(ends)
    last = _year_end(day.year, month, number)
    if last < day:
        last = _year_end(day.year + 1, month, number)
    return FinancialYear(_year_end(last.year - 1, month, number) + timedelta(days=1), last)


def _year_end(year: int, month: int, number: int) -> date:
    return date(year, month, min(number, calendar.monthrange(year, month)[1]))
