# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The standard reports' figures, from a ledger counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.environment import EnvironmentFactor
from allmende.fleet.reports.kinds import Grain, Report, ReportKind, Wish, WithheldError
from allmende.fleet.reports.periods import Period
from allmende.fleet.reports.standard_reports import build_report
from allmende.fleet.tables import WITHHELD, Cell
from fleet.reports.ledger import count_sheets
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def rows_of(report: Report) -> dict[Cell, tuple[Cell, ...]]:
    return {row[0]: row[1:] for row in report.table.rows}


def build(town: Municipality, kind: ReportKind, **wishes: Any) -> Report:
    with override("en"):
        return build_report(town, replace(Wish(kind, YEAR), **wishes))


@pytest.fixture
def town() -> Municipality:
    """Two devices at one site, one without; a large and a small cost centre; something in the year before; a stranger."""
    town, other = make_town("zerbst"), make_town("coswig")
    site = Site.objects.create(municipality=town, name="Rathaus")
    one, two, three = (make_device(town, slug) for slug in ("eins", "zwei", "drei"))
    for device in (one, two):
        device.site = site
        device.save()
    centres = [CostCentre.objects.create(municipality=town, number=str(n), name="x") for n in range(3)]
    for centre, count in zip(centres, (12, 6, 2), strict=True):
        for number in range(count):
            make_person(town, f"p{centre.number}-{number}", cost_centre=centre.number)
    count_sheets(
        town, date(2026, 1, 31), mono=80, sheets=40, is_duplex=True, device=one, cost_centre=centres[0]
    )
    count_sheets(town, date(2026, 2, 1), mono=10, colour=10, device=two, cost_centre=centres[1])
    count_sheets(town, date(2026, 2, 2), mono=5, device=three, cost_centre=centres[2], media="a3")
    count_sheets(town, date(2026, 2, 3), mono=7, sheets=0, device=one, kind="scan", cost_centre=centres[0])
    count_sheets(town, date(2025, 2, 1), mono=50, device=one, cost_centre=centres[0])
    count_sheets(town, date(2024, 12, 31), mono=900, device=one, cost_centre=centres[0])
    # The large cost centre prints everywhere, so each device and site has enough people.
    for device in (two, three):
        count_sheets(town, date(2024, 12, 31), mono=50, device=device, cost_centre=centres[0])
    count_sheets(other, date(2026, 1, 31), mono=9999)
    return town


#: Printed sides, in colour, colour share, sheets, two-sided share, scanned, sheets the year before, change.
TOTAL = (105, 10, Decimal(10) / 105, 65, Decimal(40) / 65, 7, 50, Decimal("0.3"))


@pytest.mark.parametrize(
    "kind", [ReportKind.TOWN, ReportKind.SITE, ReportKind.DEVICE, ReportKind.COST_CENTRE]
)
def test_every_report_has_the_same_total(town: Municipality, kind: ReportKind) -> None:
    totals = build(town, kind).table.totals
    assert totals is not None
    assert totals[1:] == TOTAL


def test_by_site(town: Municipality) -> None:
    rows = rows_of(build(town, ReportKind.SITE))
    assert rows["Rathaus"][:4] == (100, 10, Decimal("0.1"), 60)
    assert rows["Without a site"][3] == 5


def test_by_device_the_largest_first(town: Municipality) -> None:
    report = build(town, ReportKind.DEVICE)
    assert [row[0] for row in report.table.rows] == ["Eins (Rathaus)", "Zwei (Rathaus)", "Drei"]
    assert report.table.rows[0][7:] == (50, Decimal("-0.2"))


def test_by_paper(town: Municipality) -> None:
    rows = rows_of(build(town, ReportKind.TOWN))
    assert (rows["Printed, A3"][3], rows["Printed, A4"][3], rows["Scanned"][5]) == (5, 60, 7)


def test_small_cost_centres_are_withheld_with_one_more(town: Municipality) -> None:
    report = build(town, ReportKind.COST_CENTRE)
    rows = rows_of(report)
    assert rows["0 x"][0] == 80
    assert set(rows["1 x"]) == set(rows["2 x"]) == {WITHHELD}
    assert report.chart.labels == ("0 x",), "the plot tells no more than the table"
    assert any("fewer than 5 people" in note for note in report.table.notes)


def test_withheld_cost_centres_stand_there_also_without_a_sheet(town: Municipality) -> None:
    january = Period(date(2026, 1, 1), date(2026, 1, 31))
    assert rows_of(build(town, ReportKind.COST_CENTRE, period=january)).keys() == {"0 x", "1 x", "2 x"}


def test_cost_centres_are_told_apart_by_whole_months(town: Municipality) -> None:
    days = Period(date(2026, 2, 2), date(2026, 2, 3))
    report = build(town, ReportKind.COST_CENTRE, period=days, device_id=1, site_id=1)
    assert report.period == Period(date(2026, 2, 1), date(2026, 2, 28))
    totals = report.table.totals
    assert totals is not None
    assert totals[4] == 25, "no device and no site narrows it further"


def test_a_withheld_cost_centre_has_no_report_of_its_own(town: Municipality) -> None:
    small = CostCentre.objects.get(municipality=town, number="2")
    with pytest.raises(WithheldError):
        build(town, ReportKind.TIME, cost_centre_id=small.pk)
    large = CostCentre.objects.get(municipality=town, number="0")
    report = build(town, ReportKind.TIME, cost_centre_id=large.pk, grain=Grain.DAY)
    assert [row[0] for row in report.table.rows] == ["Jan 2026", "Feb 2026"], "never by day"


def test_a_device_of_few_is_withheld_wherever_it_could_be_told(town: Municipality) -> None:
    one, small = Device.objects.get(slug="eins"), Device.objects.get(slug="zwei")
    for person in Person.objects.filter(municipality=town, cost_centre__number="0"):
        count_sheets(town, date(2024, 12, 30), mono=1, device=one, person=person)
    count_sheets(town, date(2024, 12, 30), mono=1, device=small, person=Person.objects.get(login="p1-0"))
    report = build(town, ReportKind.DEVICE)
    rows = rows_of(report)
    assert set(rows["Zwei (Rathaus)"]) == {WITHHELD}
    assert set(rows["Eins (Rathaus)"]) == {WITHHELD}, "else the site's sum would give it away"
    assert rows["Drei"][3] == 5
    assert rows_of(build(town, ReportKind.SITE))["Rathaus"][3] == 60
    assert report.chart.labels == ("Drei",)
    for kind in (ReportKind.TIME, ReportKind.TOWN, ReportKind.ENVIRONMENT):
        with pytest.raises(WithheldError, match="device"):
            build(town, kind, device_id=small.pk)
    at_site = build(town, ReportKind.DEVICE, site_id=small.site_id)
    assert [row[0] for row in at_site.table.rows] == ["Eins (Rathaus)", "Zwei (Rathaus)"]


def test_a_site_of_few_has_no_report_of_its_own(town: Municipality) -> None:
    site = Site.objects.create(municipality=town, name="Archiv")
    archive = make_device(town, "archiv")
    Device.objects.filter(pk=archive.pk).update(site=site)
    count_sheets(town, date(2026, 2, 1), mono=3, device=archive, person=Person.objects.get(login="p1-0"))
    rows = rows_of(build(town, ReportKind.SITE))
    assert set(rows["Archiv"]) == {WITHHELD}
    assert len([name for name, cells in rows.items() if WITHHELD in cells]) == 2
    with pytest.raises(WithheldError, match="site"):
        build(town, ReportKind.TIME, site_id=site.pk)


def test_over_time(town: Municipality) -> None:
    days = build(town, ReportKind.TIME, grain=Grain.DAY)
    assert [(row[0], row[4]) for row in days.table.rows][:2] == [
        (date(2026, 1, 31), 40),
        (date(2026, 2, 1), 20),
    ]
    both = Period(date(2024, 1, 1), date(2026, 12, 31))
    years = build(town, ReportKind.TIME, grain=Grain.YEAR, period=both)
    assert [(row[0], row[4]) for row in years.table.rows] == [("2024", 1000), ("2025", 50), ("2026", 65)]


def test_environment_reckons_with_the_factor_of_the_month(town: Municipality) -> None:
    EnvironmentFactor.objects.create(
        municipality=town, effect="wood", per_sheet=Decimal(2), first_day=date(2026, 2, 1), source="Test"
    )
    report = build(town, ReportKind.ENVIRONMENT)
    rows = rows_of(report)
    (_how, told) = report.table.notes
    assert told.startswith(
        "Wood: from 1 Feb 2026 on with another factor, 2.0000 instead of 0.0150 kg a sheet"
    )
    # January: 40 sheets at 0.015 kg; February: 20 of A4 and 5 of A3 at 2 kg.
    assert rows["Wood"][1] == Decimal(61)
    assert rows["Sheets, counted as A4"][1] == 70
    assert "not checked" in str(rows["Wood"][-1])


def test_nothing_counted_says_so() -> None:
    report = build(make_town("leer"), ReportKind.DEVICE)
    assert report.table.rows == ()
    assert report.draw() == ""
    assert "Nothing was counted in this period." in report.lead


def test_every_figure_leads_to_what_it_is_the_sum_of(town: Municipality) -> None:
    """The page behind a device's row says the same sheets for the same days."""
    reader = Client(headers={"accept-language": "en"})
    person = make_person(town, "leser")
    Role.objects.create(municipality=town, person=person, name=RoleName.AUDITOR)
    reader.force_login(person)
    for kind in (ReportKind.DEVICE, ReportKind.COST_CENTRE, ReportKind.TIME):
        table = build(town, kind).table
        assert len(table.links) == len(table.rows)
        for row, href in zip(table.rows, table.links, strict=True):
            if href is None:
                assert WITHHELD in row
                continue
            sheets = row[4]
            assert f"<strong>{sheets} sheets</strong>" in reader.get(href).content.decode(), (row, href)
    sites = build(town, ReportKind.SITE).table
    assert sites.links[0] is not None
    assert "Eins (Rathaus)" in reader.get(sites.links[0]).content.decode()
