# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.money import CENT, cents, split_amount
from allmende.cooperative.scale_arithmetic import (
    MONTHS_IN,
    BillingPeriod,
    Bracket,
    Formula,
    NoBracketError,
    ProRata,
    Span,
    last_of_month,
    month_due,
    monthly_amount,
    months_of,
    period_of,
)

D = Decimal
AMOUNTS = st.decimals(0, 100_000, places=2)
DAYS = st.dates(date(1996, 1, 1), date(2104, 12, 31))


def due(amount: Decimal, span: Span, membership: Span, rule: ProRata) -> Decimal:
    return sum((month_due(amount, month, [membership], rule) for month in months_of(span)), D(0))


def test_zerbst_at_100_euros_a_month_from_july() -> None:
    """Case 1: joined as the 30th member; six months of 2014 are 600 euros, and a year 1,200."""
    member = Span(date(2014, 7, 1), None)
    assert due(D(100), period_of(date(2014, 1, 1), BillingPeriod.YEARLY), member, ProRata.DAYS) == 600
    assert due(D(100), period_of(date(2015, 1, 1), BillingPeriod.YEARLY), member, ProRata.DAYS) == 1200


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(ProRata.DAYS, "45.16"), (ProRata.MONTHS_BEGUN, "100.00"), (ProRata.MONTHS_WHOLE, "0.00")],
)
def test_a_month_that_begins_in_the_middle(rule: ProRata, expected: str) -> None:
    """14 of 31 days: 100 less 54.84 for the 17 days before."""
    member = Span(date(2026, 7, 18), None)
    assert due(D(100), period_of(date(2026, 7, 1), BillingPeriod.MONTHLY), member, rule) == D(expected)


@given(AMOUNTS, DAYS, DAYS)
def test_cut_anywhere_the_parts_are_the_whole(amount: Decimal, first: date, cut: date) -> None:
    """Also over leap days and the year's end: who leaves and comes again the next day owes what one who stayed owes."""
    year = period_of(cut, BillingPeriod.YEARLY)
    stays = Span(min(first, cut), None)
    goes, comes = Span(stays.first_day, cut), Span(cut + timedelta(days=1), None)
    parts = due(amount, year, goes, ProRata.DAYS) + due(amount, year, comes, ProRata.DAYS)
    assert parts == due(amount, year, stays, ProRata.DAYS)


@given(AMOUNTS, DAYS, DAYS, st.sampled_from(list(ProRata)))
def test_a_year_is_its_quarters_and_its_months(
    amount: Decimal, first: date, last: date, rule: ProRata
) -> None:
    member = Span(min(first, last), max(first, last))
    year = period_of(member.first_day, BillingPeriod.YEARLY)
    for billing in BillingPeriod:
        periods = {period_of(month, billing) for month in months_of(year)}
        assert len(periods) == 12 // MONTHS_IN[billing]
        total = sum((due(amount, each, member, rule) for each in periods), D(0))
        assert total == due(amount, year, member, rule)
        assert D(0) <= total <= amount * 12


@given(DAYS, st.sampled_from(list(BillingPeriod)))
def test_a_day_lies_in_its_period(day: date, billing: BillingPeriod) -> None:
    period = period_of(day, billing)
    assert period.last_day is not None
    assert period.first_day <= day <= period.last_day
    assert period.first_day.day == 1
    assert period.last_day == last_of_month(period.last_day)


def test_brackets_and_formula() -> None:
    scale = [Bracket(5_000, D(50)), Bracket(20_000, D(75)), Bracket(None, D(100))]
    assert [monthly_amount(scale, each) for each in (0, 5_000, 5_001, 20_000, 20_001)] == [
        50,
        50,
        75,
        75,
        100,
    ]
    with pytest.raises(NoBracketError):
        monthly_amount(scale[:2], 20_001)
    formula = Formula(D(25), D("0.0035"), least=D(50), most=D(100))
    assert [monthly_amount(formula, each) for each in (1_000, 10_001, 90_000)] == [50, D("60.00"), 100]


@given(
    st.decimals(-100_000, 100_000, places=2),
    st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=20),
)
def test_parts_of_an_amount_are_the_amount(amount: Decimal, weights: list[Decimal]) -> None:
    if sum(weights) == 0:
        with pytest.raises(ValueError):
            split_amount(amount, weights)
        return
    parts = split_amount(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) <= CENT


def test_half_a_cent_goes_up() -> None:
    assert [cents(D(each)) for each in ("0.005", "0.015", "-0.005", "0.0049")] == [
        D("0.01"),
        D("0.02"),
        D("-0.01"),
        D("0.00"),
    ]
