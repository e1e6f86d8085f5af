# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A case: what is known of a town's printing before and after, each figure with its source. Read by `case_file`, proved by `arithmetic`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class CostKind(StrEnum):
    DEVICES = "devices"
    CONSUMABLES = "consumables"
    SERVICE = "service"
    PAPER = "paper"
    ENERGY = "energy"
    OTHER = "other"


class Per(StrEnum):
    """What an amount is paid for: once in each month, quarter, year; or once for `months` months; or for the days from `since` to `until` (the last day)."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TERM = "term"
    SPAN = "span"


class Tax(StrEnum):
    NET = "net"
    GROSS = "gross"


Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure is from, in words; whether it is only assumed or was measured; the page that shows it."""

    source: str = ""
    note: str = ""
    assumed: bool = False
    measured: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money that is paid `count` times over (once for each of so many devices).

    A line of a settlement gives `quantity` and `unit_price` too (euros, up to six decimals): then the amount is their product, to the cent.
    """

    kind: CostKind
    name: str
    amount: Decimal
    per: Per
    origin: Origin
    months: int = 0
    since: date | None = None
    until: date | None = None
    count: int = 1
    tax: Tax | None = None
    tax_percent: Decimal | None = None
    counted: bool = True
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """A price per page. `included` pages of a year cost nothing; at least `minimum` pages of a year are paid."""

    pages: Literal["mono", "colour", "all"]
    cents: Decimal
    origin: Origin
    included: int = 0
    minimum: int = 0
    tax: Tax | None = None
    tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A device's counters at the beginning and the end of the volume's span."""

    device: str
    mono_from: int
    mono_to: int
    colour_from: int
    colour_to: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Volume:
    """Pages: told (`pages`, or `mono` and `colour`, per month or year), or by `readings` from `since` to `until` (the last day)."""

    origin: Origin
    per: Per = Per.YEAR
    pages: int | None = None
    mono: int | None = None
    colour: int | None = None
    since: date | None = None
    until: date | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Saving:
    """A saving that a source only tells. Used where one side's costs are not known."""

    amount: Decimal
    per: Per
    origin: Origin


@dataclass(frozen=True, slots=True)
class Fleet:
    origin: Origin
    devices_before: int | None = None
    devices_after: int | None = None
    models_before: int | None = None
    models_after: int | None = None
    buildings: int | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The contribution to the cooperative, and the share, which is paid back on exit and therefore no cost."""

    contribution: Decimal
    per: Per
    origin: Origin
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A figure as a source tells it, to be compared with the one computed. `rounded_to`: what its last digit counts."""

    figure: str
    value: Decimal
    rounded_to: Decimal
    source: str
    note: str = ""
    #: A check value that was computed for the case file itself, not published by anybody.
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    tax: Tax = Tax.NET
    town: str = ""
    notes: tuple[str, ...] = ()
    before: tuple[Cost, ...] = ()
    before_clicks: tuple[Click, ...] = ()
    after: tuple[Cost, ...] = ()
    after_clicks: tuple[Click, ...] = ()
    volume_before: Volume | None = None
    volume_after: Volume | None = None
    saving: Saving | None = None
    #: For the break-even where no saving in euros is known.
    saving_percent: Decimal | None = None
    saving_percent_origin: Origin = Origin()
    fleet: Fleet | None = None
    membership: Membership | None = None
    told: tuple[Told, ...] = ()
    #: What costs something now and nobody knows how much, in a sentence each: then no saving is computed.
    unpriced: tuple[str, ...] = ()
