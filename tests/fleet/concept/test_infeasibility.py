# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from allmende.fleet.concept.infeasibility import Conflict, explain_infeasible
from allmende.fleet.concept.model import (
    Ability,
    Concept,
    DeviceType,
    ExistingDevice,
    Fate,
    Group,
    Parameters,
    Volume,
)
from allmende.fleet.concept.optimise import find_plan
from fleet.concept.tiny import concept_of, running

PARAMETERS = Parameters(months=12, longest_walk=1000, second_walk=0, most_users=12)
TYPE = DeviceType("t", "T", running())


def conflicts_of(concept: Concept) -> list[Conflict]:
    outcome = find_plan(concept, seconds=20)
    assert outcome.status == "infeasible"
    return explain_infeasible(concept, outcome.stuck)


def words_of(concept: Concept) -> list[str]:
    (conflict,) = conflicts_of(concept)
    assert conflict.is_minimal
    return [str(wish) for wish in conflict.wishes]


def test_too_far_names_the_room_and_how_far_it_is() -> None:
    concept = concept_of([0], [(34, 1)], [Group("g", "r0", 3, Volume(10))], [TYPE], parameters=PARAMETERS)
    (words,) = words_of(concept)
    assert "room R0" in words
    assert "within 10 m" in words
    assert "at 34 m" in words


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (Group("g", "r0", 3, Volume(10), frozenset({Ability.A3, Ability.FINISHER})), "a3, finisher"),
        (Group("g", "r0", 13, Volume(10)), "13 people"),
        (Group("g", "r0", 2, Volume(10_001)), "10001 A4 impressions"),
    ],
)
def test_what_one_group_alone_cannot_have(group: Group, told: str) -> None:
    (words,) = words_of(concept_of([0], [(0, 1)], [group], [TYPE], parameters=PARAMETERS))
    assert told in words


def test_no_second_place_near() -> None:
    concept = concept_of(
        [0],
        [(0, 1)],
        [Group("g", "r0", 2, Volume(10))],
        [TYPE],
        parameters=replace(PARAMETERS, second_walk=3000),
    )
    (words,) = words_of(concept)
    assert "no second place within 30 m" in words


def test_a_collision_is_told_with_no_wish_too_many() -> None:
    """Three groups of six want the one place for one device that twelve may use; the fourth is elsewhere and innocent."""
    groups = [Group(f"g{n}", "r0", 6, Volume(10)) for n in range(3)] + [Group("g3", "r1", 2, Volume(10))]
    concept = concept_of(
        [0, 8], [(0, 1), (12, 1)], groups, [TYPE], parameters=replace(PARAMETERS, longest_walk=500)
    )
    words = words_of(concept)
    assert sorted(words) == [
        "At most 12 people use a device (or fewer, by its type).",
        *["House, room R0: 6 people within 5 m of a device."] * 3,
        "No more than 1 devices at: P0.",
    ]


def test_giving_way_at_any_wish_of_a_collision_resolves_it() -> None:
    groups = [Group(f"g{n}", "r0", 6, Volume(10)) for n in range(3)]
    concept = concept_of([0], [(0, 1)], groups, [TYPE], parameters=PARAMETERS)
    assert len(words_of(concept)) == 5
    for changed in (
        replace(concept, groups=concept.groups[1:]),
        replace(concept, parameters=replace(PARAMETERS, most_users=18)),
        replace(concept, places=(replace(concept.places[0], holds=2),)),
    ):
        assert find_plan(changed, seconds=20).status == "optimal"


def test_a_device_that_must_stay_can_be_in_the_way() -> None:
    stays = ExistingDevice("e", "E", "p0", running(), fate=Fate.STAY)
    group = Group("g", "r0", 2, Volume(10), frozenset({Ability.A3}))
    kind = DeviceType("t", "T", running("a3"), Decimal(1))
    words = words_of(concept_of([0], [(0, 1)], [group], [kind], devices=[stays], parameters=PARAMETERS))
    assert "Devices of today stay at “P0”." in words
    assert "No more than 1 devices at: P0." in words


def test_each_part_that_cannot_be_planned_is_explained() -> None:
    groups = [Group("g0", "r0", 13, Volume(1)), Group("g1", "r1", 14, Volume(1))]
    concept = concept_of([0, 500], [(0, 1), (500, 1)], groups, [TYPE], parameters=PARAMETERS)
    told = [str(wish) for conflict in conflicts_of(concept) for wish in conflict.wishes]
    assert any("R0" in words for words in told)
    assert any("R1" in words for words in told)
