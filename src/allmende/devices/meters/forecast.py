# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""On which day a supply runs out, and how sure that is. Pure.

The Theil-Sen estimator: the median of the slopes between all pairs of samples since the last refill, which a few wrong levels can't bend (up to
29 % of them). The quarter slopes give the earliest and the latest day. Nothing is said of less than a week or five samples, or of a level that
has not fallen by five points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import combinations
from statistics import median, quantiles
from typing import Final

SAMPLES: Final = 60
LEAST_SAMPLES: Final = 5
LEAST_SPAN: Final = timedelta(days=7)
LEAST_FALL: Final = 5
#: A rise of more than so many points is another cartridge.
REFILL: Final = 5
HORIZON: Final = timedelta(days=730)
_DAY: Final = timedelta(days=1)


class Sureness(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Forecast:
    """`day` between `earliest` and `latest` (half of all slopes lie between); `points_a_day` that the level falls; `samples` it stands on."""

    day: date
    earliest: date
    latest: date
    points_a_day: float
    samples: int
    sureness: Sureness


def forecast_run_out(samples: Sequence[tuple[datetime, int]]) -> Forecast | None:
    """`samples`: moments and levels in percent, in any order. None where nothing can be said, or nothing runs out in two years."""
    line = _since_refill(sorted(samples))[-SAMPLES:]
    if len(line) < LEAST_SAMPLES or line[-1][0] - line[0][0] < LEAST_SPAN:
        return None
    if max(level for _, level in line) - line[-1][1] < LEAST_FALL:
        return None
    start = line[0][0]
    points = [((at - start) / _DAY, level) for at, level in line]
    slopes = [
        (second[1] - first[1]) / (second[0] - first[0])
        for first, second in combinations(points, 2)
        if second[0] > first[0]
    ]
    steep, middle, flat = quantiles(slopes, n=4)
    if middle >= 0:
        return None
    # The level now is the line's, not the last sample's, which may be one of the wrong ones.
    now_at = points[-1][0]
    now = max(median(level - middle * at for at, level in points) + middle * now_at, 0.0)
    expected = now / -middle
    if timedelta(days=expected) > HORIZON:
        return None
    earliest = now / -steep if steep < 0 else expected
    latest = now / -flat if flat < 0 else HORIZON / _DAY
    spread = (min(latest, HORIZON / _DAY) - earliest) / max(expected, 1.0)
    last = line[-1][0]
    return Forecast(
        day=_day(last, expected),
        earliest=_day(last, earliest),
        latest=_day(last, latest),
        points_a_day=-middle,
        samples=len(line),
        sureness=Sureness.GOOD if spread < 0.35 else Sureness.FAIR if spread < 1.0 else Sureness.POOR,
    )


def _since_refill(line: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    start = 0
    for place in range(1, len(line)):
        risen = line[place][1] - line[place - 1][1] > REFILL
        # One high value among low ones is a slip of the device, two are a cartridge.
        stays = place + 1 >= len(line) or line[place + 1][1] - line[place - 1][1] > REFILL
        if risen and stays:
            start = place
    return line[start:]


def _day(last: datetime, days: float) -> date:
    return (last + timedelta(days=min(days, HORIZON / _DAY))).date()
