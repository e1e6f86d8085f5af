# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from allmende.fleet.concept.council_paper import write_paper
from allmende.fleet.concept.drawings import draw_floor, floors_of, marks_after, marks_before
from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.model import Concept, DeviceType, ExistingDevice, Group, Volume
from allmende.fleet.concept.optimise import find_plan
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.results import Result, plan_concept
from fleet.concept.tiny import concept_of, running

SVG = "{http://www.w3.org/2000/svg}"


def read_svg(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own drawing


def planned(name: str = "R0") -> tuple[Concept, Plan]:
    old = ExistingDevice("old", "<Old & grey>", "p1", running(rent="90"), Volume(20))
    concept = concept_of(
        [2, 14],
        [(0, 1), (9, 1)],
        [Group("g", "r0", 3, Volume(9)), Group("h", "r1", 2, Volume(9))],
        [DeviceType("t", "T", running())],
        devices=[old],
    )
    concept = replace(concept, rooms=(replace(concept.rooms[0], name=name), concept.rooms[1]))
    plan = find_plan(concept, seconds=20).plan
    assert plan is not None
    return concept, plan


@pytest.mark.parametrize("is_paper", [False, True])
def test_every_room_device_and_walk_is_drawn(is_paper: bool) -> None:
    concept, plan = planned('<b>&"\x00')
    (key,) = floors_of(concept)
    after = read_svg(draw_floor(concept, key, marks_after(plan), "After", str, plan=plan, is_paper=is_paper))
    assert len(after.findall(f"{SVG}path")) == len(plan.walks) == 2
    assert len(after.findall(f"{SVG}rect")) == 2
    words = [element.text for element in after.iter(f"{SVG}text")]
    assert {device.id for device in plan.devices} <= set(words)
    before = read_svg(draw_floor(concept, key, marks_before(concept, plan), "Before", str, is_paper=is_paper))
    assert "×" in [element.text for element in before.iter(f"{SVG}text")]
    for root in (before, after):
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title") is not None
        assert ("class" in root.attrib) is not is_paper


def test_rooms_without_coordinates_are_drawn_and_it_is_said() -> None:
    concept, plan = planned()
    loose = replace(concept, rooms=tuple(replace(room, at=None) for room in concept.rooms))
    drawn = draw_floor(loose, floors_of(loose)[0], marks_after(plan), "After", str, plan=plan)
    assert "not to scale" in drawn
    assert drawn.count("floor-plan__room") == 2


def test_the_paper_is_set_and_the_result_survives_json() -> None:
    concept = generate_town(Measure("Kleinstadt", 6, 4, 3, 1, 60_000, 6_000, 12), 1)
    result = plan_concept(concept, seconds=20)
    again = Result.from_json(result.to_json())
    assert again.constraints == result.constraints
    assert again.constraints
    assert again.to_json() == result.to_json()
    assert write_paper(concept, again).startswith(b"%PDF")
