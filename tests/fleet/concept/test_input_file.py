# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.generator import TOWNS, generate_town
from allmende.fleet.concept.input_file import LONGEST_FILE, read_concept
from allmende.fleet.concept.input_tables import Fault, InputFileError
from allmende.fleet.concept.model import Ability, Concept, Group, Volume, Way
from fleet.concept.tiny import tiny_concepts

EXAMPLES = Path(__file__).parents[3] / "docs" / "concepts"
GOOD = """
format = 1
title = "Rathaus"
[parameters]
longest_walk_m = 30.5
longest_walk_for = { a3 = 60 }
[[building]]
id = "b"
name = "Rathaus"
[[room]]
id = "r"
name = "1.01"
building = "b"
x = 2
y = 3
[[place]]
id = "p"
name = "Flur"
room = "r"
[[group]]
room = "r"
people = 4
mono = 200
needs = ["a3"]
[[type]]
id = "t"
name = "T"
can = ["a3", "scan"]
rent_month = 12.50
click_mono = 0.0041
energy_kwh_week = 2.1
duty_cycle = 10000
"""


def faults_of(text: str | bytes) -> list[str]:
    with pytest.raises(InputFileError) as caught:
        read_concept(text)
    return [str(fault) for fault in caught.value.faults]


def test_a_file_is_read_exactly() -> None:
    concept = read_concept(GOOD)
    assert concept.parameters.longest_walk == 3050
    assert concept.parameters.longest_walk_for == {Ability.A3: 6000}
    assert concept.types[0].running.click_mono == Decimal("0.0041")
    assert concept.groups[0].id == "r"
    assert concept.places[0].at == concept.rooms[0].at


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("format = 1", "format = 2", "file.format: write format = 1"),
        ('name = "T"', 'nane = "T"', "type[1].nane: is not known; did you mean “name”?"),
        ("people = 4", "people = 0", "group[1].people: write a whole number"),
        ("people = 4", "people = true", "group[1].people: write a whole number"),
        ("rent_month = 12.50", "rent_month = -1", "type[1].rent_month: write a number"),
        ("rent_month = 12.50", "rent_month = nan", "type[1].rent_month: write a number"),
        ("duty_cycle = 10000\n", "", "type[1].duty_cycle: is missing; add this key"),
        ('needs = ["a3"]', 'needs = ["a2"]', "group[1].needs: “a2” is not known; choose from a3, colour"),
        ('building = "b"\nx', 'building = "c"\nx', "room[1].building: “c” stands nowhere in the file"),
        ("y = 3\n", "", "room[1].y: is missing; add this key"),
        ('id = "p"', 'id = "r"', "place[1].id: “r” is taken by room[1]"),
        ("can = [", 'can = ["colour", ', "type[1].click_colour: is missing"),
        ("[[group]]", "[group]", "group: write each as a table that begins with [[group]]"),
        (
            "longest_walk_for = { a3 = 60 }",
            "longest_walk_for = 3",
            "parameters.longest_walk_for: write it as",
        ),
        ("a3 = 60", "a4 = 60", "parameters.longest_walk_for.a4: is not known"),
        ("title = ", "title : ", "file: is not TOML"),
    ],
)
def test_a_fault_names_its_key_and_what_to_do(old: str, new: str, told: str) -> None:
    assert old in GOOD
    faults = faults_of(GOOD.replace(old, new, 1))
    assert any(fault.startswith(told) for fault in faults), faults


def test_all_faults_are_told_at_once() -> None:
    faults = faults_of(GOOD.replace("people = 4", "people = -1").replace("duty_cycle = 10000", "duty = 1"))
    assert len(faults) == 3


def test_what_is_no_text_and_what_is_too_large() -> None:
    assert "UTF-8" in faults_of(b"\xff\xfe")[0]
    assert "4 MB" in faults_of(b"#" * (LONGEST_FILE + 1))[0]


def test_two_groups_of_a_room_need_ids() -> None:
    twice = GOOD + '[[group]]\nroom = "r"\npeople = 2\nmono = 1\n'
    assert "group[2].id: is missing" in faults_of(twice)[0]


def test_groups_without_a_volume_share_what_was_read_by_heads() -> None:
    text = (
        GOOD.replace("mono = 200\n", "")
        + """
[[group]]
id = "second"
room = "r"
people = 3
[[device]]
id = "d"
name = "D"
place = "p"
rent_month = 1
click_mono = 0
energy_kwh_week = 1
duty_cycle = 1000
mono = 100
"""
    )
    concept = read_concept(text)
    assert [group.volume for group in concept.groups] == [Volume(57), Volume(43)]


@settings(max_examples=60, deadline=None)
@given(tiny_concepts(), st.lists(st.tuples(st.integers(0, 9999), st.booleans()), max_size=3))
def test_what_is_written_reads_back(concept: Concept, ways: list[tuple[int, bool]]) -> None:
    full = replace(
        concept,
        title='Rathaus "Nord" \\ ü 😀',
        ways=tuple(Way("r0", "p0", length, stairs) for length, stairs in ways),
        distances={("r0", "p0"): 1234},
    )
    assert read_concept(write_concept(full)) == full


@pytest.mark.parametrize("name", sorted(TOWNS))
def test_generated_towns_read_back(name: str) -> None:
    town = generate_town(TOWNS[name], 1)
    assert read_concept(write_concept(town)) == town


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_never_worse(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(GOOD)))
    text = GOOD[:cut] + data.draw(st.text(max_size=12)) + GOOD[cut + data.draw(st.integers(0, 8)) :]
    found: list[Group] = []
    faults: list[Fault] = []
    try:
        found += read_concept(text.encode("utf-8", "replace")).groups
    except InputFileError as error:
        faults += error.faults
    assert bool(found) is not bool(faults)
    assert all(fault.where and str(fault.what) for fault in faults)


def test_the_documented_examples_are_read() -> None:
    files = sorted(EXAMPLES.glob("*.toml"))
    assert files
    for file in files:
        assert read_concept(file.read_bytes()).groups
