# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: S314 - the XML that is read here was made here
"""Plots: well-formed whatever the labels say, no number that is none, and bars as long as their values."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.chart_scales import choose_scale
from allmende.fleet.charts import Chart, Ink, Series, draw_bars, draw_columns, draw_lines, draw_sparkline
from allmende.fleet.figures import Kind

NS = "{http://www.w3.org/2000/svg}"
numbers = st.none() | st.integers(-(10**12), 10**12) | st.decimals(-(10**9), 10**9, places=2)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    labels = tuple(draw(st.lists(st.text(max_size=40), max_size=8)))
    column = st.lists(numbers, min_size=len(labels), max_size=len(labels)).map(tuple)
    series = draw(st.lists(st.builds(Series, st.text(max_size=40), column), min_size=1, max_size=6))
    kind = draw(st.sampled_from([Kind.COUNT, Kind.MONEY, Kind.PERCENT]))
    return Chart(draw(st.text(max_size=20)), labels, tuple(series), kind, draw(st.text(max_size=20)))


@given(charts(), st.sampled_from(list(Ink)), st.booleans())
def test_every_plot_is_well_formed_and_has_no_number_that_is_none(
    chart: Chart, ink: Ink, stacked: bool
) -> None:
    for drawn in (
        draw_columns(chart, stacked=stacked, ink=ink),
        draw_bars(chart, stacked=stacked, ink=ink),
        draw_lines(chart, ink=ink),
    ):
        root = ET.fromstring(drawn)
        names = root.attrib["aria-labelledby"].split()
        assert [root.find(f"*[@id='{name}']") is not None for name in names] == [True, True]
        for element in root.iter():
            assert "style" not in element.attrib, "the pages' policy forbids inline styles"
            for name, value in element.attrib.items():
                if name in {"x", "y", "width", "height", "x1", "x2", "y1", "y2", "points", "d", "viewBox"}:
                    assert not re.search("nan|inf|[0-9]e[-+]?[0-9]", value.lower()), (name, value)
        sizes = [float(r.attrib[side]) for r in root.iter(NS + "rect") for side in ("width", "height")]
        assert all(size >= 0 for size in sizes)


@given(st.lists(numbers, max_size=20))
def test_a_scale_holds_zero_and_all_values_at_even_steps(values: list[Decimal | int | None]) -> None:
    scale = choose_scale(values)
    assert 0 in scale.ticks
    assert all(scale.low <= value <= scale.high for value in values if value is not None)
    steps = {after - before for before, after in zip(scale.ticks, scale.ticks[1:], strict=False)}
    assert len(steps) == 1
    assert 2 <= len(scale.ticks) <= 12


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_counts_have_whole_ticks(values: list[int]) -> None:
    assert all(tick == int(tick) for tick in choose_scale(values, whole=True).ticks)


def test_bars_are_as_long_as_their_values() -> None:
    drawn = draw_bars(Chart("Sheets", ("Town hall", "Depot"), (Series("2026", (100, 50)),)))
    long, short = (float(rect.attrib["width"]) for rect in ET.fromstring(drawn).iter(NS + "rect"))
    assert long == pytest.approx(2 * short, abs=0.2)


def test_stacked_parts_stand_on_each_other() -> None:
    chart = Chart("Sheets", ("2026",), (Series("mono", (300,)), Series("colour", (100,))))
    root = ET.fromstring(draw_columns(chart, stacked=True))
    bars = [r.attrib for r in root.iter(NS + "rect") if r.find(NS + "title") is not None]
    assert float(bars[0]["y"]) == pytest.approx(float(bars[1]["y"]) + float(bars[1]["height"]), abs=0.2)
    assert float(bars[0]["height"]) == pytest.approx(3 * float(bars[1]["height"]), abs=0.3)


def test_a_missing_value_is_a_gap_and_not_a_zero() -> None:
    root = ET.fromstring(draw_lines(Chart("Sheets", ("a", "b", "c", "d"), (Series("x", (1, None, 2, 3)),))))
    assert [len(line.attrib["points"].split()) for line in root.iter(NS + "polyline")] == [1, 2]
    assert (
        len(
            list(
                ET.fromstring(draw_bars(Chart("S", ("a", "b"), (Series("x", (1, None)),)))).iter(NS + "rect")
            )
        )
        == 1
    )


def test_series_differ_without_colour() -> None:
    chart = Chart("Sheets", ("a", "b"), (Series("x", (1, 2)), Series("y", (2, 1)), Series("z", (3, 1))))
    lines = ET.fromstring(draw_lines(chart, ink=Ink.PAPER))
    assert len({line.attrib.get("stroke-dasharray") for line in lines.iter(NS + "polyline")}) == 3
    bars = ET.fromstring(draw_columns(chart, ink=Ink.PAPER))
    hatches = {path.attrib["d"] for path in bars.iter(NS + "path")}
    assert len(hatches) == 2
    assert {"x", "y", "z"} <= {text.text for text in bars.iter(NS + "text")}


def test_labels_are_text_and_not_markup() -> None:
    drawn = draw_bars(Chart("<b>", ("</text><script>alert(1)</script>",), (Series("\x00&", (1,)),)))
    assert "<script" not in drawn
    assert "\x00" not in drawn


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="can't show"):
        Chart("x", ("a",), (Series("x", (value,)),))


def test_series_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one value per label"):
        Chart("x", ("a", "b"), (Series("x", (1,)),))


def test_a_sparkline_is_small_and_named() -> None:
    root = ET.fromstring(draw_sparkline((1, 2, None, 4), "rises to 4"))
    assert root.findtext(NS + "title") == "rises to 4"
    assert root.attrib["viewBox"] == "0 0 120 28"
