# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which closed settlements a change would have changed: those, all of those, and none beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from allmende.fleet.contract_changes import delete_row, keep_row
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.settlement.settlements import Settlement
from fleet.contract_makers import make_contract, make_keeper, make_term, place_device
from makers import make_town

pytestmark = pytest.mark.django_db


def make_settlement(contract: Contract, first_day: date, last_day: date, version: int = 1) -> Settlement:
    return Settlement.objects.create(
        municipality=contract.municipality,
        contract=contract,
        first_day=first_day,
        last_day=last_day,
        version=version,
        net=0,
        tax=0,
        gross=0,
    )


@pytest.fixture
def closed() -> Settlement:
    """The first quarter of 2025."""
    contract = make_contract(make_town())
    make_term(contract)
    place_device(contract, "eg")
    return make_settlement(contract, date(2025, 1, 1), date(2025, 3, 31))


def test_only_what_costs_otherwise_on_settled_days_is_told(closed: Settlement) -> None:
    keeper = make_keeper(closed.municipality)
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
        municipality=closed.municipality,
        contract=term.contract,
        day=date(2025, 3, 31),
        label="Aufbau",
        amount=Decimal(5),
    )
    assert keep_row(keeper, charge) == [closed]
    charge.label = "Aufstellung"
    assert keep_row(keeper, charge) == []
    charge.day = date(2025, 4, 1)
    assert keep_row(keeper, charge) == [closed]
    assert delete_row(keeper, charge) == []


def test_a_price_list_that_moves_changes_the_days_between(closed: Settlement) -> None:
    contract = closed.contract
    keeper = make_keeper(closed.municipality)
    second = make_settlement(contract, date(2025, 4, 1), date(2025, 6, 30))
    newer = make_settlement(contract, date(2025, 4, 1), date(2025, 6, 30), version=2)
    third = make_settlement(contract, date(2025, 7, 1), date(2025, 9, 30))
    later = make_term(contract, first_day=date(2025, 7, 1), click_mono=Decimal("0.01"))
    later.first_day = date(2025, 4, 1)
    assert keep_row(keeper, later) == [newer], "the newest version of the quarter, and no other quarter"
    assert second != newer
    assert delete_row(keeper, later) == [newer, third], "until its end, which is open"
