# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from allmende.devices.devices import Device
from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.roles import RoleName
from allmende.fleet.contract_changes import RefusedError, delete_row, keep_row
from allmende.fleet.contract_terms import impression_prices
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.supplier_invoices import SupplierInvoice
from allmende.printing.api import ImpressionPrices
from fleet.contract_makers import at, make_contract, make_keeper, make_term, place_device, read_meter
from makers import make_device, make_town

pytestmark = pytest.mark.django_db

CONTRACT = {
    "supplier": "Muster Bürotechnik",
    "number": "RV-7",
    "first_day": "2025-01-01",
    "settled": "quarterly",
    "invoiced_by": "cooperative",
    "services": ["toner"],
}
PRICES = {
    "first_day": "2025-01-01",
    "rent": "30,00",
    "rents": "A3 colour = 58,50\nA4 mono = 12.345678\n",
    "click_mono": "0,0042",
    "click_colour": "0.039",
    "click_mono_a3": "",
    "click_colour_a3": "0,078",
    "volume_kind": "none",
    "volume_mono": "0",
    "volume_colour": "0",
    "volume_pooled": "yes",
    "volume_per": "period",
    "tax_rate": "",
}


@pytest.fixture
def town() -> Municipality:
    return make_town()


def sign_in(town: Municipality, role: RoleName = RoleName.FINANCE) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_keeper(town, role))
    return client


def test_from_an_empty_list_to_a_contract_with_prices_and_devices(town: Municipality) -> None:
    client = sign_in(town)
    make_device(town, "eg")
    assert b"No contract yet" in client.get("/verwaltung/vertraege/").content
    answer = client.post("/verwaltung/vertraege/neu/", CONTRACT)
    contract = Contract.objects.get()
    assert answer.headers["Location"] == f"/verwaltung/vertraege/{contract.pk}/preise/"
    assert client.post(answer.headers["Location"], PRICES).status_code == 302
    term = ContractTerm.objects.get()
    assert (term.click_mono, term.click_colour) == (Decimal("0.0042"), Decimal("0.039"))
    assert (term.click_mono_a3, term.click_colour_a3) == (Decimal("0.0042"), Decimal("0.078"))
    assert term.rents == {"A3 colour": "58.50", "A4 mono": "12.345678"}
    address = f"/verwaltung/vertraege/{contract.pk}/geraete/"
    device = Device.objects.get()
    client.post(address, {"devices": [device.pk], "device_class": "A3 colour", "first_day": "2025-01-01"})
    assert ContractDevice.objects.get().device_class == "A3 colour"
    page = client.get(f"/verwaltung/vertraege/{contract.pk}/").content.decode()
    for words in (
        "RV-7",
        "58.50",
        "Eg",
        "Toner and ink",
        "Not in it",
        "the cooperative, with its own invoices",
    ):
        assert words in page
    assert AuditEntry.objects.filter(action__startswith="contract").count() == 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"click_mono": "-0,01"}, "greater than or equal to 0"),
        ({"click_mono": "0,0000001"}, "6 decimal places"),
        ({"click_mono": "abc"}, "Enter a number"),
        ({"rents": "A3 colour: 12"}, "A3 colour: 12” can&#x27;t be read"),
        ({"rents": "A = 1\nA = 2"}, "“A” is there twice"),
        ({"first_day": "2025-02-01"}, "the first price list must begin on"),
        ({"first_day": "2024-12-31"}, "outside of the contract"),
        ({"first_day": "0001-01-01"}, "between 1990 and 2100"),
    ],
)
def test_a_refused_price_list_says_what_to_do_and_keeps_what_was_typed(
    town: Municipality, changed: dict[str, str], words: str
) -> None:
    contract = make_contract(town)
    typed = {**PRICES, "click_colour": "0,039123", **changed}
    answer = sign_in(town).post(f"/verwaltung/vertraege/{contract.pk}/preise/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "0,039123" in page
    assert not ContractTerm.objects.exists()


def refused(town: Municipality, row: Any) -> str:
    keeper = town.people.filter(login="finance").first() or make_keeper(town)
    with pytest.raises(RefusedError) as caught:
        keep_row(keeper, row)
    return str(caught.value)


def test_what_contradicts_itself_is_refused(town: Municipality) -> None:
    contract = make_contract(town)
    make_term(contract)
    device = place_device(contract, "eg")
    other = make_contract(town, number="RV-8")
    twin = ContractDevice(municipality=town, contract=other, device=device, first_day=date(2025, 6, 1))
    assert "RV-7" in refused(town, twin)
    again = ContractTerm(municipality=town, contract=contract, first_day=contract.first_day)
    assert refused(town, again)
    late = Contract(
        municipality=town, supplier="X", number="1", first_day=date(2025, 2, 1), last_day=date(2025, 1, 1)
    )
    assert refused(town, late)
    contract.first_day = date(2024, 1, 1)
    assert refused(town, contract)
    charge = ContractCharge(
        municipality=town, contract=make_contract(town, number="9"), day=date(2024, 1, 1), amount=1
    )
    assert refused(town, charge)


def test_what_was_settled_stays_in_the_contract(town: Municipality) -> None:
    contract = make_contract(town)
    term = make_term(contract)
    device = place_device(contract, "eg")
    read_meter(device, at(date(2025, 1, 1)), 0)
    read_meter(device, at(date(2025, 4, 1)), 100)
    client = sign_in(town)
    address = f"/verwaltung/vertraege/{contract.pk}/abrechnung/?ab=2025-01-01"
    digest = client.get(address).context["form"].initial["digest"]
    answer = client.post(address, {"digest": digest})
    assert answer.headers["Location"] == f"/verwaltung/abrechnungen/{Settlement.objects.get().pk}/"
    keeper = town.people.get(login="finance")
    with pytest.raises(RefusedError):
        delete_row(keeper, ContractDevice.objects.get())
    with pytest.raises(RefusedError):
        delete_row(keeper, term)
    contract.last_day = date(2024, 12, 31)
    contract.first_day = date(2024, 1, 1)
    assert refused(town, contract)
    assert ContractDevice.objects.exists()


def test_readers_see_everything_and_change_nothing(town: Municipality) -> None:
    contract = make_contract(town)
    make_term(contract)
    for role in (RoleName.MANAGEMENT, RoleName.AUDITOR):
        client = sign_in(town, role)
        page = client.get(f"/verwaltung/vertraege/{contract.pk}/")
        assert page.status_code == 200
        assert b"bearbeiten" not in page.content
        assert client.get(f"/verwaltung/vertraege/{contract.pk}/abrechnung/?ab=2025-01-01").status_code == 200
        assert client.get("/verwaltung/vertraege/neu/").status_code == 403
        assert client.post("/verwaltung/vertraege/neu/", CONTRACT).status_code == 403
    with pytest.raises(PermissionDenied):
        keep_row(town.people.get(login="auditor"), contract)


def test_the_price_of_a_side_has_the_day_s_tax_and_knows_what_is_unknown(town: Municipality) -> None:
    contract = make_contract(town, first_day=date(2020, 1, 1), last_day=date(2020, 12, 31))
    make_term(contract)
    make_term(contract, first_day=date(2020, 10, 1), click_mono=Decimal("0.01"), tax_rate=Decimal(0))
    device = place_device(contract, "eg")
    spring = impression_prices(device.pk, date(2020, 6, 30))
    assert spring == ImpressionPrices(Decimal("0.004998"), Decimal("0.04641"), Decimal(2))
    summer = impression_prices(device.pk, date(2020, 7, 1))
    assert summer is not None
    assert summer.mono == Decimal("0.0042") * Decimal("1.16")
    autumn = impression_prices(device.pk, date(2020, 10, 1))
    assert autumn is not None
    assert autumn.mono == Decimal("0.01")
    assert impression_prices(device.pk, date(2019, 12, 31)) is None
    assert impression_prices(device.pk, date(2021, 1, 1)) is None
    assert impression_prices(make_device(town, "og").pk, date(2020, 6, 30)) is None


@pytest.fixture
def closed(town: Municipality) -> Settlement:
    contract = make_contract(town)
    make_term(contract)
    for slug in ("eg", "og"):
        device = place_device(contract, slug)
        read_meter(device, at(date(2025, 1, 1)), 1000, 100)
        read_meter(device, at(date(2025, 4, 1)), 4000, 400)
    client = sign_in(town, RoleName.IT)
    address = f"/verwaltung/vertraege/{contract.pk}/abrechnung/"
    digest = client.get(address).context["form"].initial["digest"]
    assert client.post(address, {"digest": digest}).status_code == 302
    return Settlement.objects.get()


def test_prices_for_settled_days_are_kept_and_the_closed_settlements_named(
    town: Municipality, closed: Settlement
) -> None:
    client = sign_in(town)
    address = f"/verwaltung/vertraege/{closed.contract_id}/preise/"
    assert "Settled and closed up to 31 Mar 2025" in client.get(address).content.decode()
    before = list(SettlementLine.objects.order_by("pk").values())
    inside = client.post(address, {**PRICES, "first_day": "2025-03-01"}, follow=True).content.decode()
    assert "It stays as it is: 1 Jan 2025 – 31 Mar 2025." in inside
    later = client.post(address, {**PRICES, "first_day": "2025-04-01"}, follow=True).content.decode()
    assert "It stays as it is" not in later
    assert list(SettlementLine.objects.order_by("pk").values()) == before
    assert Settlement.objects.count() == 1


def test_only_what_costs_otherwise_on_settled_days_is_told(town: Municipality, closed: Settlement) -> None:
    keeper = make_keeper(town)
    term, place = ContractTerm.objects.get(), ContractDevice.objects.first()
    assert place is not None
    assert keep_row(keeper, term) == []
    place.supplier_number = "4711"
    assert keep_row(keeper, place) == []
    place.last_day = date(2025, 6, 30)
    assert keep_row(keeper, place) == []
    place.first_day = date(2025, 2, 1)
    assert keep_row(keeper, place) == [closed]
    term.click_mono = Decimal("0.005")
    assert keep_row(keeper, term) == [closed]
    charge = ContractCharge(
        municipality=town, contract=term.contract, day=date(2025, 3, 31), label="Aufbau", amount=Decimal(5)
    )
    assert keep_row(keeper, charge) == [closed]
    charge.label = "Aufstellung"
    assert keep_row(keeper, charge) == []
    charge.day = date(2025, 4, 1)
    assert keep_row(keeper, charge) == [closed]
    assert delete_row(keeper, charge) == []


def test_a_figure_is_followed_to_its_readings(town: Municipality, closed: Settlement) -> None:
    client = sign_in(town)
    page = client.get(f"/verwaltung/abrechnungen/{closed.pk}/")
    line = closed.lines.get(device_name="Eg", impression_class="mono")
    assert f"/verwaltung/abrechnungen/zeilen/{line.pk}/" in page.content.decode()
    words = client.get(f"/verwaltung/abrechnungen/zeilen/{line.pk}/").content.decode()
    for figure in ("3,000", "1,000", "4,000", "SN-eg", "€12.60"):
        assert figure in words


def test_the_statement_as_a_file(town: Municipality, closed: Settlement) -> None:
    client = sign_in(town)
    for form, start in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        answer = client.get(f"/verwaltung/abrechnungen/{closed.pk}/?datei={form}")
        assert answer.content.startswith(start)
        assert f"2025-01-v1.{form}" in answer.headers["Content-Disposition"]
    assert AuditEntry.objects.filter(action="settlement.exported").count() == 3


def test_a_draft_that_changed_meanwhile_is_shown_anew(town: Municipality, closed: Settlement) -> None:
    client = sign_in(town)
    address = f"/verwaltung/vertraege/{closed.contract_id}/abrechnung/?ab=2025-01-01"
    answer = client.post(address, {"digest": "old", "reason": "Nachtrag"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Please look again" in page
    assert "Nachtrag" in page
    digest = answer.context["form"].data["digest"]
    assert client.post(address, {"digest": digest, "reason": "Nachtrag"}).status_code == 302
    assert Settlement.objects.get(version=2).reason == "Nachtrag"


INVOICE = (
    "Seriennummer;Leistung;Menge;Einzelpreis;Betrag\n"
    "SN-eg;Miete;3;30,00;90,00\nSN-eg;Klicks s/w;3.000;0,0042;12,60\nSN-eg;Klicks Farbe;310;0,039;12,09\n"
    "SN-fremd;Miete;3;30,00;90,00\n"
)


def test_an_invoice_is_checked_before_it_is_kept(town: Municipality, closed: Settlement) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in(town)
    address = f"/verwaltung/vertraege/{closed.contract_id}/rechnung/"
    typed = {"number": "R-1", "period": "2025-01-01"}
    upload = SimpleUploadedFile("r.csv", INVOICE.encode())
    answer = client.post(address, {**typed, "file": upload})
    page = answer.content.decode()
    for words in ("no device with this number", "the invoice does not have it", "another number", "€0.39"):
        assert words in page
    assert not SupplierInvoice.objects.exists()
    kept = client.post(address, {**typed, "text": answer.context["text"], "keep": "1"})
    invoice = SupplierInvoice.objects.get()
    assert kept.headers["Location"] == f"/verwaltung/vertraege/rechnungen/{invoice.pk}/"
    assert "no device with this number" in client.get(kept.headers["Location"]).content.decode()
    assert client.get(kept.headers["Location"] + "?datei=csv").content.startswith(b"\xef\xbb\xbf")
    again = client.post(address, {**typed, "text": INVOICE, "keep": "1"})
    assert again.status_code == 422
    assert "correct the number" in again.content.decode()
    assert SupplierInvoice.objects.count() == 1


def test_an_unreadable_invoice_says_what_to_do(town: Municipality, closed: Settlement) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in(town)
    address = f"/verwaltung/vertraege/{closed.contract_id}/rechnung/"
    for data, words in (
        (b"a;b\n1;2\n", "No column names the device"),
        (b"\x00\x01", "no text file"),
        (b"Serial;Amount\nx;1\n", "No column says what is charged"),
    ):
        upload = SimpleUploadedFile("r.csv", data)
        answer = client.post(address, {"number": "R-9", "period": "2025-01-01", "file": upload})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "R-9" in answer.content.decode()
