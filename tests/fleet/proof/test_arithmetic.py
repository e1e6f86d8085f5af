# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof's arithmetic: the published cases to the cent, and what holds for every case."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.proof.amounts import UnprovableError, cost_year
from allmende.fleet.proof.arithmetic import Proof, Standing, prove
from allmende.fleet.proof.case import (
    Case,
    Click,
    Cost,
    CostKind,
    Membership,
    Origin,
    Per,
    Saving,
    Tax,
    Told,
    Volume,
)
from allmende.fleet.proof.case_file import read_case
from allmende.fleet.proof.figures import Kind, evaluate, state
from fleet.proof.made_cases import CASES, cases, costs, euros

SOURCE = Origin("a paper")


def prove_file(name: str) -> Proof:
    return prove(read_case((CASES / f"{name}.toml").read_bytes()))


def value(proof: Proof, name: str) -> Decimal:
    figure = proof.find(name)
    assert figure is not None, name
    return figure.value


def rounded(proof: Proof, name: str, places: str) -> str:
    return str(value(proof, name).quantize(Decimal(places), ROUND_HALF_UP))


def test_zerbst_earns_its_contribution_back_from_a_quarter_of_a_cent_a_sheet() -> None:
    proof = prove_file("zerbst-2014")
    assert value(proof, "contribution.year") == Decimal("1200.00")
    assert value(proof, "contribution.page") == Decimal("0.1224")
    assert rounded(proof, "break_even.page_before", "0.001") == "0.245"
    assert value(proof, "share") == 5000
    assert proof.standing is Standing.BREAK_EVEN
    assert proof.find("saving.year") is None
    assert [figure.name for figure in proof.assumptions] == ["break_even.saving_percent"]
    assert not proof.contradictions


def test_biberach() -> None:
    proof = prove_file("biberach-2019")
    assert value(proof, "devices.before") == 405
    assert value(proof, "devices.percent") == Decimal("-38.5")
    assert rounded(proof, "before.page", "0.001") == "2.469"
    assert value(proof, "saving.percent") == Decimal("13.4")
    assert value(proof, "after.year") == Decimal("145000.00")
    assert proof.standing is Standing.RESTATED, "the new prices are not published"
    assert [cost.amount for cost in proof.case.after if not cost.counted] == [Decimal(-21000)]
    assert not proof.contradictions


def test_neckargemuend_contradicts_its_own_figures() -> None:
    proof = prove_file("neckargemuend-2020")
    assert value(proof, "after.month") == Decimal("3980.55")
    assert value(proof, "before.year") == Decimal("46557.30")
    assert rounded(proof, "after.page", "0.001") == "1.507"
    assert value(proof, "saving.month") == Decimal("-100.77")
    assert value(proof, "saving.year") == Decimal("-1209.30")
    assert proof.standing is Standing.PROVED
    (contradiction,) = proof.contradictions
    assert contradiction.told.figure == "saving.month"
    assert contradiction.told.value == -115
    assert contradiction.figure.value == Decimal("-100.77")
    assert not contradiction.told.is_own
    # The fleet grows, and the page gets cheaper.
    assert value(proof, "devices.change") == 11
    assert value(proof, "after.page") < value(proof, "before.page")
    assert value(proof, "after.device") < value(proof, "before.device")
    assert value(proof, "same_volume.saving.percent") == Decimal("26.2")


def test_dippoldiswalde() -> None:
    proof = prove_file("dippoldiswalde-2013")
    assert rounded(proof, "after.page", "0.01") == "1.91"
    assert value(proof, "volume.after.year") == 984_000
    assert value(proof, "devices.change") == -30
    assert value(proof, "models.before") == 67
    assert proof.standing is Standing.PRICE
    assert proof.find("saving.year") is None
    assert not proof.contradictions


def test_biederitz() -> None:
    proof = prove_file("biederitz-2016")
    assert value(proof, "saving.month") == Decimal("125.00")
    assert value(proof, "saving.year") == Decimal("1500.00")
    assert proof.standing is Standing.RESTATED
    assert not proof.contradictions


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_check_value_of_a_case_agrees(path: Path) -> None:
    checks = [each for each in prove_file(path.stem).comparisons if each.told.is_own]
    assert checks
    assert all(each.agrees for each in checks)


def yearly(amount: str, **fields: Any) -> Cost:
    return replace(Cost(CostKind.OTHER, "row", Decimal(amount), Per.YEAR, SOURCE), **fields)


def simple(before: str = "1200.00", after: str = "900.00", **fields: Any) -> Case:
    return replace(Case("town", before=(yearly(before),), after=(yearly(after),)), **fields)


def test_prices_of_pages_make_costs_and_included_pages_are_free() -> None:
    case = simple(
        volume_after=Volume(SOURCE, mono=100_000, colour=20_000),
        after_clicks=(
            Click("mono", Decimal("0.35"), SOURCE, included=40_000),
            Click("colour", Decimal("3.2"), SOURCE, minimum=30_000),
        ),
    )
    proof = prove(case)
    assert value(proof, "after.click.1.year") == Decimal("210.00")
    assert value(proof, "after.click.2.year") == Decimal("960.00")
    assert value(proof, "after.year") == Decimal("2070.00")
    # More included than printed: nothing is paid, nothing is given back.
    free = replace(case, after_clicks=(Click("mono", Decimal("0.35"), SOURCE, included=500_000),))
    assert value(prove(free), "after.click.1.year") == 0


def test_an_assumption_is_a_figure_of_its_own() -> None:
    proof = prove(simple(volume_before=Volume(SOURCE, pages=50_000)))
    assumed = proof.find("volume.after.year")
    assert assumed in proof.assumptions
    assert value(proof, "volume.after.year") == 50_000
    assert proof.find("same_volume.saving.year") is None, "nothing to compare at equal pages"


def test_the_contribution_is_earned_back_from_so_many_pages() -> None:
    membership = Membership(Decimal(25), Per.QUARTER, SOURCE)
    proof = prove(simple(membership=membership, volume_after=Volume(SOURCE, pages=60_000)))
    assert value(proof, "saving.after_contribution") == Decimal("200.00")
    assert value(proof, "break_even.pages") == 20_000


def test_nothing_is_earned_back_where_nothing_is_saved() -> None:
    membership = Membership(Decimal(25), Per.QUARTER, SOURCE)
    volume = Volume(SOURCE, pages=60_000)
    proof = prove(simple(after="1200.00", membership=membership, volume_after=volume))
    assert proof.find("break_even.pages") is None


def test_a_told_saving_beside_both_sides_is_refused() -> None:
    with pytest.raises(UnprovableError, match="published"):
        prove(simple(saving=Saving(Decimal(1), Per.YEAR, SOURCE)))


def test_a_told_figure_that_does_not_exist_is_refused_with_those_that_do() -> None:
    told = Told("saving.yaer", Decimal(300), Decimal(1), "a paper")
    with pytest.raises(UnprovableError, match=r"saving\.year"):
        prove(simple(told=(told,)))


def test_an_empty_case_proves_nothing() -> None:
    with pytest.raises(UnprovableError):
        prove(Case("nothing"))


def test_a_price_per_page_needs_pages() -> None:
    with pytest.raises(UnprovableError, match="colour"):
        prove(simple(after_clicks=(Click("colour", Decimal(3), SOURCE),)))


@pytest.mark.parametrize(
    ("told", "rounded_to", "agrees"),
    [("300", "1", True), ("300.5", "1", True), ("300.51", "1", False), ("299.99", "0.01", False)],
)
def test_a_told_figure_agrees_within_half_of_its_last_digit(told: str, rounded_to: str, agrees: bool) -> None:
    row = Told("saving.year", Decimal(told), Decimal(rounded_to), "a paper")
    (comparison,) = prove(simple(told=(row,))).comparisons
    assert comparison.agrees is agrees


@given(cases())
def test_every_derived_figure_is_its_expression_rounded_once(case: Case) -> None:
    proof = prove(case)
    names = [figure.name for figure in proof.figures]
    assert len(names) == len(set(names)), "a name means one figure"
    for number, figure in enumerate(proof.figures):
        if figure.kind is Kind.DERIVED:
            assert figure.expression is not None
            assert figure.value == state(evaluate(figure.expression), figure.unit)
        assert {each.name for each in figure.inputs} <= set(names[:number]), "inputs stand before"
        if figure.expression is None:
            assert figure.source or figure.note, "a leaf says where it is from"


@given(cases())
def test_the_saving_is_the_difference_and_sums_lose_nothing(case: Case) -> None:
    proof = prove(case)
    if case.unpriced:
        assert not [figure.name for figure in proof.figures if "saving" in figure.name]
    else:
        assert value(proof, "before.year") - value(proof, "saving.year") == value(proof, "after.year")
        assert value(proof, "before.month") - value(proof, "saving.month") == value(proof, "after.month")
    for side in ("before", "after"):
        total = proof.find(f"{side}.year")
        assert total is not None
        assert total.value == sum(each.value for each in total.inputs)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case: Case, random: Random) -> None:
    rows = list(case.before)
    random.shuffle(rows)
    shuffled = prove(replace(case, before=tuple(rows)))
    assert value(shuffled, "before.year") == value(prove(case), "before.year")


@given(costs(), st.sampled_from(Tax))
def test_a_year_of_a_row_is_within_half_a_cent_of_what_it_is_exactly(cost: Cost, tax: Tax) -> None:
    figure = cost_year(cost, "row", tax)
    assert figure.expression is not None
    assert abs(figure.value - evaluate(figure.expression)) <= Decimal("0.005")
    assert figure.value == figure.value.quantize(Decimal("0.01"))


@given(st.lists(euros(), min_size=12, max_size=12))
def test_what_is_paid_by_the_month_is_twelve_times_that_in_a_year(amounts: list[Decimal]) -> None:
    rows = [yearly(str(amount), per=Per.MONTH) for amount in amounts]
    total = sum((cost_year(row, "row", Tax.NET).value for row in rows), Decimal(0))
    assert total == 12 * sum(amounts)


@given(euros(), st.decimals(0, 25, places=2))
def test_tax_put_on_comes_off_again(amount: Decimal, percent: Decimal) -> None:
    net = yearly(str(amount), tax=Tax.NET, tax_percent=percent)
    gross = cost_year(net, "row", Tax.GROSS).value
    back = cost_year(yearly(str(gross), tax=Tax.GROSS, tax_percent=percent), "row", Tax.NET).value
    assert abs(back - amount) <= Decimal("0.01")


@given(st.integers(1, 60), st.integers(1, 60), euros())
def test_the_longer_it_is_paid_for_the_less_is_a_year(one: int, other: int, amount: Decimal) -> None:
    short, long = (
        cost_year(yearly(str(amount), per=Per.TERM, months=months), "row", Tax.NET).value
        for months in sorted([one, other])
    )
    assert short >= long
