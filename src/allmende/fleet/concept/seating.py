# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From stands to slots, from alike devices to each by itself: who goes to which device, with the shortest walks.

The devices and the cost are given; among the ways to share them out at no higher cost, the one with the shortest walks is taken
(by people; slots within a stand are chosen one after the other, so this is good and not proven best). Here it also shows whether
every device by itself keeps its limits: `None` says that it can't be done with these devices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from allmende.fleet.concept.program import PartSolution
from allmende.fleet.concept.tasks import Option, Part, Slot, Task, lack_cost, suits, task_cost

_COST_TOLERANCE = 0.002


@dataclass(frozen=True, slots=True)
class SeatedDevice:
    option: Option
    slot: Slot
    stand: int


def seat(
    part: Part, solution: PartSolution, months: int, seconds: float
) -> tuple[list[SeatedDevice], list[int]] | None:
    """The devices in their slots, and for each task the index of its device."""
    devices = _take_slots(part, solution)
    fixed = _keep_assignment(part, solution, devices)
    better = _shorten_walks(part, solution, devices, months, seconds)
    found = better or fixed
    return None if found is None else (devices, found)


def _take_slots(part: Part, solution: PartSolution) -> list[SeatedDevice]:
    served: dict[int, list[Task]] = defaultdict(list)
    for task, (stand, _option) in zip(part.tasks, solution.serves, strict=True):
        if stand >= 0:
            served[stand].append(task)
    wanted: dict[int, list[Option]] = defaultdict(list)
    for (s, o), count in sorted(solution.devices.items()):
        wanted[s] += [part.stands[s].options[o]] * count
    seated = []
    for s, options in wanted.items():
        slots = _choose_slots(part.stands[s].slots, served[s], len(options))
        seated += [SeatedDevice(option, slot, s) for option, slot in zip(options, slots, strict=True)]
    return seated


def _choose_slots(slots: Sequence[Slot], tasks: Sequence[Task], count: int) -> list[Slot]:
    chosen: list[Slot] = []
    nearest = [float("inf")] * len(tasks)
    left = list(slots)
    while len(chosen) < count:
        best = min(
            left,
            key=lambda slot: (
                sum(
                    max(task.people, 1) * min(near, task.walks.get(slot.place, 10**6))
                    for task, near in zip(tasks, nearest, strict=True)
                ),
                slot.place,
                slot.number,
            ),
        )
        left.remove(best)
        chosen.append(best)
        nearest = [
            min(near, task.walks.get(best.place, 10**6)) for task, near in zip(tasks, nearest, strict=True)
        ]
    return chosen


def _keep_assignment(part: Part, solution: PartSolution, devices: list[SeatedDevice]) -> list[int] | None:
    """The solver's own sharing out, where every kind of device stands once on its stand."""
    if any(count > 1 for count in solution.devices.values()):
        return None
    index = {(device.stand, device.option): number for number, device in enumerate(devices)}
    return [index[s, part.stands[s].options[o]] for s, o in solution.serves]


def _shorten_walks(
    part: Part, solution: PartSolution, devices: list[SeatedDevice], months: int, seconds: float
) -> list[int] | None:
    if not part.tasks or not devices:
        return None
    import highspy  # noqa: PLC0415

    at_stand: dict[int, list[int]] = defaultdict(list)
    for number, device in enumerate(devices):
        at_stand[device.stand].append(number)
    pairs = [
        (t, d)
        for t, task in enumerate(part.tasks)
        for s in part.reach[t]
        for d in at_stand[s]
        if suits(devices[d].option, task)
    ]
    prices = [float(task_cost(part.tasks[t], devices[d].option, months)) for t, d in pairs]
    allowed = sum(
        float(task_cost(part.tasks[t], part.stands[s].options[o], months))
        for t, (s, o) in enumerate(solution.serves)
    )
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", max(0.5, seconds))
    solver.setOptionValue("mip_rel_gap", 0.001)
    infinity = highspy.kHighsInf
    lengths = [part.tasks[t].walks[devices[d].slot.place] / 100 for t, d in pairs]
    for (t, _d), length in zip(pairs, lengths, strict=True):
        solver.addCol(length * max(part.tasks[t].people, 1), 0.0, 1.0, 0, [], [])
    for column in range(len(pairs)):
        solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
    of_task: dict[int, list[int]] = defaultdict(list)
    of_device: dict[int, list[int]] = defaultdict(list)
    for column, (t, d) in enumerate(pairs):
        of_task[t].append(column)
        of_device[d].append(column)
    for t in range(len(part.tasks)):
        columns = of_task[t]
        solver.addRow(1.0, 1.0, len(columns), columns, [1.0] * len(columns))
    for d, device in enumerate(devices):
        columns = of_device[d]
        people = [float(part.tasks[pairs[column][0]].people) for column in columns]
        load = [float(part.tasks[pairs[column][0]].volume.load) for column in columns]
        option = device.option
        solver.addRow(float(option.fewest_users), float(option.most_users), len(columns), columns, people)
        solver.addRow(float(option.lowest_load), float(option.capacity), len(columns), columns, load)
    lacks = _add_lacks(part, devices, pairs, of_device, solver, months)
    if len(set(prices)) > 1 or lacks:
        allowed += _lack_of(part, solution, months) + _COST_TOLERANCE
        columns = [*range(len(pairs)), *range(len(pairs), len(pairs) + len(lacks))]
        solver.addRow(-infinity, allowed, len(columns), columns, [*prices, *lacks])
    solver.run()
    if solver.getInfo().primal_solution_status != 2:
        return None
    values = solver.getSolution().col_value
    return [
        pairs[max(of_task[t], key=lambda column: float(values[column]))][1] for t in range(len(part.tasks))
    ]


def _lack_of(part: Part, solution: PartSolution, months: int) -> float:
    """What the solver's plan pays for minimum volumes that are not printed."""
    at_stand: dict[int, list[tuple[Task, Option]]] = defaultdict(list)
    for task, (s, o) in zip(part.tasks, solution.serves, strict=True):
        at_stand[s].append((task, part.stands[s].options[o]))
    alone = replace(part, pooled=None)
    lack = lack_cost(part, [each for served in at_stand.values() for each in served], (), months)
    for s, stand in enumerate(part.stands):
        counts = [(option, solution.devices.get((s, o), 0)) for o, option in enumerate(stand.options)]
        lack += lack_cost(alone, at_stand[s], counts, months)
    return float(lack)


def _add_lacks(  # noqa: PLR0917 - the parts of one programme
    part: Part,
    devices: Sequence[SeatedDevice],
    pairs: Sequence[tuple[int, int]],
    of_device: Mapping[int, Sequence[int]],
    solver: Any,
    months: int,
) -> list[float]:
    """A column for what each device, and the pool, lacks of its minimum, behind the others; their prices."""
    prices: list[float] = []

    def add(columns: Sequence[int], which: str, volume: int, price: Decimal) -> None:
        if not volume or not price:
            return
        made = [float(getattr(part.tasks[pairs[column][0]].volume, which)) for column in columns]
        solver.addCol(0.0, 0.0, float("inf"), 0, [], [])
        lack = len(pairs) + len(prices)
        prices.append(float(price) * months)
        solver.addRow(float(volume), float("inf"), len(columns) + 1, [*columns, lack], [*made, 1.0])

    billed = [
        (of_device[d], device.option.own_minimum)
        for d, device in enumerate(devices)
        if device.option.own_minimum is not None
    ]
    inside = [column for column, (_t, d) in enumerate(pairs) if devices[d].option.minimum is not None]
    for columns, minimum in [*billed, (inside, part.pooled)]:
        if minimum is not None:
            add(columns, "counted_mono", minimum.mono, minimum.click_mono)
            add(columns, "counted_colour", minimum.colour, minimum.click_colour)
    return prices
