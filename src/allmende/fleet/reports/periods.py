# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Spans of days that reports are about. Both days belong to a span; days are the town's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from allmende.fleet.figures import day_words

_DAY = timedelta(days=1)


class Preset(StrEnum):
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    LAST_WEEK = "last_week"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Period:
    """Raises ValueError where the end lies before the beginning."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.until < self.since:
            raise ValueError("a period ends after its beginning")

    def year_before(self) -> Period:
        """The same days a year earlier; the end of a month stays one (29 February)."""
        return Period(_year_earlier(self.since), _year_earlier(self.until, is_end=True))

    def whole_months(self) -> Period:
        """The months that these days lie in."""
        return Period(self.since.replace(day=1), last_of_month(self.until))

    def words(self) -> str:
        """A year's or a month's name, or the two days."""
        if self.since.day == 1 and self.until == last_of_month(self.until):
            if (self.since.month, self.until.month) == (1, 12) and self.since.year == self.until.year:
                return str(self.since.year)
            if (self.since.year, self.since.month) == (self.until.year, self.until.month):
                return date_format(self.since, "F Y")
        return _("%(since)s to %(until)s") % {"since": day_words(self.since), "until": day_words(self.until)}


def period_of(preset: Preset, today: date) -> Period:
    """What the preset means today; a running month or year ends today. Raises ValueError for `FREE`."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    before = month - _DAY
    match preset:
        case Preset.THIS_MONTH:
            return Period(month, today)
        case Preset.LAST_MONTH:
            return Period(before.replace(day=1), before)
        case Preset.LAST_WEEK:
            monday = today - timedelta(days=today.weekday() + 7)
            return Period(monday, monday + 6 * _DAY)
        case Preset.LAST_QUARTER:
            first = month.replace(month=(today.month - 1) // 3 * 3 + 1)
            end = first - _DAY
            return Period(end.replace(day=1, month=end.month - 2), end)
        case Preset.THIS_YEAR:
            return Period(year, today)
        case Preset.LAST_YEAR:
            return Period(year.replace(year=year.year - 1), year - _DAY)
    raise ValueError("a free period has days of its own")


def last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - _DAY


def _year_earlier(day: date, *, is_end: bool = False) -> date:
    year = day.year - 1
    if is_end and day == last_of_month(day):
        return last_of_month(day.replace(year=year, day=1))
    if (day.month, day.day) == (2, 29):
        return day.replace(year=year, day=28)
    return day.replace(year=year)
