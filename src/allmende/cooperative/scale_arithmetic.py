# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a contribution comes to: the scale's amount by inhabitants, and the part of it for the days of membership. Pure.

The rule for entry and exit, which the scale chooses:

    days          a month is charged by its days: the running part of the month, rounded to the cent, at the last day of membership less the
                  same at the day before the first. So two parts of a month together are exactly the month, wherever it is cut.
    months_begun  a month of which at least one day is a day of membership is charged in full.
    months_whole  a month is charged when every day of it is a day of membership.

Always holds: months are summed, never averaged, so a year is its four quarters and a quarter its three months to the cent.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from allmende.cooperative.money import ZERO, cents

_ONE_DAY: Final = timedelta(days=1)


class ProRata(StrEnum):
    DAYS = "days"
    MONTHS_BEGUN = "months_begun"
    MONTHS_WHOLE = "months_whole"


class BillingPeriod(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


MONTHS_IN: Final = {BillingPeriod.MONTHLY: 1, BillingPeriod.QUARTERLY: 3, BillingPeriod.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Bracket:
    """Up to and with so many inhabitants (None: all above), euros a month."""

    up_to: int | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Formula:
    """`base` + `per_inhabitant` × inhabitants, at least `least`, at most `most`; euros a month."""

    base: Decimal
    per_inhabitant: Decimal
    least: Decimal | None = None
    most: Decimal | None = None


class NoBracketError(LookupError):
    """The scale's last bracket ends below this number of inhabitants."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included; `last_day` None: without an end."""

    first_day: date
    last_day: date | None


def monthly_amount(scale: Sequence[Bracket] | Formula, inhabitants: int) -> Decimal:
    """Euros a month, to the cent. Raises NoBracketError, ValueError (negative inhabitants)."""
    if inhabitants < 0:
        raise ValueError(inhabitants)
    if isinstance(scale, Formula):
        amount = scale.base + scale.per_inhabitant * inhabitants
        if scale.least is not None:
            amount = max(amount, scale.least)
        if scale.most is not None:
            amount = min(amount, scale.most)
        return cents(amount)
    for bracket in scale:
        if bracket.up_to is None or inhabitants <= bracket.up_to:
            return cents(bracket.amount)
    raise NoBracketError(inhabitants)


def period_of(day: date, billing: BillingPeriod) -> Span:
    """The calendar's month, quarter or year that the day lies in."""
    months = MONTHS_IN[billing]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Span(first, last_of_month(add_months(first, months - 1)))


def months_of(span: Span) -> Iterator[date]:
    """First days of the months of a span of whole months."""
    if span.last_day is None:
        raise ValueError(span)
    month = span.first_day.replace(day=1)
    while month <= span.last_day:
        yield month
        month = add_months(month, 1)


def month_part(amount: Decimal, month: date, membership: Span, rule: ProRata) -> Decimal:
    """Of a month's amount, what one membership owes."""
    last = last_of_month(month)
    begin = max(month, membership.first_day)
    end = last if membership.last_day is None else min(last, membership.last_day)
    if end < begin:
        return ZERO
    if rule is ProRata.MONTHS_BEGUN:
        return amount
    if rule is ProRata.MONTHS_WHOLE:
        return amount if (begin, end) == (month, last) else ZERO
    return _running(amount, end.day, last.day) - _running(
        amount, (begin - _ONE_DAY).day if begin > month else 0, last.day
    )


def month_due(amount: Decimal, month: date, memberships: Sequence[Span], rule: ProRata) -> Decimal:
    """Of a month's amount, what the memberships of one member in it owe together: at most once the amount."""
    parts = [month_part(amount, month, each, rule) for each in memberships]
    return min(amount, sum(parts, ZERO))


def add_months(first: date, months: int) -> date:
    """Of a month's first day."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _running(amount: Decimal, days: int, of_days: int) -> Decimal:
    return cents(amount * days / of_days)
