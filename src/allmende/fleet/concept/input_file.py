# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The input file of a concept: TOML, read strictly, written back. The format stands in docs/concept.md.

Always holds: an unknown key is a fault, never passed over; every fault names the key and says what to do, and all faults of a file are
told at once (up to a bound); what is written reads back as the same concept. Sizes are bounded, for files come from outside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from allmende.fleet.concept.generator import share_out
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
    Parameters,
    Place,
    Point,
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
_MOST_FAULTS: Final = 30
_MOST_METRES: Final = Decimal(100_000)
_MOST_MONEY: Final = Decimal(10_000_000)
_MOST_COUNT: Final = 100_000_000

T = TypeVar("T")
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` as `room[3].floor`, counted from 1 like a reader counts."""

    where: str
    what: Sentence

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class InputFileError(Exception):
    """The file is not a concept; `faults` says what to mend."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class _Faults(list[Fault]):
    def tell(self, where: str, text: str, **values: str | int) -> None:
        if len(self) < _MOST_FAULTS:
            self.append(Fault(where, Sentence(text, values)))


class _Table:
    """One table of the file; every key is asked for once, what is left over is unknown."""

    def __init__(self, where: str, values: Mapping[str, Any], faults: _Faults) -> None:
        self.where, self.values, self.faults = where, values, faults
        self.asked: set[str] = set()

    def _take(self, key: str, default: Any, accepts: Callable[[Any], T | None], expected: str) -> Any:
        self.asked.add(key)
        if key not in self.values:
            if default is _REQUIRED:
                self.faults.tell(f"{self.where}.{key}", _("is missing; add this key"))
                return None
            return default
        value = accepts(self.values[key])
        if value is None:
            self.faults.tell(f"{self.where}.{key}", expected)
            return None if default is _REQUIRED else default
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        def accept(value: object) -> str | None:
            return value if isinstance(value, str) and 0 < len(value) <= 120 and value.isprintable() else None

        return (
            self._take(key, default, accept, _("write a text of 1 to 120 characters, in quotation marks"))
            or ""
        )

    def count(self, key: str, default: Any = _REQUIRED, least: int = 0, most: int = _MOST_COUNT) -> int:
        def accept(value: object) -> int | None:
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            return value if is_whole and least <= value <= most else None  # type: ignore[operator,return-value]

        taken = self._take(
            key,
            default,
            accept,
            _("write a whole number that is not negative, in the span that the key allows"),
        )
        return least if taken is None else int(taken)

    def number(
        self, key: str, default: Any = _REQUIRED, least: Decimal = Decimal(0), most: Decimal = _MOST_MONEY
    ) -> Decimal:
        def accept(value: object) -> Decimal | None:
            found = _to_decimal(value)
            return found if found is not None and least <= found <= most else None

        taken = self._take(
            key, default, accept, _("write a number such as 12.50, in the span that the key allows")
        )
        return Decimal(0) if taken is None else Decimal(taken)

    def metres(self, key: str, default: Centimetres | None = None) -> Centimetres:
        taken = self._take(
            key,
            _REQUIRED if default is None else default,
            _to_length,
            _("write a length in metres, such as 12.5"),
        )
        return 0 if taken is None else int(taken)

    def flag(self, key: str, default: bool = False) -> bool:
        def accept(value: object) -> bool | None:
            return value if isinstance(value, bool) else None

        return bool(self._take(key, default, accept, _("write true or false, without quotation marks")))

    def words(self, key: str) -> list[str]:
        def accept(value: object) -> list[str] | None:
            is_list = isinstance(value, list) and len(value) <= 200 and all(isinstance(v, str) for v in value)
            return value if is_list else None  # type: ignore[return-value]

        return self._take(key, [], accept, _("write a list of texts in square brackets")) or []

    def abilities(self, key: str) -> frozenset[Ability]:
        found = set()
        for word in self.words(key):
            try:
                found.add(Ability(word))
            except ValueError:
                self.faults.tell(
                    f"{self.where}.{key}",
                    _("“%(word)s” is not known; choose from %(known)s"),
                    word=word[:40],
                    known=", ".join(Ability),
                )
        return frozenset(found)

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        def accept(value: object) -> str | None:
            return value if isinstance(value, str) and value in known else None

        return str(self._take(key, default, accept, _("choose one of the words that the key allows")))

    def point(self, key_x: str = "x", key_y: str = "y") -> Point | None:
        if key_x not in self.values and key_y not in self.values:
            self.asked |= {key_x, key_y}
            return None

        def accept(value: object) -> Decimal | None:
            found = _to_decimal(value)
            return found if found is not None and abs(found) <= _MOST_METRES else None

        expected = _("write both coordinates in metres, such as 12.5")
        x, y = (self._take(key, _REQUIRED, accept, expected) for key in (key_x, key_y))
        return None if x is None or y is None else Point(round(x * 100), round(y * 100))

    def refer(self, key: str, known: Mapping[str, object] | set[str], default: Any = _REQUIRED) -> str:
        name = self.text(key, default)
        if name and name not in known:
            self.faults.tell(
                f"{self.where}.{key}",
                _("“%(name)s” stands nowhere in the file; write an id that it has"),
                name=name,
            )
        return name

    def close(self) -> None:
        for key in self.values:
            if key not in self.asked:
                near = get_close_matches(key, sorted(self.asked), 1)
                text = (
                    _("is not known; did you mean “%(near)s”?")
                    if near
                    else _("is not known; remove it. Known are: %(known)s")
                )
                values = {"near": near[0]} if near else {"known": ", ".join(sorted(self.asked))}
                self.faults.tell(f"{self.where}.{key[:40]}", text, **values)


def _to_decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    return found if found.is_finite() and isinstance(exponent, int) and -12 <= exponent <= 12 else None


def _to_length(value: object) -> Centimetres | None:
    found = _to_decimal(value)
    return round(found * 100) if found is not None and 0 <= found <= _MOST_METRES else None


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
    faults = _Faults()
    concept = _read(_Table("file", values, faults), faults)
    if faults:
        raise InputFileError(faults)
    return concept


def _tables(top: _Table, key: str, faults: _Faults) -> list[_Table]:
    top.asked.add(key)
    found = top.values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        faults.tell(key, _("write each as a table that begins with [[%(key)s]]"), key=key)
        return []
    if len(found) > _MOST[key]:
        faults.tell(key, _("are more than %(most)s; plan in several files"), most=_MOST[key])
        return []
    return [_Table(f"{key}[{number}]", each, faults) for number, each in enumerate(found, start=1)]


def _read_each(
    top: _Table, key: str, read: Callable[[_Table], T], faults: _Faults, ids: dict[str, str] | None = None
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


def _read(top: _Table, faults: _Faults) -> Concept:
    if top.count("format", _REQUIRED) != FORMAT:
        faults.tell("file.format", _("write format = 1"))
    title = top.text("title")
    top.asked.add("parameters")
    values = top.values.get("parameters", {})
    if not isinstance(values, dict):
        faults.tell("parameters", _("write it as a table that begins with [%(key)s]"), key="parameters")
        values = {}
    table = _Table("parameters", values, faults)
    parameters = _read_parameters(table, faults)
    table.close()
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
    )
    without = [group.id for group, given in groups if not given]
    return fill_volumes(concept, without) if without else concept


def _read_parameters(table: _Table, faults: _Faults) -> Parameters:
    usual = Parameters()
    far: dict[Ability, Centimetres] = {}
    given = table.values.get("longest_walk_for", {})
    table.asked.add("longest_walk_for")
    if isinstance(given, dict):
        own = _Table("parameters.longest_walk_for", given, faults)
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


def _read_building(table: _Table) -> Building:
    return Building(
        table.text("id"),
        table.text("name"),
        table.flag("lift"),
        table.metres("floor_change_m", 2000),
        table.point("stairs_x", "stairs_y"),
    )


def _read_floor(table: _Table) -> int:
    def accept(value: object) -> int | None:
        return (
            value if isinstance(value, int) and not isinstance(value, bool) and -20 <= value <= 100 else None
        )

    return int(table._take("floor", 0, accept, _("write the floor as a whole number; 0 is the ground floor")))  # noqa: SLF001


def _read_room(table: _Table, buildings: Mapping[str, str]) -> Room:
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
    table: _Table, buildings: Mapping[str, str], rooms: Mapping[str, Room], types: Mapping[str, str]
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


def _read_volume(table: _Table) -> Volume:
    return Volume(
        table.count("mono", 0),
        table.count("colour", 0),
        table.count("a3_mono", 0),
        table.count("a3_colour", 0),
    )


def _read_group(table: _Table, rooms: Mapping[str, Room]) -> tuple[Group, bool]:
    """(group, whether its volume is given)."""
    is_given = any(key in table.values for key in ("mono", "colour", "a3_mono", "a3_colour"))
    room = table.refer("room", rooms)
    own_walk = table.metres("longest_walk_m", 0)
    group = Group(
        table.text("id", room or "-"),
        room,
        table.count("people", _REQUIRED, 1, 10_000),
        _read_volume(table),
        table.abilities("needs"),
        table.flag("counter"),
        table.flag("confidential"),
        table.flag("step_free"),
        own_walk if "longest_walk_m" in table.values else None,
    )
    return group, is_given


def _read_running(table: _Table) -> Running:
    most = table.count("most_users", 0, 0, 10_000)
    abilities = table.abilities("can")
    return Running(
        abilities,
        table.number("rent_month"),
        table.number("click_mono", most=Decimal(100)),
        table.number(
            "click_colour", _REQUIRED if Ability.COLOUR in abilities else Decimal(0), most=Decimal(100)
        ),
        table.number("a3_factor", Decimal(2), most=Decimal(100)),
        table.number("energy_kwh_week", most=Decimal(10_000)),
        table.count("duty_cycle", _REQUIRED, 1),
        most or None,
    )


def _read_type(table: _Table) -> DeviceType:
    return DeviceType(
        table.text("id"), table.text("name"), _read_running(table), table.number("one_off", Decimal(0))
    )


def _read_device(table: _Table, places: set[str]) -> ExistingDevice:
    return ExistingDevice(
        table.text("id"),
        table.text("name"),
        table.refer("place", places),
        _read_running(table),
        _read_volume(table),
        Fate(table.choice("fate", list(Fate), Fate.FREE)),
        table.flag("may_move"),
        table.number("move_cost", Decimal(0)),
        table.number("give_back_cost", Decimal(0), -_MOST_MONEY),
    )


def _read_way(table: _Table) -> Way:
    return Way(table.text("from"), table.text("to"), table.metres("metres"), table.flag("stairs"))


def _read_distance(
    table: _Table, rooms: Mapping[str, Room], places: set[str]
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
