# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof of a town in the database: from bills, prices and readings to the council's figure, and out again as a file."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from allmende.directory.municipalities import Municipality
from allmende.directory.roles import RoleName
from allmende.fleet.baselines import HeadValues, RowValues, find_baseline, save_baseline
from allmende.fleet.contracts import Contract, ContractCharge
from allmende.fleet.proof.arithmetic import Proof, Standing, prove
from allmende.fleet.proof.case_file import read_case, write_case
from allmende.fleet.proof.town_case import NoCaseError, Span, make_case, offer_spans
from fleet.contract_makers import (
    at,
    make_contract,
    make_keeper,
    make_term,
    place_device,
    put_in_ledger,
    read_meter,
)
from fleet.proof.test_prove_command import run
from makers import make_town

pytestmark = pytest.mark.django_db
YEAR = Span(date(2025, 1, 1), date(2025, 12, 31))
BASE = "/verwaltung/einsparung/"
ROWS = [
    RowValues("devices", "Leasing", Decimal("200.00"), "month", "Contract 4711", tax="net"),
    RowValues("consumables", "Toner", Decimal("1190.00"), "year", "Bills of 2024"),
    RowValues("paper", "Paper", Decimal("400.00"), "year", "Account 1101", is_replaced=False),
]
HEAD = HeadValues(compares="net", pages_mono=100_000, pages_colour=10_000, devices=9, document="Count of 2024",
                  contribution=Decimal(20), share=Decimal(5000), membership_document="Resolution")  # fmt: skip


def make_story(slug: str = "zerbst", **contract_fields: Any) -> tuple[Municipality, Contract]:
    """A year of one device: rent 30 a month, 90,000 pages in black and white and 5,000 in colour by its meter."""
    town = make_town(slug)
    contract = make_contract(town, **contract_fields)
    make_term(contract)
    device = place_device(contract, "rathaus-eg")
    for month, day in ((1, 1), (4, 1), (7, 1), (10, 1)):
        step = (month - 1) // 3
        read_meter(device, at(date(2025, month, day)), 1000 + 22_500 * step, 500 + 1_250 * step)
    read_meter(device, at(date(2026, 1, 1)), 91_000, 5_500)
    save_baseline(make_keeper(town), town, HEAD, ROWS, reason="bills", after=0)
    return town, contract


def prove_town(town: Municipality, span: Span = YEAR) -> Proof:
    return prove(make_case(town, find_baseline(town), span))


def value(proof: Proof, name: str) -> Decimal:
    figure = proof.find(name)
    assert figure is not None, name
    return figure.value


def test_the_saving_is_that_of_bills_against_prices_on_measured_pages() -> None:
    town, _contract = make_story()
    proof = prove_town(town)
    # 12 × 200 + 1,190 ÷ 1.19 + 400 ÷ 1.19
    assert value(proof, "before.year") == Decimal("2400.00") + Decimal("1000.00") + Decimal("336.13")
    # 12 × 30 + 90,000 × 0.0042 + 5,000 × 0.039 + the paper as before
    assert value(proof, "after.year") == Decimal("360.00") + 378 + 195 + Decimal("336.13")
    assert value(proof, "volume.after.mono.year") == 90_000
    assert value(proof, "volume.after.colour.year") == 5_000
    assert value(proof, "saving.year") == Decimal("2467.00")
    assert value(proof, "saving.after_contribution") == Decimal("2227.00")
    assert value(proof, "devices.change") == -8
    assert proof.standing is Standing.PROVED
    (assumed,) = proof.assumptions
    assert assumed.note.startswith("Nicht Teil") or assumed.note.startswith("Not part")


def test_every_leaf_of_a_towns_proof_has_a_source_and_most_a_page() -> None:
    town, _contract = make_story()
    proof = prove_town(town)
    for figure in proof.figures:
        if figure.expression is None:
            assert figure.source or figure.note, figure.name
            assert figure.href, figure.name


def test_a_meter_s_readings_are_told_in_german_too() -> None:
    town, _contract = make_story()
    with translation.override("de"):
        notes = {
            figure.note for figure in prove_town(town).figures if "reading" in figure.name and figure.note
        }
    assert notes == {"Anfang: Ablesung vom 01.01.2025 00:00. Ende: Ablesung vom 01.01.2026 00:00."}


def test_a_counter_that_begins_anew_loses_nothing() -> None:
    town, contract = make_story()
    device = place_device(contract, "schule")
    read_meter(device, at(date(2025, 1, 1)), 100)
    read_meter(device, at(date(2025, 6, 1)), 700)
    reading = read_meter(device, at(date(2025, 6, 1), 8), 10)
    reading.verdict = "new-life"
    reading.save()
    read_meter(device, at(date(2026, 1, 1)), 60)
    proof = prove_town(town)
    assert value(proof, "volume.after.mono.year") == 90_000 + 600 + 50


def test_a_device_without_readings_is_counted_by_its_jobs_and_says_so() -> None:
    town, contract = make_story()
    device = place_device(contract, "schule")
    put_in_ledger(device, None, date(2025, 5, 5), mono=40, colour=2)
    case = make_case(town, find_baseline(town), YEAR)
    assert case.volume_after is not None
    reading = next(each for each in case.volume_after.readings if each.device == device.name)
    assert (reading.mono_to, reading.colour_to) == (40, 2)
    assert reading.origin.note
    assert value(prove(case), "volume.after.mono.year") == 90_040


def test_one_off_amounts_are_spread_or_told() -> None:
    town, contract = make_story()
    values = {"municipality": town, "contract": contract, "day": date(2025, 1, 1), "label": "Set-up"}
    ContractCharge.objects.create(**values, amount=Decimal(600))
    assert [
        cost.counted for cost in make_case(town, find_baseline(town), YEAR).after if cost.name == "Set-up"
    ] == [False]
    contract.last_day = date(2029, 12, 31)
    contract.save()
    proof = prove_town(town)
    assert value(proof, "after.year") == Decimal("1269.13") + 120


def test_less_than_a_year_is_brought_to_a_year() -> None:
    town, _contract = make_story()
    proof = prove_town(town, Span(date(2025, 1, 1), date(2025, 3, 31)))
    assert value(proof, "volume.after.mono.year") == 90_000
    assert value(proof, "saving.year") == Decimal("2467.00")


def test_a_contract_that_has_no_prices_yet_keeps_nothing_from_being_proved() -> None:
    town, _contract = make_story()
    before = value(prove_town(town), "saving.year")
    make_contract(town, number="RV-8")
    assert value(prove_town(town), "saving.year") == before


def test_a_device_in_a_contract_without_prices_is_told() -> None:
    town, _contract = make_story()
    bare = make_contract(town, number="RV-8")
    place_device(bare, "neu")
    proof = prove_town(town)
    assert proof.standing is Standing.INCOMPLETE
    assert "Neu" in proof.case.unpriced[0]
    assert "RV-8" in proof.case.unpriced[0]
    assert value(proof, "before.year") == Decimal("3736.13")
    assert value(proof, "after.year") == Decimal("1269.13"), "what is known"
    for name in ("saving.year", "same_volume.saving.year", "after.page", "after.device"):
        assert proof.find(name) is None, "a part of the costs would be taken for all of them"
    assert read_case(write_case(proof.case), is_json=True).unpriced == proof.case.unpriced
    make_term(bare)
    assert prove_town(town).standing is Standing.PROVED


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(("role", "words", "page"), [
    (RoleName.FINANCE, "Enter the prices", "preise/"), (RoleName.AUDITOR, "To the contract", ""),
])  # fmt: skip
def test_a_missing_price_is_told_with_where_to_enter_it(role: RoleName, words: str, page: str) -> None:
    town, _contract = make_story()
    town.people.all().delete()
    bare = make_contract(town, number="RV-8")
    place_device(bare, "neu")
    client = open_client(town, role)
    for address in (BASE, f"{BASE}nachweis/"):
        told = client.get(address).content.decode()
        assert "A price is missing, so no saving is computed" in told
        assert "Neu: the device is in the contract Muster Bürotechnik RV-8" in told
        assert f'href="/verwaltung/vertraege/{bare.pk}/{page}">{words}' in told
        assert "€3,736.13" in told
        assert "nothing to compare" not in told


def test_spans_are_whole_quarters_since_the_first_contract() -> None:
    town = make_town()
    assert offer_spans(town, date(2026, 11, 22)) == []
    contract = make_contract(town, first_day=date(2025, 2, 1))
    spans = offer_spans(town, date(2025, 11, 22))
    assert spans[0] == Span(date(2025, 4, 1), date(2025, 9, 30))
    spans = offer_spans(town, date(2027, 2, 1))
    assert spans == [Span(date(2026, 1, 1), date(2026, 12, 31))]
    contract.delete()
    with pytest.raises(NoCaseError):
        make_case(town, None, None)


def test_the_exported_file_proves_the_same_figures_without_a_database(tmp_path: Path) -> None:
    town, _contract = make_story()
    proof = prove_town(town)
    path = tmp_path / "case.json"
    path.write_bytes(write_case(proof.case))
    again = prove(read_case(path.read_bytes(), is_json=True))
    assert [(one.name, one.value, one.unit) for one in again.figures] == [
        (one.name, one.value, one.unit) for one in proof.figures
    ]
    done = run(str(path))
    assert done.returncode == 0, done.stderr
    assert "€2,467.00 a year" in done.stdout


def open_client(town: Municipality, role: RoleName = RoleName.MANAGEMENT) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_keeper(town, role))
    return client


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_args: date(2026, 2, 1))


@pytest.mark.usefixtures("today")
def test_every_figure_can_be_followed_by_links_down_to_its_source() -> None:
    town, _contract = make_story()
    client = open_client(town)
    page = client.get(f"{BASE}nachweis/").content.decode()
    assert "€2,467.00" in page
    seen: set[str] = set()
    waiting = [f"{BASE}nachweis/zahl/saving.year/"]
    sources = set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code == 200, address
        text = response.content.decode()
        waiting += re.findall(rf'href="({BASE}nachweis/zahl/[^"]+)"', text)
        sources |= set(
            re.findall(
                r'<dd class="kern-description-list-item__value">[^<]*<a class="kern-link" href="([^"]+)"',
                text,
            )
        )
    assert f"{BASE}nachweis/zahl/volume.after.reading.1.mono.to/" in seen
    assert any("/zaehler" in address for address in sources), sources
    assert any("vorher/1/#row-1" in address for address in sources)
    assert any("/vertraege/" in address for address in sources)


@pytest.mark.usefixtures("today")
def test_story_paper_and_case_file(tmp_path: Path) -> None:
    town, _contract = make_story()
    client = open_client(town)
    page = client.get(BASE).content.decode()
    assert "€3,736.13" in page
    paper = client.get(f"{BASE}nachweis.pdf")
    assert paper["Content-Type"] == "application/pdf"
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper.content)
    told = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages:\s+1\n", told)
    words = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    assert "2,467.00" in words
    case = read_case(client.get(f"{BASE}nachweis.json").content, is_json=True)
    assert value(prove(case), "saving.year") == Decimal("2467.00")


@pytest.mark.usefixtures("today")
def test_without_a_baseline_the_pages_say_what_to_do() -> None:
    town = make_town("coswig")
    client = open_client(town)
    assert "Enter first what printing cost before" in client.get(BASE).content.decode()
    assert "Enter first what printing cost before" in client.get(f"{BASE}nachweis/").content.decode()
    for name in ("nachweis.pdf", "nachweis.json", "nachweis/zahl/saving.year/"):
        assert client.get(BASE + name).status_code == 404


@pytest.mark.usefixtures("today")
def test_a_town_sees_only_its_own_figures() -> None:
    make_story()
    client = open_client(make_town("coswig"))
    assert "2,467" not in client.get(f"{BASE}nachweis/").content.decode()
    assert client.get(f"{BASE}nachweis/zahl/saving.year/").status_code == 404
