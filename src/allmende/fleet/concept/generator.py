# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Synthetic towns to plan for: seeded, and calibrated to the fleets of real ones in devices, pages, buildings and yearly cost.

Always holds: the same measure and seed give the same town; devices, pages a month and buildings come out exactly as asked; the
yearly cost of today to within the cents that rents are rounded to. Layout, needs and people are invented.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from allmende.fleet.concept.costs import price_prints, price_running, to_cents
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

_ROOM: Final = 400
_DEPTH: Final = 500
_CORRIDOR: Final = 200
_ROOMS_A_FLOOR: Final = 20


@dataclass(frozen=True, slots=True)
class Measure:
    """What a town is to look like. `pages_year` and `colour_year` are impressions; `cost_year` EUR (None: by the prices of old devices)."""

    title: str
    rooms: int
    places: int
    devices: int
    buildings: int
    pages_year: int
    colour_year: int
    people: int
    cost_year: Decimal | None = None


#: From published council papers: devices, pages, buildings and cost; people at 2.6 a device, rooms and places are assumed.
TOWNS: Final = {
    "biberach": Measure("Biberach 2019", 500, 200, 405, 24, 6_780_000, 1_017_000, 1053, Decimal(167_400)),
    "neckargemuend": Measure(
        "Neckargemünd 2020", 90, 60, 36, 22, 3_170_000, 170_000, 180, Decimal("46557.30")
    ),
    "dippoldiswalde": Measure("Dippoldiswalde 2013", 100, 60, 74, 6, 984_000, 24_000, 192),
    "small": Measure("Musterstadt", 24, 12, 11, 2, 180_000, 27_000, 44),
}


def _running(  # noqa: PLR0917 - a row of a table
    can: str, rent: str, mono: str, colour: str, kwh: str, duty: int, users: int | None = None
) -> Running:
    abilities = frozenset(Ability(word) for word in can.split())
    return Running(
        abilities, Decimal(rent), Decimal(mono), Decimal(colour), Decimal(2), Decimal(kwh), duty, users
    )


#: Prices are invented, of the size that framework contracts show; energy within the trade's span.
CATALOGUE: Final = (
    DeviceType(
        "desk-mono", "A4 mono desktop", _running("scan", "9.90", "0.0089", "0", "0.9", 2500, 4), Decimal(25)
    ),
    DeviceType(
        "a4-mono", "A4 mono 40 ppm", _running("scan", "21.50", "0.0061", "0", "2.1", 12000), Decimal(35)
    ),
    DeviceType(
        "a4-colour",
        "A4 colour 35 ppm",
        _running("scan colour", "29.80", "0.0064", "0.0460", "3.4", 12000),
        Decimal(35),
    ),
    DeviceType(
        "a3-mono",
        "A3 mono 45 ppm",
        _running("scan a3 finisher", "44.00", "0.0038", "0", "4.9", 35000),
        Decimal(60),
    ),
    DeviceType(
        "a3-colour",
        "A3 colour 35 ppm",
        _running("scan a3 colour fax", "52.40", "0.0041", "0.0390", "5.6", 30000),
        Decimal(60),
    ),
    DeviceType(
        "a3-finisher",
        "A3 colour 55 ppm, finisher",
        _running("scan a3 colour finisher fax", "79.00", "0.0036", "0.0340", "8.2", 60000),
        Decimal(90),
    ),
)

_OLD: Final = (
    ("Desktop, mono", _running("scan", "6.00", "0.0190", "0", "1.4", 2000)),
    ("Desktop, colour", _running("scan colour", "8.00", "0.0210", "0.1200", "2.2", 2500)),
    ("Copier A3", _running("scan a3 colour finisher fax", "60.00", "0.0080", "0.0700", "9.8", 30000)),
)


def generate_town(measure: Measure, seed: int) -> Concept:
    """A town of this measure; raises ValueError where it can't be (fewer rooms than buildings, no devices or places)."""
    if measure.buildings < 1 or measure.rooms < measure.buildings or measure.places < measure.buildings:
        raise ValueError("a town needs a room and a place for each building")
    if measure.people < measure.rooms or min(measure.devices, measure.pages_year) < 1:
        raise ValueError("a town needs a person for each room, a device and a page")
    dice = random.Random(seed)  # noqa: S311 - towns, not secrets
    weights = [1 / (1 + number) for number in range(measure.buildings)]
    sizes = [1 + size for size in share_out(measure.rooms - measure.buildings, weights)]
    buildings, rooms, floors = _build(sizes, dice)
    places = _corridor_places(measure, floors, dice)
    groups = _people(measure, rooms, dice)
    devices, own_places = _old_devices(measure, rooms, groups, dice)
    return Concept(
        measure.title,
        Parameters(),
        tuple(buildings),
        tuple(rooms),
        tuple(places + own_places),
        tuple(groups),
        CATALOGUE,
        tuple(devices),
    )


def share_out(total: int, weights: Sequence[float | int]) -> list[int]:
    """Whole numbers that add up to `total`, in proportion; largest remainder."""
    sum_of = sum(Fraction(weight) for weight in weights)
    if not sum_of:
        weights, sum_of = [1] * len(weights), Fraction(len(weights))
    exact = [total * Fraction(weight) / sum_of for weight in weights]
    shares = [each.numerator // each.denominator for each in exact]
    by_rest = sorted(range(len(exact)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_rest[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _build(
    sizes: Sequence[int], dice: random.Random
) -> tuple[list[Building], list[Room], list[tuple[str, int, int]]]:
    """Buildings, rooms along corridors, and (building, floor, corridor's length)."""
    buildings, rooms, floors = [], [], []
    for number, size in enumerate(sizes, start=1):
        name = "Rathaus" if number == 1 else f"Außenstelle {number}"
        building = f"b{number:02d}"
        on_floors = share_out(size, [1] * -(-size // _ROOMS_A_FLOOR))
        length = -(-max(on_floors) // 2) * _ROOM
        buildings.append(
            Building(
                building,
                name,
                dice.random() < 0.4,
                1800,
                Point(length // 2, 0) if len(on_floors) > 1 else None,
            )
        )
        for floor, count in enumerate(on_floors):
            floors.append((building, floor, length))
            for index in range(count):
                side = 1 if index % 2 else -1
                at = Point(_ROOM // 2 + index // 2 * _ROOM, side * (_DEPTH + _CORRIDOR) // 2)
                rooms.append(
                    Room(
                        f"{building}-{floor}{index + 1:02d}",
                        f"{floor}.{index + 1:02d}",
                        building,
                        floor,
                        at,
                        _ROOM,
                        _DEPTH,
                    )
                )
    return buildings, rooms, floors


def _corridor_places(
    measure: Measure, floors: Sequence[tuple[str, int, int]], dice: random.Random
) -> list[Place]:
    counts = [
        1 + n for n in share_out(max(0, measure.places - len(floors)), [length for _b, _f, length in floors])
    ]
    for index in range(len(counts)):
        if sum(counts) <= measure.places:
            break
        counts[-1 - index] = 0
    places = []
    for (building, floor, length), count in zip(floors, counts, strict=True):
        for index in range(count):
            at = Point((2 * index + 1) * length // (2 * count), dice.choice((-80, 80)))
            places.append(
                Place(
                    f"{building}-{floor}-p{index + 1:02d}",
                    f"Flur {floor}/{index + 1}",
                    building,
                    floor,
                    at,
                    is_public=floor == 0 and index == 0,
                )
            )
    return places


def _people(measure: Measure, rooms: Sequence[Room], dice: random.Random) -> list[Group]:
    heads = [1 + n for n in share_out(measure.people - len(rooms), [dice.random() for _room in rooms])]
    while max(heads) > 8 and len(rooms) * 8 >= measure.people:
        heads[heads.index(max(heads))] -= 1
        heads[heads.index(min(heads))] += 1
    weights = [count * dice.uniform(0.4, 1.6) for count in heads]
    pages = share_out(round(measure.pages_year / 12), weights)
    with_colour = [index for index in range(len(rooms)) if dice.random() < 0.5] or [0]
    colour = dict(
        zip(
            with_colour,
            share_out(round(measure.colour_year / 12), [pages[i] for i in with_colour]),
            strict=True,
        )
    )
    groups = []
    for index, room in enumerate(rooms):
        in_colour = min(colour.get(index, 0), pages[index])
        a3 = (pages[index] - in_colour) // 25 if dice.random() < 0.15 else 0
        needs = {Ability.FINISHER} if a3 and dice.random() < 0.25 else set()
        groups.append(
            Group(
                f"g-{room.id}",
                room.id,
                heads[index],
                Volume(pages[index] - in_colour - a3, in_colour, a3, 0),
                frozenset(needs),
                is_step_free=dice.random() < 0.03,
            )
        )
    return groups


def _old_devices(
    measure: Measure, rooms: Sequence[Room], groups: Sequence[Group], dice: random.Random
) -> tuple[list[ExistingDevice], list[Place]]:
    """Today's devices stand in the rooms; what is printed a month is shared out among them exactly."""
    hosts: dict[str, int] = {}
    chosen = []
    for number in range(measure.devices):
        room = (
            rooms[number * len(rooms) // measure.devices]
            if measure.devices < len(rooms)
            else dice.choice(rooms)
        )
        hosts[room.id] = hosts.get(room.id, 0) + 1
        words, running = dice.choices(_OLD, (6, 3, 2))[0]
        chosen.append((f"old-{number + 1:03d}", words, room, running))
    by_room = {room.id: room for room in rooms}
    places = [
        Place(
            f"in-{room_id}",
            f"Raum {by_room[room_id].name}",
            by_room[room_id].building,
            by_room[room_id].floor,
            by_room[room_id].at,
            room_id,
            holds=count,
            is_for_new=False,
        )
        for room_id, count in hosts.items()
    ]
    colour_total = sum(group.volume.colour for group in groups)
    mono_total = sum(group.volume.impressions for group in groups) - colour_total
    mono = share_out(mono_total, [running.duty_cycle for _i, _w, _r, running in chosen])
    colour = share_out(
        colour_total,
        [running.duty_cycle if Ability.COLOUR in running.can else 0 for _i, _w, _r, running in chosen],
    )
    devices = [
        ExistingDevice(
            device_id, words, f"in-{room.id}", running, Volume(mono[index], colour[index]), Fate.FREE
        )
        for index, (device_id, words, room, running) in enumerate(chosen)
    ]
    return (_at_yearly_cost(devices, measure.cost_year), places) if measure.cost_year else (devices, places)


def _at_yearly_cost(devices: list[ExistingDevice], cost_year: Decimal) -> list[ExistingDevice]:
    """Scale rents and clicks alike, so that a year costs what is known."""
    parameters = Parameters(months=12)
    energy = sum(
        (price_running(_scale(each.running, Fraction(0)), parameters) for each in devices), Fraction(0)
    )
    now = sum(
        (price_running(d.running, parameters) + price_prints(d.volume, d.running, 12) for d in devices),
        Fraction(0),
    )
    factor = (Fraction(cost_year) - energy) / (now - energy)
    if factor <= 0:
        raise ValueError("the yearly cost does not even pay the energy")
    return [
        ExistingDevice(d.id, d.name, d.place, _scale(d.running, factor), d.volume, d.fate) for d in devices
    ]


def _scale(running: Running, factor: Fraction) -> Running:
    def to_places(value: Decimal, places: int) -> Decimal:
        return to_cents(Fraction(value) * factor * 10 ** (places - 2)).scaleb(2 - places)

    return Running(
        running.can,
        to_places(running.rent, 2),
        to_places(running.click_mono, 6),
        to_places(running.click_colour, 6),
        running.a3_factor,
        running.energy_kwh_week,
        running.duty_cycle,
        running.most_users,
    )
