# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.concept.costs import price_today, to_cents
from allmende.fleet.concept.generator import TOWNS, Measure, generate_town, share_out


@pytest.mark.parametrize("name", sorted(TOWNS))
def test_a_town_has_the_measure_of_its_case(name: str) -> None:
    measure = TOWNS[name]
    town = generate_town(measure, 7)
    assert len(town.devices) == measure.devices
    assert len(town.buildings) == measure.buildings
    assert len(town.rooms) == measure.rooms
    assert sum(group.people for group in town.groups) == measure.people
    used = sum(group.volume.impressions for group in town.groups)
    read = sum(device.volume.impressions for device in town.devices)
    assert used == read == round(measure.pages_year / 12)


def test_biberach_costs_what_the_paper_says() -> None:
    town = generate_town(TOWNS["biberach"], 1)
    a_year = to_cents(price_today(town) * 12 / town.parameters.months)
    assert abs(a_year - Decimal(167_400)) < 50, "rents are in whole cents, 405 devices and 12 months of them"


def test_the_same_seed_gives_the_same_town() -> None:
    assert generate_town(TOWNS["small"], 5) == generate_town(TOWNS["small"], 5)
    assert generate_town(TOWNS["small"], 5) != generate_town(TOWNS["small"], 6)


def test_what_can_be_no_town_is_refused() -> None:
    with pytest.raises(ValueError, match="for each building"):
        generate_town(Measure("t", 2, 9, 1, 3, 100, 10, 9), 1)


@given(st.integers(0, 10_000), st.lists(st.integers(0, 50), min_size=1, max_size=9))
def test_shares_add_up_and_are_in_proportion(total: int, weights: list[int]) -> None:
    shares = share_out(total, weights)
    assert sum(shares) == total
    if sum(weights):
        assert all(
            abs(share - total * w / sum(weights)) < 1 for share, w in zip(shares, weights, strict=True)
        )
