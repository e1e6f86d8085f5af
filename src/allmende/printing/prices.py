# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a sheet costs at a device on a day: asked of whoever knows the contracts, which is another room.

`set_price_source` is called once at start; without it, or where it answers None, a cost is unknown, which is not zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from allmende.printing.ledger.sheets import MediaClass

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ImpressionPrices:
    """Euros per printed side, tax included where the town pays it; an A3 side costs `a3_factor` times an A4 side. `sheet`: the paper."""

    mono: Decimal
    colour: Decimal
    a3_factor: Decimal = Decimal(1)
    sheet: Decimal = Decimal(0)


#: (device, the town's local date) to prices; None where no contract says any.
PriceOf = Callable[[int, date], ImpressionPrices | None]


def _no_prices(_device_id: int, _day: date) -> ImpressionPrices | None:
    return None


_price_of: PriceOf = _no_prices


def set_price_source(price_of: PriceOf | None) -> None:
    """Called once at start by the server; None takes it away again (tests)."""
    global _price_of  # noqa: PLW0603 - one process, one source
    _price_of = price_of or _no_prices


def prices_at(device_id: int, day: date) -> ImpressionPrices | None:
    return _price_of(device_id, day)


def exact_cost(prices: ImpressionPrices, *, mono: int, colour: int, sheets: int, media: str) -> Decimal:
    """Euros, unrounded, of so many printed sides on so many sheets."""
    factor = prices.a3_factor if media == MediaClass.A3 else Decimal(1)
    return (prices.mono * mono + prices.colour * colour) * factor + prices.sheet * sheets


def round_cost(euros: Decimal) -> Decimal:
    """To the cent, halves up, as on a bill."""
    return euros.quantize(CENT, ROUND_HALF_UP)
