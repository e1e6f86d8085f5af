# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What came of planning, all of it: the plan, what each wish costs, or what collides. As JSON for files, records and other programs.

Always holds: what `to_json` writes, `from_json` reads back. Sentences are kept as English text with values and put into words when read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allmende.fleet.concept.constraints_cost import ConstraintCost, price_constraints
from allmende.fleet.concept.infeasibility import Conflict, explain_infeasible
from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.optimise import find_plan
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.refining import Report
from allmende.fleet.concept.sentences import Sentence

#: ("plan" or "constraints", done, in all)
StepProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """`status`: optimal, time_limit, infeasible or unknown; `plan` is there for the first two, `conflicts` for the third."""

    status: str
    plan: Plan | None = None
    constraints: tuple[ConstraintCost, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "format": 1,
            "status": self.status,
            "seconds": round(self.seconds, 2),
            "plan": None if self.plan is None else self.plan.to_json(),
            "constraints": [
                {
                    "what": _sentence(cost.what),
                    "status": cost.status,
                    "a_year": None if cost.a_year is None else str(cost.a_year),
                    "devices": cost.devices,
                    "is_proven": cost.is_proven,
                    "give_or_take": str(cost.give_or_take),
                }
                for cost in self.constraints
            ],
            "conflicts": [
                {"wishes": [_sentence(wish) for wish in each.wishes], "is_minimal": each.is_minimal}
                for each in self.conflicts
            ],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Result:
        return Result(
            data["status"],
            None if data["plan"] is None else Plan.from_json(data["plan"]),
            tuple(
                ConstraintCost(
                    _read_sentence(cost["what"]),
                    cost["status"],
                    None if cost["a_year"] is None else Decimal(cost["a_year"]),
                    cost["devices"],
                    cost["is_proven"],
                    Decimal(cost.get("give_or_take", 0)),
                )
                for cost in data["constraints"]
            ),
            tuple(
                Conflict(tuple(_read_sentence(wish) for wish in each["wishes"]), each["is_minimal"])
                for each in data["conflicts"]
            ),
            data["seconds"],
        )


def plan_concept(
    concept: Concept,
    *,
    seconds: float = 60.0,
    with_constraints: bool = True,
    progress: StepProgress | None = None,
    report: Report | None = None,
) -> Result:
    """Plan, then price every constraint (within twice the time again), or say what collides."""
    begun = time.monotonic()

    def tell(step: str) -> Callable[[int, int], None] | None:
        if progress is None:
            return None
        return lambda done, count: progress(step, done, count)

    outcome = find_plan(concept, seconds=seconds, progress=tell("plan"), report=report)
    if outcome.plan is None:
        conflicts = (
            explain_infeasible(concept, outcome.stuck, seconds=seconds)
            if outcome.status == "infeasible"
            else []
        )
        return Result(outcome.status, None, (), tuple(conflicts), time.monotonic() - begun)
    costs = (
        price_constraints(concept, outcome.plan, seconds=2 * seconds, progress=tell("constraints"))
        if with_constraints
        else []
    )
    return Result(outcome.status, outcome.plan, tuple(costs), (), time.monotonic() - begun)


def _sentence(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "values": dict(sentence.values)}


def _read_sentence(data: Mapping[str, Any]) -> Sentence:
    return Sentence(data["text"], data["values"])
