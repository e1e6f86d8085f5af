# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Find the best fleet: the parts one by one, each device checked by itself, and the plan priced anew, exactly.

Always holds: `optimal` is said only where every part was solved to the end and every device keeps its limits by itself; else the plan
says `time_limit` and carries the bound that was proven. Without any plan there is no plan: `infeasible` (proven) or `unknown` (no time).
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from allmende.fleet.concept.costs import price_prints, price_running, price_today, to_cents
from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.model import Concept, ExistingDevice, Fate, Running, Volume
from allmende.fleet.concept.plans import DeviceFate, Plan, PlannedDevice, Walk
from allmende.fleet.concept.program import PartSolution, solve_part
from allmende.fleet.concept.refining import solve_from_coarse
from allmende.fleet.concept.seating import SeatedDevice, seat
from allmende.fleet.concept.tasks import Part, Task, make_parts, make_pools, make_tasks

#: (parts solved, parts in all)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`stuck`: the parts that can't be planned (infeasible) or weren't in time (unknown)."""

    status: Literal["optimal", "time_limit", "infeasible", "unknown"]
    plan: Plan | None
    stuck: tuple[Part, ...] = ()
    seconds: float = 0.0


def find_plan(
    concept: Concept, *, seconds: float = 60.0, progress: Progress | None = None, is_strong: bool = True
) -> Outcome:
    """The cheapest fleet that keeps every rule. `seconds` is for all parts together; `is_strong` is for measuring."""
    begun = time.monotonic()
    tasks = make_tasks(concept)
    solved: dict[object, tuple[PartSolution, list[SeatedDevice], list[int]]] = {}
    apart: frozenset[str] = frozenset()
    spots = {
        place.id: (place.building, place.floor, place.at.x if place.at else 0, place.at.y if place.at else 0)
        for place in concept.places
    }
    while True:
        parts = make_parts(concept, tasks, apart=apart)
        parts.sort(key=lambda part: len(part.tasks))
        packed_badly: set[str] = set()
        stuck: list[tuple[str, Part]] = []
        for number, part in enumerate(parts):
            if progress:
                progress(number, len(parts))
            key = _key(part, apart)
            if key in solved:
                continue
            left = max(0.2, seconds - (time.monotonic() - begun))
            months = concept.parameters.months
            solution = (
                solve_from_coarse(part, months, left, spots)
                if is_strong
                else solve_part(part, months, left, is_strong=False)
            )
            if solution.status in ("infeasible", "unknown"):
                stuck.append((solution.status, part))
                continue
            seated = seat(part, solution, concept.parameters.months, min(10.0, max(1.0, left / 4)))
            if seated is None:
                crowded = [s for (s, _o), count in solution.devices.items() if count > 1]
                packed_badly |= {slot.place for s in crowded for slot in part.stands[s].slots}
            else:
                solved[key] = (solution, *seated)
        spent = time.monotonic() - begun
        if stuck:
            status = "infeasible" if any(each == "infeasible" for each, _part in stuck) else "unknown"
            chosen = tuple(part for each, part in stuck if each == status)
            return Outcome("infeasible" if status == "infeasible" else "unknown", None, chosen, spent)
        if not packed_badly:
            break
        if packed_badly <= apart:
            raise RuntimeError("devices that stand apart could not be shared out")
        apart |= packed_badly
    found = [(part, *solved[_key(part, apart)]) for part in parts]
    plan = _write_plan(concept, tasks, found, time.monotonic() - begun)
    if progress:
        progress(len(parts), len(parts))
    return Outcome(plan.status, plan, (), plan.seconds)


def _key(part: Part, apart: frozenset[str]) -> object:
    places = frozenset(slot.place for stand in part.stands for slot in stand.slots)
    return (frozenset((task.group, task.kind) for task in part.tasks), places, places & apart)


def _write_plan(
    concept: Concept,
    tasks: Sequence[Task],
    found: Sequence[tuple[Part, PartSolution, list[SeatedDevice], list[int]]],
    seconds: float,
) -> Plan:
    seated: list[SeatedDevice] = []
    task_device: dict[tuple[str, str], int] = {}
    relaxed = Fraction(0)
    for part, solution, devices, serves in found:
        for task, number in zip(part.tasks, serves, strict=True):
            task_device[task.group, task.kind] = len(seated) + number
        seated += devices
        # Costs are never negative but for what taking back saves; without a bound that is known, nothing is claimed.
        relaxed += Fraction(solution.bound) if math.isfinite(solution.bound) else Fraction(-(10**12))
    leaving = sum((Fraction(device.give_back_cost) for device in concept.devices), Fraction(0))
    names, fates = _name_devices(concept, seated)
    planned, exact = _price_devices(concept, tasks, seated, task_device, names)
    exact += sum((Fraction(fate.cost) for fate in fates), Fraction(0))
    is_proven = all(solution.status == "optimal" for _p, solution, _d, _s in found)
    total = to_cents(exact)
    bound = total if is_proven else min(total, to_cents(relaxed + leaving))
    return Plan(
        "optimal" if is_proven else "time_limit",
        concept.parameters.months,
        total,
        bound,
        to_cents(price_today(concept)),
        tuple(sorted(planned, key=lambda each: each.id)),
        _measure_plan(concept, tasks, seated, task_device, names),
        tuple(fates),
        seconds,
    )


def _name_devices(
    concept: Concept, seated: Sequence[SeatedDevice]
) -> tuple[list[tuple[str, str]], list[DeviceFate]]:
    """(id, kind) of each device of the plan, and what happens to those of today. Of alike ones, those that must stay stay."""
    pools = make_pools(concept)
    free: dict[str, dict[str, list[ExistingDevice]]] = {}
    for pool, alike in pools.items():
        free[pool] = defaultdict(list)
        for device in sorted(alike, key=lambda each: (each.fate == Fate.STAY, each.id)):
            free[pool][device.place].append(device)
    names: dict[int, tuple[str, str]] = {}
    taken: dict[str, DeviceFate] = {}
    for number, each in enumerate(seated):
        if each.option.mode == "keep":
            device = free[each.option.kind][each.slot.place].pop()
            names[number] = (device.id, device.id)
            taken[device.id] = DeviceFate(device.id, "keep", each.slot.place, Decimal(0))
    for number, each in enumerate(seated):
        if each.option.mode == "move":
            here = free[each.option.kind]
            place = each.slot.place if here[each.slot.place] else next(key for key in here if here[key])
            device = here[place].pop()
            names[number] = (device.id, device.id)
            is_there = place == each.slot.place
            cost = Decimal(0) if is_there else device.move_cost
            taken[device.id] = DeviceFate(device.id, "keep" if is_there else "move", each.slot.place, cost)
    used = {name for name, _kind in names.values()}
    count = 0
    for number, each in enumerate(seated):
        if number not in names:
            count += 1
            while f"N{count:03d}" in used or f"N{count:03d}" in concept.device_of:
                count += 1
            names[number] = (f"N{count:03d}", each.option.kind)
    fates = [
        taken.get(device.id) or DeviceFate(device.id, "give_back", device.place, device.give_back_cost)
        for device in concept.devices
    ]
    return [names[number] for number in range(len(seated))], fates


def _price_devices(
    concept: Concept,
    tasks: Sequence[Task],
    seated: Sequence[SeatedDevice],
    task_device: dict[tuple[str, str], int],
    names: Sequence[tuple[str, str]],
) -> tuple[list[PlannedDevice], Fraction]:
    parameters = concept.parameters
    users: dict[int, int] = defaultdict(int)
    volumes: dict[int, Volume] = defaultdict(Volume)
    for task in tasks:
        users[task_device[task.group, task.kind]] += task.people
        volumes[task_device[task.group, task.kind]] += task.volume
    planned, exact = [], Fraction(0)
    for number, (each, (name_id, kind)) in enumerate(zip(seated, names, strict=True)):
        running, words, once = _running_of(concept, each, kind)
        device_cost = price_running(running, parameters) + once
        prints = price_prints(volumes[number], running, parameters.months)
        exact += device_cost + prints
        planned.append(
            PlannedDevice(
                name_id,
                each.option.mode,
                kind,
                words,
                each.slot.place,
                users[number],
                volumes[number].load,
                running.duty_cycle,
                volumes[number].impressions,
                to_cents(device_cost),
                to_cents(prints),
                users[number] < parameters.fewest_users,
                volumes[number].load < running.duty_cycle * parameters.lowest_share,
            )
        )
    return planned, exact


def _running_of(concept: Concept, each: SeatedDevice, kind: str) -> tuple[Running, str, Fraction]:
    """(what it costs, its name, what is paid once for it; a move is paid in its fate)."""
    if each.option.mode == "new":
        wanted = concept.type_of[kind]
        return wanted.running, wanted.name, Fraction(wanted.one_off)
    device = concept.device_of[kind]
    return device.running, device.name, Fraction(0)


def _measure_plan(
    concept: Concept,
    tasks: Sequence[Task],
    seated: Sequence[SeatedDevice],
    task_device: dict[tuple[str, str], int],
    names: Sequence[tuple[str, str]],
) -> tuple[Walk, ...]:
    lengths = {step_free: measure_walks(concept, step_free=step_free) for step_free in (False, True)}
    walks = []
    for task in tasks:
        group = concept.group_of[task.group]
        measured = lengths[group.is_step_free]
        own = task_device[task.group, task.kind]
        others = sorted(
            (measured[group.room, device.slot.place], names[number][0])
            for number, device in enumerate(seated)
            if number != own
            and task.second is not None
            and device.slot.place in task.second
            and task.needs <= device.option.running.can
        )
        second_length, second = others[0] if others else (None, None)
        walks.append(
            Walk(
                task.group,
                task.kind,
                names[own][0],
                task.walks[seated[own].slot.place],
                second,
                second_length,
            )
        )
    return tuple(walks)
