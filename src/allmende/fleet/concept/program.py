# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One part of the problem as a mixed-integer programme, solved with HiGHS.

    y[s,o] ∈ {0,1,…}   devices of option o on stand s          x[t,s,o] ∈ {0,1}   task t goes to one of them

    min  Σ cost[o]·y + Σ clicks[t,o]·x                    every task goes to one device:        Σ x[t,·,·] = 1
    x[t,s,o] ≤ y[s,o]   (strong: per task, not summed)    users, duty cycle per device:         Σ people·x ≤ most·y
    slots of a stand, devices of a pool, those that stay  a second device within reach (n-1):   Σ y ≥ 2

Users and duty cycles are summed over devices that are alike on one stand, which is a relaxation there; whoever calls checks each
device by itself (`optimise`) and takes stands apart where that fails. Rows that can't bind are left out; where no such row
binds a task's x, it is left continuous (it comes out whole, or as cheap when rounded to any of its devices).

Source of the strong formulation: the uncapacitated facility location problem; Krarup, Pruzan, European Journal of Operational
Research 12 (1983), 36-81.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from allmende.fleet.concept.greedy import plan_greedily
from allmende.fleet.concept.rows import Rows, add_counting_cuts, add_fleet_columns, add_lack_columns
from allmende.fleet.concept.tasks import Part, Stand, suits, task_cost

Status = Literal["optimal", "time_limit", "infeasible", "unknown"]
#: (kind, index): a wish that `without` can leave out; see `infeasibility`.
Wish = tuple[str, int]
#: So many devices stand on these (stand, option) together.
Sum = tuple[tuple[tuple[int, int], ...], int]
#: EUR over the whole term: less than half a cent between the plan and the proven bound.
ABSOLUTE_GAP = 0.004
#: From so many assignments on a good start is looked for; how long, and how good is good.
_LARGE = 1500
_START_SECONDS = 12.0
_START_GAP = 0.006


@dataclass(frozen=True, slots=True)
class PartSolution:
    """`devices[stand, option]` → count; `serves[task]` = (stand, option). `bound` in EUR: no plan of this part is cheaper."""

    status: Status
    devices: Mapping[tuple[int, int], int] = field(default_factory=dict)
    serves: tuple[tuple[int, int], ...] = ()
    cost: float = 0.0
    bound: float = 0.0


def solve_part(
    part: Part,
    months: int,
    seconds: float,
    *,
    without: frozenset[Wish] = frozenset(),
    is_strong: bool = True,
    sums: Sequence[Sum] = (),
    start: PartSolution | None = None,
    gap: float = ABSOLUTE_GAP,
    target: float | None = None,
) -> PartSolution:
    """The cheapest plan of this part, proven; after `seconds` the best that was found, with its bound.

    `sums` are further rows; `start` is a plan to begin with; `gap` in EUR is near enough
    to the bound; a plan that costs no more than `target` is good enough, proven or not.
    """
    if not part.tasks and not any(stay for _count, stay in part.standing.values()):
        return PartSolution("optimal")
    import highspy  # noqa: PLC0415 - 40 MB that pages never need

    begun = time.monotonic()
    cost: list[float] = []
    upper: list[float] = []
    y_of: dict[tuple[int, int], int] = {}
    for s, stand in enumerate(part.stands):
        for o, option in enumerate(stand.options):
            most = len(part.tasks) + 1 if ("slots", s) in without else len(stand.slots)
            if option.mode == "keep":
                most = min(most, _count_standing(part, stand, option.kind)[0])
            elif option.mode == "move":
                most = min(most, part.pools[option.kind])
            y_of[s, o] = len(cost)
            cost.append(float(option.cost))
            upper.append(float(most))
    whole_from = len(cost)
    x_of: dict[tuple[int, int, int], int] = {}
    users: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for t, task in enumerate(part.tasks):
        if ("walk", t) in without:
            continue
        for s in part.reach[t]:
            for o, option in enumerate(part.stands[s].options):
                fits = task.needs <= option.running.can
                fits = fits and (task.people <= option.most_users or ("users", 0) in without)
                if fits and (task.volume.load <= option.capacity or ("duty", 0) in without):
                    x_of[t, s, o] = len(cost)
                    users[s, o].append((t, len(cost)))
                    cost.append(float(task_cost(task, option, months)))
                    upper.append(1.0)
    rows, bound_by_row = Rows(), set[int]()
    if is_strong and not without:
        add_fleet_columns(part, rows, y_of, cost, upper, bound_by_row)
    _add_serving_rows(part, rows, x_of, y_of, without, is_strong=is_strong)
    _add_device_rows(part, rows, users, y_of, without, bound_by_row)
    _add_standing_rows(part, rows, y_of, without)
    if is_strong and not without:
        add_counting_cuts(part, rows, y_of)
    if not without:
        add_lack_columns(part, months, rows, users, y_of, cost, upper, bound_by_row)

    for chosen, count in sums:
        rows.add([(y_of[key], 1.0) for key in chosen], float(count), float(count))
    if rows.is_hopeless:
        return PartSolution("infeasible")
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), len(rows.starts)
    model.col_cost_ = [0.0] * len(cost) if without else cost
    model.col_lower_ = [0.0] * len(cost)
    model.col_upper_ = upper
    model.row_lower_, model.row_upper_ = rows.lower, rows.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = [*rows.starts, len(rows.columns)]
    model.a_matrix_.index_, model.a_matrix_.value_ = rows.columns, rows.values
    kinds = highspy.HighsVarType
    model.integrality_ = [
        kinds.kInteger if column < whole_from or column in bound_by_row else kinds.kContinuous
        for column in range(len(cost))
    ]
    if not is_strong or without:
        solver = _make_solver(model, seconds - (time.monotonic() - begun))
    else:
        values = (
            _start_from(start, y_of, x_of)
            if start
            else _find_start(part, months, model, whole_from, y_of, x_of, seconds)
        )
        solver = _make_solver(model, seconds - (time.monotonic() - begun))
        if values:
            columns = list(values)
            solver.setSolution(len(columns), columns, [values[column] for column in columns])
    solver.setOptionValue("mip_abs_gap", max(gap, ABSOLUTE_GAP))
    if target is not None:
        solver.setOptionValue("objective_target", target)
    solver.run()
    return _read(part, solver, y_of, x_of, highspy)


def count_choices(part: Part) -> int:
    """How many pairs of a task and a kind of device near it there are: what makes a part large."""
    return sum(len(part.stands[s].options) for stands in part.reach for s in stands)


def _count_standing(part: Part, stand: Stand, pool: str) -> tuple[int, int]:
    """Devices of a pool at the stand's places, and how many of them must stay."""
    counts = [part.standing.get((place, pool), (0, 0)) for place in {slot.place for slot in stand.slots}]
    return sum(count for count, _stay in counts), sum(stay for _count, stay in counts)


def _start_from(
    start: PartSolution, y_of: dict[tuple[int, int], int], x_of: dict[tuple[int, int, int], int]
) -> dict[int, float]:
    values = {column: float(start.devices.get(key, 0)) for key, column in y_of.items()}
    values |= dict.fromkeys(x_of.values(), 0.0)
    return values | {x_of[t, s, o]: 1.0 for t, (s, o) in enumerate(start.serves)}


def _make_solver(model: Any, seconds: float) -> Any:
    import highspy  # noqa: PLC0415

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", ABSOLUTE_GAP),
        ("time_limit", max(0.1, seconds)),
        # Parts are solved side by side (`optimise`); inside of one, HiGHS gains nothing from more.
        ("threads", 1),
    ):
        solver.setOptionValue(name, value)
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise RuntimeError("HiGHS does not take the model")
    return solver


def _find_start(  # noqa: PLR0917 - the parts of one programme
    part: Part,
    months: int,
    model: Any,
    whole_from: int,
    y_of: dict[tuple[int, int], int],
    x_of: dict[tuple[int, int, int], int],
    seconds: float,
) -> dict[int, float]:
    """Values of columns to begin with: devices first, from the same programme with people shared out in fractions.

    Whole assignments are found by the solver from there. A good start lets it fix most columns at once by their reduced cost.
    """
    import highspy  # noqa: PLC0415

    found = plan_greedily(part, months)
    start: dict[int, float] = {}
    if found is not None:
        devices, serves = found
        start = {column: float(devices.get(key, 0)) for key, column in y_of.items()}
        start |= dict.fromkeys(x_of.values(), 0.0)
        start |= {x_of[t, s, o]: 1.0 for t, (s, o) in enumerate(serves)}
    if len(x_of) < _LARGE:
        return start
    whole = model.integrality_
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * whole_from + [kinds.kContinuous] * (len(whole) - whole_from)
    solver = _make_solver(model, min(_START_SECONDS, seconds / 5))
    model.integrality_ = whole
    solver.setOptionValue("mip_rel_gap", _START_GAP)
    if start:
        solver.setSolution(len(start), list(start), list(start.values()))
    solver.run()
    if solver.getInfo().primal_solution_status == 2:
        values = solver.getSolution().col_value
        start = {column: float(round(values[column])) for column in y_of.values()}
    return start


def _add_serving_rows(
    part: Part,
    rows: Rows,
    x_of: dict[tuple[int, int, int], int],
    y_of: dict[tuple[int, int], int],
    without: frozenset[Wish],
    *,
    is_strong: bool,
) -> None:
    of_task: dict[int, list[int]] = defaultdict(list)
    of_device: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (t, s, o), column in x_of.items():
        of_task[t].append(column)
        of_device[s, o].append(column)
        if is_strong:
            rows.add([(column, 1.0), (y_of[s, o], -1.0)], -float("inf"), 0.0)
    if not is_strong:
        for key, columns in of_device.items():
            rows.add([*((c, 1.0) for c in columns), (y_of[key], -float(len(columns)))], -float("inf"), 0.0)
    for t in range(len(part.tasks)):
        if ("walk", t) not in without:
            rows.add([(column, 1.0) for column in of_task[t]], 1.0, 1.0)
    known: set[tuple[int, ...]] = set()
    for t, second in enumerate(part.second):
        if second is None or ("second", t) in without or ("walk", t) in without:
            continue
        task = part.tasks[t]
        able = tuple(
            y_of[s, o]
            for s in second
            for o, option in enumerate(part.stands[s].options)
            if task.needs <= option.running.can
        )
        if able not in known:
            known.add(able)
            rows.add([(column, 1.0) for column in able], 2.0, float("inf"))


def _add_device_rows(  # noqa: PLR0917 - the parts of one programme
    part: Part,
    rows: Rows,
    users: dict[tuple[int, int], list[tuple[int, int]]],
    y_of: dict[tuple[int, int], int],
    without: frozenset[Wish],
    bound_by_row: set[int],
) -> None:
    """Users and duty cycle, most and least, of each kind of device on each stand."""
    for (s, o), y in y_of.items():
        option = part.stands[s].options[o]
        served = users[s, o]
        people = [(column, float(part.tasks[t].people)) for t, column in served if part.tasks[t].people]
        load = [
            (column, float(part.tasks[t].volume.load)) for t, column in served if part.tasks[t].volume.load
        ]
        for terms, most, least, wish in (
            (people, option.most_users, option.fewest_users, "users"),
            (load, option.capacity, option.lowest_load, "duty"),
        ):
            if (wish, 0) not in without and sum(value for _c, value in terms) > most:
                rows.add([*terms, (y, -float(most))], -float("inf"), 0.0)
                bound_by_row.update(column for column, _v in terms)
            if least and ("lowest", 0) not in without:
                rows.add([*terms, (y, -float(least))], 0.0, float("inf"))
                bound_by_row.update(column for column, _v in terms)


def _add_standing_rows(
    part: Part, rows: Rows, y_of: dict[tuple[int, int], int], without: frozenset[Wish]
) -> None:
    """Slots of a stand; devices of today, at their places and in all."""
    pools: dict[str, list[int]] = defaultdict(list)
    kept: dict[tuple[frozenset[str], str], list[int]] = defaultdict(list)
    counts: dict[tuple[frozenset[str], str], tuple[int, int]] = {}
    dropped = {key for number, key in enumerate(part.standing) if ("stay", number) in without}
    for s, stand in enumerate(part.stands):
        if ("slots", s) not in without:
            rows.add([(y_of[s, o], 1.0) for o in range(len(stand.options))], 0.0, float(len(stand.slots)))
        places = frozenset(slot.place for slot in stand.slots)
        for o, option in enumerate(stand.options):
            if option.mode != "new":
                pools[option.kind].append(y_of[s, o])
            if option.mode == "keep":
                kept[places, option.kind].append(y_of[s, o])
                count, stay = _count_standing(part, stand, option.kind)
                stay -= sum(
                    part.standing[key][1] for key in dropped if key[0] in places and key[1] == option.kind
                )
                counts[places, option.kind] = (count, stay)
    for pool, columns in pools.items():
        rows.add([(column, 1.0) for column in columns], 0.0, float(part.pools[pool]))
    for key, columns in kept.items():
        count, stay = counts[key]
        if stay or len(columns) > 1:
            rows.add([(column, 1.0) for column in columns], float(stay), float(count))


def _read(
    part: Part,
    solver: Any,
    y_of: dict[tuple[int, int], int],
    x_of: dict[tuple[int, int, int], int],
    highspy: Any,
) -> PartSolution:
    state = solver.getModelStatus()
    states = highspy.HighsModelStatus
    if state in (states.kInfeasible, states.kUnboundedOrInfeasible):
        return PartSolution("infeasible")
    information = solver.getInfo()
    if information.primal_solution_status != 2:
        return PartSolution("unknown", bound=float(information.mip_dual_bound))
    values = solver.getSolution().col_value
    devices = {key: count for key, column in y_of.items() if (count := round(values[column]))}
    best: dict[int, tuple[float, int, int]] = {}
    for (t, s, o), column in x_of.items():
        if (s, o) in devices and (values[column], s, o) > best.get(t, (0.0, -1, -1)):
            best[t] = (values[column], s, o)
    serves = tuple(best[t][1:] if t in best else (-1, -1) for t in range(len(part.tasks)))
    status: Status = "optimal" if state == states.kOptimal else "time_limit"
    return PartSolution(
        status,
        devices,
        serves,
        float(information.objective_function_value),
        float(information.mip_dual_bound),
    )


__all__ = ["PartSolution", "Wish", "solve_part", "suits"]
