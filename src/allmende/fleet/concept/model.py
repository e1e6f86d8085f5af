# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a concept is planned from: rooms and who works there, places, devices that stand there today, the catalogue, the wishes.

Always holds: frozen values; money in EUR, net, Decimal; walks in whole centimetres, so that "30 m" is exactly that; volumes are
impressions a month. The benchmarks that stand here as defaults are parameters, not truths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

Centimetres = int


class Ability(StrEnum):
    """What a group may need and a device can do."""

    A3 = "a3"
    COLOUR = "colour"
    FINISHER = "finisher"
    SCAN = "scan"
    FAX = "fax"


#: For these a group may be sent to another device than its everyday one, further away.
SEPARABLE = (Ability.A3, Ability.COLOUR, Ability.FINISHER, Ability.FAX)


class Fate(StrEnum):
    """What may happen to a device that stands there today."""

    FREE = "free"
    STAY = "stay"
    GIVE_BACK = "give_back"


@dataclass(frozen=True, slots=True)
class Point:
    x: Centimetres
    y: Centimetres


@dataclass(frozen=True, slots=True)
class Building:
    id: str
    name: str
    has_lift: bool = False
    #: What one floor up or down counts as, besides the way to the stairs.
    floor_change: Centimetres = 2000
    stairs: Point | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """`at` is its middle; without it, ways or distances tell how far it is."""

    id: str
    name: str
    building: str
    floor: int
    at: Point | None = None
    width: Centimetres = 400
    depth: Centimetres = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Where devices may stand. `holds` devices; `types` are the catalogue's types that fit (empty: all)."""

    id: str
    name: str
    building: str
    floor: int
    at: Point | None = None
    room: str = ""
    holds: int = 1
    is_public: bool = False
    is_for_new: bool = True
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Volume:
    """Impressions a month."""

    mono: int = 0
    colour: int = 0
    a3_mono: int = 0
    a3_colour: int = 0

    @property
    def impressions(self) -> int:
        return self.mono + self.colour + self.a3_mono + self.a3_colour

    @property
    def load(self) -> int:
        """In A4 impressions, as duty cycles are told: A3 wears twice."""
        return self.mono + self.colour + 2 * (self.a3_mono + self.a3_colour)

    @property
    def counted_mono(self) -> int:
        """What counts towards a contract's volume: an A3 impression is one."""
        return self.mono + self.a3_mono

    @property
    def counted_colour(self) -> int:
        return self.colour + self.a3_colour

    def __add__(self, other: Volume) -> Volume:
        return Volume(
            self.mono + other.mono,
            self.colour + other.colour,
            self.a3_mono + other.a3_mono,
            self.a3_colour + other.a3_colour,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """People of one room with the same needs: they use the same device."""

    id: str
    room: str
    people: int
    volume: Volume
    needs: frozenset[Ability] = frozenset()
    is_counter: bool = False
    is_confidential: bool = False
    #: No stairs: another floor only where there is a lift.
    is_step_free: bool = False
    own_walk: Centimetres | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """What a device is and costs. `rent` EUR a month; clicks EUR an A4 impression; an A3 one costs `a3_factor` times as much."""

    can: frozenset[Ability]
    rent: Decimal
    click_mono: Decimal
    click_colour: Decimal
    a3_factor: Decimal
    energy_kwh_week: Decimal
    #: The most A4 impressions a month that the maker allows.
    duty_cycle: int
    #: None: the concept's own limit alone.
    most_users: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A type of the catalogue, at the framework's prices."""

    id: str
    name: str
    running: Running
    one_off: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ExistingDevice:
    """A device of today; `volume` is what the readings say it prints a month."""

    id: str
    name: str
    place: str
    running: Running
    volume: Volume = Volume()
    fate: Fate = Fate.FREE
    may_move: bool = False
    move_cost: Decimal = Decimal(0)
    #: Paid once when it leaves; negative where the take-back brings money.
    give_back_cost: Decimal = Decimal(0)
    #: Under the contract with the minimum volume.
    is_in_contract: bool = False


@dataclass(frozen=True, slots=True)
class MinimumVolume:
    """So many impressions a month the contract bills at least: what lacks costs `click_…` each.

    Pooled it is one volume of the whole fleet, else each device's own. The catalogue's devices are in the contract, and those of today
    that say so. A pooled one is due also where no device of the contract stands.
    """

    mono: int
    colour: int
    click_mono: Decimal
    click_colour: Decimal
    is_pooled: bool = True


@dataclass(frozen=True, slots=True)
class Parameters:
    months: int = 60
    energy_price: Decimal = Decimal("0.30")
    tax_percent: Decimal = Decimal(19)
    longest_walk: Centimetres = 3000
    #: Needs that may be met at another device, at most so far away.
    longest_walk_for: Mapping[Ability, Centimetres] = field(default_factory=dict)
    #: How far a second device may be (n-1); 0: none is asked for.
    second_walk: Centimetres = 6000
    counter_walk: Centimetres = 500
    confidential_walk: Centimetres = 1000
    most_users: int = 12
    fewest_users: int = 5
    #: Of the duty cycle.
    lowest_share: Decimal = Decimal("0.20")
    highest_share: Decimal = Decimal(1)
    #: False: fewest_users and lowest_share are goals that the plan reports on; True: no device stands below them.
    enforces_lowest: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A stretch of corridor or stairs between two rooms, places or junctions."""

    start: str
    end: str
    length: Centimetres
    is_stairs: bool = False


@dataclass(frozen=True)
class Concept:
    """One planning task; ids are unique among rooms and places together, groups, types and devices."""

    title: str
    parameters: Parameters
    buildings: tuple[Building, ...]
    rooms: tuple[Room, ...]
    places: tuple[Place, ...]
    groups: tuple[Group, ...]
    types: tuple[DeviceType, ...]
    devices: tuple[ExistingDevice, ...] = ()
    ways: tuple[Way, ...] = ()
    #: (room, place) → walk, where it was measured; stronger than coordinates and ways.
    distances: Mapping[tuple[str, str], Centimetres] = field(default_factory=dict)
    minimum: MinimumVolume | None = None

    @cached_property
    def building_of(self) -> dict[str, Building]:
        return {each.id: each for each in self.buildings}

    @cached_property
    def room_of(self) -> dict[str, Room]:
        return {each.id: each for each in self.rooms}

    @cached_property
    def place_of(self) -> dict[str, Place]:
        return {each.id: each for each in self.places}

    @cached_property
    def group_of(self) -> dict[str, Group]:
        return {each.id: each for each in self.groups}

    @cached_property
    def type_of(self) -> dict[str, DeviceType]:
        return {each.id: each for each in self.types}

    @cached_property
    def device_of(self) -> dict[str, ExistingDevice]:
        return {each.id: each for each in self.devices}
