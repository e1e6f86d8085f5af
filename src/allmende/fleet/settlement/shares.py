# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who bears an amount: shared out by the ledger's counts with the largest remainder, so that no cent is lost or made.

Each gets its share rounded down; the cents that are left go, one each, to the largest remainders (Hare-Niemeyer). Equal remainders
are taken in the order of the keys, so the same weights in any order give the same shares. Whole numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from allmende.fleet.prices import ZERO

#: Stands for "no cost centre" among the keys; cost centres' row numbers are positive.
UNASSIGNED: Final = 0


def share_out(amount: Decimal, weights: Mapping[int, int]) -> dict[int, Decimal]:
    """`amount` (whole cents) by weight; weights may be below zero, their sum may not be zero unless the amount is.

    Raises ValueError for parts of a cent, and for an amount that nobody can bear.
    """
    cents = int(amount.scaleb(2))
    if Decimal(cents).scaleb(-2) != amount:
        raise ValueError(f"{amount} is not in whole cents")
    total = sum(weights.values())
    if not total:
        if cents:
            raise ValueError(f"nobody bears {amount}")
        return dict.fromkeys(sorted(weights), ZERO)
    sign = 1 if total > 0 else -1
    parts = {key: divmod(cents * weights[key] * sign, total * sign) for key in sorted(weights)}
    left = cents - sum(whole for whole, _rest in parts.values())
    luckiest = set(sorted(parts, key=lambda key: (-parts[key][1], key))[:left])
    return {key: Decimal(whole + (key in luckiest)).scaleb(-2) for key, (whole, _rest) in parts.items()}


def add_up(shares: Iterable[Mapping[int, Decimal]]) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for share in shares:
        for key, amount in share.items():
            sums[key] = sums.get(key, ZERO) + amount
    return dict(sorted(sums.items()))


def share_tax(tax: Decimal, nets: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """The tax of one rate, by what each bears of that rate's net sum."""
    return share_out(tax, {key: int(net.scaleb(2)) for key, net in nets.items()})
