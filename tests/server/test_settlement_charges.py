# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Settlements of printing contracts become charges of the cooperative, where the contract says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from allmende.cooperative.charges import Charge, remove_charge
from allmende.cooperative.member_list import Draft, EntryKind, append_entries
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members
from allmende.directory.municipalities import Municipality
from allmende.fleet.api import RefusedClosingError, SettlementClosed
from allmende.fleet.contracts import Contract, InvoicedBy
from allmende.fleet.events import publish
from allmende.fleet.settlement.arithmetic import quarter_of
from allmende.fleet.settlement.closing import close_settlement
from allmende.fleet.settlement.drafts import draft_settlement
from allmende.fleet.settlement.settlements import Settlement
from fleet.contract_makers import at, make_contract, make_keeper, make_term, place_device, read_meter
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
Q1 = quarter_of(date(2025, 1, 1))
TODAY = date(2025, 7, 15)


def make_town_with_contract(invoiced_by: InvoicedBy) -> Contract:
    town = make_town()
    contract = make_contract(town, invoiced_by=invoiced_by)
    make_term(contract)
    device = place_device(contract, "eg")
    for day, mono in ((date(2025, 1, 1), 1000), (date(2025, 4, 1), 2000)):
        read_meter(device, at(day), mono, 100)
    return contract


def join(town: Municipality) -> Member:
    member = Member.objects.create(name=town.name, land="ST", municipality=town)
    append_entries([Draft(member, EntryKind.ADMISSION, date(2020, 1, 1))], actor=None)
    return member


def close(contract: Contract, reason: str = "") -> Settlement:
    keeper = contract.municipality.people.filter(login="finance").first() or make_keeper(
        contract.municipality
    )
    digest = draft_settlement(contract, Q1).digest
    return close_settlement(keeper, contract, Q1, digest, today=TODAY, reason=reason)


def change_price(contract: Contract, click: str) -> None:
    contract.terms.update(click_mono=Decimal(click))


def test_a_closed_settlement_is_charged_once_and_a_correction_the_difference() -> None:
    contract = make_town_with_contract(InvoicedBy.COOPERATIVE)
    member = join(contract.municipality)
    first = close(contract)
    charge = Charge.objects.get()
    assert (charge.member, charge.net, charge.kind, charge.tax) == (member, first.net, "settlement", "S")
    assert (charge.first_day, charge.last_day) == (Q1.first_day, Q1.last_day)
    assert "Muster Bürotechnik, Vertrag RV-7" in charge.text
    change_price(contract, "0.0032")
    # The correction follows what was charged, whatever the contract says by now.
    Contract.objects.update(invoiced_by=InvoicedBy.SUPPLIER)
    contract.refresh_from_db()
    second = close(contract, "Preis war falsch")
    assert [each.net for each in Charge.objects.all()] == [Decimal("94.20"), Decimal("-1.00")]
    assert second.net == Decimal("-1.00")
    assert Charge.objects.last().text.endswith("Berichtigung 1")  # type: ignore[union-attr]


def test_what_the_supplier_invoices_is_no_charge_and_its_correction_neither() -> None:
    contract = make_town_with_contract(InvoicedBy.SUPPLIER)
    join(contract.municipality)
    assert make_contract(contract.municipality, number="RV-8").invoiced_by == "supplier"
    close(contract)
    Contract.objects.update(invoiced_by=InvoicedBy.COOPERATIVE)
    contract.refresh_from_db()
    change_price(contract, "0.0032")
    close(contract, "Preis war falsch")
    assert not Charge.objects.exists()


def test_a_correction_of_a_charge_that_the_office_removed_charges_nothing() -> None:
    contract = make_town_with_contract(InvoicedBy.COOPERATIVE)
    join(contract.municipality)
    close(contract)
    remove_charge(make_person(contract.municipality, "office"), Charge.objects.get())
    change_price(contract, "0.0032")
    close(contract, "Preis war falsch")
    assert not Charge.objects.exists()


def test_for_a_town_that_is_no_member_nothing_is_closed_and_the_page_says_what_to_do() -> None:
    contract = make_town_with_contract(InvoicedBy.COOPERATIVE)
    with translation.override("en"), pytest.raises(RefusedClosingError, match="no member"):
        close(contract)
    assert not Settlement.objects.exists()
    keeper = contract.municipality.people.get(login="finance")
    client = Client(headers={"accept-language": "en"})
    client.force_login(keeper)
    address = f"/verwaltung/vertraege/{contract.pk}/abrechnung/?ab=2025-01-01"
    digest = draft_settlement(contract, Q1).digest
    answer = client.post(address, {"digest": digest, "reason": ""})
    assert answer.status_code == 422, answer.headers
    assert "of the contract first" in answer.content.decode()
    assert not Settlement.objects.exists()


def test_the_same_event_twice_is_one_charge_and_after_a_merger_it_is_the_successors() -> None:
    contract = make_town_with_contract(InvoicedBy.COOPERATIVE)
    member = join(contract.municipality)
    heir = join(make_town("burg", name="Burg"))
    event = SettlementClosed(
        contract.municipality_id, 1, contract.pk, "S", "1", Q1.first_day, Q1.last_day, 1,
        Decimal("10.00"), Decimal("1.90"), Decimal("11.90"), by_cooperative=True,
    )  # fmt: skip
    publish(event)
    publish(event)
    assert Charge.objects.get().member == member
    publish(replace(event, version=2, net=Decimal("0.00")))
    assert Charge.objects.count() == 1
    merge_members([member], heir, date(2025, 3, 1), actor=None)
    publish(replace(event, version=3, net=Decimal("2.00")))
    assert Charge.objects.get(net=Decimal("2.00")).member == heir
