# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tiny concepts, and what is best for them found by trying everything: an independent judge of the optimiser.

The judge knows nothing of tasks, stands, rows or solvers: it puts every choice of devices on every place, shares the groups out in every way,
keeps what breaks no rule, and prices it by the model's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement, product

from hypothesis import strategies as st

from allmende.fleet.concept.costs import price_prints, price_running
from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.model import (
    Ability,
    Building,
    Concept,
    DeviceType,
    ExistingDevice,
    Fate,
    Group,
    Parameters,
    Place,
    Point,
    Room,
    Running,
    Volume,
)


def running(
    can: str = "",
    *,
    rent: str = "20",
    mono: str = "0.01",
    colour: str = "0.05",
    duty: int = 10_000,
    users: int | None = None,
) -> Running:
    abilities = frozenset(Ability(word) for word in can.split())
    return Running(
        abilities, Decimal(rent), Decimal(mono), Decimal(colour), Decimal(2), Decimal("1.5"), duty, users
    )


def concept_of(
    rooms: list[int],
    places: list[tuple[int, int]],
    groups: list[Group],
    types: list[DeviceType],
    *,
    devices: list[ExistingDevice] | None = None,
    parameters: Parameters | None = None,
) -> Concept:
    """Rooms and places on a line, at these metres; places as (metres, how many they hold)."""
    return Concept(
        "tiny",
        parameters or Parameters(months=12, second_walk=0),
        (Building("b", "House"),),
        tuple(Room(f"r{n}", f"R{n}", "b", 0, Point(x * 100, 0)) for n, x in enumerate(rooms)),
        tuple(
            Place(f"p{n}", f"P{n}", "b", 0, Point(x * 100, 0), holds=holds)
            for n, (x, holds) in enumerate(places)
        ),
        tuple(groups),
        tuple(types),
        tuple(devices or []),
    )


@st.composite
def tiny_concepts(draw: st.DrawFn) -> Concept:
    rooms = draw(st.lists(st.integers(0, 40), min_size=1, max_size=3))
    places = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 2)), min_size=1, max_size=2))
    abilities = st.sampled_from(["", "a3", "colour", "a3 colour"])
    types = [
        DeviceType(
            f"t{n}",
            f"T{n}",
            running(
                draw(abilities),
                rent=str(draw(st.integers(1, 60))),
                mono=str(draw(st.sampled_from(["0.01", "0.02"]))),
                duty=draw(st.sampled_from([300, 1000, 5000])),
                users=draw(st.sampled_from([None, 3, 6])),
            ),
            Decimal(draw(st.integers(0, 50))),
        )
        for n in range(draw(st.integers(1, 2)))
    ]
    groups = []
    for number in range(len(rooms)):
        volume = Volume(
            draw(st.integers(0, 300)), draw(st.sampled_from([0, 0, 40])), draw(st.sampled_from([0, 0, 30])), 0
        )
        groups.append(
            Group(
                f"g{number}",
                f"r{number}",
                draw(st.integers(1, 6)),
                volume,
                is_confidential=draw(st.sampled_from([False, False, True])),
                own_walk=draw(st.sampled_from([None, None, 500])),
            )
        )
    devices = [
        ExistingDevice(
            f"e{n}",
            f"E{n}",
            f"p{draw(st.integers(0, len(places) - 1))}",
            running(draw(abilities), rent=str(draw(st.integers(0, 40)))),
            Volume(100),
            draw(st.sampled_from([Fate.FREE, Fate.FREE, Fate.STAY, Fate.GIVE_BACK])),
            draw(st.booleans()),
            Decimal(draw(st.sampled_from([0, 30]))),
            Decimal(draw(st.sampled_from([-20, 0, 45]))),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    parameters = Parameters(
        months=12,
        longest_walk=draw(st.sampled_from([1000, 2000, 4000])),
        longest_walk_for=draw(st.sampled_from([{}, {Ability.COLOUR: 4000}, {Ability.A3: 4000}])),
        second_walk=draw(st.sampled_from([0, 0, 4000])),
        confidential_walk=1000,
        most_users=draw(st.sampled_from([6, 12])),
        fewest_users=draw(st.sampled_from([0, 3])),
        lowest_share=Decimal(draw(st.sampled_from(["0", "0.1"]))),
        enforces_lowest=draw(st.booleans()),
    )
    return concept_of(rooms, places, groups, types, devices=devices, parameters=parameters)


Standing = tuple[str, str, str]  # (mode, type or device, place)


def best_by_trying(concept: Concept) -> Fraction | None:
    """The least total over the term in EUR; None where nothing keeps the rules."""
    costs = [cost for fleet in _fleets(concept) if (cost := _cheapest_use(concept, fleet)) is not None]
    return min(costs, default=None)


def _fleets(concept: Concept) -> Iterator[list[Standing]]:
    fates: list[list[Standing | None]] = []
    for device in concept.devices:
        choices: list[Standing | None] = [] if device.fate == Fate.STAY else [None]
        if device.fate != Fate.GIVE_BACK:
            choices.append(("old", device.id, device.place))
            if device.may_move and device.fate != Fate.STAY:
                choices += [
                    ("old", device.id, place.id) for place in concept.places if place.id != device.place
                ]
        fates.append(choices)
    new: list[list[tuple[Standing, ...]]] = []
    for place in concept.places:
        kinds: list[Standing] = [("new", kind.id, place.id) for kind in concept.types]
        new.append(
            [fleet for n in range(place.holds + 1) for fleet in combinations_with_replacement(kinds, n)]
        )
    for old in product(*fates):
        kept = [each for each in old if each is not None]
        for bought in product(*new):
            fleet = kept + [each for at_place in bought for each in at_place]
            if all(sum(each[2] == place.id for each in fleet) <= place.holds for place in concept.places):
                yield fleet


def _running_of(concept: Concept, standing: Standing) -> Running:
    mode, kind, _place = standing
    return concept.type_of[kind].running if mode == "new" else concept.device_of[kind].running


def _parts_of(concept: Concept, group: Group) -> list[tuple[Volume, frozenset[Ability], int, int]]:
    """(volume, needs, people, walk) of each device that the group uses."""
    now = concept.parameters
    volume = group.volume
    needs = set(group.needs)
    if volume.colour:
        needs.add(Ability.COLOUR)
    if volume.a3_mono:
        needs.add(Ability.A3)
    walk = now.longest_walk if group.own_walk is None else group.own_walk
    if group.is_confidential:
        walk = min(walk, now.confidential_walk)
    apart: list[tuple[Volume, frozenset[Ability], int, int]] = []
    if not group.is_confidential and group.own_walk is None:
        for need, far in now.longest_walk_for.items():
            if need not in needs:
                continue
            share = Volume(a3_mono=volume.a3_mono) if need == Ability.A3 else Volume(colour=volume.colour)
            volume = Volume(volume.mono, volume.colour - share.colour, volume.a3_mono - share.a3_mono)
            needs.discard(need)
            apart.append((share, frozenset({need}), 0, max(far, walk)))
    return [(volume, frozenset(needs), group.people, walk), *apart]


def _cheapest_use(concept: Concept, fleet: list[Standing]) -> Fraction | None:
    now = concept.parameters
    walks = measure_walks(concept)
    machines = [_running_of(concept, each) for each in fleet]
    fixed = sum((price_running(machine, now) for machine in machines), Fraction(0))
    staying = {kind for mode, kind, _place in fleet if mode == "old"}
    for mode, kind, place in fleet:
        if mode == "new":
            fixed += Fraction(concept.type_of[kind].one_off)
        elif place != concept.device_of[kind].place:
            fixed += Fraction(concept.device_of[kind].move_cost)
    fixed += sum((Fraction(d.give_back_cost) for d in concept.devices if d.id not in staying), Fraction(0))
    uses: list[tuple[Volume, int, list[int]]] = []
    for group in concept.groups:
        for index, (volume, needs, people, walk) in enumerate(_parts_of(concept, group)):
            able = [n for n, machine in enumerate(machines) if needs <= machine.can]
            near = [n for n in able if walks[group.room, fleet[n][2]] <= walk]
            if not near:
                return None
            if now.second_walk and index == 0:
                far = max(now.second_walk, walk)
                if sum(walks[group.room, fleet[n][2]] <= far for n in able) < 2:
                    return None
            uses.append((volume, people, near))
    best: Fraction | None = None
    for shared in product(*(near for _volume, _people, near in uses)):
        cost = fixed
        for number, machine in enumerate(machines):
            mine = [use for use, chosen in zip(uses, shared, strict=True) if chosen == number]
            people = sum(each[1] for each in mine)
            load = sum(each[0].load for each in mine)
            most = min(now.most_users, machine.most_users or now.most_users)
            low = now.enforces_lowest and (
                people < now.fewest_users or load < machine.duty_cycle * now.lowest_share
            )
            if people > most or load > machine.duty_cycle * now.highest_share or low:
                break
            cost += sum((price_prints(each[0], machine, now.months) for each in mine), Fraction(0))
        else:
            cost += _lacking(concept, fleet, uses, shared)
            best = cost if best is None else min(best, cost)
    return best


def _lacking(
    concept: Concept,
    fleet: list[Standing],
    uses: list[tuple[Volume, int, list[int]]],
    shared: tuple[int, ...],
) -> Fraction:
    """What devices of the contract print less than its minimum, at its prices."""
    minimum = concept.minimum
    if minimum is None:
        return Fraction(0)
    printed = {
        number: (0, 0)
        for number, (mode, kind, _place) in enumerate(fleet)
        if mode == "new" or concept.device_of[kind].is_in_contract
    }
    for (volume, _people, _near), number in zip(uses, shared, strict=True):
        if number in printed:
            mono, colour = printed[number]
            printed[number] = (mono + volume.mono + volume.a3_mono, colour + volume.colour + volume.a3_colour)
    billed = list(printed.values())
    if minimum.is_pooled:
        billed = [(sum(mono for mono, _c in billed), sum(colour for _m, colour in billed))]
    return concept.parameters.months * sum(
        (
            max(0, minimum.mono - mono) * Fraction(minimum.click_mono)
            + max(0, minimum.colour - colour) * Fraction(minimum.click_colour)
            for mono, colour in billed
        ),
        Fraction(0),
    )
