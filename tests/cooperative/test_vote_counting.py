# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.vote_counting import (
    ABSTAIN,
    INVALID,
    NO,
    SIMPLE,
    THREE_QUARTERS,
    YES,
    YES_OR_NO,
    Majority,
    Outcome,
    count_votes,
    decide_election,
    decide_question,
    has_quorum,
    majority_of,
)

WEIGHTED = st.lists(st.tuples(st.sampled_from(YES_OR_NO), st.integers(1, 3)), max_size=60)
SHARES = st.fractions(min_value=0, max_value=Fraction(19, 20), max_denominator=20)
NAMES = ("Ahorn", "Birke", "Linde")


@given(WEIGHTED, st.randoms())
def test_the_order_of_votes_never_matters(votes: list[tuple[str, int]], chance: object) -> None:
    shuffled = list(votes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count_votes(YES_OR_NO, votes) == count_votes(YES_OR_NO, shuffled)


@given(WEIGHTED, WEIGHTED)
def test_two_urns_together_are_one_urn(first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
    together = count_votes(YES_OR_NO, first) + count_votes(YES_OR_NO, second)
    assert together == count_votes(YES_OR_NO, first + second)
    assert together.total == sum(weight for _choice, weight in first + second)


@given(WEIGHTED, st.integers(1, 20), SHARES)
def test_abstentions_change_no_decision(votes: list[tuple[str, int]], more: int, share: Fraction) -> None:
    majority = majority_of(share)
    before = decide_question(count_votes(YES_OR_NO, votes), majority)
    after = decide_question(count_votes(YES_OR_NO, [*votes, (ABSTAIN, more)]), majority)
    assert before == after


@given(WEIGHTED, SHARES)
def test_one_more_yes_never_loses_and_one_more_no_never_wins(
    votes: list[tuple[str, int]], share: Fraction
) -> None:
    majority = majority_of(share)
    before = decide_question(count_votes(YES_OR_NO, votes), majority)
    if before == Outcome.ADOPTED:
        assert decide_question(count_votes(YES_OR_NO, [*votes, (YES, 1)]), majority) == Outcome.ADOPTED
    if before == Outcome.REJECTED:
        assert decide_question(count_votes(YES_OR_NO, [*votes, (NO, 1)]), majority) == Outcome.REJECTED


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_simple_majority_is_more_yes_than_no_and_three_quarters_are_three_to_one(yes: int, no: int) -> None:
    tally = count_votes(YES_OR_NO, [(choice, n) for choice, n in ((YES, yes), (NO, no)) if n])
    assert (decide_question(tally, SIMPLE) == Outcome.ADOPTED) == (yes > no)
    assert (decide_question(tally, THREE_QUARTERS) == Outcome.ADOPTED) == (yes > 0 and yes >= 3 * no)


@pytest.mark.parametrize(
    ("yes", "no", "majority", "outcome"),
    [
        (42, 0, SIMPLE, Outcome.ADOPTED),
        (15, 15, SIMPLE, Outcome.REJECTED),
        (3, 1, THREE_QUARTERS, Outcome.ADOPTED),
        (299, 100, THREE_QUARTERS, Outcome.REJECTED),
        (0, 0, SIMPLE, Outcome.NOTHING),
        (0, 1, SIMPLE, Outcome.REJECTED),
        (9, 1, majority_of(Fraction(9, 10)), Outcome.ADOPTED),
        (89, 10, majority_of(Fraction(9, 10)), Outcome.REJECTED),
    ],
)
def test_edges(yes: int, no: int, majority: Majority, outcome: Outcome) -> None:
    votes = [(choice, count) for choice, count in ((YES, yes), (NO, no), (ABSTAIN, 5)) if count]
    assert decide_question(count_votes(YES_OR_NO, votes), majority) == outcome


@given(st.lists(st.sampled_from((*NAMES, ABSTAIN, INVALID)), max_size=40))
def test_an_election_is_won_by_who_has_most_and_the_majority_or_by_nobody(votes: list[str]) -> None:
    tally = count_votes((*NAMES, ABSTAIN, INVALID), [(each, 1) for each in votes])
    counts = Counter(each for each in votes if each in NAMES)
    outcome, winner = decide_election(tally, SIMPLE)
    if not counts:
        assert (outcome, winner) == (Outcome.NOTHING, "")
    elif outcome == Outcome.ADOPTED:
        assert 2 * counts[winner] > sum(counts.values())
    else:
        assert (outcome, winner) == (Outcome.RUN_OFF, "")
        assert all(2 * count <= sum(counts.values()) for count in counts.values())


def test_a_relative_majority_needs_the_most_votes_and_no_tie() -> None:
    relative = majority_of(Fraction(0))
    tally = count_votes(NAMES, [("Ahorn", 4), ("Birke", 3), ("Linde", 3)])
    assert decide_election(tally, relative) == (Outcome.ADOPTED, "Ahorn")
    assert decide_election(tally, SIMPLE) == (Outcome.RUN_OFF, "")
    level = count_votes(NAMES, [("Ahorn", 4), ("Birke", 4)])
    assert decide_election(level, relative) == (Outcome.RUN_OFF, "")


def test_what_was_not_offered_is_not_counted() -> None:
    with pytest.raises(ValueError, match="Eiche"):
        count_votes(NAMES, [("Eiche", 1)])
    with pytest.raises(ValueError, match="Ahorn"):
        count_votes(NAMES, [("Ahorn", 0)])


@given(st.integers(0, 100), st.integers(0, 100))
def test_quorum(present: int, absent: int) -> None:
    members = present + absent
    assert has_quorum(present, members, Fraction(0)) == (present > 0)
    assert has_quorum(present, members, Fraction(50)) == (present > 0 and 2 * present >= members)
