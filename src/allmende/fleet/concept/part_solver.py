# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parts of a town solved side by side, within one time and one allowance for what stays unproven.

Always holds: together the parts are no further from their bounds than `RELATIVE_GAP` of the whole, where time is enough; what one part does
not need of that, the others may use; a bound is there for every part from the beginning.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace

from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.program import PartSolution, count_choices, solve_part
from allmende.fleet.concept.refining import RELATIVE_GAP, Report, is_large, least_cost, solve_from_coarse
from allmende.fleet.concept.seating import SeatedDevice, seat
from allmende.fleet.concept.tasks import Part

#: (parts solved, parts in all)
Progress = Callable[[int, int], None]
_Seated = tuple[list[SeatedDevice], list[int]]
_SIDE_BY_SIDE = 2
_LOOK_SECONDS = 1.0


class PartSolver:
    """Solves parts side by side, the largest first. HiGHS lets other threads run while it works, so threads are enough."""

    def __init__(self, concept: Concept, seconds: float, *, is_strong: bool) -> None:
        self.months = concept.parameters.months
        self.until = time.monotonic() + seconds
        self.is_strong = is_strong
        self.spots = {
            place.id: (
                place.building,
                place.floor,
                place.at.x if place.at else 0,
                place.at.y if place.at else 0,
            )
            for place in concept.places
        }
        #: Of each part: what it costs at least, and how hard it is to prove (the work grows faster than the choices).
        self.least: list[float] = []
        self.weights: list[float] = []
        self.choices: list[int] = []
        self.quick: set[int] = set()
        self.proven: dict[int, PartSolution] = {}
        #: Of each part so far: (cheapest plan, bound).
        self.so_far: dict[int, tuple[float | None, float]] = {}

    def solve_all(
        self, parts: Sequence[Part], count: int, progress: Progress | None, report: Report | None
    ) -> Iterator[tuple[Part, PartSolution, _Seated | None]]:
        """Each part with its solution, as they come; `count` parts there are in all, the others are known."""
        if not parts:
            return
        self.least = [least_cost(part, self.months) for part in parts]
        self.weights = [float(count_choices(part) ** 2 + 1) for part in parts]
        self.choices = [1 + count_choices(part) for part in parts]
        # The largest takes longest; beside it first those that are quick, then the others, the larger first.
        *others, largest = sorted(range(len(parts)), key=lambda index: (self.choices[index], index))
        self.quick = {index for index in others if not is_large(parts[index])}
        slow = [index for index in reversed(others) if index not in self.quick]
        order = [largest, *(index for index in others if index in self.quick), *slow]
        with ThreadPoolExecutor(min(_SIDE_BY_SIDE, os.cpu_count() or 1)) as pool:
            waiting = {pool.submit(self._solve, index, parts[index]): parts[index] for index in order}
            while waiting:
                if progress:
                    progress(count - len(waiting), count)
                if report and len(parts) == count:
                    known = [self.so_far.get(i, (None, least)) for i, least in enumerate(self.least)]
                    report(*_add_up(known))
                done, _pending = wait(waiting, _LOOK_SECONDS, FIRST_COMPLETED)
                for future in done:
                    part = waiting.pop(future)
                    yield part, *future.result()

    def _solve(self, index: int, part: Part) -> tuple[PartSolution, _Seated | None]:
        def keep(cost: float | None, bound: float) -> None:
            self.so_far[index] = (cost, bound)

        left = max(0.2, self._share_time(index))
        if self.is_strong:
            solution = solve_from_coarse(
                part, self.months, left, self.spots, lambda: self._allow(index), keep
            )
            self.proven[index] = solution
        else:
            solution = solve_part(part, self.months, left, is_strong=False)
        if solution.status in ("infeasible", "unknown"):
            return solution, None
        solution = replace(solution, bound=max(solution.bound, self.least[index]))
        keep(solution.cost, solution.bound)
        left = min(10.0, max(1.0, (self.until - time.monotonic()) / 4))
        return solution, seat(part, solution, self.months, left)

    def _share_time(self, index: int) -> float:
        """The largest part has all the time; the others wait for each other: small ones may take half, the rest is shared by size."""
        left = self.until - time.monotonic()
        largest = max(self.choices)
        if self.choices[index] == largest:
            return left
        others = sum(
            choices for i, choices in enumerate(self.choices) if i not in self.proven and choices < largest
        )
        share = self.choices[index] / others
        return left * (max(share, 0.5) if index in self.quick else share)

    def _allow(self, index: int) -> float:
        """EUR that this part may stay from its bound, so that all parts together stay within `RELATIVE_GAP`."""
        known = dict(self.proven)
        least = sum(known[i].bound if i in known else cost for i, cost in enumerate(self.least))
        used = sum(max(0.0, solution.cost - solution.bound) for solution in known.values())
        open_ones = sum(weight for i, weight in enumerate(self.weights) if i not in known)
        return max(0.0, RELATIVE_GAP * least - used) * self.weights[index] / open_ones


def _add_up(known: Sequence[tuple[float | None, float]]) -> tuple[float | None, float]:
    costs = [cost for cost, _bound in known]
    total = None if None in costs else sum(cost for cost in costs if cost is not None)
    return total, sum(bound for _cost, bound in known)
