# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.settlement.shares import add_up, share_out, share_tax

cents = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number).scaleb(-2))
weights = st.dictionaries(st.integers(0, 50), st.integers(0, 10**7), min_size=1, max_size=20).filter(
    lambda found: sum(found.values()) > 0
)


@given(cents, weights, st.randoms())
def test_no_cent_is_lost_or_made_and_each_gets_its_share(
    amount: Decimal, found: dict[int, int], seed: random.Random
) -> None:
    shares = share_out(amount, found)
    assert sum(shares.values()) == amount
    total = sum(found.values())
    for key, share in shares.items():
        assert abs(share - amount * found[key] / total) < Decimal("0.01")
        assert found[key] or not share
    items = list(found.items())
    seed.shuffle(items)
    assert share_out(amount, dict(items)) == shares


@given(st.dictionaries(st.integers(0, 9), cents, min_size=1), st.sampled_from([7, 16, 19]))
def test_tax_adds_up_also_with_credits_among_it(nets: dict[int, Decimal], rate: int) -> None:
    net = sum(nets.values(), Decimal(0))
    tax = (net * rate / 100).quantize(Decimal("0.01"))
    if net:
        assert sum(share_tax(tax, nets).values()) == tax
    else:
        assert set(share_tax(Decimal(0), nets).values()) == {0}


def test_the_largest_remainders_get_the_cents_that_are_left() -> None:
    assert share_out(Decimal("0.10"), {1: 1, 2: 1, 3: 1}) == {
        1: Decimal("0.04"),
        2: Decimal("0.03"),
        3: Decimal("0.03"),
    }
    assert share_out(Decimal("1.00"), {1: 5, 2: 3, 3: 1}) == {
        1: Decimal("0.56"),
        2: Decimal("0.33"),
        3: Decimal("0.11"),
    }
    assert add_up([{1: Decimal(1)}, {2: Decimal(2), 1: Decimal(3)}]) == {1: 4, 2: 2}


def test_parts_of_a_cent_and_an_amount_that_nobody_bears_are_refused() -> None:
    with pytest.raises(ValueError, match="whole cents"):
        share_out(Decimal("0.001"), {1: 1})
    with pytest.raises(ValueError, match="nobody"):
        share_out(Decimal(1), {1: 0})
