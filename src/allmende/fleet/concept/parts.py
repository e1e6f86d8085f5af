# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole problem in parts that don't touch: which kinds of devices could stand where, and who could use them.

Always holds: an option that costs more and can do less than another is left out only where no count limits either; what is
left out never makes the plan dearer (see `drop_dominated`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from allmende.fleet.concept.costs import price_running
from allmende.fleet.concept.model import Ability, Concept, ExistingDevice, Fate, MinimumVolume, Running
from allmende.fleet.concept.tasks import Mode, Option, Part, Slot, Stand, Task

# --- options ---------------------------------------------------------------------------------------------------------


def make_pools(concept: Concept) -> dict[str, list[ExistingDevice]]:
    """Devices of today that are alike in everything but their place, under the first one's id."""
    found: dict[object, list[ExistingDevice]] = defaultdict(list)
    for device in concept.devices:
        if device.fate != Fate.GIVE_BACK:
            like = (
                device.running,
                device.may_move,
                device.move_cost,
                device.give_back_cost,
                device.is_in_contract,
            )
            found[like].append(device)
    return {alike[0].id: alike for alike in found.values()}


def _option(
    concept: Concept, mode: Mode, kind: str, running: Running, once: Fraction, *, in_contract: bool = True
) -> Option:
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
        concept.minimum if in_contract else None,
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


def make_parts(
    concept: Concept, tasks: Sequence[Task], *, apart: frozenset[str] = frozenset(), in_one: bool = False
) -> list[Part]:
    """The whole problem in parts that can be solved one by one. Places in `apart` are not put together with others.

    `in_one`: a single part with the pooled minimum in it.
    """
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
            once = -Fraction(device.give_back_cost)
            inside = device.is_in_contract
            options.append(_option(concept, "keep", pool, device.running, once, in_contract=inside))
        if first.is_for_new:
            for pool in movable:
                device = pools[pool][0]
                once = Fraction(device.move_cost) - Fraction(device.give_back_cost)
                inside = device.is_in_contract
                options.append(_option(concept, "move", pool, device.running, once, in_contract=inside))
        slots = [Slot(each, number) for each in places for number in range(concept.place_of[each].holds)]
        for alike in [[slot] for slot in slots] if first.id in apart else [slots]:
            stands.append(Stand(tuple(alike), tuple(options)))
            stand_places.append(places)
    standing = {
        (place, pool): (count, stay[place][pool])
        for place, counts in here.items()
        for pool, count in counts.items()
    }
    pooled = concept.minimum if in_one else None
    return _cut(tasks, stands, stand_places, pools, movable=movable, standing=standing, pooled=pooled)


def _cut(
    tasks: Sequence[Task],
    stands: Sequence[Stand],
    stand_places: Sequence[list[str]],
    pools: dict[str, list[ExistingDevice]],
    *,
    movable: Iterable[str],
    standing: dict[tuple[str, str], tuple[int, int]],
    pooled: MinimumVolume | None,
) -> list[Part]:
    """Parts by what touches: a task and the stands it may use, the slots of a place, stands that share a pool; all, by a pooled minimum."""
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
    if pooled is not None:
        parent = [0] * len(parent)
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
                pooled,
            )
        )
    return parts


def _indices(stands: tuple[int, ...] | None, index: dict[int, int]) -> tuple[int, ...] | None:
    return None if stands is None else tuple(index[each] for each in stands)
