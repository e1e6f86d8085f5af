# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from dataclasses import replace

from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.model import Building, Concept, DeviceType, Group, Place, Point, Room, Volume, Way
from fleet.concept.tiny import concept_of, running


def house(*, lift: bool = False) -> Concept:
    concept = concept_of([0], [(12, 1)], [Group("g", "r0", 1, Volume(1))], [DeviceType("t", "T", running())])
    upstairs = Place("up", "Up", "b", 1, Point(1200, 300))
    return replace(
        concept,
        buildings=(Building("b", "House", lift, 1800, Point(500, 100)), Building("c", "Other")),
        places=(*concept.places, upstairs, Place("far", "Far", "c", 0, Point(0, 0))),
    )


def test_along_the_walls_and_through_the_stairs() -> None:
    walks = measure_walks(house())
    assert walks["r0", "p0"] == 1200
    assert walks["r0", "up"] == (500 + 100) + 1800 + (700 + 200)
    assert ("r0", "far") not in walks, "between buildings only what was measured"


def test_without_stairs_only_by_lift() -> None:
    assert ("r0", "up") not in measure_walks(house(), step_free=True)
    assert ("r0", "up") in measure_walks(house(lift=True), step_free=True)


def test_corridors_are_stronger_than_coordinates_and_measures_than_both() -> None:
    ways = (
        Way("r0", "door", 300),
        Way("door", "p0", 2500),
        Way("r0", "p0", 9900),
        Way("door", "up", 100, is_stairs=True),
    )
    concept = replace(house(), ways=ways)
    assert measure_walks(concept)["r0", "p0"] == 2800
    assert measure_walks(concept)["r0", "up"] == 400
    assert ("r0", "up") not in measure_walks(concept, step_free=True)
    measured = replace(concept, distances={("r0", "p0"): 77, ("r0", "far"): 5000})
    assert measure_walks(measured)["r0", "p0"] == 77
    assert measure_walks(measured)["r0", "far"] == 5000


def test_a_place_in_the_room_itself_is_no_walk() -> None:
    concept = house()
    inside = Place("in", "In", "b", 0, None, "r0")
    room = Room("r0", "R0", "b", 0, None)
    assert measure_walks(replace(concept, rooms=(room,), places=(inside,)))["r0", "in"] == 0
