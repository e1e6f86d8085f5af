# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's year agrees with itself: ledger, meters, settlements, proof; and making it again changes nothing."""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.core import serializers
from django.utils import timezone

from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.spans import counts_between
from allmende.directory.models import Municipality, Person
from allmende.directory.roles import RoleName
from allmende.fleet.baselines import find_baseline
from allmende.fleet.concept.concept_records import ConceptRun, RunState
from allmende.fleet.concept.solving_process import solve_run
from allmende.fleet.contracts import Contract
from allmende.fleet.proof.arithmetic import Proof, prove
from allmende.fleet.proof.case import Case
from allmende.fleet.proof.case_file import write_case
from allmende.fleet.proof.prove_command import PROVED, run_in
from allmende.fleet.proof.town_case import make_case, offer_spans
from allmende.fleet.proof.wording import Speaker
from allmende.fleet.reports.withholding import withheld_cost_centres
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.supplier_invoice_check import Reason
from allmende.fleet.supplier_invoices import SupplierInvoice, check_invoice
from allmende.printing.api import sum_sheets
from allmende.printing.ledger.rebuilding import compare_totals
from allmende.printing.rules.effects import RuleEffect, sum_effects
from allmende.printing.rules.print_rules import PrintRule
from allmende.server.demo.demo_calendar import DemoDays, midnight
from allmende.server.demo.demo_concept import begin_concept
from allmende.server.demo.demo_town import TOWN_SLUG, set_up_demo
from allmende.server.demo.demo_year import SHEETS, make_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(home: Path) -> Municipality:
    set_up_demo(home, 8600, with_year=False)
    found = Municipality.objects.get(slug=TOWN_SLUG)
    assert make_year(found, it_of(found), "a password", timezone.localdate())
    return found


def it_of(town: Municipality) -> Person:
    return Person.objects.get(municipality=town, roles__name=RoleName.IT)


def rows_of_all() -> dict[str, str]:
    """Per table a digest of all that it holds."""
    return {
        model._meta.db_table: hashlib.sha256(
            serializers.serialize("json", model._base_manager.order_by("pk")).encode()
        ).hexdigest()
        for room in ("directory", "devices", "printing", "fleet")
        for model in apps.get_app_config(room).get_models()
    }


def test_rules_have_saved_sheets_and_euros_by_now(town: Municipality) -> None:
    effects = {
        rule.name: sum_effects(town.pk, timezone.localdate() - timedelta(days=365)).get(rule.pk)
        for rule in PrintRule.objects.filter(municipality=town)
    }
    two_sided, black = effects["Ab 10 Seiten beidseitig"], effects["Viel Farbe in Schwarzweiß"]
    assert two_sided is not None
    assert black is not None
    assert two_sided.sheets > 5 * two_sided.jobs > 0, "of ten pages and more five sheets and more"
    assert black.colour >= 20 * black.jobs > 0
    assert black.euros is not None
    # A side in colour costs 3.2 ct and one in black and white 0.38 ct, and the tax on it; rounded for each job.
    sides = RuleEffect.objects.filter(rule__name="Viel Farbe in Schwarzweiß").values_list(
        "colour_saved", flat=True
    )
    each = (count * Decimal("0.0282") * Decimal("1.19") for count in sides)
    assert black.euros == sum(euros.quantize(Decimal("0.0001"), ROUND_HALF_UP) for euros in each)
    assert not RuleEffect.objects.filter(job_number__gte=0).exists(), "no job of the service"


def case_of(town: Municipality) -> tuple[Case, Proof]:
    span = offer_spans(town, timezone.localdate())[0]
    case = make_case(town, find_baseline(town), span)
    return case, prove(case)


def test_a_year_that_agrees_with_itself(
    town: Municipality, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    today = timezone.localdate()
    check_ledger(town, today)
    check_settlements(town)
    check_proof(town, tmp_path, capsys)
    check_what_is_to_be_found(town)

    before = rows_of_all()
    assert not make_year(town, it_of(town), "another password", today + timedelta(days=100))
    assert rows_of_all() == before


def check_ledger(town: Municipality, today: date) -> None:
    found = compare_totals()
    assert found.is_right
    assert found.entries > 5_000
    (year,) = sum_sheets(town.pk, today - timedelta(days=365), today - timedelta(days=1))
    assert abs(year.sheets - SHEETS) < SHEETS // 1000
    # Meters: never less than the ledger, and a few copies more.
    since, until = DemoDays(today).contract_begin, today
    for each in sum_sheets(town.pk, since, until - timedelta(days=1), ("device",)):
        assert each.device_id is not None
        span = counts_between(each.device_id, midnight(since), midnight(until))
        assert span is not None
        counted = span.counts
        assert counted.total is not None
        assert counted.mono is not None
        assert each.impressions <= counted.total <= each.impressions * Decimal("1.05")
        assert counted.colour == each.impressions_colour


def check_settlements(town: Municipality) -> None:
    contract = Contract.objects.get(municipality=town)
    settlements = list(Settlement.objects.filter(contract=contract))
    assert len(settlements) == 4
    for settlement in settlements:
        lines = list(settlement.lines.all())
        assert settlement.net == sum(line.amount for line in lines)
        assert settlement.gross == settlement.net + settlement.tax
        assert settlement.gross == sum(Decimal(each["gross"]) for each in settlement.centres)
        assert settlement.problems == []
        for line in lines:
            assert line.amount == sum(Decimal(share["amount"]) for share in line.shares)


def check_proof(town: Municipality, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, proof = case_of(town)
    share, saving = proof.find("saving.percent"), proof.find("saving.year")
    assert share is not None
    assert saving is not None
    assert Decimal(46) < share.value < Decimal(50)  # "nearly 50 %", says the council paper
    path = folder / "case.json"
    path.write_bytes(write_case(case))
    assert run_in(argparse.Namespace(cases=[path], json=True), Speaker(str, is_german=False)) == PROVED
    again = json.loads(capsys.readouterr().out)["figures"]
    for name in ("before.year", "after.year", "saving.year", "saving.percent"):
        figure = proof.find(name)
        assert figure is not None
        assert Decimal(again[name]["value"]) == figure.value


def check_what_is_to_be_found(town: Municipality) -> None:
    assert MeterReading.objects.filter(municipality=town, is_plausible=False).count() == 1
    invoice = SupplierInvoice.objects.get(municipality=town)
    check = check_invoice(invoice.contract, invoice.period, invoice.text)
    assert {each.reason for each in check.found} == {Reason.FORMER_PRICE, Reason.OTHER_READING}
    assert len(check.found) == 2
    withheld = withheld_cost_centres(town)
    assert 0 not in withheld  # nobody is without a cost centre
    assert len(withheld) == 2  # the IT, and one more so that it can't be computed from the total


def test_the_concept_is_solved_and_saves(town: Municipality) -> None:
    run = begin_concept(it_of(town))
    assert run is not None
    solve_run(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert run.result["status"] == "optimal"
    assert Decimal(run.result["plan"]["saving"]) > 0
    assert begin_concept(it_of(town)) is None
    assert ConceptRun.objects.count() == 1


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 3, 31), date(2026, 10, 1), date(2028, 2, 29)])
def test_the_calendar_of_any_day(today: date) -> None:
    days = DemoDays(today)
    assert days.counted_from <= days.contract_begin < days.swap_day < days.this_quarter <= today
    assert days.reading_days[-1] == today
    assert {days.contract_begin, days.this_quarter} <= set(days.reading_days)
    worked = [day for day, _busy in days.working_days]
    assert worked[-1] < today
    assert all(day.weekday() < 5 for day in worked)
    assert date(today.year - 1, 12, 25) not in worked


def test_easter_and_what_hangs_on_it() -> None:
    worked = {day for day, _busy in DemoDays(date(2026, 12, 30)).working_days}
    free = [date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2025, 4, 18)]
    assert not worked & set(free)
    assert {date(2026, 4, 2), date(2026, 4, 7)} <= worked
