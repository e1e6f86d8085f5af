# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Large parts from coarse to fine: first as if all places of a floor were one, then finer where that was too good to be true, only there.

Putting stands together only allows more (whatever reaches one of them reaches all), so a coarse optimum is a bound that no plan beats. Each
floor of the coarse plan is then put on its real places by itself: where that can be done everywhere, the plan is the optimum, proven; a
floor where it can't is mended together with its neighbours (a real plan, a little dearer) and cut finer for the next bound. Always holds:
the answer's `bound` is the best one proven, its plan keeps every rule on the real places, and `optimal` says that the two are no
further apart than `gap`. At last all is as fine as the places, so this ends.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from allmende.fleet.concept.program import ABSOLUTE_GAP, PartSolution, Sum, count_choices, solve_part
from allmende.fleet.concept.tasks import Option, Part, Stand, lack_cost, suits, task_cost

#: place → (building, floor, x, y)
Spots = Mapping[str, tuple[str, int, int, int]]
#: (cheapest plan so far or None, bound so far), EUR over the term.
Report = Callable[[float | None, float], None]
#: A plan that is no further than this share of its cost from the bound is said to be proven; in large parts there is no better way.
RELATIVE_GAP = 1e-4
#: From so many choices on (task and device) the way over coarse cuts pays.
_LARGE = 1200
#: Stands put together that turn out to be too coarse fall into so many; few enough fall apart at once.
_PIECES = 4
_FEW = 12
_SEATING_SECONDS = 5.0
_MENDING_SECONDS = 6.0
#: Of the time, for the first bound.
_FIRST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Coarse:
    """`members[m]`: the real stands in the coarse stand m; `merged_at`: the other way."""

    part: Part
    members: Sequence[Sequence[int]]
    merged_at: Mapping[int, int]


def solve_from_coarse(  # noqa: PLR0917 - the task, its time, its proof
    part: Part,
    months: int,
    seconds: float,
    spots: Spots,
    allowed: Callable[[], float] = lambda: ABSOLUTE_GAP,
    report: Report | None = None,
) -> PartSolution:
    """As `program.solve_part`, quicker where the part is large; there proven to what is `allowed` at that moment, in EUR."""
    if not is_large(part):
        return solve_part(part, months, seconds)
    begun = time.monotonic()

    def left() -> float:
        return seconds - (time.monotonic() - begun)

    bound, best = -math.inf, PartSolution("unknown")
    members = _by_floor(part, spots)
    while left() > 0:
        coarse = _merge(part, members)
        start = _lift(part, coarse, best) if best.devices else None
        limit = left() if best.devices else left() * _FIRST_SHARE
        relaxed = solve_part(coarse.part, months, limit, start=start, gap=allowed() / 4)
        if relaxed.status == "infeasible":
            return relaxed
        if relaxed.devices or math.isfinite(relaxed.bound):
            bound = max(bound, relaxed.bound)
        if not relaxed.devices:
            break
        seated, too_coarse = _seat_floors(part, months, coarse, relaxed)
        # Where the bound could not be had a second time there is no next round: the plan gets all the time that is left.
        limit = left() / 2 if relaxed.status == "optimal" or start is None else left()
        real = _mend(part, months, coarse, relaxed, seated, too_coarse, limit, bound + allowed())
        if real.devices and (not best.devices or real.cost < best.cost):
            best = real
        if report and best.devices:
            report(best.cost, bound)
        if best.devices and best.cost <= bound + max(ABSOLUTE_GAP, allowed()):
            return replace(best, status="optimal", bound=min(bound, best.cost))
        if relaxed.status != "optimal":
            if start is not None:
                break
            # Once more with the same cut: from a good plan on the bound comes much quicker.
            continue
        members = _cut(members, too_coarse or range(len(members)), spots, part)
    if not best.devices:
        best = solve_part(part, months, max(1.0, left()))
        if best.status in ("optimal", "infeasible"):
            return best
        bound = max(bound, best.bound)
    return replace(best, status="time_limit" if best.devices else "unknown", bound=bound)


def is_large(part: Part) -> bool:
    return count_choices(part) >= _LARGE


def least_cost(part: Part, months: int) -> float:
    """What the part costs at least, at a glance: everybody's cheapest clicks, and their share of the cheapest fitting device.

    Where keeping a device saves more than it costs (its take-back is dear), all that could be saved is taken off.
    """
    options = {option for stand in part.stands for option in stand.options}
    least = 0.0
    for task in part.tasks:
        fitting = [option for option in options if suits(option, task)]
        least += min((float(task_cost(task, option, months)) for option in fitting), default=0.0)
        least += min(
            (task.people * max(0.0, float(option.cost)) / option.most_users for option in fitting),
            default=0.0,
        )
    kept = {option for stand in part.stands for option in stand.options if option.mode != "new"}
    return least + sum(min(0.0, float(option.cost)) * part.pools[option.kind] for option in kept)


# --- coarse and fine -----------------------------------------------------------------------------------------------


def _by_floor(part: Part, spots: Spots) -> list[list[int]]:
    """Stands of one floor with the same kinds of devices to choose from, together."""
    found: dict[object, list[int]] = defaultdict(list)
    for s, stand in enumerate(part.stands):
        building, floor, _x, _y = spots[stand.slots[0].place]
        others = frozenset(option for option in stand.options if option.mode != "keep")
        found[building, floor, others].append(s)
    return list(found.values())


def _cut(
    members: Sequence[Sequence[int]], too_coarse: Sequence[int], spots: Spots, part: Part
) -> list[list[int]]:
    finer: list[list[int]] = []
    for m, stands in enumerate(members):
        if m not in too_coarse:
            finer.append(list(stands))
            continue
        along = sorted(stands, key=lambda s: spots[part.stands[s].slots[0].place][2:])
        size = 1 if len(along) <= _FEW else -(-len(along) // _PIECES)
        finer += [along[start : start + size] for start in range(0, len(along), size)]
    return finer


def _merge(part: Part, members: Sequence[Sequence[int]]) -> _Coarse:
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
    return _Coarse(replace(part, stands=merged, reach=reach, second=second), members, merged_at)


def _lift(part: Part, coarse: _Coarse, real: PartSolution) -> PartSolution:
    """A plan on the real places, in the coarse part's words."""
    index = [{option: o for o, option in enumerate(stand.options)} for stand in coarse.part.stands]

    def lifted(s: int, o: int) -> tuple[int, int]:
        m = coarse.merged_at[s]
        return m, index[m][part.stands[s].options[o]]

    devices: dict[tuple[int, int], int] = defaultdict(int)
    for key, count in real.devices.items():
        devices[lifted(*key)] += count
    return replace(real, devices=dict(devices), serves=tuple(lifted(*key) for key in real.serves))


def _columns(part: Part, option: Option, stands: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((s, o) for s in stands for o, each in enumerate(part.stands[s].options) if each == option)


def _as_many(part: Part, coarse: _Coarse, relaxed: PartSolution, m: int) -> list[Sum]:
    """As many of each kind in this coarse stand as the coarse plan has."""
    return [
        (_columns(part, option, coarse.members[m]), relaxed.devices.get((m, o), 0))
        for o, option in enumerate(coarse.part.stands[m].options)
    ]


# --- onto the real places --------------------------------------------------------------------------------------------


def _seat_floors(
    part: Part, months: int, coarse: _Coarse, relaxed: PartSolution
) -> tuple[PartSolution, list[int]]:
    """The coarse plan on real places, floor by floor, and the coarse stands where that can't be done (or took too long)."""
    devices: dict[tuple[int, int], int] = {}
    serves: dict[int, tuple[int, int]] = {}
    too_coarse = []
    for m, stands in enumerate(coarse.members):
        tasks = [t for t, (at, _o) in enumerate(relaxed.serves) if at == m]
        counts = _as_many(part, coarse, relaxed, m)
        if len(stands) == 1:
            s = stands[0]
            devices |= {columns[0]: count for columns, count in counts if columns and count}
            options = coarse.part.stands[m].options
            serves |= {t: (s, part.stands[s].options.index(options[relaxed.serves[t][1]])) for t in tasks}
            continue
        inside = _only(part, tasks, stands)
        number_of = {s: number for number, s in enumerate(stands)}
        sums = [(tuple((number_of[s], o) for s, o in columns), count) for columns, count in counts]
        found = solve_part(inside, months, _SEATING_SECONDS, sums=sums)
        options = coarse.part.stands[m].options
        price = sum(float(task_cost(part.tasks[t], options[relaxed.serves[t][1]], months)) for t in tasks)
        counts_of = [(option, relaxed.devices.get((m, o), 0)) for o, option in enumerate(options)]
        price += sum(float(option.cost) * count for option, count in counts_of)
        served = [(part.tasks[t], options[relaxed.serves[t][1]]) for t in tasks]
        price += float(lack_cost(inside, served, counts_of, months))
        is_found = found.status in ("optimal", "time_limit") and len(found.serves) == len(tasks)
        if is_found:
            devices |= {(stands[s], o): count for (s, o), count in found.devices.items()}
            serves |= {t: (stands[s], o) for t, (s, o) in zip(tasks, found.serves, strict=True)}
        if not is_found or found.cost > price + ABSOLUTE_GAP:
            too_coarse.append(m)
    ordered = tuple(serves.get(t, (-1, -1)) for t in range(len(part.tasks)))
    return PartSolution("unknown", devices, ordered), too_coarse


def _only(part: Part, tasks: Sequence[int], stands: Sequence[int]) -> Part:
    """These tasks at these stands alone, without second devices."""
    number_of = {s: number for number, s in enumerate(stands)}
    places = {slot.place for s in stands for slot in part.stands[s].slots}
    return Part(
        tuple(part.tasks[t] for t in tasks),
        tuple(part.stands[s] for s in stands),
        tuple(tuple(number_of[s] for s in part.reach[t] if s in number_of) for t in tasks),
        tuple(None for _t in tasks),
        part.pools,
        {key: counts for key, counts in part.standing.items() if key[0] in places},
    )


def _mend(  # noqa: PLR0917 - the part and what is known of it
    part: Part,
    months: int,
    coarse: _Coarse,
    relaxed: PartSolution,
    seated: PartSolution,
    too_coarse: Sequence[int],
    seconds: float,
    target: float,
) -> PartSolution:
    """A plan on the real places near the coarse one, good enough at `target`.

    First what could be seated stays there; then as many devices of each kind in each coarse stand as the coarse plan has; then each coarse
    stand that could not be seated is solved anew together with each of its neighbours.
    """
    begun = time.monotonic()

    def left() -> float:
        return max(1.0, seconds - (time.monotonic() - begun))

    best = PartSolution("unknown")
    if not too_coarse:
        free = _around_lonely(part, coarse, seated)
        best = _solve_around(part, months, seated, free, min(_MENDING_SECONDS, left() / 4), target, None)
        if best.devices and best.cost <= target:
            return best
    every = [each for m in range(len(coarse.members)) for each in _as_many(part, coarse, relaxed, m)]
    better = solve_part(part, months, left(), sums=every, target=target)
    if better.devices and (not best.devices or better.cost < best.cost):
        best = better
    if not best.devices:
        free = frozenset(s for m in too_coarse for s in coarse.members[m])
        free |= {
            s
            for m in too_coarse
            for near in _neighbours(part, coarse, free)[:2]
            for s in coarse.members[near]
        }
        best = _solve_around(part, months, seated, free, min(_MENDING_SECONDS, left()), target, None)
    for m in too_coarse:
        here = frozenset(coarse.members[m])
        for neighbour in _neighbours(part, coarse, here):
            if not best.devices or best.cost <= target or left() <= 1:
                return best
            both = here | frozenset(coarse.members[neighbour])
            limit = min(_MENDING_SECONDS, left())
            better = _solve_around(part, months, best, both, limit, target, best)
            if better.devices and better.cost < best.cost:
                best = better
    return best


def _around_lonely(part: Part, coarse: _Coarse, seated: PartSolution) -> frozenset[int]:
    """The places around those who have no second device within reach, as devices were seated."""
    found: set[int] = set()
    for t, second in enumerate(part.second):
        s = seated.serves[t][0]
        if second is None or s < 0:
            continue
        needs, inside = part.tasks[t].needs, set(second)
        count = sum(
            n
            for (at, o), n in seated.devices.items()
            if at in inside and needs <= part.stands[at].options[o].running.can
        )
        if count < 2:
            found.update(coarse.members[coarse.merged_at[s]])
    return frozenset(found)


def _solve_around(  # noqa: PLR0917 - the part and what is known of it
    part: Part,
    months: int,
    known: PartSolution,
    free: frozenset[int],
    seconds: float,
    target: float,
    start: PartSolution | None,
) -> PartSolution:
    """Everything as in `known` but for these stands and who is served there (or nowhere yet)."""
    reach = tuple(
        (at,) if at >= 0 and at not in free else tuple(s for s in part.reach[t] if s in free)
        for t, (at, _o) in enumerate(known.serves)
    )
    sums: list[Sum] = [
        (((s, o),), known.devices.get((s, o), 0))
        for s, stand in enumerate(part.stands)
        if s not in free
        for o in range(len(stand.options))
    ]
    around = replace(part, reach=reach)
    return solve_part(around, months, seconds, sums=sums, start=start, target=target)


def _neighbours(part: Part, coarse: _Coarse, here: frozenset[int]) -> list[int]:
    """Other coarse stands that somebody reaches who also reaches one of these; those with most such people first."""
    count: dict[int, int] = defaultdict(int)
    for task, stands in zip(part.tasks, part.reach, strict=True):
        if not here.isdisjoint(stands):
            for m in {coarse.merged_at[s] for s in stands if s not in here}:
                count[m] += task.people
    return sorted(count, key=lambda m: (-count[m], m))
