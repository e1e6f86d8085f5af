# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Withholding: nobody computes a small group's figure back from what a report shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.directory.cost_centres import CostCentre
from allmende.fleet.reports.withholding import choose_withheld, withheld_cost_centres
from makers import make_person, make_town

people = st.dictionaries(st.integers(1, 10_000), st.integers(0, 30), min_size=1, max_size=12)


@given(people, st.integers(3, 12))
def test_every_small_group_is_withheld(groups: dict[int, int], least: int) -> None:
    withheld = choose_withheld(groups, least)
    assert {group for group, count in groups.items() if count < least} <= withheld


@given(people, st.integers(3, 12))
def test_what_is_withheld_together_is_large_enough(groups: dict[int, int], least: int) -> None:
    """The rest to the total is published, so it must itself be a figure that may be told."""
    withheld = choose_withheld(groups, least)
    if withheld and withheld != set(groups):
        assert len(withheld) >= 2
        assert sum(groups[group] for group in withheld) >= least


@given(people, st.integers(3, 12), st.data())
def test_no_withheld_figure_can_be_computed_back(
    groups: dict[int, int], least: int, data: st.DataObject
) -> None:
    """Whatever the figures are: for each withheld one there is another figure with which all that is published stays the same."""
    withheld = choose_withheld(groups, least)
    figures = {group: data.draw(st.integers(0, 1000)) for group in groups}
    if len(withheld) < 2 or not sum(figures[group] for group in withheld):
        return
    published = {group: figure for group, figure in figures.items() if group not in withheld}
    total = sum(figures.values())
    for group in withheld:
        other = next(each for each in withheld if each != group)
        moved = figures | {group: figures[group] + figures[other], other: 0}
        if not figures[other]:
            giver = max(withheld, key=lambda each: figures[each])
            taker = other if giver == group else group
            moved = figures | {giver: figures[giver] - 1, taker: figures[taker] + 1}
        assert moved[group] != figures[group]
        assert min(moved.values()) >= 0
        assert sum(moved.values()) == total
        assert {each: figure for each, figure in moved.items() if each not in withheld} == published


@given(people, st.integers(3, 12))
def test_the_choice_does_not_depend_on_the_order(groups: dict[int, int], least: int) -> None:
    turned = dict(reversed(list(groups.items())))
    assert choose_withheld(turned, least) == choose_withheld(groups, least)


def test_large_groups_are_all_told() -> None:
    assert choose_withheld({1: 5, 2: 5, 3: 40}, 5) == frozenset()


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    assert choose_withheld({1: 2, 2: 9, 3: 40}, 5) == {1, 2}


@pytest.mark.django_db
def test_a_towns_cost_centres_by_the_people_behind_them() -> None:
    town, other = make_town("zerbst"), make_town("coswig")
    large, small, middle, project = (
        CostCentre.objects.create(municipality=town, number=str(number)) for number in range(4)
    )
    for number in range(9):
        make_person(town, f"large{number}", cost_centre=large.number)
    for number in range(6):
        make_person(town, f"middle{number}", cost_centre=middle.number)
    for number in range(7):
        make_person(town, f"small{number}", cost_centre=small.number, is_active=number < 4)
    foreign = CostCentre.objects.create(municipality=other, number="1")
    assert withheld_cost_centres(town) == {small.pk, project.pk, middle.pk}
    assert foreign.pk not in withheld_cost_centres(town)
    town.least_people = 4
    assert withheld_cost_centres(town) == {small.pk, project.pk}
