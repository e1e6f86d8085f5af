# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Large parts from coarse to fine: first as if all places of a floor were one, then halves of floors, then quarters, then as they are.

Putting stands together only allows more (whatever reaches one of them reaches all), so the coarse optimum is a bound that no plan beats. Its
numbers of devices are then tried on the real places: if that costs no more, it is the optimum, proven; else the next finer
cut is taken. Always holds: the answer's `bound` is the best one proven, its plan keeps every rule on the real places.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from allmende.fleet.concept.program import ABSOLUTE_GAP, PartSolution, Sum, count_choices, solve_part
from allmende.fleet.concept.tasks import Option, Part, Stand

#: place → (building, floor, x, y)
Spots = Mapping[str, tuple[str, int, int, int]]
#: From so many choices on (task and device) the way over coarse cuts pays.
_LARGE = 1200
_CUTS = (1, 2, 4)


def solve_from_coarse(part: Part, months: int, seconds: float, spots: Spots) -> PartSolution:
    """As `program.solve_part`, quicker where the part is large."""
    if count_choices(part) < _LARGE:
        return solve_part(part, months, seconds)
    begun = time.monotonic()
    bound, best = -math.inf, PartSolution("unknown")
    for cut in _CUTS:
        left = seconds - (time.monotonic() - begun)
        if left < 1:
            break
        coarse, members = _merge(part, spots, cut)
        relaxed = solve_part(coarse, months, left / 2)
        if relaxed.status == "infeasible":
            return relaxed
        bound = max(bound, relaxed.bound)
        if not relaxed.devices:
            continue
        left = seconds - (time.monotonic() - begun)
        for sums in (_by_stand(part, coarse, members, relaxed), _in_all(part, coarse, relaxed)):
            real = solve_part(part, months, max(1.0, left / 4), sums=sums)
            if real.devices and (not best.devices or real.cost < best.cost):
                best = real
            if best.devices and best.cost <= bound + ABSOLUTE_GAP:
                return replace(best, status="optimal", bound=min(bound, best.cost))
    left = max(1.0, seconds - (time.monotonic() - begun))
    exact = solve_part(part, months, left, start=best if best.devices else None, at_least=bound)
    if exact.status in ("optimal", "infeasible"):
        return exact
    bound = max(bound, exact.bound)
    chosen = exact if exact.devices and (not best.devices or exact.cost <= best.cost) else best
    status = chosen.status if not chosen.devices else "time_limit"
    if chosen.devices and chosen.cost <= bound + ABSOLUTE_GAP:
        status = "optimal"
    return replace(chosen, status=status, bound=bound)


def _merge(part: Part, spots: Spots, cut: int) -> tuple[Part, list[list[int]]]:
    """The coarse part, and for each of its stands the real ones in it."""
    by_floor: dict[object, list[int]] = defaultdict(list)
    for s, stand in enumerate(part.stands):
        building, floor, _x, _y = spots[stand.slots[0].place]
        others = frozenset(option for option in stand.options if option.mode != "keep")
        by_floor[building, floor, others].append(s)
    members = []
    for stands in by_floor.values():
        stands.sort(key=lambda s: spots[part.stands[s].slots[0].place][2:])
        size = -(-len(stands) // cut)
        members += [stands[start : start + size] for start in range(0, len(stands), size)]
    merged_at = {s: m for m, stands in enumerate(members) for s in stands}
    merged = tuple(
        Stand(
            tuple(slot for s in stands for slot in part.stands[s].slots),
            tuple(dict.fromkeys(option for s in stands for option in part.stands[s].options)),
        )
        for stands in members
    )
    reach = tuple(tuple(sorted({merged_at[s] for s in stands})) for stands in part.reach)
    second = tuple(
        None if stands is None else tuple(sorted({merged_at[s] for s in stands})) for stands in part.second
    )
    return replace(part, stands=merged, reach=reach, second=second), members


def _columns(part: Part, option: Option, stands: range | list[int]) -> tuple[tuple[int, int], ...]:
    return tuple((s, o) for s in stands for o, each in enumerate(part.stands[s].options) if each == option)


def _by_stand(part: Part, coarse: Part, members: list[list[int]], relaxed: PartSolution) -> list[Sum]:
    """As many of each kind in each coarse stand as the coarse plan has."""
    return [
        (_columns(part, option, members[m]), relaxed.devices.get((m, o), 0))
        for m, stand in enumerate(coarse.stands)
        for o, option in enumerate(stand.options)
    ]


def _in_all(part: Part, coarse: Part, relaxed: PartSolution) -> list[Sum]:
    """As many of each kind in the whole part."""
    counts: dict[Option, int] = defaultdict(int)
    for stand in coarse.stands:
        for option in stand.options:
            counts[option] += 0
    for (m, o), count in relaxed.devices.items():
        counts[coarse.stands[m].options[o]] += count
    return [(_columns(part, option, range(len(part.stands))), count) for option, count in counts.items()]
