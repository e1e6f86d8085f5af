# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Prices as pure values: what a device costs in a month, what an impression costs, how many are in the price.

Always holds: euros are Decimal and net; an unknown price is an error and never zero; price lists that overlap, leave a gap or hold a
negative figure are refused before anything is reckoned with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal(0)
ONE_DAY: Final = timedelta(days=1)


class ImpressionClass(StrEnum):
    """What a device's counters tell apart. A3 counts as one impression of its own class, not as two of A4."""

    MONO = "mono"
    COLOUR = "colour"
    MONO_A3 = "mono_a3"
    COLOUR_A3 = "colour_a3"


#: The class whose volume an impression counts towards.
VOLUME_OF: Final[Mapping[ImpressionClass, ImpressionClass]] = {
    ImpressionClass.MONO: ImpressionClass.MONO,
    ImpressionClass.MONO_A3: ImpressionClass.MONO,
    ImpressionClass.COLOUR: ImpressionClass.COLOUR,
    ImpressionClass.COLOUR_A3: ImpressionClass.COLOUR,
}


class VolumeKind(StrEnum):
    NONE = "none"
    #: So many impressions are in the rent; more are billed.
    INCLUDED = "included"
    #: So many impressions are billed at least.
    MINIMUM = "minimum"


class VolumePer(StrEnum):
    #: Each calendar month for itself, also where a quarter is settled at once.
    MONTH = "month"
    #: The settled month or quarter as a whole: a weak month is made good by a strong one.
    PERIOD = "period"


class PriceFault(StrEnum):
    NEGATIVE = "negative"
    OVERLAP = "overlap"
    GAP = "gap"


class PriceError(ValueError):
    """Why prices can't be used: `fault`, and the days that it is about."""

    def __init__(
        self, fault: PriceFault, first_day: date | None = None, last_day: date | None = None
    ) -> None:
        super().__init__(f"{fault.value} {first_day} {last_day}")
        self.fault, self.first_day, self.last_day = fault, first_day, last_day


@dataclass(frozen=True, slots=True)
class ClickPrices:
    """Euros per impression, net, up to six decimals."""

    mono: Decimal = ZERO
    colour: Decimal = ZERO
    mono_a3: Decimal = ZERO
    colour_a3: Decimal = ZERO

    def of(self, which: ImpressionClass) -> Decimal:
        price: Decimal = getattr(self, which.value)
        return price


@dataclass(frozen=True, slots=True)
class Volume:
    """Impressions that are in the price or owed at least: for all devices together (`pooled`) or for each."""

    kind: VolumeKind = VolumeKind.NONE
    pooled: bool = False
    per: VolumePer = VolumePer.PERIOD
    mono: int = 0
    colour: int = 0

    def of(self, which: ImpressionClass) -> int:
        return self.mono if VOLUME_OF[which] is ImpressionClass.MONO else self.colour


@dataclass(frozen=True, slots=True)
class PriceList:
    """What holds from `first_day` to `last_day`, both included; `rents` by class of device, `rent` for all other classes."""

    first_day: date
    last_day: date
    rent: Decimal = ZERO
    rents: Mapping[str, Decimal] = field(default_factory=dict)
    clicks: ClickPrices = ClickPrices()
    volume: Volume = Volume()
    #: Per cent; None takes the rate that the law has on the day.
    tax_rate: Decimal | None = None

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise PriceError(PriceFault.OVERLAP, self.last_day, self.first_day)
        prices = [self.rent, *self.rents.values(), *(self.clicks.of(which) for which in ImpressionClass)]
        if min(prices) < 0 or min(self.volume.mono, self.volume.colour) < 0 or (self.tax_rate or 0) < 0:
            raise PriceError(PriceFault.NEGATIVE, self.first_day, self.last_day)

    def rent_of(self, device_class: str) -> Decimal:
        """Euros per month, net."""
        return self.rents.get(device_class, self.rent)


def order_price_lists(lists: Iterable[PriceList], first_day: date, last_day: date) -> Sequence[PriceList]:
    """The lists that hold between the two days, in order; every day has exactly one.

    Raises PriceError (overlap, gap) with the days that are at fault.
    """
    ordered = sorted(
        (each for each in lists if each.first_day <= last_day and each.last_day >= first_day),
        key=lambda each: each.first_day,
    )
    free = first_day
    for each in ordered:
        if each.first_day > free:
            raise PriceError(PriceFault.GAP, free, each.first_day - ONE_DAY)
        if each is not ordered[0] and each.first_day < free:
            raise PriceError(PriceFault.OVERLAP, each.first_day, min(free - ONE_DAY, each.last_day))
        free = min(each.last_day, last_day) + ONE_DAY
    if free <= last_day:
        raise PriceError(PriceFault.GAP, free, last_day)
    return ordered
