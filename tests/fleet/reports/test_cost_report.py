# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Costs by cost centre: to the cent what the settlements say, with corrections, and small groups withheld."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.translation import override

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.fleet.reports.kinds import Report, ReportKind, Wish
from allmende.fleet.reports.periods import Period
from allmende.fleet.reports.standard_reports import build_report
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.tables import WITHHELD
from fleet.contract_makers import put_in_ledger
from fleet.test_closing import Q1, Q2, World, world
from makers import make_person

pytestmark = pytest.mark.django_db

__all__ = ["world"]
HALF = Period(date(2025, 1, 1), date(2025, 6, 30))


def people(town: Municipality, *counts: int) -> None:
    """So many in each cost centre, in the order of their numbers; and enough without one."""
    for centre, count in zip(
        CostCentre.objects.filter(municipality=town).order_by("number"), counts, strict=True
    ):
        for number in range(count):
            make_person(town, f"p{centre.number}-{number}", cost_centre=centre.number)
    for number in range(5):
        make_person(town, f"frei-{number}")


def build(town: Municipality, period: Period = HALF) -> Report:
    with override("en"):
        return build_report(town, Wish(ReportKind.COST, period))


def test_the_report_is_the_settlements_to_the_cent(world: World) -> None:
    people(world.town, 6, 7)
    world.close(Q1)
    world.close(Q2)
    # What is printed later changes a correction, and with it the report.
    put_in_ledger(world.device, world.centres[1], date(2025, 3, 1), mono=77)
    world.close(Q1, reason="Nachtrag")
    table = build(world.town).table
    settled: dict[str, Decimal] = {}
    for row in Settlement.objects.all():
        for each in row.centres:
            name = f"{each['number']} {each['name']}".strip() or "Without a cost centre"
            settled[name] = settled.get(name, Decimal(0)) + Decimal(each["gross"])
    assert {row[0]: row[3] for row in table.rows} == settled
    assert table.totals is not None
    sums = [sum(getattr(row, name) for row in Settlement.objects.all()) for name in ("net", "tax", "gross")]
    assert list(table.totals[1:4]) == sums
    for column in (1, 2, 3):
        assert sum(row[column] for row in table.rows) == table.totals[column]  # type: ignore[misc]


def test_the_settlements_behind_it_are_named_and_add_up(world: World) -> None:
    closed = world.close(Q1)
    sources = build(world.town).sources
    assert sources is not None
    assert sources.links == (f"/verwaltung/abrechnungen/{closed.pk}/",)
    assert sources.totals == ("Total", "", closed.net, closed.tax, closed.gross)


def test_a_settlement_counts_whole_or_not_at_all(world: World) -> None:
    world.close(Q1)
    world.close(Q2)
    report = build(world.town, Period(date(2025, 2, 1), date(2025, 6, 30)))
    assert report.table.totals is not None
    assert report.table.totals[3] == Settlement.objects.get(first_day=Q2.first_day).gross
    assert any("only partly" in note and "1 Jan 2025" in note for note in report.table.notes)
    assert build(world.town, Period(date(2025, 2, 1), date(2025, 2, 28))).table.rows == ()


def test_the_year_before_stands_beside(world: World) -> None:
    closed = world.close(Q1)
    report = build(world.town, Period(date(2026, 1, 1), date(2026, 3, 31)))
    assert report.table.totals is not None
    assert report.table.totals[3:] == (0, None, closed.gross, Decimal(-1))


def test_small_cost_centres_are_withheld_and_no_total_gives_them_away(world: World) -> None:
    people(world.town, 2, 9)
    closed = world.close(Q1)
    report = build(world.town)
    rows = {row[0]: row[1:] for row in report.table.rows}
    assert set(rows["1000 Amt 1000"]) == {WITHHELD}
    withheld = [name for name, cells in rows.items() if WITHHELD in cells]
    assert len(withheld) == 2
    assert set(report.chart.labels).isdisjoint(withheld)
    assert report.table.totals is not None
    assert report.table.totals[3] == closed.gross


def test_page_and_files_have_the_same_figures(world: World) -> None:
    people(world.town, 6, 7)
    closed = world.close(Q1)
    client = Client(headers={"accept-language": "de"})
    client.force_login(world.keeper)
    query = {"zeitraum": "free", "von": "2025-01-01", "bis": "2025-06-30"}
    page = client.get("/verwaltung/berichte/kosten/", query).content.decode()
    assert "373,78\xa0€" in page
    assert f"/verwaltung/abrechnungen/{closed.pk}/" in page
    made = client.get("/verwaltung/berichte/kosten/", {**query, "datei": "csv"}).content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(made), delimiter=";"))
    total = next(line for line in lines if line and line[0] == "Summe")
    assert "373,78" in total
    empty = client.get("/verwaltung/berichte/kosten/", {"zeitraum": "this_month"}).content.decode()
    assert "In diesem Zeitraum liegt keine Abrechnung" in empty
