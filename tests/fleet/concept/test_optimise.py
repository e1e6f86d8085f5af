# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.fleet.concept import generator, refining
from allmende.fleet.concept.costs import price_prints, price_running, to_cents
from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.model import (
    Concept,
    DeviceType,
    ExistingDevice,
    Fate,
    Group,
    MinimumVolume,
    Parameters,
    Volume,
)
from allmende.fleet.concept.optimise import find_plan
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.tasks import all_needs, make_tasks
from fleet.concept.tiny import best_by_trying, concept_of, running, tiny_concepts


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_concepts())
def test_as_cheap_as_the_best_of_everything_tried(concept: Concept) -> None:
    outcome, best = find_plan(concept, seconds=30), best_by_trying(concept)
    if best is None:
        assert outcome.status == "infeasible"
        assert outcome.stuck
    else:
        assert outcome.status == "optimal"
        assert outcome.plan is not None
        assert abs(outcome.plan.total - to_cents(best)) <= Decimal("0.01")
        check_rules(concept, outcome.plan)


def check_rules(concept: Concept, plan: Plan) -> None:
    """Walks, people, loads, slots and fates, recounted from the plan's own words; and its price."""
    now, walks = concept.parameters, measure_walks(concept)
    device_of = {device.id: device for device in plan.devices}
    assert len(device_of) == len(plan.devices)
    people: dict[str, int] = defaultdict(int)
    load: dict[str, int] = defaultdict(int)
    prints = Fraction(0)
    tasks = {(task.group, task.kind): task for task in make_tasks(concept)}
    assert {(walk.group, walk.kind) for walk in plan.walks} == set(tasks)
    for walk in plan.walks:
        task, device = tasks[walk.group, walk.kind], device_of[walk.device]
        machine = (
            concept.type_of[device.kind].running
            if device.mode == "new"
            else concept.device_of[device.kind].running
        )
        assert walk.length == walks[concept.group_of[walk.group].room, device.place] <= task.limit
        assert task.needs <= machine.can
        people[walk.device] += task.people
        load[walk.device] += task.volume.load
        prints += price_prints(task.volume, machine, now.months)
    total = prints
    for device in plan.devices:
        machine = (
            concept.type_of[device.kind].running
            if device.mode == "new"
            else concept.device_of[device.kind].running
        )
        assert device.users == people[device.id] <= min(now.most_users, machine.most_users or now.most_users)
        assert device.load == load[device.id] <= machine.duty_cycle * now.highest_share
        if now.enforces_lowest:
            assert people[device.id] >= now.fewest_users
            assert load[device.id] >= machine.duty_cycle * now.lowest_share
        total += price_running(machine, now)
        if device.mode == "new":
            total += Fraction(concept.type_of[device.kind].one_off)
    total += lacking(concept, plan)
    held = Counter(device.place for device in plan.devices)
    assert all(held[place.id] <= place.holds for place in concept.places)
    fates = {fate.device: fate for fate in plan.fates}
    assert set(fates) == set(concept.device_of)
    for fate in plan.fates:
        today = concept.device_of[fate.device]
        total += Fraction(fate.cost)
        if today.fate == Fate.STAY:
            assert (fate.fate, fate.place) == ("keep", today.place)
        if fate.fate == "move":
            assert today.may_move
        assert (fate.fate == "give_back") == (fate.device not in device_of)
    assert plan.total == to_cents(total), "the price is that of the plan, exactly"


def lacking(concept: Concept, plan: Plan) -> Fraction:
    """What devices of the contract print less than its minimum, at its prices."""
    minimum = concept.minimum
    if minimum is None:
        return Fraction(0)
    tasks = {(task.group, task.kind): task for task in make_tasks(concept)}
    printed = {
        device.id: Volume()
        for device in plan.devices
        if device.mode == "new" or concept.device_of[device.id].is_in_contract
    }
    for walk in plan.walks:
        if walk.device in printed:
            printed[walk.device] += tasks[walk.group, walk.kind].volume
    billed = list(printed.values())
    if minimum.is_pooled:
        billed = [sum(billed, Volume())]
    lack = sum(
        max(0, minimum.mono - each.mono - each.a3_mono) * Fraction(minimum.click_mono)
        + max(0, minimum.colour - each.colour - each.a3_colour) * Fraction(minimum.click_colour)
        for each in billed
    )
    return concept.parameters.months * Fraction(lack)


def town(rooms: int = 24, buildings: int = 2) -> Concept:
    return generate_town(Measure("t", rooms, 14, 9, buildings, 200_000, 30_000, rooms * 2), 3)


def test_when_any_device_is_taken_away_everybody_finds_another_one() -> None:
    concept = town()
    plan = find_plan(concept, seconds=60).plan
    assert plan is not None
    walks = measure_walks(concept)
    free = measure_walks(concept, step_free=True)
    for gone in plan.devices:
        left = [device for device in plan.devices if device is not gone]
        for group in concept.groups:
            lengths = free if group.is_step_free else walks
            reached = [
                device
                for device in left
                if lengths.get((group.room, device.place), 10**9) <= concept.parameters.second_walk
                and all_needs(group)
                <= (concept.type_of if device.mode == "new" else concept.device_of)[device.kind].running.can
            ]
            assert reached, f"{group.id} has nothing without {gone.id}"


def test_a_town_in_several_buildings_is_planned_by_the_rules() -> None:
    concept = town(rooms=30, buildings=4)
    steps: list[tuple[int, int]] = []
    outcome = find_plan(concept, seconds=60, progress=lambda done, count: steps.append((done, count)))
    assert outcome.plan is not None
    check_rules(concept, outcome.plan)
    assert steps[-1][0] == steps[-1][1] >= 4


def test_devices_side_by_side_each_keep_their_own_limit() -> None:
    """Twelve people fit two devices for six in sum, but groups of four don't: a third is needed."""
    groups = [Group(f"g{n}", "r0", 4, Volume(10)) for n in range(3)]
    kind = DeviceType("t", "T", running(users=6))
    outcome = find_plan(concept_of([0], [(0, 3)], groups, [kind]), seconds=20)
    assert outcome.plan is not None
    assert [device.users for device in outcome.plan.devices] == [4, 4, 4]


def test_of_equal_plans_the_one_with_the_shorter_walks_is_taken() -> None:
    groups = [Group(f"g{n}", f"r{n}", 2, Volume(10)) for n in range(3)]
    concept = concept_of([18, 20, 22], [(0, 1), (20, 1), (40, 1)], groups, [DeviceType("t", "T", running())])
    plan = find_plan(concept, seconds=20).plan
    assert plan is not None
    assert [device.place for device in plan.devices] == ["p1"]


def test_no_time_is_no_proof() -> None:
    concept = generate_town(Measure("t", 120, 80, 20, 1, 900_000, 90_000, 260), 2)
    outcome = find_plan(concept, seconds=0.5)
    assert outcome.status in {"time_limit", "unknown"}
    if outcome.plan is not None:
        assert outcome.plan.bound <= outcome.plan.total
        check_rules(concept, outcome.plan)


def test_a_device_that_moves_is_priced_with_its_move() -> None:
    device = ExistingDevice(
        "e",
        "E",
        "p0",
        running(rent="1"),
        Volume(5),
        may_move=True,
        move_cost=Decimal(30),
        give_back_cost=Decimal(70),
    )
    concept = concept_of(
        [40],
        [(0, 1), (40, 1)],
        [Group("g", "r0", 2, Volume(10))],
        [DeviceType("t", "T", running(rent="100"))],
        devices=[device],
        parameters=Parameters(months=12, longest_walk=1000, second_walk=0),
    )
    plan = find_plan(concept, seconds=20).plan
    assert plan is not None
    assert [(fate.fate, fate.place, fate.cost) for fate in plan.fates] == [("move", "p1", Decimal(30))]
    check_rules(concept, plan)


def test_a_plan_survives_json() -> None:
    plan = find_plan(town(rooms=8, buildings=1), seconds=30).plan
    assert plan is not None
    again = Plan.from_json(plan.to_json())
    assert again.to_json() == plan.to_json()
    assert again.devices == plan.devices


def test_from_coarse_to_fine_is_as_cheap_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    concept = generate_town(Measure("t", 16, 10, 4, 1, 150_000, 20_000, 34), 3)
    monkeypatch.setattr(refining, "_LARGE", 10**9)
    at_once = find_plan(concept, seconds=60)
    monkeypatch.setattr(refining, "_LARGE", 0)
    refined = find_plan(concept, seconds=60)
    assert at_once.plan is not None
    assert refined.plan is not None
    assert at_once.status == refined.status == "optimal"
    assert abs(at_once.plan.total - refined.plan.total) <= Decimal("0.01")
    check_rules(concept, refined.plan)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_concepts())
def test_the_way_over_coarse_cuts_finds_the_best_too(concept: Concept) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refining, "_LARGE", 0)
        outcome, best = find_plan(concept, seconds=30), best_by_trying(concept)
    if best is None:
        assert outcome.status == "infeasible"
    else:
        assert outcome.plan is not None
        assert outcome.status == "optimal"
        assert abs(outcome.plan.total - to_cents(best)) <= Decimal("0.01")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 10_000),
    st.integers(10, 18),
    st.integers(6, 9),
    st.sampled_from([(2000, 0), (3000, 0), (2000, 6000), (3000, 6000)]),
    st.sampled_from([None, True, False]),
)
def test_towns_with_several_floors_are_as_cheap_as_by_the_textbook(
    seed: int, rooms: int, places: int, walks: tuple[int, int], is_pooled: bool | None
) -> None:
    """The whole way over coarse floors, seats and mending against the plain formulation, which knows none of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator, "_ROOMS_A_FLOOR", 6)
        patch.setattr(refining, "_LARGE", 0)
        town = generate_town(
            Measure("t", rooms, places, 1 + seed % 7, 1, 20_000 * rooms, 2000 * rooms, rooms * 2), seed
        )
        parameters = replace(town.parameters, longest_walk=walks[0], second_walk=walks[1])
        concept = replace(town, parameters=parameters)
        if is_pooled is not None:
            most = 1600 * rooms if is_pooled else 4000
            minimum = MinimumVolume(most, most // 10, Decimal("0.006"), Decimal("0.046"), is_pooled)
            concept = replace(concept, minimum=minimum)
        ours = find_plan(concept, seconds=60)
    plain = find_plan(concept, seconds=60, is_strong=False)
    assert ours.status == plain.status
    if ours.plan is not None and plain.plan is not None:
        check_rules(concept, ours.plan)
        assert plain.plan.bound == plain.plan.total
        assert ours.plan.bound <= plain.plan.total <= ours.plan.total
        assert ours.plan.total - ours.plan.bound <= ours.plan.total * Decimal(str(refining.RELATIVE_GAP))
