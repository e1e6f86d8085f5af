# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Value-added tax in Germany: dated rows, each with its source. A rate that is not known is an error, never a guess.

For a service that is settled by month or quarter, what counts is the day on which that part ends (§ 13 Abs. 1 Nr. 1 a Satz 3, § 27 Abs. 1
UStG): `settlement.arithmetic` asks for a line's last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final


class TaxKind(StrEnum):
    STANDARD = "standard"
    REDUCED = "reduced"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """Per cent, from `first_day` on until the next row of its kind."""

    kind: TaxKind
    first_day: date
    per_cent: Decimal
    source: str


class UnknownTaxRateError(LookupError):
    """No row for this day."""


TAX_RATES: Final[tuple[TaxRate, ...]] = (
    TaxRate(
        TaxKind.STANDARD,
        date(2007, 1, 1),
        Decimal(19),
        "§ 12 Abs. 1 UStG, Haushaltsbegleitgesetz 2006, BGBl. I 2006 S. 1402",
    ),
    TaxRate(
        TaxKind.STANDARD,
        date(2020, 7, 1),
        Decimal(16),
        "§ 28 Abs. 1 UStG, Zweites Corona-Steuerhilfegesetz, BGBl. I 2020 S. 1512",
    ),
    TaxRate(TaxKind.STANDARD, date(2021, 1, 1), Decimal(19), "§ 12 Abs. 1 UStG; § 28 Abs. 1 UStG has ended"),
    TaxRate(TaxKind.REDUCED, date(1983, 7, 1), Decimal(7), "§ 12 Abs. 2 UStG"),
    TaxRate(
        TaxKind.REDUCED,
        date(2020, 7, 1),
        Decimal(5),
        "§ 28 Abs. 2 UStG, Zweites Corona-Steuerhilfegesetz, BGBl. I 2020 S. 1512",
    ),
    TaxRate(TaxKind.REDUCED, date(2021, 1, 1), Decimal(7), "§ 12 Abs. 2 UStG; § 28 Abs. 2 UStG has ended"),
)


def tax_rate_on(day: date, kind: TaxKind = TaxKind.STANDARD) -> TaxRate:
    """Raises UnknownTaxRateError for days before the first row."""
    known = [rate for rate in TAX_RATES if rate.kind is kind and rate.first_day <= day]
    if not known:
        raise UnknownTaxRateError(day.isoformat())
    return max(known, key=lambda rate: rate.first_day)
