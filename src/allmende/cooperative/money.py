# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Euros and cents: how amounts are rounded, split and written. Always Decimal, half a cent goes up (DIN 1333, "kaufmännisch")."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.formats import number_format

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")


class MoneyRefusedError(Exception):
    """In the reader's language: what is wrong, and what to do."""


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, half a cent away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def summed(amount: Decimal | None) -> Decimal:
    """A sum that the database made of cents: SQLite adds with binary fractions, so it is rounded back to the cents that it is."""
    return ZERO if amount is None else cents(amount)


def in_cents(amount: Decimal) -> int:
    """Raises ValueError for an amount that has parts of a cent."""
    whole = amount * 100
    if whole != whole.to_integral_value():
        raise ValueError(amount)
    return int(whole)


def split_amount(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts in proportion to the weights (none negative, one above zero), which together are exactly `amount`.

    Each part ends at the rounded running sum, so no part is off by more than a cent and the last one does not carry all the rest.
    """
    total = sum(weights, Decimal(0))
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError(weights)
    parts, so_far, given = [], Decimal(0), ZERO
    for weight in weights:
        so_far += weight
        upto = cents(amount * so_far / total)
        parts.append(upto - given)
        given = upto
    return parts


def euros(amount: Decimal) -> str:
    """As the reader's language writes it, with the sign of the euro: "1.200,00 €"."""
    return f"{number_format(cents(amount), 2, use_l10n=True, force_grouping=True)} €".replace("-", "−")
