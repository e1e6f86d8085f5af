# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a settlement of a period would be, from today's contract, readings and ledger. Nothing is stored here.

Always holds: each line's shares add up to the line, the cost centres' sums to the settlement, net and tax, to the cent; where the period was settled
before, the draft is the new settlement less the old one, line by line.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.fleet.contract_terms import charges_of, placements_of, terms_of
from allmende.fleet.contracts import Contract
from allmende.fleet.prices import ZERO, ImpressionClass
from allmende.fleet.settlement.arithmetic import (
    Days,
    Line,
    LineKind,
    reckon,
    spans_to_count,
    tax_by_rate,
)
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.settlement.shares import UNASSIGNED, add_up, share_out, share_tax
from allmende.fleet.settlement.volumes import MISSING, Problem, Volume, count_volumes
from allmende.printing.api import sum_sheets

_COLOUR: Final = frozenset({ImpressionClass.COLOUR, ImpressionClass.COLOUR_A3})
Weights = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line with who bears it: cost centre's row number (UNASSIGNED: none) to euros, and the ledger's impressions behind that."""

    line: Line
    shares: Mapping[int, Decimal]
    weights: Weights
    evidence: Mapping[str, Any]
    device_name: str = ""
    is_reversal: bool = False


@dataclass(frozen=True, slots=True)
class TaxSum:
    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class CentreSum:
    cost_centre_id: int
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class DeviceProblem:
    device_id: int
    device_name: str
    days: Days
    problem: Problem


@dataclass(frozen=True)
class Draft:
    contract: Contract
    period: Days
    lines: tuple[DraftLine, ...]
    problems: tuple[DeviceProblem, ...]
    taxes: tuple[TaxSum, ...]
    centres: tuple[CentreSum, ...]
    centre_names: Mapping[int, tuple[str, str]]
    previous: Settlement | None

    @property
    def net(self) -> Decimal:
        return sum((each.net for each in self.taxes), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((each.tax for each in self.taxes), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    @property
    def version(self) -> int:
        return self.previous.version + 1 if self.previous else 1

    @property
    def is_missing_counts(self) -> bool:
        return any(each.problem in MISSING for each in self.problems)

    @cached_property
    def digest(self) -> str:
        """Of all that would be closed: what somebody has looked at is what they close, or nothing."""
        seen = [
            (repr(each.line), sorted(each.shares.items()), repr(each.evidence), each.is_reversal)
            for each in self.lines
        ]
        text = repr((self.version, seen, self.problems, self.taxes, self.centres))
        return hashlib.sha256(text.encode()).hexdigest()


def draft_settlement(contract: Contract, period: Days) -> Draft:
    """Raises PriceError (no price list for some days)."""
    terms = terms_of(contract)
    placements = placements_of(contract, period)
    volumes = count_volumes(contract.pk, spans_to_count(period, terms, placements))
    counts = [volume.counted for volume in volumes if volume.counted is not None]
    reckoned = reckon(period, terms, placements, counts, charges_of(contract, period))
    names = _device_names({place.device_id for place in placements})
    ledger = _Ledger(contract, period, sorted(names))
    evidence = {(volume.device_id, volume.days): volume.evidence for volume in volumes}
    own = [
        DraftLine(
            line,
            shares,
            weights,
            evidence.get((line.device_id or 0, line.days), {}) if line.impression_class else {},
            names.get(line.device_id or 0, ""),
        )
        for line in reckoned.lines
        for shares, weights in [ledger.share(line)]
    ]
    previous = find_effective(contract, period)
    old = own_lines(previous) if previous else []
    taxes, centres = _sums(own), _centres(own)
    if previous:
        taxes, centres = _less(taxes, _sums(old)), _less_centres(centres, _centres(old))
    return Draft(
        contract,
        period,
        (*(_reverse(each) for each in old), *own),
        tuple(_problems(volumes, names)),
        taxes,
        centres,
        _centre_names(contract, [each.cost_centre_id for each in centres]),
        previous,
    )


def find_effective(contract: Contract, period: Days) -> Settlement | None:
    """The latest version of the period."""
    return (
        Settlement.objects.filter(contract=contract, first_day=period.first_day).order_by("-version").first()
    )


def own_lines(settlement: Settlement) -> list[DraftLine]:
    """What this version itself settled, without what it took back."""
    return [
        to_draft_line(row) for row in SettlementLine.objects.filter(settlement=settlement, is_reversal=False)
    ]


def to_draft_line(row: SettlementLine) -> DraftLine:
    line = Line(
        LineKind(row.kind),
        Days(row.first_day, row.last_day),
        row.quantity,
        row.unit_price,
        row.amount,
        row.tax_rate,
        row.device_id,
        ImpressionClass(row.impression_class) if row.impression_class else None,
        row.counted,
        row.free,
        row.label,
        row.is_estimate,
    )
    return DraftLine(
        line,
        {each["cost_centre_id"] or UNASSIGNED: Decimal(each["amount"]) for each in row.shares},
        {each["cost_centre_id"] or UNASSIGNED: int(each["weight"]) for each in row.shares},
        row.evidence,
        row.device_name,
        row.is_reversal,
    )


class _Ledger:
    """The ledger's impressions of the period, by device and cost centre: what amounts are shared out by.

    A line of a device goes by what was printed there in its colour, else by all that was printed there; a line of the whole contract by
    all its devices. What nobody printed anything for is borne by no cost centre, and says so.
    """

    def __init__(self, contract: Contract, period: Days, device_ids: Sequence[int]) -> None:
        self._mono: dict[int, dict[int, int]] = defaultdict(dict)
        self._colour: dict[int, dict[int, int]] = defaultdict(dict)
        sums = sum_sheets(
            contract.municipality_id,
            period.first_day,
            period.last_day,
            ("device", "cost_centre"),
            device_ids=device_ids,
        )
        for each in sums:
            centre = each.cost_centre_id or UNASSIGNED
            # Counter-entries can make a sum fall below zero at the edge of a period; nobody bears less than nothing.
            self._mono[each.device_id or 0][centre] = max(0, each.impressions_mono)
            self._colour[each.device_id or 0][centre] = max(0, each.impressions_colour)

    def share(self, line: Line) -> tuple[Mapping[int, Decimal], Weights]:
        for weights in self._candidates(line):
            if sum(weights.values()) > 0:
                used = {key: weight for key, weight in weights.items() if weight}
                return share_out(line.amount, used), used
        return {UNASSIGNED: line.amount}, {UNASSIGNED: 0}

    def _candidates(self, line: Line) -> Iterable[Weights]:
        wanted = [line.device_id] if line.device_id is not None else list(self._mono)
        mono, colour = _merged(self._mono, wanted), _merged(self._colour, wanted)
        if line.impression_class is not None:
            yield colour if line.impression_class in _COLOUR else mono
        yield {key: mono.get(key, 0) + colour.get(key, 0) for key in mono.keys() | colour.keys()}


def _merged(by_device: Mapping[int, Weights], device_ids: Iterable[int]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for device_id in device_ids:
        for key, weight in by_device.get(device_id, {}).items():
            sums[key] = sums.get(key, 0) + weight
    return sums


def _reverse(each: DraftLine) -> DraftLine:
    line = each.line
    back = Line(
        line.kind,
        line.days,
        -line.quantity,
        line.unit_price,
        -line.amount,
        line.tax_rate,
        line.device_id,
        line.impression_class,
        line.counted,
        line.free,
        line.label,
        line.is_estimate,
    )
    shares = {key: -amount for key, amount in each.shares.items()}
    return DraftLine(back, shares, each.weights, each.evidence, each.device_name, is_reversal=True)


def _sums(lines: Iterable[DraftLine]) -> tuple[TaxSum, ...]:
    by_rate = tax_by_rate(each.line for each in lines)
    return tuple(TaxSum(rate, net, tax) for rate, (net, tax) in by_rate.items())


def _centres(lines: Sequence[DraftLine]) -> tuple[CentreSum, ...]:
    nets: dict[int, Decimal] = {}
    taxes: dict[int, Decimal] = {}
    for rate in _sums(lines):
        mine = add_up(each.shares for each in lines if each.line.tax_rate == rate.rate)
        nets = add_up([nets, mine])
        taxes = add_up([taxes, share_tax(rate.tax, mine)])
    return tuple(CentreSum(key, nets[key], taxes[key]) for key in nets)


def _less(new: Iterable[TaxSum], old: Iterable[TaxSum]) -> tuple[TaxSum, ...]:
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for sign, rows in ((1, new), (-1, old)):
        for each in rows:
            net, tax = sums.get(each.rate, (ZERO, ZERO))
            sums[each.rate] = (net + sign * each.net, tax + sign * each.tax)
    return tuple(TaxSum(rate, *sums[rate]) for rate in sorted(sums))


def _less_centres(new: Iterable[CentreSum], old: Iterable[CentreSum]) -> tuple[CentreSum, ...]:
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for sign, rows in ((1, new), (-1, old)):
        for each in rows:
            net, tax = sums.get(each.cost_centre_id, (ZERO, ZERO))
            sums[each.cost_centre_id] = (net + sign * each.net, tax + sign * each.tax)
    return tuple(CentreSum(key, *sums[key]) for key in sorted(sums))


def _problems(volumes: Iterable[Volume], names: Mapping[int, str]) -> Iterable[DeviceProblem]:
    for volume in volumes:
        for problem in volume.problems:
            yield DeviceProblem(volume.device_id, names[volume.device_id], volume.days, problem)


def _device_names(device_ids: Iterable[int]) -> dict[int, str]:
    return dict(Device.objects.filter(pk__in=device_ids).values_list("pk", "name"))


def _centre_names(contract: Contract, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    rows = CostCentre.objects.filter(municipality_id=contract.municipality_id, pk__in=ids)
    return {row.pk: (row.number, row.name) for row in rows}
