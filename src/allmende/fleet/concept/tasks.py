# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the solver sees: tasks to be served, stands that are alike, options to put there; `parts` cuts them into parts that don't touch.

A *task* is a group's printing that goes to one device: all of it, or, where a longer walk is allowed for A3, colour or another need,
that need's share apart. A *stand* is a set of slots at places that serve the same tasks within reach: which of them is taken makes no
difference to cost or rules, so the solver chooses the stand and the slot is chosen afterwards. An *option* puts one kind of device on a stand.

Always holds: frozen values; costs are exact, EUR over the term.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from allmende.fleet.concept.costs import price_lack, price_prints
from allmende.fleet.concept.distances import Walks, measure_walks
from allmende.fleet.concept.model import (
    SEPARABLE,
    Ability,
    Centimetres,
    Concept,
    Group,
    MinimumVolume,
    Running,
    Volume,
)

Mode = Literal["new", "keep", "move"]


@dataclass(frozen=True, slots=True)
class Task:
    """`kind` is empty for everyday printing, else the need that is met apart. `walks`: place → walk, within reach alone."""

    group: str
    kind: str
    people: int
    volume: Volume
    needs: frozenset[Ability]
    limit: Centimetres
    walks: dict[str, Centimetres] = field(hash=False)
    #: (building, floor) of its room.
    floor: tuple[str, int] = ("", 0)
    #: Places where a second device counts; None where none is asked for.
    second: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    place: str
    number: int


@dataclass(frozen=True, slots=True)
class Option:
    """One kind of device: of the catalogue, or of the alike devices of today (`pool`), kept where it is or moved."""

    mode: Mode
    kind: str
    running: Running
    #: EUR over the term, less what giving it back would have cost.
    cost: Fraction
    most_users: int
    capacity: int
    lowest_load: int
    fewest_users: int
    #: Of the contract that the device is in.
    minimum: MinimumVolume | None = None

    @property
    def own_minimum(self) -> MinimumVolume | None:
        """What this device must print by itself."""
        return None if self.minimum is None or self.minimum.is_pooled else self.minimum


@dataclass(frozen=True, slots=True)
class Stand:
    slots: tuple[Slot, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Tasks and stands that touch no others; `reach[t]` and `second[t]` are stands' indices."""

    tasks: tuple[Task, ...]
    stands: tuple[Stand, ...]
    reach: tuple[tuple[int, ...], ...]
    second: tuple[tuple[int, ...] | None, ...]
    #: How many devices of today there are of each pool.
    pools: dict[str, int] = field(hash=False)
    #: (place, pool) → how many stand there, and how many of them must stay.
    standing: dict[tuple[str, str], tuple[int, int]] = field(hash=False)
    #: One for all devices of the contract together; None where it makes no difference within this part.
    pooled: MinimumVolume | None = None


def task_cost(task: Task, option: Option, months: int) -> Fraction:
    return price_prints(task.volume, option.running, months)


def lack_cost(
    part: Part, served: Iterable[tuple[Task, Option]], devices: Iterable[tuple[Option, int]], months: int
) -> Fraction:
    """What these kinds of devices, each kind together, and the pool lack of their minimum."""
    volumes: dict[Option, Volume] = defaultdict(Volume)
    for task, option in served:
        volumes[option] += task.volume
    lack = Fraction(0)
    for option, count in devices:
        if option.own_minimum is not None:
            lack += price_lack(option.own_minimum, volumes[option], months, count)
    if part.pooled is not None:
        inside = sum((volume for option, volume in volumes.items() if option.minimum), Volume())
        lack += price_lack(part.pooled, inside, months)
    return lack


def suits(option: Option, task: Task) -> bool:
    """Whether this kind of device could serve the task, if it were near."""
    return (
        task.needs <= option.running.can
        and task.people <= option.most_users
        and task.volume.load <= option.capacity
    )


# --- tasks -----------------------------------------------------------------------------------------------------------


def make_tasks(concept: Concept) -> list[Task]:
    """Every group's tasks, with the places in reach."""
    walks = measure_walks(concept)
    free = measure_walks(concept, step_free=True) if any(g.is_step_free for g in concept.groups) else walks
    by_room: dict[bool, dict[str, dict[str, Centimetres]]] = {}
    for step_free, measured in ((False, walks), (True, free)):
        by_room[step_free] = _by_room(measured)
    public = {place.id for place in concept.places if place.is_public}
    tasks = []
    for group in concept.groups:
        near = by_room[group.is_step_free].get(group.room, {})
        if group.is_confidential:
            near = {place: walk for place, walk in near.items() if place not in public}
        tasks += [_with_reach(task, near, concept) for task in _split(group, concept)]
    return tasks


def _by_room(walks: Walks) -> dict[str, dict[str, Centimetres]]:
    found: dict[str, dict[str, Centimetres]] = defaultdict(dict)
    for (room, place), walk in walks.items():
        found[room][place] = walk
    return found


def all_needs(group: Group) -> frozenset[Ability]:
    """What was asked for and what the volume shows."""
    needs = set(group.needs)
    if group.volume.colour or group.volume.a3_colour:
        needs.add(Ability.COLOUR)
    if group.volume.a3_mono or group.volume.a3_colour:
        needs.add(Ability.A3)
    return frozenset(needs)


def _split(group: Group, concept: Concept) -> list[Task]:
    parameters = concept.parameters
    needs = all_needs(group)
    limit = group.own_walk if group.own_walk is not None else parameters.longest_walk
    if group.is_counter:
        limit = min(limit, parameters.counter_walk)
    if group.is_confidential:
        limit = min(limit, parameters.confidential_walk)
    tied = group.is_counter or group.is_confidential or group.own_walk is not None
    apart = (
        [] if tied else [need for need in SEPARABLE if need in needs and need in parameters.longest_walk_for]
    )
    rest, shares = group.volume, []
    for need in apart:
        share, rest = _take_share(rest, need)
        with_it = {need}
        if share.colour or share.a3_colour:
            with_it.add(Ability.COLOUR)
        if share.a3_mono or share.a3_colour:
            with_it.add(Ability.A3)
        far = max(parameters.longest_walk_for[need], limit)
        shares.append(Task(group.id, need.value, 0, share, frozenset(with_it), far, {}))
    everyday = set(needs) - set(apart)
    return [Task(group.id, "", group.people, rest, frozenset(everyday), limit, {}), *shares]


def _take_share(volume: Volume, need: Ability) -> tuple[Volume, Volume]:
    """(what this need prints, what is left)."""
    if need == Ability.A3:
        return Volume(a3_mono=volume.a3_mono, a3_colour=volume.a3_colour), replace(
            volume, a3_mono=0, a3_colour=0
        )
    if need == Ability.COLOUR:
        return Volume(colour=volume.colour, a3_colour=volume.a3_colour), replace(
            volume, colour=0, a3_colour=0
        )
    return Volume(), volume


def _with_reach(task: Task, near: dict[str, Centimetres], concept: Concept) -> Task:
    walks = {place: walk for place, walk in near.items() if walk <= task.limit}
    second = None
    if concept.parameters.second_walk and not task.kind:
        far = max(concept.parameters.second_walk, task.limit)
        second = frozenset(place for place, walk in near.items() if walk <= far)
    room = concept.room_of[concept.group_of[task.group].room]
    return replace(task, walks=walks, floor=(room.building, room.floor), second=second)
