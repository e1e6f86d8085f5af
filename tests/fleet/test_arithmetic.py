# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.prices import (
    ClickPrices,
    ImpressionClass,
    PriceError,
    PriceFault,
    PriceList,
    Volume,
    VolumeKind,
    VolumePer,
)
from allmende.fleet.settlement.arithmetic import (
    Charge,
    Counted,
    Days,
    Line,
    LineKind,
    Placement,
    Terms,
    month_of,
    quarter_of,
    reckon,
    rent_for,
    spans_to_count,
    tax_by_rate,
)
from allmende.fleet.tax_rates import tax_rate_on

M, C, M3, C3 = (
    ImpressionClass.MONO,
    ImpressionClass.COLOUR,
    ImpressionClass.MONO_A3,
    ImpressionClass.COLOUR_A3,
)
Q1 = Days(date(2026, 1, 1), date(2026, 3, 31))
NO_VOLUME = Volume()
YEAR = Days(date(2026, 1, 1), date(2026, 12, 31))
CLICKS = ClickPrices(Decimal("0.0042"), Decimal("0.039"), Decimal("0.0084"), Decimal("0.078"))


def rate(day: date) -> Decimal:
    return tax_rate_on(day).per_cent


def terms(
    volume: Volume = NO_VOLUME, *, clicks: ClickPrices = CLICKS, rent: str = "0", contract: Days = YEAR
) -> Terms:
    return Terms(
        contract,
        [PriceList(contract.first_day, contract.last_day, Decimal(rent), {}, clicks, volume)],
        rate,
    )


def place(device_id: int = 1, days: Days = YEAR, device_class: str = "") -> Placement:
    return Placement(device_id, device_class, days)


def total(lines: tuple[Line, ...]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def test_rent_of_a_partial_month_goes_by_that_month_s_days() -> None:
    assert rent_for(Decimal(62), Days(date(2026, 1, 1), date(2026, 1, 1))) == (
        Decimal("0.032258"),
        Decimal("2.00"),
    )
    assert rent_for(Decimal(62), Q1) == (Decimal(3), Decimal("186.00"))
    # 16 of 31 days and 10 of 28: added before it is rounded.
    days = Days(date(2026, 1, 16), date(2026, 2, 10))
    assert rent_for(Decimal(100), days)[1] == Decimal("87.33")


@given(
    rent=st.decimals(0, 500, places=6),
    first=st.dates(date(2019, 1, 1), date(2028, 12, 31)),
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=5),
)
def test_parts_of_a_rent_add_up_to_the_whole(rent: Decimal, first: date, lengths: list[int]) -> None:
    """Cut anywhere, each part is off by half a cent at most, and the months add up."""
    edges = [first]
    for length in lengths:
        edges.append(edges[-1] + timedelta(days=length))
    parts = [Days(a, b - timedelta(days=1)) for a, b in pairwise(edges)]
    whole = Days(first, edges[-1] - timedelta(days=1))
    difference = sum((rent_for(rent, part)[1] for part in parts), Decimal(0)) - rent_for(rent, whole)[1]
    assert abs(difference) <= Decimal("0.005") * (len(parts) + 1)
    assert sum(len(month) for month in whole.months()) == len(whole)


def test_an_included_volume_is_used_up_by_a4_first() -> None:
    volume = Volume(VolumeKind.INCLUDED, pooled=False, per=VolumePer.PERIOD, mono=1000, colour=10)
    counts = [Counted(1, Q1, {M: 900, M3: 300, C: 5, C3: 4})]
    lines = reckon(Q1, terms(volume), [place()], counts).lines
    assert [(line.impression_class, line.free, int(line.quantity)) for line in lines] == [
        (M, 900, 0),
        (M3, 100, 200),
        (C, 5, 0),
        (C3, 4, 0),
    ]
    assert total(lines) == Decimal("1.68")


def test_a_minimum_bills_what_is_lacking_at_a4_s_price() -> None:
    volume = Volume(VolumeKind.MINIMUM, pooled=False, mono=1000, colour=100)
    lines = reckon(Q1, terms(volume), [place()], [Counted(1, Q1, {M: 700, M3: 100, C: 150})]).lines
    lacking = [line for line in lines if line.kind is LineKind.SHORTFALL]
    assert [(line.impression_class, int(line.quantity), line.amount) for line in lacking] == [
        (M, 200, Decimal("0.84"))
    ]


def test_a_quarter_makes_good_a_weak_month_only_where_the_contract_says_so() -> None:
    months = list(Q1.months())
    made = (500, 1500, 1000)
    per_month = Volume(VolumeKind.MINIMUM, pooled=False, per=VolumePer.MONTH, mono=1000)
    counts = [Counted(1, days, {M: number}) for days, number in zip(months, made, strict=True)]
    assert spans_to_count(Q1, terms(per_month), [place()]) == [(1, days) for days in months]
    assert total(reckon(Q1, terms(per_month), [place()], counts).lines) == Decimal("14.70")
    per_period = Volume(VolumeKind.MINIMUM, pooled=False, per=VolumePer.PERIOD, mono=3000)
    assert total(reckon(Q1, terms(per_period), [place()], [Counted(1, Q1, {M: 3000})]).lines) == Decimal(
        "12.60"
    )


def test_a_pool_is_settled_on_the_sum_and_devices_carry_their_counts() -> None:
    volume = Volume(VolumeKind.INCLUDED, pooled=True, mono=1000)
    counts = [Counted(1, Q1, {M: 1500}), Counted(2, Q1, {M: 100})]
    lines = reckon(Q1, terms(volume), [place(1), place(2)], counts).lines
    assert [(line.kind, line.device_id, line.counted, line.amount) for line in lines] == [
        (LineKind.COUNTED, 1, 1500, 0),
        (LineKind.COUNTED, 2, 100, 0),
        (LineKind.POOL, None, 1600, Decimal("2.52")),
    ]


def test_a_volume_for_part_of_a_period_goes_by_days() -> None:
    volume = Volume(VolumeKind.INCLUDED, pooled=False, per=VolumePer.MONTH, mono=3100)
    days = Days(date(2026, 1, 22), date(2026, 1, 31))
    january = month_of(date(2026, 1, 1))
    lines = reckon(january, terms(volume), [place(1, days)], [Counted(1, days, {M: 1500})]).lines
    assert [(line.free, int(line.quantity)) for line in lines] == [(1000, 500)]


def test_a_device_without_a_count_pays_rent_and_is_told() -> None:
    reckoned = reckon(Q1, terms(rent="10"), [place(1), place(2)], [Counted(1, Q1, {M: 10})])
    assert [(each.device_id, each.days) for each in reckoned.uncovered] == [(2, Q1)]
    assert [line.kind for line in reckoned.lines if line.device_id == 2] == [LineKind.RENT]


def test_a_pool_with_a_device_missing_is_an_estimate() -> None:
    volume = Volume(VolumeKind.INCLUDED, pooled=True, mono=5)
    lines = reckon(Q1, terms(volume), [place(1), place(2)], [Counted(1, Q1, {M: 10})]).lines
    assert [line.is_estimate for line in lines if line.kind is LineKind.POOL] == [True]


def test_prices_change_within_a_quarter() -> None:
    change = date(2026, 2, 15)
    lists = [
        PriceList(YEAR.first_day, change - timedelta(days=1), Decimal(28), clicks=CLICKS),
        PriceList(change, YEAR.last_day, Decimal(56), clicks=ClickPrices(mono=Decimal("0.01"))),
    ]
    agreed = Terms(YEAR, lists, rate)
    before, after = Days(Q1.first_day, date(2026, 2, 14)), Days(change, Q1.last_day)
    assert spans_to_count(Q1, agreed, [place()]) == [(1, before), (1, after)]
    lines = reckon(Q1, agreed, [place()], [Counted(1, before, {M: 1000}), Counted(1, after, {M: 1000})]).lines
    assert [(line.kind, line.amount) for line in lines] == [
        (LineKind.RENT, Decimal("42.00")),
        (LineKind.RENT, Decimal("84.00")),
        (LineKind.CLICKS, Decimal("4.20")),
        (LineKind.CLICKS, Decimal("10.00")),
    ]


def test_gaps_overlaps_and_negative_prices_are_refused() -> None:
    early = PriceList(date(2026, 1, 1), date(2026, 1, 31))
    for lists, fault, days in (
        ([early], PriceFault.GAP, (date(2026, 2, 1), Q1.last_day)),
        ([PriceList(date(2026, 1, 5), Q1.last_day)], PriceFault.GAP, (Q1.first_day, date(2026, 1, 4))),
        (
            [early, PriceList(date(2026, 1, 20), Q1.last_day)],
            PriceFault.OVERLAP,
            (date(2026, 1, 20), date(2026, 1, 31)),
        ),
    ):
        with pytest.raises(PriceError) as caught:
            reckon(Q1, Terms(YEAR, lists, rate), [place()], [])
        assert (caught.value.fault, (caught.value.first_day, caught.value.last_day)) == (fault, days)
    with pytest.raises(PriceError):
        PriceList(Q1.first_day, Q1.last_day, Decimal("-0.01"))
    with pytest.raises(ValueError, match="less than nothing"):
        Counted(1, Q1, {M: -1})


def test_what_is_there_twice_is_refused() -> None:
    counted = Counted(1, Q1, {M: 1})
    with pytest.raises(ValueError, match="counted twice"):
        reckon(Q1, terms(), [place()], [counted, Counted(1, Q1, {M: 2})])
    with pytest.raises(ValueError, match="in the contract twice"):
        reckon(Q1, terms(), [place(), place(1, Q1)], [])


def test_halves_of_a_cent_go_up_and_tax_is_rounded_once_per_rate() -> None:
    clicks = ClickPrices(mono=Decimal("0.005"))
    lines = reckon(
        Q1, terms(clicks=clicks), [place(1), place(2)], [Counted(n, Q1, {M: 1}) for n in (1, 2)]
    ).lines
    assert [line.amount for line in lines] == [Decimal("0.01")] * 2
    assert tax_by_rate(lines) == {Decimal(19): (Decimal("0.02"), Decimal("0.00"))}


def test_a_charge_counts_on_its_day_and_a_credit_reduces() -> None:
    charges = [
        Charge(date(2026, 3, 31), "Aufstellung", Decimal("250.00")),
        Charge(date(2026, 1, 1), "Rücknahme", Decimal("-21000.00")),
        Charge(date(2026, 4, 1), "danach", Decimal(1)),
    ]
    assert total(reckon(Q1, terms(), [], [], charges).lines) == Decimal("-20750.00")


def test_the_rate_of_the_year_2020_changes_with_the_quarter() -> None:
    contract = Days(date(2020, 1, 1), date(2021, 12, 31))
    for first, per_cent in ((date(2020, 4, 1), 19), (date(2020, 7, 1), 16), (date(2021, 1, 1), 19)):
        lines = reckon(
            quarter_of(first), terms(rent="100", contract=contract), [place(1, contract)], []
        ).lines
        assert [line.tax_rate for line in lines] == [per_cent]


def test_biberach_five_years_from_april_2020() -> None:
    """249 devices, no minimum volume, 145,000 EUR a year (167,400 less 22,400), take-back 21,000 EUR."""
    contract = Days(date(2020, 4, 1), date(2025, 3, 31))
    clicks = ClickPrices(mono=Decimal(145_000) / Decimal(6_780_000))
    agreed = terms(clicks=clicks, contract=contract)
    year = [Counted(1, Days(date(2021, 1, 1), date(2021, 12, 31)), {M: 6_780_000})]
    period = Days(date(2021, 1, 1), date(2021, 12, 31))
    assert total(reckon(period, agreed, [place(1, contract)], year).lines) == Decimal("145000.00")


def test_neckargemuend_a_fixed_monthly_amount_over_sixty_months() -> None:
    """238,833 EUR over 60 months, reckoned month by month, is the total to the cent."""
    contract = Days(date(2020, 1, 1), date(2024, 12, 31))
    agreed = terms(rent="3980.55", contract=contract)
    months = list(contract.months())
    sums = [total(reckon(month, agreed, [place(1, contract)], []).lines) for month in months]
    assert len(months) == 60
    assert set(sums) == {Decimal("3980.55")}
    assert sum(sums) == Decimal("238833.00")


def test_dippoldiswalde_rent_and_clicks_over_sixty_months() -> None:
    """52,000 EUR of rent and 42,000 EUR for 80,000 mono and 2,000 colour a month: rounding by line stays under a cent each."""
    contract = Days(date(2013, 7, 1), date(2018, 6, 30))
    placements = [place(number, contract) for number in range(1, 45)]
    rent = Decimal(52_000) / 60 / 44
    clicks = ClickPrices(mono=Decimal("0.0075"), colour=Decimal("0.05"))
    lists = [PriceList(contract.first_day, contract.last_day, rent, clicks=clicks)]
    agreed = Terms(contract, lists, rate)
    sums = Decimal(0)
    for quarter_first in range(20):
        year, quarter = divmod(quarter_first + 2, 4)
        period = quarter_of(date(2013 + year, quarter * 3 + 1, 1))
        counts = [Counted(1, period, {M: 240_000, C: 6_000})]
        sums += total(reckon(period, agreed, placements, counts).lines)
    assert abs(sums - 94_000) <= 20 * 44 * Decimal("0.005")


volumes = st.builds(
    Volume,
    kind=st.sampled_from(VolumeKind),
    pooled=st.booleans(),
    per=st.sampled_from(VolumePer),
    mono=st.integers(0, 5000),
    colour=st.integers(0, 500),
)
prices = st.builds(ClickPrices, *(st.decimals(0, 1, places=6) for _ in range(4)))
impressions = st.dictionaries(st.sampled_from(ImpressionClass), st.integers(0, 20_000))


@given(volume=volumes, clicks=prices, made=st.lists(impressions, max_size=6), seed=st.randoms())
def test_any_order_gives_the_same_and_nothing_is_counted_twice(
    volume: Volume, clicks: ClickPrices, made: list[dict[ImpressionClass, int]], seed: random.Random
) -> None:
    agreed = terms(volume, clicks=clicks, rent="12.345678")
    placements = [place(number) for number in range(len(made))]
    counts = [
        Counted(device_id, days, made[device_id])
        for device_id, days in spans_to_count(Q1, agreed, placements)
    ]
    charges = [
        Charge(date(2026, 2, 1), "a", Decimal("1.10")),
        Charge(date(2026, 2, 1), "b", Decimal("-3.01")),
    ]
    expected = reckon(Q1, agreed, placements, counts, charges)
    for rows in (placements, counts, charges):
        seed.shuffle(rows)
    assert reckon(Q1, agreed, placements, counts, charges) == expected
    billed = [line for line in expected.lines if line.kind in {LineKind.CLICKS, LineKind.POOL}]
    assert sum(line.counted for line in billed) == sum(sum(each.impressions.values()) for each in counts)
    assert all(line.quantity == line.counted - line.free >= 0 for line in billed)
    assert all(line.amount == (line.amount).quantize(Decimal("0.01")) for line in expected.lines)


@given(volume=volumes, made=impressions)
def test_a_volume_is_never_more_than_agreed(volume: Volume, made: dict[ImpressionClass, int]) -> None:
    january = month_of(date(2026, 1, 1))
    lines = reckon(january, terms(volume), [place()], [Counted(1, january, made)]).lines
    for family, agreed in (((M, M3), volume.mono), ((C, C3), volume.colour)):
        mine = [line for line in lines if line.impression_class in family]
        counted = sum(made.get(each, 0) for each in family)
        free = sum(line.free for line in mine)
        lacking = sum(int(line.quantity) for line in mine if line.kind is LineKind.SHORTFALL)
        assert free == (min(counted, agreed) if volume.kind is VolumeKind.INCLUDED else 0)
        assert lacking == (max(0, agreed - counted) if volume.kind is VolumeKind.MINIMUM else 0)
