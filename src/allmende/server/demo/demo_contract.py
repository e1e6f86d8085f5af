# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The money of the demo's year: the joint contract and its settlements, a supplier's invoice with two faults, and what printing cost before.

All amounts are invented but for the membership: contribution and share are those of the town's council paper of 2014. The saving is
reckoned by the proof from these rows and the meters; no page has it as a figure of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from allmende.fleet.baselines import HeadValues, KindChoice, PerChoice, RowValues, save_baseline
from allmende.fleet.contract_changes import keep_row
from allmende.fleet.contracts import (
    ChargeKind,
    Contract,
    ContractCharge,
    ContractDevice,
    ContractTerm,
    Settled,
)
from allmende.fleet.environment import Effect, EnvironmentFactor
from allmende.fleet.prices import ImpressionClass
from allmende.fleet.settlement.arithmetic import Days, LineKind
from allmende.fleet.settlement.closing import close_settlement, due_periods
from allmende.fleet.settlement.drafts import draft_settlement
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.supplier_invoices import import_invoice
from allmende.server.demo.demo_calendar import add_months
from allmende.server.demo.demo_fleet import A3_COLOUR, A4_COLOUR, A4_MONO, KINDS, REPLACED, STANDS
from allmende.server.demo.demo_people import town_of

if TYPE_CHECKING:
    from allmende.devices.devices import Device
    from allmende.directory.people import Person
    from allmende.server.demo.demo_calendar import DemoDays

SUPPLIER: Final = "Bürotechnik Mittelelbe GmbH"
NUMBER: Final = "RV-07/114"
_TITLE: Final = "Abruf aus dem Rahmenvertrag 7 der IT-Genossenschaft: Drucken, Kopieren, Scannen"
_RENTS: Final = {A3_COLOUR: "58.50", A4_COLOUR: "29.80", A4_MONO: "21.50"}
_MONO, _MONO_LATER, _COLOUR = Decimal("0.0041"), Decimal("0.0038"), Decimal("0.0320")
_WORDS: Final = {
    ImpressionClass.MONO: "Schwarzweiß A4",
    ImpressionClass.COLOUR: "Farbe A4",
    ImpressionClass.MONO_A3: "Schwarzweiß A3",
    ImpressionClass.COLOUR_A3: "Farbe A3",
}
#: Their invoice has these two faults.
_WRONG_COUNTER: Final = "soziales"
_WRONG_PRICE: Final = "kaemmerei"
_TOO_MANY: Final = 1_200


def make_contract(
    finance: Person, devices: Mapping[str, Device], virtual: list[Device], days: DemoDays
) -> Contract:
    town = town_of(finance)
    begin = days.contract_begin
    contract = Contract(
        municipality=town,
        supplier=SUPPLIER,
        number=NUMBER,
        title=_TITLE,
        first_day=begin,
        last_day=add_months(begin, 60) - timedelta(days=1),
        settled=Settled.QUARTERLY,
        services=["toner", "service", "parts", "waste", "delivery", "training"],
        note="Demo: Lieferant und Preise sind erfunden.",
    )
    keep_row(finance, contract)
    for first_day, mono in ((begin, _MONO), (days.price_change, _MONO_LATER)):
        keep_row(
            finance,
            ContractTerm(
                municipality=town,
                contract=contract,
                first_day=first_day,
                rent=Decimal(_RENTS[A4_MONO]),
                rents=dict(_RENTS),
                click_mono=mono,
                click_colour=_COLOUR,
                click_mono_a3=2 * mono,
                click_colour_a3=2 * _COLOUR,
            ),
        )
    classes = {stand.slug: KINDS[stand.kind].device_class for stand in STANDS} | {REPLACED: A4_MONO}
    for slug, device in devices.items():
        place = ContractDevice(
            municipality=town, contract=contract, device=device, device_class=classes[slug], first_day=begin
        )
        if slug == REPLACED:
            place.last_day = days.swap_day - timedelta(days=1)
        elif slug == "ordnungsamt":
            place.first_day = days.swap_day
        keep_row(finance, place)
    for device in virtual:
        # Since this quarter only: what the demo's own devices print has a price, and closed quarters stay as they are.
        keep_row(
            finance,
            ContractDevice(
                municipality=town,
                contract=contract,
                device=device,
                device_class=A3_COLOUR,
                first_day=days.this_quarter,
            ),
        )
    _charge(finance, contract, ChargeKind.ONE_OFF, "Lieferung und Einrichtung", "480.00", is_credit=False)
    _charge(finance, contract, ChargeKind.TAKE_BACK, "Rücknahme von 10 Altgeräten", "350.00", is_credit=True)
    return contract


def _charge(
    finance: Person, contract: Contract, kind: ChargeKind, label: str, amount: str, *, is_credit: bool
) -> None:
    keep_row(
        finance,
        ContractCharge(
            municipality=contract.municipality,
            contract=contract,
            day=contract.first_day,
            kind=kind,
            label=label,
            amount=Decimal(amount),
            is_credit=is_credit,
        ),
    )


def close_quarters(finance: Person, contract: Contract, days: DemoDays) -> list[Settlement]:
    """All that are over, one after the other."""
    closed = []
    for period in due_periods(contract, days.today):
        digest = draft_settlement(contract, period).digest
        closed.append(close_settlement(finance, contract, period, digest, today=days.today))
    return closed


def import_faulty_invoice(finance: Person, contract: Contract, settlement: Settlement) -> None:
    """The supplier's invoice of a settled quarter: one counter too high, one price of the former list."""
    file = io.StringIO()
    table = csv.writer(file, delimiter=";", lineterminator="\r\n")
    table.writerow(
        [
            "Seriennummer",
            "Gerät",
            "Leistung",
            "Menge",
            "Einzelpreis",
            "Betrag",
            "Zählerstand alt",
            "Zählerstand neu",
        ]
    )
    lines = SettlementLine.objects.filter(settlement=settlement).select_related("device").order_by("position")
    for line in lines:
        if line.device is not None and line.kind in (LineKind.RENT, LineKind.CLICKS) and line.amount:
            table.writerow(_invoice_row(line, line.device))
    import_invoice(
        finance,
        contract,
        f"RE-{settlement.last_day:%Y}-{settlement.last_day:%m}87",
        _period(settlement),
        file.getvalue(),
    )


def _period(settlement: Settlement) -> Days:
    return Days(settlement.first_day, settlement.last_day)


def _invoice_row(line: SettlementLine, device: Device) -> list[str]:
    if line.kind == LineKind.RENT:
        months = line.quantity.normalize()
        return [
            device.serial_number,
            device.name,
            "Miete",
            _german(months),
            _german(line.unit_price),
            _german(line.amount),
            "",
            "",
        ]
    which = ImpressionClass(line.impression_class)
    quantity, price = int(line.quantity), line.unit_price
    first, last = (_counter(line.evidence[end]["counts"], which) for end in ("start", "end"))
    if device.slug == _WRONG_COUNTER and which is ImpressionClass.MONO:
        quantity, last = quantity + _TOO_MANY, last + _TOO_MANY
    if device.slug == _WRONG_PRICE and which is ImpressionClass.MONO:
        price = _MONO
    amount = (quantity * price).quantize(Decimal("0.01"))
    return [
        device.serial_number,
        device.name,
        _WORDS[which],
        str(quantity),
        _german(price.normalize()),
        _german(amount),
        str(first),
        str(last),
    ]


def _counter(counts: Mapping[str, int], which: ImpressionClass) -> int:
    a3_colour = counts["a3_colour"]
    return {
        ImpressionClass.MONO: counts["mono"] - (counts["a3"] - a3_colour),
        ImpressionClass.COLOUR: counts["colour"] - a3_colour,
        ImpressionClass.MONO_A3: counts["a3"] - a3_colour,
        ImpressionClass.COLOUR_A3: a3_colour,
    }[which]


def _german(number: Decimal) -> str:
    return f"{number:f}".replace(".", ",")


def enter_baseline(finance: Person, days: DemoDays) -> None:
    """What a year cost before the contract: contracts one by one, printers from the shop, cartridges by catalogue."""
    town = town_of(finance)
    year = days.contract_begin.year - 1
    booked = date(year + 1, 1, 31)
    books = f"Jahresrechnung {year}, Sachkonto %s (Demo, erfunden)"
    rows = [
        RowValues(
            KindChoice.DEVICES.value, "Leasing von neun Kopierern, drei Verträge", Decimal("1090.00"), PerChoice.MONTH.value,
            books % "52550", document_day=booked, note="Drei Lieferanten, Laufzeiten versetzt.",
        ),
        RowValues(
            KindChoice.DEVICES.value, "Kauf von 15 Arbeitsplatzdruckern", Decimal("9520.00"), PerChoice.TERM.value,
            books % "07210", months=48, document_day=booked, note="Auf vier Jahre verteilt.",
        ),
        RowValues(
            KindChoice.CONSUMABLES.value, "Toner, Tinte, Trommeln", Decimal("21420.00"), PerChoice.YEAR.value,
            books % "52710", document_day=booked,
        ),
        RowValues(
            KindChoice.SERVICE.value, "Wartung und Reparaturen", Decimal("8211.00"), PerChoice.YEAR.value,
            books % "52310", document_day=booked,
        ),
        RowValues(
            KindChoice.PAPER.value, "Papier", Decimal("7840.00"), PerChoice.YEAR.value, books % "52720",
            document_day=booked, is_replaced=False, note="Steht nicht im Vertrag.",
        ),
        RowValues(
            KindChoice.ENERGY.value, "Strom der Geräte", Decimal("1310.00"), PerChoice.YEAR.value,
            f"Messung des Gebäudemanagements {year} (Demo, erfunden)", is_replaced=False, amount_now=Decimal("690.00"),
            note="Vorher 24 Geräte, jetzt 14.",
        ),
    ]  # fmt: skip
    head = HeadValues(
        pages_mono=1_262_000,
        pages_colour=171_000,
        devices=24,
        document=f"Zählerstände der Lieferanten {year}; Arbeitsplatzdrucker geschätzt nach Tonerverbrauch (Demo, erfunden)",
        contribution=Decimal("100.00"),
        share=Decimal("5000.00"),
        membership_document="Beschlussvorlage des Stadtrats zum Beitritt, Juni 2014",
    )
    save_baseline(finance, town, head, rows, reason="Erfassung aus der Jahresrechnung", after=0)


def enter_factor(finance: Person, days: DemoDays) -> None:
    """Since the contract the town buys recycled paper."""
    EnvironmentFactor.objects.create(
        municipality=town_of(finance),
        effect=Effect.CO2,
        per_sheet=Decimal("0.0042"),
        first_day=days.contract_begin,
        source="Angabe des Papierlieferanten: 2,1 kg je 500 Blatt Recyclingpapier (Demo, erfunden)",
        entered_by=finance,
    )
