# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A contract with prices, devices, readings and a ledger, for tests."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.meters.readings import MeterReading, ReadingSource
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.supplier_invoices import SupplierInvoice
from allmende.printing.ledger.entries import append_entry
from allmende.printing.ledger.sheets import SheetEntry
from makers import make_device, make_person

FIRST = date(2025, 1, 1)


def make_keeper(town: Municipality, role: RoleName = RoleName.FINANCE) -> Person:
    person = make_person(town, role.value)
    Role.objects.create(municipality=town, person=person, name=role)
    return person


def make_contract(town: Municipality, **fields: Any) -> Contract:
    """Quarterly, from 1 January 2025, without an end."""
    values: dict[str, Any] = {
        "supplier": "Muster Bürotechnik",
        "number": "RV-7",
        "first_day": FIRST,
        "settled": "quarterly",
        "services": ["toner", "service"],
        **fields,
    }
    return Contract.objects.create(municipality=town, **values)


def make_term(contract: Contract, **fields: Any) -> ContractTerm:
    values: dict[str, Any] = {
        "first_day": contract.first_day,
        "rent": Decimal("30.00"),
        "rents": {"A3 colour": "58.50"},
        "click_mono": Decimal("0.0042"),
        "click_colour": Decimal("0.039"),
        "click_mono_a3": Decimal("0.0084"),
        "click_colour_a3": Decimal("0.078"),
        **fields,
    }
    return ContractTerm.objects.create(municipality=contract.municipality, contract=contract, **values)


def place_device(contract: Contract, slug: str, **fields: Any) -> Device:
    device = make_device(contract.municipality, slug)
    device.serial_number = f"SN-{slug}"
    device.save()
    values: dict[str, Any] = {"first_day": contract.first_day, **fields}
    ContractDevice.objects.create(
        municipality=contract.municipality, contract=contract, device=device, **values
    )
    return device


def at(day: date, hour: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def read_meter(device: Device, when: datetime, mono: int, colour: int = 0, **counts: int) -> MeterReading:
    return MeterReading.objects.create(
        municipality=device.municipality,
        device=device,
        at=when,
        source=ReadingSource.MANUAL,
        serial_number=device.serial_number,
        total=mono + colour,
        mono=mono,
        colour=colour,
        **counts,
    )


def make_centre(town: Municipality, number: str) -> CostCentre:
    return CostCentre.objects.create(municipality=town, number=number, name=f"Amt {number}")


def put_in_ledger(
    device: Device, centre: CostCentre | None, day: date, mono: int = 0, colour: int = 0
) -> None:
    """Sheets of the device on one day, borne by this cost centre."""
    append_entry(
        SheetEntry(
            municipality=device.municipality,
            day=day,
            at=at(day, 12),
            device=device,
            cost_centre=centre,
            impressions_mono=mono,
            impressions_colour=colour,
            sheets=mono + colour,
        )
    )


def make_full_contract(device: Device) -> Contract:
    """A contract with a row of everything that its pages can name."""
    town = device.municipality
    contract = make_contract(town)
    make_term(contract)
    ContractDevice.objects.create(municipality=town, contract=contract, device=device, first_day=FIRST)
    ContractCharge.objects.create(
        municipality=town, contract=contract, day=FIRST, label="Aufstellung", amount=Decimal(100)
    )
    settlement = Settlement.objects.create(
        municipality=town,
        contract=contract,
        first_day=FIRST,
        last_day=date(2025, 3, 31),
        net=Decimal(100),
        tax=Decimal(19),
        gross=Decimal(119),
        taxes=[{"rate": "19.00", "net": "100.00", "tax": "19.00"}],
    )
    SettlementLine.objects.create(
        municipality=town,
        settlement=settlement,
        position=1,
        kind="charge",
        label="Aufstellung",
        first_day=FIRST,
        last_day=FIRST,
        quantity=1,
        unit_price=100,
        amount=100,
        tax_rate=19,
        shares=[{"cost_centre_id": None, "number": "", "name": "", "amount": "100.00", "weight": 0}],
    )
    SupplierInvoice.objects.create(
        municipality=town,
        contract=contract,
        number="R-1",
        first_day=FIRST,
        last_day=date(2025, 3, 31),
        text="Gerät;Art;Betrag\nEG;Miete;90,00\n",
    )
    return contract
