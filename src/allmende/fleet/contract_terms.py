# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A contract's rows as the pure values of `prices` and `settlement.arithmetic`, and the price of a side for printing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Q

from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.prices import (
    ONE_DAY,
    ZERO,
    ClickPrices,
    PriceList,
    Volume,
    VolumeKind,
    VolumePer,
)
from allmende.fleet.settlement.arithmetic import Charge, Days, Placement, Terms
from allmende.fleet.tax_rates import tax_rate_on
from allmende.printing.api import ImpressionPrices

#: Stands for "no end" where days are compared.
OPEN_END: Final = date(9999, 12, 31)


def days_of(row: Contract | ContractDevice) -> Days:
    return Days(row.first_day, row.last_day or OPEN_END)


def law_s_rate(day: date) -> Decimal:
    return tax_rate_on(day).per_cent


def terms_of(contract: Contract) -> Terms:
    """Each list ends on the day before the next begins, the last one with the contract. No list yet is no terms, not an error here."""
    rows = list(contract.terms.order_by("first_day"))
    if not rows:
        return Terms(days_of(contract), [], law_s_rate)
    ends = [row.first_day - ONE_DAY for row in rows[1:]] + [days_of(contract).last_day]
    lists = [
        to_price_list(row, last_day)
        for row, last_day in zip(rows, ends, strict=True)
        if row.first_day <= last_day
    ]
    return Terms(days_of(contract), lists, law_s_rate)


def to_price_list(row: ContractTerm, last_day: date) -> PriceList:
    return PriceList(
        first_day=row.first_day,
        last_day=last_day,
        rent=row.rent,
        rents={str(name): Decimal(str(rent)) for name, rent in row.rents.items()},
        clicks=ClickPrices(row.click_mono, row.click_colour, row.click_mono_a3, row.click_colour_a3),
        volume=Volume(
            VolumeKind(row.volume_kind),
            row.volume_pooled,
            VolumePer(row.volume_per),
            row.volume_mono,
            row.volume_colour,
        ),
        tax_rate=row.tax_rate,
    )


def placements_of(contract: Contract, period: Days) -> list[Placement]:
    rows = contract.contract_devices.filter(
        Q(last_day__isnull=True) | Q(last_day__gte=period.first_day), first_day__lte=period.last_day
    )
    return [Placement(row.device_id, row.device_class, days_of(row)) for row in rows]


def charges_of(contract: Contract, period: Days) -> list[Charge]:
    rows: list[ContractCharge] = list(
        contract.charges.filter(day__gte=period.first_day, day__lte=period.last_day)
    )
    return [Charge(row.day, row.label, -row.amount if row.is_credit else row.amount) for row in rows]


def contract_device_on(device_id: int, day: date) -> ContractDevice | None:
    """Where the device is in a contract on this day."""
    return (
        ContractDevice.objects.select_related("contract")
        .filter(
            Q(last_day__isnull=True) | Q(last_day__gte=day),
            Q(contract__last_day__isnull=True) | Q(contract__last_day__gte=day),
            device_id=device_id,
            first_day__lte=day,
            contract__first_day__lte=day,
        )
        .first()
    )


def impression_prices(device_id: int, on: date) -> ImpressionPrices | None:
    """What one more side costs at this device on this day, with tax: the click price alone, without rent and paper.

    None where no contract says: unknown is not zero. The factor for A3 is that of mono; where mono is free, that of colour.
    """
    place = contract_device_on(device_id, on)
    if place is None:
        return None
    row = place.contract.terms.filter(first_day__lte=on).order_by("first_day").last()
    if row is None:
        return None
    per_cent = law_s_rate(on) if row.tax_rate is None else row.tax_rate
    gross = 1 + per_cent / 100
    factor = Decimal(1)
    for a4, a3 in ((row.click_mono, row.click_mono_a3), (row.click_colour, row.click_colour_a3)):
        if a4 > ZERO:
            factor = a3 / a4
            break
    return ImpressionPrices(mono=row.click_mono * gross, colour=row.click_colour * gross, a3_factor=factor)
