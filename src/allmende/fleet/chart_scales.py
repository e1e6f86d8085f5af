# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The scale of a plot's axis: round steps (1, 2, 2.5 or 5 times a power of ten) that hold zero and all values.

Exact (Decimal), so that no tick reads 0.30000000000000004.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

Number = int | float | Decimal

_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high`, both ticks; `decimals` is what the ticks need behind the mark."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]
    decimals: int

    def place(self, value: Number) -> float:
        """Where the value lies, 0 (low) to 1 (high)."""
        return float((exact(value) - self.low) / (self.high - self.low))


def exact(value: Number) -> Decimal:
    """Raises ValueError for what is no number."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"a plot can't show {value}")
    return number


def choose_scale(values: Iterable[Number | None], *, whole: bool = False, most_ticks: int = 5) -> Scale:
    """The narrowest round scale; without values, 0 to 1. `whole`: no tick between two whole numbers."""
    numbers = [exact(value) for value in values if value is not None]
    low, high = min([Decimal(0), *numbers]), max([Decimal(0), *numbers])
    if low == high:
        high = Decimal(1)
    step = _round_step((high - low) / most_ticks)
    if whole:
        step = max(step, Decimal(1))
        if step != step.to_integral_value():
            step = Decimal(5).scaleb(step.adjusted())
    first = (low / step).to_integral_value(rounding="ROUND_FLOOR")
    last = (high / step).to_integral_value(rounding="ROUND_CEILING")
    ticks = tuple(step * (first + index) for index in range(int(last - first) + 1))
    decimals = max(0, -int(step.normalize().as_tuple().exponent))
    return Scale(ticks[0], ticks[-1], ticks, decimals)


def _round_step(raw: Decimal) -> Decimal:
    power = raw.adjusted()
    mantissa = raw.scaleb(-power)
    return next(step for step in _STEPS if step >= mantissa).scaleb(power)
