# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small line over time, drawn as SVG; its numbers stand in the table beside it. Only numbers and escaped words go into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

WIDTH: Final = 640
HEIGHT: Final = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 12, 12, 30


def draw_line(
    points: Sequence[tuple[datetime, int]], words: str, *, doubtful: Sequence[tuple[datetime, int]] = ()
) -> SafeString:
    """`points` by time; `doubtful` are crosses beside the line. Empty where fewer than two points are there."""
    if len(points) < 2 or points[0][0] >= points[-1][0]:
        return SafeString("")
    shown = [(at, value) for at, value in doubtful if points[0][0] <= at <= points[-1][0]]
    low = min(value for _, value in points)
    high = max(*(value for _, value in points), low + 1)
    start, span = points[0][0], points[-1][0] - points[0][0]

    def place(at: datetime, value: int) -> tuple[str, str]:
        share = min(max((value - low) / (high - low), -0.03), 1.03)
        across = _LEFT + (at - start) / span * (WIDTH - _LEFT - _RIGHT)
        down = HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
        return f"{across:.1f}", f"{down:.1f}"

    path = " ".join(",".join(place(at, value)) for at, value in points)
    crosses = "".join(
        f'<path d="M{x} {y} m-4 -4 l8 8 m0 -8 l-8 8" stroke="currentColor" stroke-width="2"/>'
        for x, y in (place(at, value) for at, value in shown)
    )
    bottom, middle = HEIGHT - _BOTTOM, (_TOP + HEIGHT - _BOTTOM) / 2
    marks = "".join(
        f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{escape(number_format(value, force_grouping=True))}</text>'
        f'<path d="M{_LEFT} {y:.0f} H{WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity=".25"/>'
        for value, y in ((high, _TOP), ((low + high) // 2, middle), (low, bottom))
    )
    days = "".join(
        f'<text x="{x}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(date_format(localtime(at), "SHORT_DATE_FORMAT"))}</text>'
        for at, x, anchor in ((points[0][0], _LEFT, "start"), (points[-1][0], WIDTH - _RIGHT, "end"))
    )
    return mark_safe(  # noqa: S308 - numbers and escaped words only
        f'<svg class="meter-plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f'<g fill="currentColor" font-size="13">{marks}{days}</g>'
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="2"/>'
        f'<g fill="none">{crosses}</g></svg>'
    )
