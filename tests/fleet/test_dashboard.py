# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The mayor's page: the same days of both years, and a line per year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import override

from allmende.fleet.dashboard import describe_situation
from allmende.fleet.environment import EnvironmentFactor
from fleet.contract_makers import make_contract, place_device
from fleet.proof.test_town_case import make_story
from fleet.reports.ledger import count_sheets
from makers import make_town

pytestmark = pytest.mark.django_db


def test_like_is_compared_with_like() -> None:
    town = make_town("zerbst")
    count_sheets(town, date(2026, 1, 5), mono=60, sheets=30, is_duplex=True)
    count_sheets(town, date(2026, 3, 10), mono=10, colour=10)
    count_sheets(town, date(2025, 1, 5), mono=70)
    count_sheets(town, date(2025, 3, 10), mono=30)
    count_sheets(town, date(2025, 3, 11), mono=1000)
    count_sheets(town, date(2025, 12, 1), mono=5000)
    with override("en"):
        situation = describe_situation(town, date(2026, 3, 10))
    words = {each.name: (each.words, each.beside) for each in situation.headlines}
    assert words["sheets"] == ("50", "50.0% fewer than the year before (100)")
    assert words["printed on both sides"] == ("60.0%", "year before: 0.0%")
    assert words["of the sides in colour"] == ("12.5%", "year before: 0.0%")
    assert words["saving a year"][0] == "–", "unknown is not zero"
    now, before = situation.chart.series
    assert now.values == (60, 0, 20, *([None] * 9)), "months to come are gaps"
    assert before.values == (70, 0, 1030, 0, 0, 0, 0, 0, 0, 0, 0, 5000)


def test_a_change_that_comes_from_another_factor_is_told() -> None:
    town = make_town("zerbst")
    count_sheets(town, date(2026, 1, 5), mono=1000)
    count_sheets(town, date(2025, 1, 5), mono=1000)
    EnvironmentFactor.objects.create(
        municipality=town, effect="co2", per_sheet=Decimal("0.004"), first_day=date(2026, 1, 1), source="Test"
    )
    with override("en"):
        beside = {each.name: each.beside for each in describe_situation(town, date(2026, 3, 10)).headlines}
    assert beside["CO₂ of the paper"].endswith("kg, with another factor")
    assert beside["wood of the paper"].endswith("kg")


def test_a_town_without_a_sheet_says_so() -> None:
    situation = describe_situation(make_town("leer"), date(2026, 1, 1))
    assert not situation.has_counts


def test_a_device_without_a_price_hides_no_other_figure() -> None:
    town, _contract = make_story()
    place_device(make_contract(town, number="RV-8"), "neu")
    with override("en"):
        headlines = describe_situation(town, date(2026, 2, 1)).headlines
    words = {each.name: each for each in headlines}
    assert words["saving a year"].words == "–"
    assert words["saving a year"].beside.startswith("Neu: the device is in the contract")
    assert words["paid a year before the contract"].words == "€3,736.13"
    assert words["paid a year now"].words == "€1,269.13"
