# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The input file of a concept: TOML, read strictly, written back. The format stands in docs/concept.md.

Always holds: an unknown key is a fault, never passed over; every fault names the key and says what to do, and all faults of a file are
told at once (up to a bound); what is written reads back as the same concept. Sizes are bounded, for files come from outside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar

from allmende.fleet.concept.generator import share_out
from allmende.fleet.concept.input_tables import MOST_MONEY, REQUIRED, Fault, Faults, InputFileError, Table
from allmende.fleet.concept.model import (
    SEPARABLE,
    Ability,
    Building,
    Centimetres,
    Concept,
    DeviceType,
    ExistingDevice,
    Fate,
    Group,
    MinimumVolume,
    Parameters,
    Place,
    Room,
    Running,
    Volume,
    Way,
)
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.concept.sentences import mark as _

FORMAT: Final = 1
LONGEST_FILE: Final = 4_000_000
_MOST: Final = {
    "building": 500,
    "room": 3000,
    "place": 3000,
    "group": 5000,
    "type": 100,
    "device": 3000,
    "way": 20_000,
    "distance": 50_000,
}

T = TypeVar("T")


def read_concept(data: bytes | str) -> Concept:
    """The concept of a file. Raises InputFileError."""
    if len(data) > LONGEST_FILE:
        raise InputFileError(
            [Fault("file", Sentence(_("is larger than 4 MB; leave out what is not planned")))]
        )
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        values = tomllib.loads(text.replace("\r\n", "\n"), parse_float=Decimal)
    except UnicodeDecodeError:
        raise InputFileError([Fault("file", Sentence(_("is not text in UTF-8; save it as UTF-8")))]) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        why = str(error)[:120] or type(error).__name__
        raise InputFileError([Fault("file", Sentence(_("is not TOML: %(why)s"), {"why": why}))]) from None
    faults = Faults()
    concept = _read(Table("file", values, faults), faults)
    if faults:
        raise InputFileError(faults)
    return concept


def _tables(top: Table, key: str, faults: Faults) -> list[Table]:
    top.asked.add(key)
    found = top.values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        faults.tell(key, _("write each as a table that begins with [[%(key)s]]"), key=key)
        return []
    if len(found) > _MOST[key]:
        faults.tell(key, _("are more than %(most)s; plan in several files"), most=_MOST[key])
        return []
    return [Table(f"{key}[{number}]", each, faults) for number, each in enumerate(found, start=1)]


def _read_each(
    top: Table, key: str, read: Callable[[Table], T], faults: Faults, ids: dict[str, str] | None = None
) -> list[T]:
    """All tables of a kind; `ids` collects their ids and tells of those used twice."""
    made = []
    for table in _tables(top, key, faults):
        if ids is not None:
            name = table.values.get("id")
            if isinstance(name, str) and name in ids:
                faults.tell(
                    f"{table.where}.id",
                    _("“%(name)s” is taken by %(other)s; ids are unique"),
                    name=name[:120],
                    other=ids[name],
                )
            elif isinstance(name, str):
                ids[name] = table.where
        made.append(read(table))
        table.close()
    return made


def _read(top: Table, faults: Faults) -> Concept:
    if top.count("format", REQUIRED) != FORMAT:
        faults.tell("file.format", _("write format = 1"))
    title = top.text("title")
    top.asked.add("parameters")
    values = top.values.get("parameters", {})
    if not isinstance(values, dict):
        faults.tell("parameters", _("write it as a table that begins with [%(key)s]"), key="parameters")
        values = {}
    table = Table("parameters", values, faults)
    parameters = _read_parameters(table, faults)
    table.close()
    minimum = _read_minimum(top, faults)
    building_ids: dict[str, str] = {}
    buildings = _read_each(top, "building", _read_building, faults, building_ids)
    spots: dict[str, str] = {}
    rooms = _read_each(top, "room", lambda t: _read_room(t, building_ids), faults, spots)
    room_of = {room.id: room for room in rooms}
    type_ids: dict[str, str] = {}
    types = _read_each(top, "type", _read_type, faults, type_ids)
    places = _read_each(
        top, "place", lambda t: _read_place(t, building_ids, room_of, type_ids), faults, spots
    )
    place_ids = {place.id for place in places}
    group_ids: dict[str, str] = {}
    groups = _read_each(top, "group", lambda t: _read_group(t, room_of), faults, group_ids)
    device_ids: dict[str, str] = dict(type_ids)
    devices = _read_each(top, "device", lambda t: _read_device(t, place_ids), faults, device_ids)
    ways = _read_each(top, "way", _read_way, faults)
    measured = _read_each(top, "distance", lambda t: _read_distance(t, room_of, place_ids), faults)
    top.close()
    seen: set[str] = set()
    for number, (group, _given) in enumerate(groups, start=1):
        if group.id in seen and f"group[{number}]" not in group_ids.values():
            faults.tell(f"group[{number}].id", _("is missing; the room has several groups, give each an id"))
        seen.add(group.id)
    for key, found in (
        ("building", buildings),
        ("room", rooms),
        ("place", places),
        ("group", groups),
        ("type", types),
    ):
        if not found:
            faults.tell(key, _("is missing; write at least one [[%(key)s]]"), key=key)
    if faults:
        raise InputFileError(faults)
    concept = Concept(
        title,
        parameters,
        tuple(buildings),
        tuple(rooms),
        tuple(places),
        tuple(group for group, _given in groups),
        tuple(types),
        tuple(devices),
        tuple(ways),
        dict(measured),
        minimum,
    )
    without = [group.id for group, given in groups if not given]
    return fill_volumes(concept, without) if without else concept


def _read_parameters(table: Table, faults: Faults) -> Parameters:
    usual = Parameters()
    far: dict[Ability, Centimetres] = {}
    given = table.values.get("longest_walk_for", {})
    table.asked.add("longest_walk_for")
    if isinstance(given, dict):
        own = Table("parameters.longest_walk_for", given, faults)
        far = {ability: own.metres(ability.value, 0) for ability in SEPARABLE if ability.value in given}
        own.asked |= {ability.value for ability in SEPARABLE}
        own.close()
    else:
        faults.tell("parameters.longest_walk_for", _("write it as { a3 = 60, colour = 45 }"))
    return Parameters(
        table.count("months", usual.months, 1, 240),
        table.number("energy_price_kwh", usual.energy_price, most=Decimal(100)),
        table.number("tax_percent", usual.tax_percent, most=Decimal(100)),
        table.metres("longest_walk_m", usual.longest_walk),
        far,
        table.metres("second_device_walk_m", usual.second_walk),
        table.metres("counter_walk_m", usual.counter_walk),
        table.metres("confidential_walk_m", usual.confidential_walk),
        table.count("most_users", usual.most_users, 1, 10_000),
        table.count("fewest_users", usual.fewest_users, 0, 10_000),
        table.number("lowest_duty_share", usual.lowest_share, most=Decimal(1)),
        table.number("highest_duty_share", usual.highest_share, most=Decimal(1)),
        table.flag("enforce_lowest", usual.enforces_lowest),
    )


def _read_minimum(top: Table, faults: Faults) -> MinimumVolume | None:
    top.asked.add("minimum")
    values = top.values.get("minimum")
    if values is None:
        return None
    if not isinstance(values, dict):
        faults.tell("minimum", _("write it as a table that begins with [%(key)s]"), key="minimum")
        return None
    table = Table("minimum", values, faults)
    mono, colour = table.count("mono", 0), table.count("colour", 0)
    minimum = MinimumVolume(
        mono,
        colour,
        table.number("click_mono", REQUIRED if mono else Decimal(0), most=Decimal(100)),
        table.number("click_colour", REQUIRED if colour else Decimal(0), most=Decimal(100)),
        table.flag("pooled", default=True),
    )
    table.close()
    return minimum


def _read_building(table: Table) -> Building:
    return Building(
        table.text("id"),
        table.text("name"),
        table.flag("lift"),
        table.metres("floor_change_m", 2000),
        table.point("stairs_x", "stairs_y"),
    )


def _read_floor(table: Table) -> int:
    def accept(value: object) -> int | None:
        return (
            value if isinstance(value, int) and not isinstance(value, bool) and -20 <= value <= 100 else None
        )

    return int(table.take("floor", 0, accept, _("write the floor as a whole number; 0 is the ground floor")))


def _read_room(table: Table, buildings: Mapping[str, str]) -> Room:
    return Room(
        table.text("id"),
        table.text("name"),
        table.refer("building", buildings),
        _read_floor(table),
        table.point(),
        table.metres("width_m", 400),
        table.metres("depth_m", 400),
    )


def _read_place(
    table: Table, buildings: Mapping[str, str], rooms: Mapping[str, Room], types: Mapping[str, str]
) -> Place:
    room = rooms.get(table.refer("room", rooms, ""))
    if room is None:
        building, floor, at = table.refer("building", buildings), _read_floor(table), table.point()
    else:
        building, floor, at = room.building, room.floor, table.point() or room.at
    fitting = table.words("types")
    for name in fitting:
        if name not in types:
            table.faults.tell(
                f"{table.where}.types",
                _("“%(name)s” stands nowhere in the file; write an id that it has"),
                name=name[:40],
            )
    return Place(
        table.text("id"),
        table.text("name"),
        building,
        floor,
        at,
        room.id if room else "",
        table.count("holds", 1, 1, 20),
        table.flag("public"),
        table.flag("for_new", True),
        frozenset(fitting),
    )


def _read_volume(table: Table) -> Volume:
    return Volume(
        table.count("mono", 0),
        table.count("colour", 0),
        table.count("a3_mono", 0),
        table.count("a3_colour", 0),
    )


def _read_group(table: Table, rooms: Mapping[str, Room]) -> tuple[Group, bool]:
    """(group, whether its volume is given)."""
    is_given = any(key in table.values for key in ("mono", "colour", "a3_mono", "a3_colour"))
    room = table.refer("room", rooms)
    own_walk = table.metres("longest_walk_m", 0)
    group = Group(
        table.text("id", room or "-"),
        room,
        table.count("people", REQUIRED, 1, 10_000),
        _read_volume(table),
        table.abilities("needs"),
        table.flag("counter"),
        table.flag("confidential"),
        table.flag("step_free"),
        own_walk if "longest_walk_m" in table.values else None,
    )
    return group, is_given


def _read_running(table: Table) -> Running:
    most = table.count("most_users", 0, 0, 10_000)
    abilities = table.abilities("can")
    return Running(
        abilities,
        table.number("rent_month"),
        table.number("click_mono", most=Decimal(100)),
        table.number(
            "click_colour", REQUIRED if Ability.COLOUR in abilities else Decimal(0), most=Decimal(100)
        ),
        table.number("a3_factor", Decimal(2), most=Decimal(100)),
        table.number("energy_kwh_week", most=Decimal(10_000)),
        table.count("duty_cycle", REQUIRED, 1),
        most or None,
    )


def _read_type(table: Table) -> DeviceType:
    return DeviceType(
        table.text("id"), table.text("name"), _read_running(table), table.number("one_off", Decimal(0))
    )


def _read_device(table: Table, places: set[str]) -> ExistingDevice:
    return ExistingDevice(
        table.text("id"),
        table.text("name"),
        table.refer("place", places),
        _read_running(table),
        _read_volume(table),
        Fate(table.choice("fate", list(Fate), Fate.FREE)),
        table.flag("may_move"),
        table.number("move_cost", Decimal(0)),
        table.number("give_back_cost", Decimal(0), -MOST_MONEY),
        table.flag("in_contract"),
    )


def _read_way(table: Table) -> Way:
    return Way(table.text("from"), table.text("to"), table.metres("metres"), table.flag("stairs"))


def _read_distance(
    table: Table, rooms: Mapping[str, Room], places: set[str]
) -> tuple[tuple[str, str], Centimetres]:
    return (table.refer("room", rooms), table.refer("place", places)), table.metres("metres")


def fill_volumes(concept: Concept, without: Sequence[str]) -> Concept:
    """Groups without a volume share what the readings of their building hold beyond the given volumes, by heads."""
    filled: dict[str, Volume] = {}
    for building in concept.buildings:
        here = [group for group in concept.groups if concept.room_of[group.room].building == building.id]
        open_ones = [group for group in here if group.id in without]
        read = sum(
            (d.volume for d in concept.devices if concept.place_of[d.place].building == building.id), Volume()
        )
        given = sum((group.volume for group in here), Volume())
        heads = [group.people for group in open_ones]
        if not open_ones:
            continue
        shares = [
            share_out(max(0, getattr(read, kind) - getattr(given, kind)), heads)
            for kind in ("mono", "colour", "a3_mono", "a3_colour")
        ]
        for group, *counts in zip(open_ones, *shares, strict=True):
            filled[group.id] = Volume(*counts)
    groups = tuple(replace(group, volume=filled.get(group.id, group.volume)) for group in concept.groups)
    return replace(concept, groups=groups)
