# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Minimum volumes of the contract: the cheapest plan by trying everything, and the supplier's bill for the same fleet and volumes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.fleet.concept.costs import price_today, to_cents
from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.input_file import read_concept
from allmende.fleet.concept.model import Concept, Fate, MinimumVolume, Parameters, Running, Volume
from allmende.fleet.concept.optimise import find_plan
from allmende.fleet.concept.plans import Plan
from allmende.fleet.prices import ClickPrices, ImpressionClass, PriceList, VolumeKind, VolumePer
from allmende.fleet.prices import Volume as ContractVolume
from allmende.fleet.settlement.arithmetic import Counted, Days, Placement, Terms, reckon, spans_to_count
from fleet.concept.tiny import best_by_trying, tiny_concepts

MONO, COLOUR = Decimal("0.01"), Decimal("0.05")
MONTHS = 12
YEAR = Days(date(2027, 1, 1), date(2027, 12, 31))


@st.composite
def minimums(draw: st.DrawFn) -> MinimumVolume:
    return MinimumVolume(
        draw(st.sampled_from([0, 100, 250, 600])),
        draw(st.sampled_from([0, 0, 30, 100])),
        Decimal(draw(st.sampled_from(["0.01", "0.02", "0.2"]))),
        Decimal(draw(st.sampled_from(["0.05", "0.3"]))),
        draw(st.booleans()),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_concepts(), minimums(), st.booleans())
def test_the_plan_is_the_cheapest_with_what_the_minimum_costs(
    concept: Concept, minimum: MinimumVolume, is_first_inside: bool
) -> None:
    devices = tuple(
        replace(device, is_in_contract=is_first_inside and number == 0)
        for number, device in enumerate(concept.devices)
    )
    concept = replace(concept, minimum=minimum, devices=devices)
    outcome, best = find_plan(concept, seconds=30), best_by_trying(concept)
    if best is None:
        assert outcome.status == "infeasible"
        return
    assert outcome.plan is not None
    assert outcome.status == "optimal"
    assert abs(outcome.plan.total - to_cents(best)) <= Decimal("0.01")


def bill(concept: Concept, plan: Plan) -> Decimal:
    """What the settlement bills for these devices and volumes in a year, net; all of them must be new ones of one contract."""
    minimum = concept.minimum
    assert minimum is not None
    group_of, device_of = concept.group_of, {device.id: device for device in plan.devices}
    volumes = dict.fromkeys(device_of, Volume())
    for walk in plan.walks:
        assert not walk.kind
        volumes[walk.device] += group_of[walk.group].volume
    number_of = {name: number for number, name in enumerate(device_of, start=1)}
    rents = {kind.id: kind.running.rent for kind in concept.types}
    # A volume by month is told by the month of the year: a settlement of the whole year is compared, so the year's volume is taken.
    volume = ContractVolume(
        VolumeKind.MINIMUM,
        minimum.is_pooled,
        VolumePer.PERIOD,
        minimum.mono * MONTHS,
        minimum.colour * MONTHS,
    )
    prices = PriceList(
        YEAR.first_day,
        YEAR.last_day,
        rents=rents,
        clicks=ClickPrices(MONO, COLOUR, 2 * MONO, 2 * COLOUR),
        volume=volume,
    )
    terms = Terms(YEAR, [prices], lambda _day: Decimal(19))
    placements = [Placement(number_of[name], device.kind, YEAR) for name, device in device_of.items()]
    wanted = spans_to_count(YEAR, terms, placements)
    name_of = {number: name for name, number in number_of.items()}
    counts = [
        Counted(
            device_id,
            days,
            {
                ImpressionClass.MONO: MONTHS * volumes[name_of[device_id]].mono,
                ImpressionClass.COLOUR: MONTHS * volumes[name_of[device_id]].colour,
                ImpressionClass.MONO_A3: MONTHS * volumes[name_of[device_id]].a3_mono,
                ImpressionClass.COLOUR_A3: MONTHS * volumes[name_of[device_id]].a3_colour,
            },
        )
        for device_id, days in wanted
    ]
    reckoned = reckon(YEAR, terms, placements, counts)
    assert not reckoned.uncovered
    return sum((line.amount for line in reckoned.lines), Decimal(0))


def one_contract(seed: int, minimum: MinimumVolume) -> Concept:
    """A town whose devices are all new and of one contract: its clicks, no energy, nothing paid once."""
    town = generate_town(Measure("t", 12, 8, 5, 2, 240_000, 24_000, 30), seed)

    def priced(running: Running) -> Running:
        return replace(running, click_mono=MONO, click_colour=COLOUR, energy_kwh_week=Decimal(0))

    return replace(
        town,
        parameters=Parameters(months=MONTHS),
        types=tuple(replace(kind, running=priced(kind.running), one_off=Decimal(0)) for kind in town.types),
        devices=tuple(replace(device, fate=Fate.GIVE_BACK) for device in town.devices),
        minimum=minimum,
    )


@pytest.mark.parametrize("is_pooled", [True, False])
@pytest.mark.parametrize(("mono", "colour"), [(0, 0), (900, 150), (4000, 500), (40_000, 5000)])
def test_the_settlement_bills_what_the_plan_says_to_the_cent(is_pooled: bool, mono: int, colour: int) -> None:
    for seed in (1, 2):
        concept = one_contract(seed, MinimumVolume(mono, colour, MONO, COLOUR, is_pooled))
        plan = find_plan(concept, seconds=60).plan
        assert plan is not None
        assert plan.status == "optimal"
        assert plan.total == bill(concept, plan)


def test_what_lacks_in_all_is_told_apart_from_the_devices() -> None:
    concept = one_contract(1, MinimumVolume(40_000, 0, MONO, COLOUR))
    plan = find_plan(concept, seconds=60).plan
    assert plan is not None
    printed = sum(group.volume.counted_mono for group in concept.groups)
    assert plan.lack == (40_000 - printed) * MONO * MONTHS
    assert plan.total == plan.lack + sum(device.cost_device + device.cost_prints for device in plan.devices)
    assert Plan.from_json(plan.to_json()) == replace(plan, seconds=round(plan.seconds, 2))


def test_today_pays_for_what_its_devices_in_the_contract_lack() -> None:
    town = one_contract(1, MinimumVolume(10_000, 0, MONO, COLOUR, is_pooled=False))
    outside = price_today(town)
    first, *others = town.devices
    inside = replace(town, devices=(replace(first, is_in_contract=True), *others))
    lack = max(0, 10_000 - first.volume.counted_mono)
    assert price_today(inside) - outside == Fraction(lack) * Fraction(MONO) * MONTHS


def test_a_minimum_survives_the_file() -> None:
    concept = one_contract(1, MinimumVolume(4000, 500, MONO, COLOUR, is_pooled=False))
    first, *others = concept.devices
    concept = replace(concept, devices=(replace(first, is_in_contract=True), *others))
    assert read_concept(write_concept(concept)) == concept
