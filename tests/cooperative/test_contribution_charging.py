# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contributions over exits that become known late, revocations and mergers: nothing is charged twice, nothing is lost to rounding."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from allmende.cooperative.charges import Charge
from allmende.cooperative.contribution_charging import (
    charge_contributions,
    contribution_of,
    due_contributions,
)
from allmende.cooperative.contributions import BillingChoice, ProRataChoice, Scale, period_with
from allmende.cooperative.exits import correct_entry, record_exit, revoke_exit
from allmende.cooperative.member_list import ExitReason, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members, split_member
from allmende.cooperative.money import ZERO
from allmende.cooperative.population import Population
from allmende.cooperative.transfers import transfer_shares

from .member_makers import make_member
from .money_makers import make_paying_member, make_scale

pytestmark = pytest.mark.django_db
D = Decimal
SINCE = date(2020, 1, 1)
YEAR = 2024


def charged(*members: Member) -> Decimal:
    rows = Charge.objects.filter(member__in=members)
    return rows.aggregate(sum=Sum("net"))["sum"] or ZERO


def charge_year(year: int, months: int = 3) -> None:
    for month in range(1, 13, months):
        charge_contributions(None, date(year, month, 1))


def test_an_end_within_a_charged_period_gives_the_rest_back_and_its_correction_takes_it_again() -> None:
    make_scale(date(YEAR, 1, 1), billing=BillingChoice.YEARLY)
    burg, genthin = make_paying_member("Burg", SINCE), make_paying_member("Genthin", SINCE)
    charge_contributions(None, date(YEAR, 1, 1))
    assert (charged(burg), charged(genthin)) == (D("1200.00"), D("1200.00"))
    transfer_shares(burg, genthin, date(YEAR, 6, 30), actor=None)
    assert (charged(burg), charged(genthin)) == (D("600.00"), D("1200.00"))
    row = burg.exits.get().list_entry
    correct_entry(row, actor=None, note="kam nicht zustande")
    assert charged(burg) == D("1200.00")
    assert [each.net for each in Charge.objects.filter(member=burg)] == [
        D("1200.00"),
        D("-600.00"),
        D("600.00"),
    ]


def test_an_exclusion_at_the_years_end_changes_nothing_that_was_charged_and_ends_what_follows() -> None:
    make_scale(date(YEAR, 1, 1))
    burg = make_paying_member("Burg", SINCE)
    charge_year(YEAR)
    charge_contributions(None, date(YEAR + 1, 1, 1))
    made = record_exit(burg, ExitReason.EXCLUSION, date(YEAR, 5, 5), actor=None)
    assert charged(burg) == D("1200.00")
    revoke_exit(made, actor=None, note="aufgehoben")
    assert charged(burg) == D("1500.00")


def test_the_successor_owes_both_contributions_until_the_years_end_then_its_own() -> None:
    make_scale(date(YEAR, 1, 1))
    burg = make_paying_member("Burg", SINCE, inhabitants=3_000)
    genthin = make_paying_member("Genthin", SINCE)
    charge_contributions(None, date(YEAR, 1, 1))
    merge_members([burg], genthin, date(YEAR, 5, 1), actor=None)
    charge_year(YEAR)
    # The first quarter was Burg's; of the second its month of April, and all after that is Genthin's.
    assert (charged(burg), charged(genthin)) == (D("200.00"), D("1600.00"))
    assert "Rechtsnachfolger von Burg" in Charge.objects.filter(member=genthin).last().text  # type: ignore[union-attr]
    charge_contributions(None, date(YEAR + 1, 1, 1))
    assert charged(genthin) == D("1900.00")


def test_what_the_predecessor_was_charged_stays_with_it() -> None:
    make_scale(date(YEAR, 1, 1), billing=BillingChoice.YEARLY)
    burg, genthin = make_paying_member("Burg", SINCE), make_paying_member("Genthin", SINCE)
    charge_contributions(None, date(YEAR, 1, 1))
    merge_members([burg], genthin, date(YEAR, 5, 1), actor=None)
    assert charge_contributions(None, date(YEAR, 1, 1)) == []
    assert (charged(burg), charged(genthin)) == (D("1200.00"), D("1200.00"))


def test_a_new_body_pays_what_it_continues_and_needs_no_inhabitants_before_the_next_year() -> None:
    make_scale(date(YEAR, 1, 1))
    burg, genthin = (make_paying_member(name, SINCE) for name in ("Burg", "Genthin"))
    new = make_member("Burg-Genthin")
    merge_members([burg, genthin], new, date(YEAR, 7, 1), actor=None)
    charge_year(YEAR)
    assert [charged(each) for each in (burg, genthin, new)] == [D("600.00"), D("600.00"), D("1200.00")]
    correct_entry(new.exits.get().list_entry, actor=None, note="eigener Beitritt")
    [due] = due_contributions(date(YEAR + 1, 1, 1))
    assert "Burg-Genthin" in due.problem
    new.official_key = "15099999"
    new.save()
    Population.objects.create(official_key=new.official_key, year=YEAR, inhabitants=40_000)
    charge_contributions(None, date(YEAR + 1, 1, 1))
    assert charged(new) == D("1500.00")


def test_of_a_split_member_the_first_body_goes_on() -> None:
    make_scale(date(YEAR, 1, 1))
    burg = make_paying_member("Burg", SINCE)
    north, south = make_member("Nord"), make_member("Süd")
    split_member(burg, [north, south], date(YEAR, 7, 1), source_remains=False, actor=None)
    charge_year(YEAR)
    assert [charged(each) for each in (burg, north, south)] == [D("600.00"), D("600.00"), ZERO]


DAYS = st.dates(date(YEAR, 1, 2), date(YEAR, 12, 31))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example([date(YEAR, 1, 2), date(YEAR, 11, 15)], BillingChoice.MONTHLY, ProRataChoice.DAYS, D("0.78"), [])
@example(
    [date(YEAR, 1, 2), date(YEAR, 2, 1)], BillingChoice.MONTHLY, ProRataChoice.MONTHS_BEGUN, D("0.01"), []
)
@given(
    st.lists(DAYS, min_size=1, max_size=2, unique=True),
    st.sampled_from(list(BillingChoice)),
    st.sampled_from(list(ProRataChoice)),
    st.decimals("0.01", "999.99", places=2),
    st.lists(st.integers(1, 12), max_size=3),
)
def test_however_often_a_body_is_merged_its_year_is_charged_once(
    days: list[date],
    billing: BillingChoice,
    pro_rata: ProRataChoice,
    amount: Decimal,
    months_before: list[int],
) -> None:
    """One body passes into the next, up to twice in a year; some periods were charged before. Together all pay exactly their twelve months."""
    with transaction.atomic():
        scale = make_scale(date(YEAR, 1, 1), f"{amount}", billing=billing)
        Scale.objects.filter(pk=scale.pk).update(pro_rata=pro_rata)
        bodies = [make_paying_member(name, SINCE) for name in ("A", "B", "C")]
        for month in months_before:
            charge_contributions(None, date(YEAR, month, 1))
        for number, day in enumerate(sorted(days)):
            merge_members([bodies[number]], bodies[number + 1], day, actor=None)
            charge_contributions(None, day)
        charge_year(YEAR, 1 if billing == BillingChoice.MONTHLY else 3)
        assert charged(*bodies) == 3 * 12 * amount, [charged(each) for each in bodies]
        assert charge_contributions(None, max(days)) == []
        transaction.set_rollback(True)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(DAYS, st.decimals("0.01", "999.99", places=2), st.sampled_from(list(BillingChoice)))
def test_two_memberships_that_follow_each_other_are_the_year(
    day: date, amount: Decimal, billing: BillingChoice
) -> None:
    """By days: who leaves on the eve and whoever comes on the day pay together what one would have paid."""
    with transaction.atomic():
        scale = make_scale(date(YEAR, 1, 1), f"{amount}", billing=billing)
        leaving, staying = make_paying_member("A", SINCE), make_paying_member("B", SINCE)
        coming = make_paying_member("C", day)
        transfer_shares(leaving, staying, day - timedelta(days=1), actor=None)
        total = ZERO
        for month in range(1, 13, {"monthly": 1, "quarterly": 3, "yearly": 12}[billing]):
            period = period_with(scale, date(YEAR, month, 1))
            for member in (leaving, coming):
                total += contribution_of(scale, member, period, memberships_of(member)).amount
        assert total == 12 * amount
        transaction.set_rollback(True)
