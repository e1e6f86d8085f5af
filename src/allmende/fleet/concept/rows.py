# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rows and columns that the programme has besides its plain ones: cuts that make it quick, and what minimum volumes cost.

Always holds: cuts and columns that count devices change no plan and no price; they only help the solver to prove.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Literal

from allmende.fleet.concept.tasks import Part


class Rows:
    """Rows of the matrix, in HiGHS' row-wise form."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        #: A row without terms asks for something: the solver may find the model empty, not infeasible.
        self.is_hopeless = False

    def add(self, terms: list[tuple[int, float]], lower: float, upper: float) -> None:
        self.is_hopeless = self.is_hopeless or (not terms and (lower > 0 or upper < 0))
        self.starts.append(len(self.columns))
        for column, value in terms:
            self.columns.append(column)
            self.values.append(value)
        self.lower.append(lower)
        self.upper.append(upper)


def add_fleet_columns(  # noqa: PLR0917 - the parts of one programme
    part: Part,
    rows: Rows,
    y_of: dict[tuple[int, int], int],
    cost: list[float],
    upper: list[float],
    whole: set[int],
) -> None:
    """How many devices there are of each kind, in all and on each floor, as columns of their own: the solver can branch on them."""
    sums: dict[object, list[int]] = defaultdict(list)
    floors: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for task, stands in zip(part.tasks, part.reach, strict=True):
        for s in stands:
            floors[s].add(task.floor)
    for (s, o), column in y_of.items():
        option = part.stands[s].options[o]
        sums[option.mode, option.kind].append(column)
        sums[None].append(column)
        sums[None, tuple(sorted(floors[s]))].append(column)
    for columns in sums.values():
        if len(columns) > 1:
            rows.add([*((column, 1.0) for column in columns), (len(cost), -1.0)], 0.0, 0.0)
            whole.add(len(cost))
            cost.append(0.0)
            upper.append(sum(upper[column] for column in columns))


def add_lack_columns(  # noqa: PLR0917 - the parts of one programme
    part: Part,
    months: int,
    rows: Rows,
    users: dict[tuple[int, int], list[tuple[int, int]]],
    y_of: dict[tuple[int, int], int],
    cost: list[float],
    upper: list[float],
    whole: set[int],
) -> None:
    """What devices lack of their minimum volume, or all together of the pooled one: lack + printed ≥ minimum."""

    def add(volume: int, price: float, printed: list[tuple[int, float]], y: int | None) -> None:
        if volume and price:
            lack = (len(cost), 1.0)
            cost.append(price * months)
            upper.append(float("inf"))
            terms = [lack, *((column, count) for column, count in printed if count)]
            if y is None:
                rows.add(terms, float(volume), float("inf"))
            else:
                rows.add([*terms, (y, -float(volume))], 0.0, float("inf"))
            whole.update(column for column, count in printed if count)

    inside: list[tuple[int, int]] = []
    for (s, o), y in y_of.items():
        option = part.stands[s].options[o]
        inside += users[s, o] if option.minimum else []
        if (own := option.own_minimum) is not None:
            add(own.mono, float(own.click_mono), _counts(part, users[s, o], "counted_mono"), y)
            add(own.colour, float(own.click_colour), _counts(part, users[s, o], "counted_colour"), y)
    if (pool := part.pooled) is not None:
        add(pool.mono, float(pool.click_mono), _counts(part, inside, "counted_mono"), None)
        add(pool.colour, float(pool.click_colour), _counts(part, inside, "counted_colour"), None)


def _counts(
    part: Part, served: Sequence[tuple[int, int]], which: Literal["counted_mono", "counted_colour"]
) -> list[tuple[int, float]]:
    return [(column, float(getattr(part.tasks[t].volume, which))) for t, column in served]


def add_counting_cuts(part: Part, rows: Rows, y_of: dict[tuple[int, int], int]) -> None:
    """So many people and prints need so many devices, whole ones: what the relaxation can't see by itself.

    For the people of each run of floors, with at least certain needs: the devices that they can reach and that can do it. Every plan
    satisfies these rows; they are sums of others, but the solver cuts much better with them (Chvátal-Gomory rounding).
    """
    floors = sorted({task.floor for task in part.tasks})
    needs = {task.needs for task in part.tasks}
    known = set()
    for start, end in combinations_with_replacement(range(len(floors)), 2):
        inside = [t for t, task in enumerate(part.tasks) if floors[start] <= task.floor <= floors[end]]
        for need in needs:
            chosen = [t for t in inside if part.tasks[t].needs >= need]
            stands = sorted({s for t in chosen for s in part.reach[t]})
            able = [
                (y_of[s, o], option)
                for s in stands
                for o, option in enumerate(part.stands[s].options)
                if option.running.can >= need
            ]
            people = sum(part.tasks[t].people for t in chosen)
            load = sum(part.tasks[t].volume.load for t in chosen)
            key = (people, load, tuple(column for column, _option in able))
            if not able or key in known:
                continue
            known.add(key)
            most = max(option.most_users for _column, option in able)
            largest = max(option.capacity for _column, option in able)
            count = max(1, -(-people // most) if most else 0, -(-load // largest) if largest else 0)
            rows.add([(column, 1.0) for column, _option in able], float(count), float("inf"))
            if people > most:
                rows.add([(c, float(o.most_users)) for c, o in able], float(people), float("inf"))
            if load > largest:
                rows.add([(c, o.capacity / largest) for c, o in able], load / largest, float("inf"))
