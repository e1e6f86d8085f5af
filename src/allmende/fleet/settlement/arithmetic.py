# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a period of a contract costs: pure arithmetic over prices, devices and counts.

The rules, all of them:
- An amount is rounded once, where its line is made: to the cent, half away from zero (commercial, DIN 1333). Nothing is rounded before.
- Rent of a part of a month goes by days: rent × days ÷ days of that month; a line adds its months before it is rounded.
- Impressions are billed per device and class. An included volume is used up by A4 first, then by A3 of the same colour. What a minimum lacks is
  billed at A4's price. A volume for a part of a month or period goes by days, rounded to whole impressions.
- A pooled included volume is settled on the sum over all devices: the devices' lines then carry counts, and one line the amount.
- Tax is reckoned once per rate on the sum of its lines, at the rate of the line's last day.

Always holds: the same devices, counts and amounts in any order give the same lines; no money is a float; a device without a count is
told (`Uncovered`), never taken for zero silently.
"""

from __future__ import annotations

import calendar
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import lcm
from typing import Final

from allmende.fleet.prices import (
    ONE_DAY,
    VOLUME_OF,
    ZERO,
    ImpressionClass,
    PriceList,
    VolumeKind,
    VolumePer,
    order_price_lists,
)

CENT: Final = Decimal("0.01")
_SIX: Final = Decimal("0.000001")
#: A common denominator of all months' days: sums of parts of months stay whole numbers.
_PARTS: Final = lcm(28, 29, 30, 31)
#: A4 before A3: the order in which a volume is used up.
_USED_UP: Final = (
    ImpressionClass.MONO,
    ImpressionClass.MONO_A3,
    ImpressionClass.COLOUR,
    ImpressionClass.COLOUR_A3,
)


class LineKind(StrEnum):
    RENT = "rent"
    CLICKS = "clicks"
    #: Counted here, billed in the pool's line.
    COUNTED = "counted"
    POOL = "pool"
    SHORTFALL = "shortfall"
    CHARGE = "charge"


_ORDER: Final = {kind: number for number, kind in enumerate(LineKind)}
_CLASS_ORDER: Final = {which: number for number, which in enumerate(_USED_UP)}


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """From the first to the last day, both included."""

    first_day: date
    last_day: date

    def __len__(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def within(self, other: Days) -> Days | None:
        first, last = max(self.first_day, other.first_day), min(self.last_day, other.last_day)
        return Days(first, last) if first <= last else None

    def months(self) -> Iterator[Days]:
        first = self.first_day
        while first <= self.last_day:
            month = month_of(first)
            yield Days(first, min(month.last_day, self.last_day))
            first = month.last_day + ONE_DAY


@dataclass(frozen=True, slots=True)
class Placement:
    """A device in the contract. `days` may reach beyond the period."""

    device_id: int
    device_class: str
    days: Days


@dataclass(frozen=True, slots=True)
class Counted:
    """What a device counted on `days`; a class that is not there counted nothing."""

    device_id: int
    days: Days
    impressions: Mapping[ImpressionClass, int]
    is_estimate: bool = False

    def __post_init__(self) -> None:
        if any(number < 0 for number in self.impressions.values()):
            raise ValueError(f"device {self.device_id} counted less than nothing")


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount that falls due once; below zero where the supplier pays."""

    day: date
    label: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` × `unit_price` = `amount`, in months or impressions; `free` of `counted` are in the price."""

    kind: LineKind
    days: Days
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tax_rate: Decimal
    device_id: int | None = None
    impression_class: ImpressionClass | None = None
    counted: int = 0
    free: int = 0
    label: str = ""
    is_estimate: bool = False

    @property
    def sort_key(self) -> tuple[object, ...]:
        which = -1 if self.impression_class is None else _CLASS_ORDER[self.impression_class]
        device = (1, 0) if self.device_id is None else (0, self.device_id)
        return (device, _ORDER[self.kind], self.days, which, self.label, self.amount)


@dataclass(frozen=True, slots=True, order=True)
class Uncovered:
    """No plausible readings: the device's impressions of these days are not in the settlement."""

    device_id: int
    days: Days


@dataclass(frozen=True, slots=True)
class Reckoned:
    lines: tuple[Line, ...]
    uncovered: tuple[Uncovered, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the arithmetic needs of a contract. `tax_rate_on` gives per cent for a day."""

    contract: Days
    price_lists: Sequence[PriceList]
    tax_rate_on: Callable[[date], Decimal]


@dataclass(frozen=True, slots=True)
class _Segment:
    """Days of one price list; of one month, where that list reckons its volume by month."""

    days: Days
    prices: PriceList
    #: What a volume per period is a volume of.
    period: Days

    def volume_of(self, which: ImpressionClass, days: Days) -> int:
        """The volume that goes with `days` of this segment, in whole impressions."""
        volume = self.prices.volume
        if volume.per is VolumePer.MONTH:
            return _round(Decimal(volume.of(which) * len(days)) / len(month_of(days.first_day)))
        return _round(Decimal(volume.of(which) * len(days)) / len(self.period))


def month_of(day: date) -> Days:
    return Days(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def quarter_of(day: date) -> Days:
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return Days(first, month_of(first.replace(month=first.month + 2)).last_day)


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def rent_for(rent: Decimal, days: Days) -> tuple[Decimal, Decimal]:
    """(months with six decimals, euros to the cent) of a monthly rent."""
    parts = sum(len(month) * (_PARTS // len(month_of(month.first_day))) for month in days.months())
    return (Decimal(parts) / _PARTS).quantize(_SIX, rounding=ROUND_HALF_UP), to_cents(rent * parts / _PARTS)


def spans_to_count(period: Days, terms: Terms, placements: Iterable[Placement]) -> list[tuple[int, Days]]:
    """For which devices and days `reckon` wants a count, in order. Raises PriceError (gap, overlap)."""
    places = list(placements)
    found = {
        (place.device_id, days)
        for segment in _segments(period, terms)
        for place in places
        if (days := place.days.within(segment.days))
    }
    return sorted(found)


def reckon(
    period: Days,
    terms: Terms,
    placements: Iterable[Placement],
    counts: Iterable[Counted],
    charges: Iterable[Charge] = (),
) -> Reckoned:
    """The lines of the period. Raises PriceError where days have no price list, or two; ValueError for a device that is placed or counted twice."""
    places = sorted(placements, key=lambda place: (place.device_id, place.days))
    for one, other in itertools.pairwise(places):
        if one.device_id == other.device_id and one.days.within(other.days):
            raise ValueError(f"device {one.device_id} is in the contract twice")
    known: dict[tuple[int, Days], Counted] = {}
    for each in counts:
        if known.setdefault((each.device_id, each.days), each) is not each:
            raise ValueError(f"device {each.device_id} is counted twice")

    lines: list[Line] = list(_rents(period, terms, places))
    uncovered: list[Uncovered] = []
    for segment in _segments(period, terms):
        present = [(place.device_id, days) for place in places if (days := place.days.within(segment.days))]
        uncovered += [Uncovered(*key) for key in present if key not in known]
        covered = [known[key] for key in present if key in known]
        rate = _tax_rate(terms, segment.prices, segment.days.last_day)
        lines += _clicks(
            segment, covered, rate, is_complete=len(covered) == len(present), has_devices=bool(present)
        )
    for charge in charges:
        if period.first_day <= charge.day <= period.last_day:
            lines.append(
                Line(
                    LineKind.CHARGE,
                    Days(charge.day, charge.day),
                    Decimal(1),
                    charge.amount,
                    to_cents(charge.amount),
                    terms.tax_rate_on(charge.day),
                    label=charge.label,
                )
            )
    return Reckoned(tuple(sorted(lines, key=lambda line: line.sort_key)), tuple(sorted(uncovered)))


def tax_by_rate(lines: Iterable[Line]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """(net, tax) by rate; the tax is rounded once per rate."""
    nets: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        nets[line.tax_rate] += line.amount
    return {rate: (nets[rate], to_cents(nets[rate] * rate / 100)) for rate in sorted(nets)}


def _segments(period: Days, terms: Terms) -> Iterator[_Segment]:
    days = period.within(terms.contract)
    if days is None:
        return
    for prices in order_price_lists(terms.price_lists, days.first_day, days.last_day):
        part = days.within(Days(prices.first_day, prices.last_day))
        if part is None:
            continue
        by_month = prices.volume.kind is not VolumeKind.NONE and prices.volume.per is VolumePer.MONTH
        for each in part.months() if by_month else (part,):
            yield _Segment(each, prices, period)


def _rents(period: Days, terms: Terms, places: Iterable[Placement]) -> Iterator[Line]:
    days = period.within(terms.contract)
    if days is None:
        return
    lists = order_price_lists(terms.price_lists, days.first_day, days.last_day)
    for place in places:
        for prices in lists:
            listed = days.within(Days(prices.first_day, prices.last_day))
            part = place.days.within(listed) if listed else None
            rent = prices.rent_of(place.device_class)
            if part is None or not rent:
                continue
            months, amount = rent_for(rent, part)
            rate = _tax_rate(terms, prices, part.last_day)
            yield Line(LineKind.RENT, part, months, rent, amount, rate, place.device_id)


def _clicks(
    segment: _Segment, counts: Sequence[Counted], rate: Decimal, *, is_complete: bool, has_devices: bool
) -> Iterator[Line]:
    volume = segment.prices.volume
    is_pool = volume.pooled and volume.kind is VolumeKind.INCLUDED
    for each in counts:
        if is_pool:
            yield from _counted_only(each, rate)
        else:
            yield from _click_lines(segment, each.days, each.impressions, rate, each)
            if volume.kind is VolumeKind.MINIMUM and not volume.pooled:
                yield from _shortfalls(segment, each.days, each.impressions, rate, each)
    if not volume.pooled or volume.kind is VolumeKind.NONE or not has_devices:
        return
    total = {which: sum(each.impressions.get(which, 0) for each in counts) for which in _USED_UP}
    is_estimate = not is_complete or any(each.is_estimate for each in counts)
    make = _click_lines if is_pool else _shortfalls
    for line in make(segment, segment.days, total, rate, None):
        yield replace(line, is_estimate=is_estimate)


def _counted_only(counted: Counted, rate: Decimal) -> Iterator[Line]:
    for which in _USED_UP:
        number = counted.impressions.get(which, 0)
        if number or which is ImpressionClass.MONO:
            yield Line(
                LineKind.COUNTED,
                counted.days,
                ZERO,
                ZERO,
                ZERO,
                rate,
                counted.device_id,
                which,
                number,
                is_estimate=counted.is_estimate,
            )


def _click_lines(
    segment: _Segment,
    days: Days,
    impressions: Mapping[ImpressionClass, int],
    rate: Decimal,
    device: Counted | None,
) -> Iterator[Line]:
    free_left = dict.fromkeys(set(VOLUME_OF.values()), 0)
    if segment.prices.volume.kind is VolumeKind.INCLUDED:
        free_left = {which: segment.volume_of(which, days) for which in free_left}
    for which in _USED_UP:
        counted = impressions.get(which, 0)
        if not counted and which is not ImpressionClass.MONO:
            continue  # mono stands there also with none, so that its readings are kept
        free = min(counted, free_left[VOLUME_OF[which]])
        free_left[VOLUME_OF[which]] -= free
        price, billed = segment.prices.clicks.of(which), counted - free
        yield Line(
            LineKind.CLICKS if device else LineKind.POOL,
            days,
            Decimal(billed),
            price,
            to_cents(price * billed),
            rate,
            device.device_id if device else None,
            which,
            counted,
            free,
            is_estimate=bool(device and device.is_estimate),
        )


def _shortfalls(
    segment: _Segment,
    days: Days,
    impressions: Mapping[ImpressionClass, int],
    rate: Decimal,
    device: Counted | None,
) -> Iterator[Line]:
    for which in (ImpressionClass.MONO, ImpressionClass.COLOUR):
        made = sum(impressions.get(each, 0) for each in _USED_UP if VOLUME_OF[each] is which)
        lacking = segment.volume_of(which, days) - made
        if lacking <= 0:
            continue
        price = segment.prices.clicks.of(which)
        yield Line(
            LineKind.SHORTFALL,
            days,
            Decimal(lacking),
            price,
            to_cents(price * lacking),
            rate,
            device.device_id if device else None,
            which,
            made,
            is_estimate=bool(device and device.is_estimate),
        )


def _tax_rate(terms: Terms, prices: PriceList, day: date) -> Decimal:
    return terms.tax_rate_on(day) if prices.tax_rate is None else prices.tax_rate


def _round(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
