# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A supplier's invoice against our own reckoning: which lines differ, by how much, and the likely reason. Pure.

Both sides are summed by device and kind of charge, then compared, so it does not matter how either cuts its lines. What is pooled in
ours is compared as a sum over all devices. The sum of all differences is the difference of the two totals, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from allmende.fleet.prices import ZERO
from allmende.fleet.settlement.arithmetic import Line, LineKind, to_cents
from allmende.fleet.supplier_invoice_file import ChargedFor, InvoiceRow

#: The pool of all devices, among device numbers.
_POOL: Final = 0


class Reason(StrEnum):
    SAME = "same"
    ROUNDING = "rounding"
    OTHER_PRICE = "other_price"
    FORMER_PRICE = "former_price"
    OTHER_READING = "other_reading"
    OTHER_QUANTITY = "other_quantity"
    OWN_ARITHMETIC = "own_arithmetic"
    CHARGED_TWICE = "charged_twice"
    UNKNOWN_DEVICE = "unknown_device"
    NOT_IN_CONTRACT = "not_in_contract"
    SWAPPED = "swapped"
    NOT_INVOICED = "not_invoiced"
    NOT_COUNTED = "not_counted"
    NOT_AGREED = "not_agreed"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device of the town, as an invoice may call it. `in_contract`: on a day of the period; `was_swapped`: left for another device or came in its place."""

    device_id: int
    name: str
    serial: str
    former_serials: tuple[str, ...] = ()
    supplier_number: str = ""
    in_contract: bool = True
    was_swapped: bool = False


@dataclass(frozen=True, slots=True)
class OurLine:
    """`counters`: our counter at both ends, for the class of the line; None where not known."""

    line: Line
    counters: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """`theirs` − `ours` is what the supplier asks too much (or, below zero, too little)."""

    device_id: int | None
    device_name: str
    charged_for: ChargedFor
    reason: Reason
    ours: Decimal
    theirs: Decimal
    our_quantity: Decimal | None = None
    their_quantity: Decimal | None = None
    our_price: Decimal | None = None
    their_price: Decimal | None = None
    our_counters: tuple[int, int] | None = None
    their_counters: tuple[int, int] | None = None
    lines: tuple[int, ...] = ()

    @property
    def amount(self) -> Decimal:
        return self.theirs - self.ours


@dataclass
class _Side:
    amount: Decimal = ZERO
    quantity: Decimal = ZERO
    has_quantity: bool = True
    prices: set[Decimal] = field(default_factory=set)
    counters: tuple[int, int] | None = None
    lines: list[int] = field(default_factory=list)
    rows: int = 0
    adds_up: bool = True
    said: set[tuple[Decimal, Decimal | None, int | None, int | None]] = field(default_factory=set)
    repeated: Decimal = ZERO

    @property
    def price(self) -> Decimal | None:
        return next(iter(self.prices)) if len(self.prices) == 1 else None

    def count(self, first: int | None, last: int | None) -> None:
        if first is not None and last is not None:
            known = self.counters or (first, last)
            self.counters = (min(known[0], first), max(known[1], last))


def compare_invoice(
    rows: Iterable[InvoiceRow],
    ours: Iterable[OurLine],
    devices: Sequence[KnownDevice],
    *,
    former_prices: Mapping[ChargedFor, frozenset[Decimal]],
) -> list[Difference]:
    """Every pair, also those that agree (`SAME`), largest difference first. `former_prices`: of all price lists of the contract."""
    by_name = _names(devices)
    known = {each.device_id: each for each in devices}
    our_sides: dict[tuple[int, ChargedFor], _Side] = defaultdict(_Side)
    pooled: set[ChargedFor] = set()
    for each in ours:
        which = _charged_for(each.line)
        if each.line.kind is LineKind.COUNTED:
            continue
        if each.line.device_id is None and each.line.kind is not LineKind.CHARGE:
            pooled.add(which)
        _add_ours(our_sides[(each.line.device_id or _POOL, which)], each)
    their_sides: dict[tuple[int, ChargedFor], _Side] = defaultdict(_Side)
    strangers: dict[tuple[str, ChargedFor], _Side] = defaultdict(_Side)
    swapped: set[int] = set()
    for row in rows:
        device, is_former = _find(row, by_name, known)
        names_none = not row.serial and not row.device
        if device is None and not names_none:
            _add_theirs(strangers[(row.serial or row.device, row.charged_for)], row)
            continue
        if device and is_former:
            swapped.add(device.device_id)
        whole = row.charged_for in pooled or device is None
        _add_theirs(
            their_sides[(_POOL if whole or device is None else device.device_id, row.charged_for)], row
        )
    found = [
        Difference(
            None,
            name,
            which,
            Reason.UNKNOWN_DEVICE,
            ZERO,
            side.amount,
            None,
            side.quantity if side.has_quantity else None,
            None,
            side.price,
            None,
            side.counters,
            tuple(side.lines),
        )
        for (name, which), side in strangers.items()
    ]
    for device_id, which in our_sides.keys() | their_sides.keys():
        mine, other = our_sides.get((device_id, which)), their_sides.get((device_id, which))
        device = known.get(device_id)
        reason = _reason(
            mine, other, device, former_prices.get(which, frozenset()), is_swapped=device_id in swapped
        )
        mine, other = mine or _Side(has_quantity=False), other or _Side(has_quantity=False)
        found.append(
            Difference(
                device_id or None,
                device.name if device else "",
                which,
                reason,
                mine.amount,
                other.amount,
                mine.quantity if mine.has_quantity else None,
                other.quantity if other.has_quantity else None,
                mine.price,
                other.price,
                mine.counters,
                other.counters,
                tuple(other.lines),
            )
        )
    return sorted(found, key=lambda each: (-abs(each.amount), each.device_name, each.charged_for))


def _reason(
    ours: _Side | None,
    theirs: _Side | None,
    device: KnownDevice | None,
    former_prices: frozenset[Decimal],
    *,
    is_swapped: bool,
) -> Reason:
    if theirs is None:
        return Reason.NOT_INVOICED if ours and ours.amount else Reason.SAME
    if ours is None:
        if is_swapped or (device is not None and device.was_swapped):
            return Reason.SWAPPED
        if device is not None and not device.in_contract:
            return Reason.NOT_IN_CONTRACT
        if not theirs.amount:
            return Reason.SAME
        return Reason.NOT_COUNTED if theirs.has_quantity and theirs.quantity > 1 else Reason.NOT_AGREED
    if ours.amount == theirs.amount:
        return Reason.SAME
    if is_swapped:
        return Reason.SWAPPED
    if theirs.has_quantity and theirs.quantity == ours.quantity and theirs.price == ours.price:
        within = abs(ours.amount - theirs.amount) <= Decimal("0.01") * max(ours.rows, theirs.rows)
        return Reason.ROUNDING if within else Reason.OWN_ARITHMETIC
    # Equal lines may be right, as a rent month by month is: not where without them it comes closer to what we reckon.
    if abs(theirs.amount - theirs.repeated - ours.amount) < abs(theirs.amount - ours.amount):
        return Reason.CHARGED_TWICE
    if theirs.price is not None and ours.prices and theirs.price not in ours.prices:
        return Reason.FORMER_PRICE if theirs.price in former_prices else Reason.OTHER_PRICE
    if ours.counters and theirs.counters and ours.counters != theirs.counters:
        return Reason.OTHER_READING
    if not theirs.adds_up:
        return Reason.OWN_ARITHMETIC
    if abs(ours.amount - theirs.amount) <= Decimal("0.01") * max(ours.rows, theirs.rows):
        return Reason.ROUNDING
    return Reason.OTHER_QUANTITY


def _add_ours(side: _Side, each: OurLine) -> None:
    side.amount += each.line.amount
    side.quantity += each.line.quantity
    side.prices.add(each.line.unit_price)
    side.rows += 1
    if each.counters:
        side.count(*each.counters)


def _add_theirs(side: _Side, row: InvoiceRow) -> None:
    side.amount += row.amount
    side.rows += 1
    side.lines.append(row.line)
    said = (row.amount, row.quantity, row.counter_start, row.counter_end)
    if said in side.said:
        side.repeated += row.amount
    side.said.add(said)
    side.count(row.counter_start, row.counter_end)
    if row.quantity is None:
        side.has_quantity = False
    else:
        side.quantity += row.quantity
    if row.unit_price is not None:
        side.prices.add(row.unit_price)
        if row.quantity is not None and to_cents(row.quantity * row.unit_price) != to_cents(row.amount):
            side.adds_up = False


def _charged_for(line: Line) -> ChargedFor:
    if line.kind is LineKind.RENT:
        return ChargedFor.RENT
    if line.kind is LineKind.SHORTFALL:
        return ChargedFor.SHORTFALL
    return ChargedFor(line.impression_class.value) if line.impression_class else ChargedFor.OTHER


def _names(devices: Iterable[KnownDevice]) -> dict[str, tuple[int, bool]]:
    """What invoices may call a device, to its number and whether that is a former serial number. An ambiguous name is no name."""
    found: dict[str, set[tuple[int, bool]]] = defaultdict(set)
    for each in devices:
        for name in {each.serial, each.supplier_number, each.name} - {""}:
            found[_plain(name)].add((each.device_id, False))
        for name in set(each.former_serials) - {"", each.serial}:
            found[_plain(name)].add((each.device_id, True))
    return {name: next(iter(owners)) for name, owners in found.items() if len(owners) == 1}


def _find(
    row: InvoiceRow, by_name: Mapping[str, tuple[int, bool]], known: Mapping[int, KnownDevice]
) -> tuple[KnownDevice | None, bool]:
    for name in (row.serial, row.device):
        owner = by_name.get(_plain(name)) if name else None
        if owner is not None:
            return known[owner[0]], owner[1]
    return None, False


def _plain(name: str) -> str:
    return "".join(name.casefold().split()).lstrip("0")
