# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the solver sees: tasks to be served, stands that are alike, options to put there; cut into parts that don't touch.

A *task* is a group's printing that goes to one device: all of it, or, where a longer walk is allowed for A3, colour or another need,
that need's share apart. A *stand* is a set of slots at places that serve the same tasks within reach: which of them is taken makes no
difference to cost or rules, so the solver chooses the stand and the slot is chosen afterwards. An *option* puts one kind of device on a stand.

Always holds: an option that costs more and can do less than another is left out only where no count limits either; what is
left out never makes the plan dearer (see `drop_dominated`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from allmende.fleet.concept.costs import price_prints, price_running
from allmende.fleet.concept.distances import Walks, measure_walks
from allmende.fleet.concept.model import (
    SEPARABLE,
    Ability,
    Centimetres,
    Concept,
    ExistingDevice,
    Fate,
    Group,
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


def task_cost(task: Task, option: Option, months: int) -> Fraction:
    return price_prints(task.volume, option.running, months)


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


# --- options ---------------------------------------------------------------------------------------------------------


def make_pools(concept: Concept) -> dict[str, list[ExistingDevice]]:
    """Devices of today that are alike in everything but their place, under the first one's id."""
    found: dict[object, list[ExistingDevice]] = defaultdict(list)
    for device in concept.devices:
        if device.fate != Fate.GIVE_BACK:
            like = (device.running, device.may_move, device.move_cost, device.give_back_cost)
            found[like].append(device)
    return {alike[0].id: alike for alike in found.values()}


def _option(concept: Concept, mode: Mode, kind: str, running: Running, once: Fraction) -> Option:
    parameters = concept.parameters
    lowest = parameters.enforces_lowest
    users = running.most_users
    return Option(
        mode,
        kind,
        running,
        price_running(running, parameters) + once,
        parameters.most_users if users is None else min(users, parameters.most_users),
        int(running.duty_cycle * parameters.highest_share),
        -int(-running.duty_cycle * parameters.lowest_share // 1) if lowest else 0,
        parameters.fewest_users if lowest else 0,
    )


def _is_better(one: Option, other: Option) -> bool:
    """`one` can stand wherever `other` stands, serve all that it serves, and never costs more."""
    a, b = one.running, other.running
    return (
        one.cost <= other.cost
        and a.can >= b.can
        and a.click_mono <= b.click_mono
        and (Ability.COLOUR not in b.can or a.click_colour <= b.click_colour)
        and (
            Ability.A3 not in b.can
            or (
                a.click_mono * a.a3_factor <= b.click_mono * b.a3_factor
                and a.click_colour * a.a3_factor <= b.click_colour * b.a3_factor
            )
        )
        and one.most_users >= other.most_users
        and one.capacity >= other.capacity
        and one.lowest_load <= other.lowest_load
        and one.fewest_users <= other.fewest_users
    )


def drop_dominated(options: Sequence[Option]) -> list[Option]:
    """Catalogue options that another one of the same stand replaces in every plan at no higher cost; exact."""
    kept: list[Option] = []
    for option in sorted(options, key=lambda each: (each.cost, each.kind)):
        if not any(_is_better(better, option) for better in kept):
            kept.append(option)
    return kept


# --- stands and parts --------------------------------------------------------------------------------------------------


def make_parts(concept: Concept, tasks: Sequence[Task], *, apart: frozenset[str] = frozenset()) -> list[Part]:
    """The whole problem in parts that can be solved one by one. Places in `apart` are not put together with others."""
    pools = make_pools(concept)
    pool_of = {device.id: pool for pool, alike in pools.items() for device in alike}
    here: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    stay: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for device in concept.devices:
        if device.id in pool_of:
            here[device.place][pool_of[device.id]] += 1
            if device.fate == Fate.STAY:
                stay[device.place][pool_of[device.id]] += 1
    movable = [pool for pool, alike in pools.items() if alike[0].may_move]
    new = [_option(concept, "new", t.id, t.running, Fraction(t.one_off)) for t in concept.types]
    serves: dict[str, list[int]] = defaultdict(list)
    seconds: dict[str, list[int]] = defaultdict(list)
    for number, task in enumerate(tasks):
        for place_id in task.walks:
            serves[place_id].append(number)
        for place_id in task.second or ():
            seconds[place_id].append(number)

    alike_places: dict[object, list[str]] = defaultdict(list)
    for place in concept.places:
        if not serves[place.id] and not seconds[place.id] and not stay[place.id]:
            continue
        like: tuple[object, ...] = (
            tuple(serves[place.id]),
            tuple(seconds[place.id]),
            place.is_for_new,
            place.types,
            tuple(sorted(here[place.id].items())),
            tuple(sorted(stay[place.id].items())),
        )
        if place.id in apart or here[place.id]:
            like = (place.id,)
        alike_places[like].append(place.id)

    stands: list[Stand] = []
    stand_places: list[list[str]] = []
    for places in alike_places.values():
        first = concept.place_of[places[0]]
        options: list[Option] = []
        if first.is_for_new:
            options += drop_dominated([each for each in new if not first.types or each.kind in first.types])
        for pool in here[first.id]:
            device = pools[pool][0]
            options.append(_option(concept, "keep", pool, device.running, -Fraction(device.give_back_cost)))
        if first.is_for_new:
            for pool in movable:
                device = pools[pool][0]
                once = Fraction(device.move_cost) - Fraction(device.give_back_cost)
                options.append(_option(concept, "move", pool, device.running, once))
        slots = [Slot(each, number) for each in places for number in range(concept.place_of[each].holds)]
        for alike in [[slot] for slot in slots] if first.id in apart else [slots]:
            stands.append(Stand(tuple(alike), tuple(options)))
            stand_places.append(places)
    standing = {
        (place, pool): (count, stay[place][pool])
        for place, counts in here.items()
        for pool, count in counts.items()
    }
    return _cut(tasks, stands, stand_places, pools, movable=movable, standing=standing)


def _cut(
    tasks: Sequence[Task],
    stands: Sequence[Stand],
    stand_places: Sequence[list[str]],
    pools: dict[str, list[ExistingDevice]],
    *,
    movable: Iterable[str],
    standing: dict[tuple[str, str], tuple[int, int]],
) -> list[Part]:
    """Parts by what touches: a task and the stands it may use, the slots of a place, stands that share a pool."""
    stands_of: dict[str, list[int]] = defaultdict(list)
    for number, places in enumerate(stand_places):
        for place in places:
            stands_of[place].append(number)

    def at(places: Iterable[str]) -> tuple[int, ...]:
        return tuple(sorted({stand for place in places for stand in stands_of[place]}))

    reach = [at(task.walks) for task in tasks]
    second = [None if task.second is None else at(task.second) for task in tasks]
    parent = list(range(len(tasks) + len(stands)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for number in range(len(tasks)):
        for stand in (*reach[number], *(second[number] or ())):
            parent[root(number)] = root(len(tasks) + stand)
    for numbers in stands_of.values():
        for stand in numbers[1:]:
            parent[root(len(tasks) + stand)] = root(len(tasks) + numbers[0])
    shared = set(movable)
    first_with: dict[str, int] = {}
    for number, each in enumerate(stands):
        for option in each.options:
            if option.mode != "new" and option.kind in shared:
                other = first_with.setdefault(option.kind, number)
                parent[root(len(tasks) + number)] = root(len(tasks) + other)
    members: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for number in range(len(tasks)):
        members[root(number)][0].append(number)
    for number in range(len(stands)):
        members[root(len(tasks) + number)][1].append(number)
    parts = []
    for task_numbers, stand_numbers in members.values():
        index = {stand: position for position, stand in enumerate(stand_numbers)}
        inside = [stands[number] for number in stand_numbers]
        used = {option.kind for stand in inside for option in stand.options if option.mode != "new"}
        inner = {slot.place for stand in inside for slot in stand.slots}
        parts.append(
            Part(
                tuple(tasks[number] for number in task_numbers),
                tuple(inside),
                tuple(tuple(index[each] for each in reach[number]) for number in task_numbers),
                tuple(_indices(second[number], index) for number in task_numbers),
                {pool: len(pools[pool]) for pool in used},
                {key: counts for key, counts in standing.items() if key[0] in inner},
            )
        )
    return parts


def _indices(stands: tuple[int, ...] | None, index: dict[int, int]) -> tuple[int, ...] | None:
    return None if stands is None else tuple(index[each] for each in stands)
