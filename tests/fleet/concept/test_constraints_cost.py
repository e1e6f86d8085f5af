# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from allmende.fleet.concept import constraints_cost
from allmende.fleet.concept.constraints_cost import ConstraintCost, price_constraints, vary
from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.model import Concept, ExistingDevice, Fate
from allmende.fleet.concept.optimise import Outcome, find_plan
from allmende.fleet.concept.plans import Plan


@pytest.fixture(scope="module")
def concept() -> Concept:
    return generate_town(Measure("t", 10, 6, 3, 1, 90_000, 9_000, 22), 4)


@pytest.fixture(scope="module")
def plan(concept: Concept) -> Plan:
    found = find_plan(concept, seconds=60).plan
    assert found is not None
    assert found.bound == found.total
    return found


def found_instead(monkeypatch: pytest.MonkeyPatch, concept: Concept, plan: Plan) -> dict[str, ConstraintCost]:
    """The constraints' costs if the solver came to this plan for each."""
    monkeypatch.setattr(
        constraints_cost, "find_plan", lambda _concept, seconds: Outcome(plan.status, plan, (), seconds)
    )
    return {str(cost.what): cost for cost in price_constraints(concept, plan_of(plan), seconds=60)}


def plan_of(plan: Plan) -> Plan:
    """The concept's own, proven."""
    return replace(plan, status="optimal", total=Decimal(1000), bound=Decimal(1000), months=12)


def test_each_difference_is_that_of_two_plans(concept: Concept, plan: Plan) -> None:
    costs = price_constraints(concept, plan, seconds=120)
    directions = [direction for _what, _changed, direction in vary(concept)]
    assert len(costs) == len(directions) > 8
    for (_what, changed, _direction), cost in zip(vary(concept), costs, strict=True):
        assert cost.is_proven
        outcome = find_plan(changed, seconds=60)
        if outcome.plan is None:
            assert cost.status == "infeasible"
        else:
            assert cost.a_year is not None
            a_year = plan.a_year(outcome.plan.total - plan.total)
            assert abs(cost.a_year - a_year) <= Decimal("0.01")


def test_what_was_loosened_never_costs_more(
    monkeypatch: pytest.MonkeyPatch, concept: Concept, plan: Plan
) -> None:
    poor = replace(plan, status="time_limit", total=Decimal(1200), bound=Decimal(900), months=12)
    costs = found_instead(monkeypatch, concept, poor)
    looser = costs["No second device within reach"]
    assert (looser.a_year, looser.is_proven) == (Decimal(0), False)
    tighter = costs["5 m less walking (25 m)"]
    assert (tighter.a_year, tighter.is_proven) == (Decimal(200), False)


def test_what_was_tightened_and_costs_the_same_is_proven_without_the_solver(
    monkeypatch: pytest.MonkeyPatch, concept: Concept, plan: Plan
) -> None:
    same = replace(plan, status="time_limit", total=Decimal(1000), bound=Decimal(700), months=12)
    costs = found_instead(monkeypatch, concept, same)
    assert costs["5 m less walking (25 m)"].is_proven
    assert not costs["No second device within reach"].is_proven


def test_how_far_a_figure_may_be_out_is_told(
    monkeypatch: pytest.MonkeyPatch, concept: Concept, plan: Plan
) -> None:
    near = replace(plan, status="optimal", total=Decimal(1100), bound=Decimal("1099.95"), months=12)
    cost = found_instead(monkeypatch, concept, near)["5 m less walking (25 m)"]
    assert (cost.a_year, cost.give_or_take, cost.is_proven) == (Decimal(100), Decimal("0.05"), True)


def test_neither_looser_nor_tighter(concept: Concept) -> None:
    stays: ExistingDevice = replace(concept.devices[0], fate=Fate.STAY)
    changed = replace(concept, devices=(stays, *concept.devices[1:]))
    directions = {str(what): direction for what, _changed, direction in vary(changed)}
    assert directions["All devices of today are given back"] is None
    group = replace(concept.groups[0], own_walk=9000)
    changed = replace(concept, groups=(group, *concept.groups[1:]))
    directions = {str(what): direction for what, _changed, direction in vary(changed)}
    assert directions["No shorter or step-free ways for individual people"] is None
