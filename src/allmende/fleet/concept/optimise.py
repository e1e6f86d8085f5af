# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Find the best fleet: the parts one by one, each device checked by itself, and the plan priced anew, exactly.

Always holds: `optimal` is said only where every device keeps its limits by itself and no plan can be cheaper by more than one
ten-thousandth (`RELATIVE_GAP`); else the plan says `time_limit`. Both carry the bound that was proven. Without any plan there is no plan: `infeasible` (proven) or `unknown` (no time).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from allmende.fleet.concept.costs import price_lack, price_prints, price_running, price_today, to_cents
from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.model import Concept, ExistingDevice, Fate, Running, Volume
from allmende.fleet.concept.part_solver import PartSolver, Progress
from allmende.fleet.concept.parts import make_parts, make_pools
from allmende.fleet.concept.plans import DeviceFate, Plan, PlannedDevice, Walk
from allmende.fleet.concept.program import PartSolution
from allmende.fleet.concept.refining import RELATIVE_GAP, Report
from allmende.fleet.concept.seating import SeatedDevice
from allmende.fleet.concept.tasks import Part, Task, make_tasks

_Solved = tuple[PartSolution, list[SeatedDevice], list[int]]
#: EUR: what solver's tolerances may leave open in a part that was solved to the end.
_FINE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`stuck`: the parts that can't be planned (infeasible) or weren't in time (unknown)."""

    status: Literal["optimal", "time_limit", "infeasible", "unknown"]
    plan: Plan | None
    stuck: tuple[Part, ...] = ()
    seconds: float = 0.0


def find_plan(
    concept: Concept,
    *,
    seconds: float = 60.0,
    progress: Progress | None = None,
    report: Report | None = None,
    is_strong: bool = True,
) -> Outcome:
    """The cheapest fleet that keeps every rule. `seconds` is for all parts together; `is_strong` is for measuring.

    `progress` and `report` are called in the caller's thread.
    """
    begun = time.monotonic()
    outcome = _find(concept, seconds, progress, report, is_strong=is_strong, in_one=False)
    plan, minimum = outcome.plan, concept.minimum
    if plan is None or minimum is None or not minimum.is_pooled or plan.is_near(0):
        return outcome
    least = price_lack(minimum, _sum_of(concept), plan.months)
    left = seconds - (time.monotonic() - begun)
    if plan.lack <= to_cents(least) or left < 1:
        return outcome
    # A device of today that is kept takes from what the contract bills anyhow: then the whole town is one problem.
    again = _find(concept, left, progress, report, is_strong=is_strong, in_one=True)
    if again.plan is None:
        return outcome
    bound = max(plan.bound, again.plan.bound)
    best = again.plan if again.plan.total <= plan.total else plan
    best = replace(best, bound=min(bound, best.total), seconds=time.monotonic() - begun)
    best = replace(best, status="optimal") if best.is_near(RELATIVE_GAP) else best
    return Outcome(best.status, best, (), best.seconds)


def _sum_of(concept: Concept) -> Volume:
    return sum((group.volume for group in concept.groups), Volume())


def _cost_besides(concept: Concept, *, in_one: bool) -> Fraction:
    """What every plan costs besides its parts: giving all devices back (who stays saves it), the least that a pool lacks."""
    leaving = sum((Fraction(device.give_back_cost) for device in concept.devices), Fraction(0))
    if concept.minimum is None or not concept.minimum.is_pooled or in_one:
        return leaving
    return leaving + price_lack(concept.minimum, _sum_of(concept), concept.parameters.months)


def _find(
    concept: Concept,
    seconds: float,
    progress: Progress | None,
    report: Report | None,
    *,
    is_strong: bool,
    in_one: bool,
) -> Outcome:
    """The town in its parts (a pooled minimum volume is then left out of the search, not of the price), or in one."""
    begun = time.monotonic()
    tasks = make_tasks(concept)
    solved: dict[object, _Solved] = {}
    besides = float(_cost_besides(concept, in_one=in_one))

    def reported(cost: float | None, bound: float) -> None:
        if report:
            report(None if cost is None else cost + besides, bound + besides)

    apart: frozenset[str] = frozenset()
    while True:
        parts = make_parts(concept, tasks, apart=apart, in_one=in_one)
        left = max(0.2, seconds - (time.monotonic() - begun))
        waiting = [part for part in parts if _key(part, apart) not in solved]
        solver = PartSolver(concept, left, is_strong=is_strong)
        packed_badly: set[str] = set()
        stuck: list[tuple[str, Part]] = []
        for part, solution, seated in solver.solve_all(waiting, len(parts), progress, reported):
            if solution.status in ("infeasible", "unknown"):
                stuck.append((solution.status, part))
            elif seated is None:
                crowded = [s for (s, _o), count in solution.devices.items() if count > 1]
                packed_badly |= {slot.place for s in crowded for slot in part.stands[s].slots}
            else:
                solved[_key(part, apart)] = (solution, *seated)
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
        relaxed += Fraction(solution.bound)
    relaxed += _cost_besides(concept, in_one=any(part.pooled for part, _sol, _dev, _use in found))
    names, fates = _name_devices(concept, seated)
    planned, exact = _price_devices(concept, tasks, seated, task_device, names)
    exact += sum((Fraction(fate.cost) for fate in fates), Fraction(0))
    lack, minimum, months = Fraction(0), concept.minimum, concept.parameters.months
    if minimum is not None and minimum.is_pooled:
        inside = [
            task.volume
            for task in tasks
            if seated[task_device[task.group, task.kind]].option.minimum is not None
        ]
        lack = price_lack(minimum, sum(inside, Volume()), months)
    exact += lack
    total = to_cents(exact)
    bound = min(total, to_cents(relaxed))
    if total - bound < _FINE * len(found):
        bound = total
    plan = Plan(
        "time_limit",
        months,
        total,
        bound,
        to_cents(price_today(concept)),
        tuple(sorted(planned, key=lambda each: each.id)),
        _measure_plan(concept, tasks, seated, task_device, names),
        tuple(fates),
        seconds,
        to_cents(lack),
    )
    return replace(plan, status="optimal") if plan.is_near(RELATIVE_GAP) else plan


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
        if (own := each.option.own_minimum) is not None:
            prints += price_lack(own, volumes[number], parameters.months)
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
