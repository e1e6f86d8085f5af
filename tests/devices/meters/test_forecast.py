# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The day on which a supply runs out."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from allmende.devices.meters.forecast import Sureness, forecast_run_out

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def line(start: int, a_day: float, days: int, first_day: int = 0) -> list[tuple[datetime, int]]:
    return [
        (DAY + timedelta(days=first_day + day), max(round(start - a_day * day), 0)) for day in range(days)
    ]


def test_a_straight_line_is_followed() -> None:
    found = forecast_run_out(line(90, 2, 20))
    assert found is not None
    assert found.day == (DAY + timedelta(days=45)).date()
    assert found.sureness is Sureness.GOOD
    assert found.samples == 20


def test_a_few_wrong_levels_bend_nothing() -> None:
    samples = line(90, 2, 21)
    for place, level in ((4, 0), (9, 3), (15, 100)):
        samples[place] = (samples[place][0], level)
    found = forecast_run_out(samples)
    assert found is not None
    assert abs((found.day - (DAY + timedelta(days=45)).date()).days) <= 3


def test_a_new_cartridge_begins_anew() -> None:
    found = forecast_run_out([*line(40, 4, 10), *line(100, 1, 20, first_day=10)])
    assert found is not None
    assert found.samples == 20
    assert found.day == (DAY + timedelta(days=110)).date()


def test_nothing_is_said_of_nothing() -> None:
    assert forecast_run_out([]) is None
    assert forecast_run_out(line(90, 2, 4)) is None
    assert forecast_run_out(line(90, 0, 30)) is None
    assert forecast_run_out(line(90, 20, 5)) is None


def test_a_wild_history_is_said_to_be_rough() -> None:
    chance = random.Random(3)
    level, samples = 100.0, []
    for day in range(25):
        level -= chance.choice([0] * 7 + [11])
        samples.append((DAY + timedelta(days=day), max(int(level), 0)))
    found = forecast_run_out(samples)
    assert found is not None
    assert found.sureness is not Sureness.GOOD
    assert found.latest > found.earliest


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), max_size=70), st.integers(0, 2**32))
def test_whatever_the_levels_the_days_are_in_order(levels: list[tuple[int, int]], seed: int) -> None:
    samples = [(DAY + timedelta(hours=5 * hours), level) for hours, level in levels]
    found = forecast_run_out(samples)
    random.Random(seed).shuffle(samples)
    assert forecast_run_out(samples) == found
    if found is not None:
        assert found.earliest <= found.day <= found.latest
