# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The case of a town from its own rows: the baseline, the settlements of a span of quarters, and what the devices counted in it.

What was settled counts as it was settled; a quarter that is not settled yet is reckoned from the contract's prices and today's readings, and
says so. One-off amounts are spread over the contract's months. What the contract does not replace (paper, energy) stands on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allmende.directory.municipalities import Municipality
from allmende.fleet.baselines import Baseline, BaselineRow, RowValues
from allmende.fleet.contract_terms import OPEN_END, law_s_rate
from allmende.fleet.contracts import Contract, Settled
from allmende.fleet.figures import day_words
from allmende.fleet.prices import PriceError
from allmende.fleet.proof.amounts import whole_months
from allmende.fleet.proof.case import Case, Cost, CostKind, Fleet, Membership, Origin, Per, Tax, Volume
from allmende.fleet.proof.figures import Unit, state
from allmende.fleet.proof.town_pages import measured_volume
from allmende.fleet.settlement.arithmetic import Days, Line, LineKind, month_of, quarter_of
from allmende.fleet.settlement.drafts import DraftLine, draft_settlement, find_effective, to_draft_line
from allmende.fleet.settlement.settlements import SettlementLine

_SPANS_OFFERED: Final = 6
_DEVICES_NAMED: Final = 10
_LINE_KINDS: Final = {
    LineKind.RENT: CostKind.DEVICES,
    LineKind.CLICKS: CostKind.SERVICE,
    LineKind.POOL: CostKind.SERVICE,
    LineKind.SHORTFALL: CostKind.SERVICE,
}


class NoCaseError(Exception):
    """There is nothing to compare yet; `words` say what is missing and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Span:
    """Whole quarters, the last day included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> Days:
        return Days(self.first_day, self.last_day)

    def __str__(self) -> str:
        return f"{day_words(self.first_day)} – {day_words(self.last_day)}"


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Devices that are in a contract on days for which it has no price list."""

    contract: Contract
    devices: tuple[str, ...]

    def __str__(self) -> str:
        named = ", ".join(self.devices[:_DEVICES_NAMED])
        more = len(self.devices) - _DEVICES_NAMED
        if more > 0:
            named = ngettext("%(named)s and %(count)d more", "%(named)s and %(count)d more", more) % {
                "named": named,
                "count": more,
            }
        return ngettext(
            "%(devices)s: the device is in the contract %(contract)s, which has no price for it yet.",
            "%(devices)s: these devices are in the contract %(contract)s, which has no prices for them yet.",
            len(self.devices),
        ) % {"devices": named, "contract": self.contract}


def offer_spans(municipality: Municipality, today: date) -> list[Span]:
    """What can be proved: the last quarters, a year at most, then full calendar years; the first is the usual one."""
    first = (
        Contract.objects.filter(municipality=municipality)
        .order_by("first_day")
        .values_list("first_day", flat=True)
        .first()
    )
    if first is None:
        return []
    begin = quarter_of(first)
    start = first if begin.first_day == first else begin.last_day + timedelta(days=1)
    end = quarter_of(today).first_day - timedelta(days=1)
    if end < start:
        return []
    latest = Span(max(start, _year_before(end)), end)
    spans = [latest]
    for year in range(end.year, start.year - 1, -1):
        span = Span(date(year, 1, 1), date(year, 12, 31))
        if start <= span.first_day and span.last_day <= end and span not in spans:
            spans.append(span)
    return spans[:_SPANS_OFFERED]


def make_case(municipality: Municipality, baseline: Baseline | None, span: Span | None) -> Case:
    """Raises NoCaseError."""
    if baseline is None:
        raise NoCaseError(_("Enter first what printing cost before: with the bills of a year, for example."))
    if span is None:
        raise NoCaseError(
            _(
                "A proof needs a contract that has run for a whole quarter. Until then there is nothing to measure."
            )
        )
    tax = Tax(baseline.compares)
    rows = list(baseline.rows.all())
    contracts = _contracts_in(municipality, span)
    after = [cost for contract in contracts for cost in _contract_costs(contract, span)]
    unpriced = tuple(str(each) for each in find_unpriced(municipality, span))
    if not after and not unpriced:
        raise NoCaseError(_("No contract costs anything in this span. Please check its prices and devices."))
    after += [cost for row in rows if (cost := _carried_on(row)) is not None]
    volume, devices = measured_volume(municipality, contracts, span.days)
    return Case(
        name=_("Saving by printing together: %(town)s") % {"town": municipality.name},
        town=municipality.name,
        tax=tax,
        notes=_notes(baseline, span, contracts),
        before=tuple(_before(row) for row in rows),
        after=tuple(after),
        volume_before=_volume_before(baseline),
        volume_after=volume,
        fleet=_fleet(baseline, devices, span),
        membership=_membership(baseline),
        unpriced=unpriced,
    )


def find_unpriced(municipality: Municipality, span: Span) -> list[Unpriced]:
    """By contract; what was settled was settled with a price, and is not asked."""
    found = []
    for contract in _contracts_in(municipality, span):
        priced_from = contract.terms.aggregate(first=Min("first_day"))["first"] or OPEN_END
        rows = contract.contract_devices.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=span.first_day), first_day__lte=span.last_day
        )
        devices = [
            row.device.name
            for row in rows.select_related("device")
            if max(row.first_day, contract.first_day, span.first_day) < priced_from
        ]
        if devices:
            found.append(Unpriced(contract, tuple(devices)))
    return found


def _contracts_in(municipality: Municipality, span: Span) -> list[Contract]:
    return list(
        Contract.objects.filter(
            Q(last_day__isnull=True) | Q(last_day__gte=span.first_day),
            municipality=municipality,
            first_day__lte=span.last_day,
        )
    )


def _contract_costs(contract: Contract, span: Span) -> Iterator[Cost]:
    for period in _periods(contract, span):
        settlement = find_effective(contract, period)
        if settlement is not None:
            source = _("Settlement %(contract)s, %(span)s, closed on %(day)s") % {
                "contract": contract,
                "span": Span(period.first_day, period.last_day),
                "day": day_words(timezone.localtime(settlement.closed_at).date()),
            }
            rows = SettlementLine.objects.filter(settlement=settlement, is_reversal=False)
            lines = [(to_draft_line(row), reverse("settlement_line", args=[row.pk])) for row in rows]
        else:
            source = _("Prices of contract %(contract)s and readings, %(span)s, not settled yet") % {
                "contract": contract,
                "span": Span(period.first_day, period.last_day),
            }
            lines = [
                (each, reverse("contract", args=[contract.pk])) for each in _draft_lines(contract, period)
            ]
        for each, href in lines:
            if each.line.kind not in {LineKind.COUNTED, LineKind.CHARGE}:
                origin = Origin(source, href=href, measured=each.line.impression_class is not None)
                yield _line_cost(each.line, each.device_name, origin, span)
    yield from _spread_charges(contract)


def _draft_lines(contract: Contract, period: Days) -> tuple[DraftLine, ...]:
    try:
        return draft_settlement(contract, period).lines
    except PriceError:
        # Told by `find_unpriced`; what the other contracts cost is shown all the same.
        return ()


def _line_cost(line: Line, device_name: str, origin: Origin, span: Span) -> Cost:
    what = {
        LineKind.RENT: _("rent"),
        LineKind.CLICKS: _("pages"),
        LineKind.POOL: _("pages beyond the volume"),
        LineKind.SHORTFALL: _("pages short of the minimum"),
    }.get(line.kind, line.label)
    if line.impression_class is not None:
        what = f"{what} {_CLASSES()[line.impression_class.value]}"
    whose = device_name or line.label or _("all devices")
    name = f"{whose}, {what}, {Span(line.days.first_day, line.days.last_day)}"
    # A line's own product can differ by a cent where months were cut by days: then the amount stands alone.
    is_product = state(line.quantity * line.unit_price, Unit.EUR) == line.amount
    return Cost(
        kind=_LINE_KINDS.get(line.kind, CostKind.OTHER),
        name=name,
        amount=line.amount,
        per=Per.SPAN,
        origin=origin,
        since=span.first_day,
        until=span.last_day,
        tax=Tax.NET,
        tax_percent=line.tax_rate,
        quantity=_plain(line.quantity) if is_product else None,
        unit_price=line.unit_price if is_product else None,
    )


def _plain(quantity: Decimal) -> Decimal:
    """Without the zeros that the database keeps behind it."""
    whole = quantity.to_integral_value()
    return whole if whole == quantity else quantity.normalize()


def _CLASSES() -> dict[str, str]:  # noqa: N802 - translated anew for each reader
    return {
        "mono": _("in black and white"),
        "colour": _("in colour"),
        "mono_a3": _("A3 in black and white"),
        "colour_a3": _("A3 in colour"),
    }


def _spread_charges(contract: Contract) -> Iterator[Cost]:
    """One-off amounts over the months of the contract; without an end they can't be spread, and are shown without being counted."""
    months = 0
    if contract.last_day is not None:
        months = whole_months(contract.first_day, contract.last_day + timedelta(days=1)) or max(
            1, round((contract.last_day - contract.first_day).days / 30.4375)
        )
    for charge in contract.charges.all():
        note = (
            _("Spread over the months of the contract.")
            if months
            else _("Not counted: the contract has no end over which it could be spread.")
        )
        source = _("Contract %(contract)s, one-off amount of %(day)s") % {
            "contract": contract,
            "day": day_words(charge.day),
        }
        yield Cost(
            kind=CostKind.OTHER,
            name=charge.label,
            amount=-charge.amount if charge.is_credit else charge.amount,
            per=Per.TERM,
            months=months or 1,
            counted=bool(months),
            origin=Origin(source, note, href=reverse("contract", args=[contract.pk])),
            tax=Tax.NET,
            tax_percent=law_s_rate(charge.day),
        )


def _periods(contract: Contract, span: Span) -> Iterator[Days]:
    """The contract's own periods of settlement in the span."""
    make = month_of if contract.settled == Settled.MONTHLY else quarter_of
    day = span.first_day
    while day <= span.last_day:
        period = make(day)
        yield period
        day = period.last_day + timedelta(days=1)


def _before(row: BaselineRow) -> Cost:
    return _row_cost(row, row.amount, _row_origin(row))


def _carried_on(row: BaselineRow) -> Cost | None:
    """What the contract does not replace costs something now too: as entered, else as before, which is an assumption."""
    if row.is_replaced:
        return None
    origin = _row_origin(row)
    if row.amount_now is not None:
        note = _("Not part of the contract; as it costs now.")
        return _row_cost(row, row.amount_now, Origin(origin.source, note, href=origin.href))
    note = _("Not part of the contract; assumed to cost what it cost before.")
    return _row_cost(row, row.amount, Origin(origin.source, note, assumed=True, href=origin.href))


def baseline_cost(row: BaselineRow | RowValues) -> Cost:
    return _row_cost(row, row.amount, Origin(row.document, row.note))


def _row_cost(row: BaselineRow | RowValues, amount: Decimal, origin: Origin) -> Cost:
    return Cost(
        kind=CostKind(row.kind),
        name=row.name,
        amount=amount,
        per=Per(row.per),
        origin=origin,
        months=row.months or 0,
        since=row.first_day,
        until=row.last_day,
        tax=Tax(row.tax),
        tax_percent=row.tax_percent,
    )


def _row_origin(row: BaselineRow) -> Origin:
    source = row.document
    if row.document_day is not None:
        source = f"{source} ({day_words(row.document_day)})"
    href = reverse("show_baseline_version", args=[row.baseline.number]) + f"#row-{row.position}"
    return Origin(source, row.note, href=href)


def _volume_before(baseline: Baseline) -> Volume | None:
    if baseline.pages_mono is None:
        return None
    return Volume(
        Origin(baseline.document, href=_baseline_href(baseline)),
        mono=baseline.pages_mono,
        colour=baseline.pages_colour or 0,
    )


def _fleet(baseline: Baseline, devices: int, span: Span) -> Fleet | None:
    if not devices:
        return None
    source = _("Devices in contracts on %(day)s") % {"day": day_words(span.last_day)}
    if baseline.devices is not None:
        source = f"{source}; {baseline.document}"
    return Fleet(Origin(source, href=_baseline_href(baseline)), baseline.devices, devices)


def _membership(baseline: Baseline) -> Membership | None:
    if baseline.contribution is None:
        return None
    origin = Origin(baseline.membership_document, href=_baseline_href(baseline))
    return Membership(baseline.contribution, Per.MONTH, origin, baseline.share)


def _notes(baseline: Baseline, span: Span, contracts: list[Contract]) -> tuple[str, ...]:
    notes = [
        _("Measured from %(span)s.") % {"span": span},
        _("Baseline: version %(number)d of %(day)s.")
        % {"number": baseline.number, "day": day_words(baseline.created_at.date())},
        _("Contracts: %(contracts)s.") % {"contracts": "; ".join(str(each) for each in contracts)},
    ]
    return tuple(notes)


def _baseline_href(baseline: Baseline) -> str:
    return reverse("show_baseline_version", args=[baseline.number])


def _year_before(end: date) -> date:
    """The first day of the year that ends with the quarter's last day `end`."""
    after = end + timedelta(days=1)
    return after.replace(year=after.year - 1)
