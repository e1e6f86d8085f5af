# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Plots drawn on the server, as SVG: columns over time, bars of named things, lines, and a small line for a cell.

Always holds: well-formed XML whatever the labels say; no number that is none (a missing value is a gap, not a zero); every plot has a
title and a description (`role="img"`), and its table stands beside it on the page. Colour never carries the meaning alone: series
differ by hatching, lines by dashes and marks, and both stand in a legend.

On a page colours are classes (`fleet/charts.css`), so that light and dark follow the system; no style attribute, which the pages'
policy forbids. `Ink.PAPER` writes fixed colours for a PDF.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString, mark_safe

from allmende.fleet.chart_scales import Number, Scale, choose_scale, exact
from allmende.fleet.figures import Kind, figure_words

SVG: Final = "http://www.w3.org/2000/svg"
WIDTH: Final = 720
HEIGHT: Final = 320
_TOP: Final = 14
_BOTTOM: Final = 34
#: From the middle of the legend's last row to the plot's field.
_LEGEND: Final = 26
_ROW: Final = 30
#: Of a letter at 13 units, on the generous side: labels must not run over the plot.
_LETTER: Final = 7.2
_LONGEST_LABEL: Final = 30
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: For paper: dark enough beside white (3:1 and more), and different in grey too.
_PAPER: Final = ("#1f3d7a", "#c25700", "#0f766e", "#6d28d9", "#57534e", "#9f1239")
_DASHES: Final = ("", "8 4", "2 4", "12 4 2 4", "4 2", "16 4")
SERIES_MOST: Final = len(_PAPER)


class Ink(Enum):
    PAGE = "page"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Series:
    """One value per label; None where there is none."""

    name: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be seen. `description` says in a sentence what the plot shows; `kind` is COUNT, MONEY or PERCENT.

    Raises ValueError for series of another length than the labels, too many of them, and values that are no numbers.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: Kind = Kind.COUNT
    description: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.series) <= SERIES_MOST:
            raise ValueError(f"a plot has 1 to {SERIES_MOST} series")
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(f"{series.name}: one value per label")
            for value in series.values:
                if value is not None:
                    exact(value)

    def words(self, value: Number, decimals: int | None = None) -> str:
        return figure_words(exact(value), self.kind, decimals)


def draw_columns(chart: Chart, *, stacked: bool = False, ink: Ink = Ink.PAGE) -> SafeString:
    """Upright bars, for time; several series stand beside each other, or on each other where `stacked`."""
    drawing = _Drawing(chart, ink, stacked=stacked)
    scale = drawing.scale()
    left, floor = drawing.upright_axes(scale)
    step = (WIDTH - left) / max(1, len(chart.labels))
    group = step * 0.72
    for index in range(len(chart.labels)):
        start = left + index * step + (step - group) / 2
        for number, low, high, words in drawing.bars_of(index):
            width = group if stacked else group / len(chart.series)
            x = start if stacked else start + number * width
            top, base = drawing.y(scale, high, floor), drawing.y(scale, low, floor)
            drawing.bar(number, (x, top), (max(width - 1, 0.5), base - top), words)
    drawing.labels_below(left, step, floor, centred=True)
    return drawing.finish(floor + _BOTTOM)


def draw_lines(chart: Chart, *, ink: Ink = Ink.PAGE) -> SafeString:
    """Lines over time; where a value is missing the line is broken."""
    drawing = _Drawing(chart, ink, lines=True)
    scale = drawing.scale()
    left, floor = drawing.upright_axes(scale)
    step = (WIDTH - left - 12) / max(1, len(chart.labels) - 1)
    for number, series in enumerate(chart.series):
        runs: list[list[tuple[float, float]]] = [[]]
        for index, value in enumerate(series.values):
            if value is None:
                runs.append([])
                continue
            x, y = left + 6 + index * step, drawing.y(scale, value, floor)
            runs[-1].append((x, y))
            drawing.mark(number, x, y, f"{chart.labels[index]}, {series.name}: {chart.words(value)}")
        for run in runs:
            drawing.line(number, run)
    drawing.labels_below(left + 6, step, floor, centred=False)
    return drawing.finish(floor + _BOTTOM)


def draw_bars(chart: Chart, *, stacked: bool = False, ink: Ink = Ink.PAGE) -> SafeString:
    """Lying bars, for named things: the names stand in full beside them, the values at their ends."""
    drawing = _Drawing(chart, ink, stacked=stacked)
    scale = drawing.scale()
    names = [_shortened(label) for label in chart.labels]
    left = 12 + _LETTER * max((len(name) for name in names), default=0)
    right = WIDTH - 12 - _LETTER * max((len(chart.words(value)) for value in drawing.values()), default=0)
    lanes = 1 if stacked else len(chart.series)
    row = max(_ROW, lanes * 18 + 10)
    top = drawing.legend()
    for index, name in enumerate(names):
        y = top + index * row
        drawing.text(left - 8, y + row / 2 + 4, name, anchor="end", whole=chart.labels[index])
        end = scale.place(0)
        for number, low, high, words in drawing.bars_of(index):
            lane = 0 if stacked else number
            height = (row - 10) / lanes
            x0, x1 = (left + scale.place(each) * (right - left) for each in (low, high))
            drawing.bar(number, (x0, y + 5 + lane * height), (x1 - x0, max(height - 1, 1)), words)
            end = max(end, scale.place(high))
            if not stacked:
                at = left + scale.place(high) * (right - left) + 6
                value = chart.words(chart.series[number].values[index] or 0)
                drawing.text(at, y + 5 + lane * height + height / 2 + 4, value, anchor="start")
        if stacked:
            total = sum(exact(s.values[index] or 0) for s in chart.series)
            at = left + end * (right - left) + 6
            drawing.text(at, y + row / 2 + 4, chart.words(total), anchor="start")
    zero = left + scale.place(0) * (right - left)
    drawing.rule(zero, top, zero, top + len(names) * row)
    return drawing.finish(top + len(names) * row + 8)


def draw_sparkline(values: tuple[Number | None, ...], words: str, *, ink: Ink = Ink.PAGE) -> SafeString:
    """A line of the size of a word; `words` say what it shows."""
    chart = Chart(words, ("",) * len(values), (Series(words, values),))
    drawing = _Drawing(chart, ink, lines=True)
    scale = drawing.scale()
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((3 + index * 114 / max(1, len(values) - 1), 25 - 22 * scale.place(value)))
    for run in runs:
        drawing.line(0, run if len(run) > 1 else [*run, *((x + 2, y) for x, y in run)])
    return drawing.finish(28, width=120, kind="plot plot--spark")


class _Drawing:
    """One SVG while it is drawn. Coordinates are the viewBox's units, rounded to a tenth."""

    def __init__(self, chart: Chart, ink: Ink, *, stacked: bool = False, lines: bool = False) -> None:
        self._chart, self._ink, self._stacked, self._is_lines = chart, ink, stacked, lines
        whole = repr((chart, stacked, lines)).encode("utf-8", "replace")
        self._legend = self._places_of_legend()
        self._key = "plot-" + hashlib.sha256(whole).hexdigest()[:10]
        self._root = ET.Element("svg", {"xmlns": SVG})
        ET.SubElement(self._root, "title", {"id": f"{self._key}-title"}).text = _clean(chart.title)
        ET.SubElement(self._root, "desc", {"id": f"{self._key}-desc"}).text = _clean(
            chart.description or chart.title
        )
        self._hatch()

    def values(self) -> list[Number]:
        """All that the scale must hold: with stacks their sums too."""
        every = [value for series in self._chart.series for value in series.values if value is not None]
        if self._stacked:
            for index in range(len(self._chart.labels)):
                column = [exact(series.values[index] or 0) for series in self._chart.series]
                every += [sum(v for v in column if v > 0), sum(v for v in column if v < 0)]
        return every

    def scale(self) -> Scale:
        return choose_scale(self.values(), whole=self._chart.kind is Kind.COUNT)

    def bars_of(self, index: int) -> list[tuple[int, Number, Number, str]]:
        """(series, low end, high end, words) of the bars under this label."""
        bars: list[tuple[int, Number, Number, str]] = []
        up = down = exact(0)
        for number, series in enumerate(self._chart.series):
            value = series.values[index]
            if value is None:
                continue
            amount = exact(value)
            words = f"{self._chart.labels[index]}, {series.name}: {self._chart.words(amount)}"
            if not self._stacked:
                bars.append((number, min(amount, exact(0)), max(amount, exact(0)), words))
            elif amount >= 0:
                bars.append((number, up, up + amount, words))
                up += amount
            else:
                bars.append((number, down + amount, down, words))
                down += amount
        return bars

    def y(self, scale: Scale, value: Number, floor: float) -> float:
        top = self._top()
        return floor - scale.place(value) * (floor - top)

    def upright_axes(self, scale: Scale) -> tuple[float, float]:
        """Draws ticks and grid; (left end, floor) of the plot's field."""
        self.legend()
        floor = float(HEIGHT - _BOTTOM)
        decimals = scale.decimals
        if self._chart.kind is Kind.PERCENT:
            decimals = max(0, decimals - 2)
        words = [self._chart.words(tick, decimals) for tick in scale.ticks]
        left = 14 + _LETTER * max(map(len, words))
        for tick, word in zip(scale.ticks, words, strict=True):
            y = self.y(scale, tick, floor)
            self.rule(left, y, WIDTH, y, is_zero=tick == 0)
            self.text(left - 8, y + 4, word, anchor="end")
        return left, floor

    def labels_below(self, left: float, step: float, floor: float, *, centred: bool) -> None:
        """As many labels as have room beside each other."""
        longest = max((len(_shortened(label)) for label in self._chart.labels), default=0)
        every = max(1, -int(-(_LETTER * longest + 10) // max(step, 0.1)))
        for index, label in enumerate(self._chart.labels):
            if index % every:
                continue
            x = left + (index + (0.5 if centred else 0)) * step
            anchor = "middle"
            half = _LETTER * len(_shortened(label)) / 2
            if x + half > WIDTH:
                x, anchor = float(WIDTH), "end"
            self.text(x, floor + 20, _shortened(label), anchor=anchor, whole=label)

    def legend(self) -> float:
        """Draws it where there is more than one series; where the plot begins below it."""
        for number, (x, y) in enumerate(self._legend):
            name = self._chart.series[number].name
            if self._is_lines:
                self.line(number, [(x, y), (x + 26, y)])
                self.mark(number, x + 13, y, "")
            else:
                self.bar(number, (x, y - 7), (14, 14), "")
            self.text(
                x + (32 if self._is_lines else 20), y + 4.5, _shortened(name), anchor="start", whole=name
            )
        return self._top()

    def bar(self, number: int, at: tuple[float, float], size: tuple[float, float], words: str) -> None:
        (x, y), (width, height) = at, size
        attributes = {"x": _n(x), "y": _n(y), "width": _n(max(width, 0)), "height": _n(max(height, 0))}
        filled = ET.SubElement(self._root, "rect", attributes | self._fill(number))
        if words:
            ET.SubElement(filled, "title").text = _clean(words)
        if number:
            ET.SubElement(
                self._root,
                "rect",
                attributes | {"fill": f"url(#{self._key}-{number})", "pointer-events": "none"},
            )

    def line(self, number: int, points: list[tuple[float, float]]) -> None:
        if not points:
            return
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        attributes = {"points": path, "fill": "none", "stroke-width": "2.5", "stroke-linejoin": "round"}
        if _DASHES[number]:
            attributes["stroke-dasharray"] = _DASHES[number]
        ET.SubElement(self._root, "polyline", attributes | self._stroke(number))

    def mark(self, number: int, x: float, y: float, words: str) -> None:
        """A dot, a square, a diamond, a triangle: also who sees no colours can tell the lines apart."""
        r = 4
        shapes = (
            f"M{_n(x - r)} {_n(y)}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z",
            f"M{_n(x - r)} {_n(y - r)}h{2 * r}v{2 * r}h{-2 * r}z",
            f"M{_n(x)} {_n(y - 5)}l5 5l-5 5l-5 -5z",
            f"M{_n(x)} {_n(y - 5)}l5 9h-10z",
        )
        made = ET.SubElement(self._root, "path", {"d": shapes[number % len(shapes)]} | self._fill(number))
        if words:
            ET.SubElement(made, "title").text = _clean(words)

    def rule(self, x1: float, y1: float, x2: float, y2: float, *, is_zero: bool = True) -> None:
        at = {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2)}
        if self._ink is Ink.PAGE:
            at["class"] = "plot__zero" if is_zero else "plot__line"
        else:
            at |= {"stroke": "#44403c" if is_zero else "#d6d3d1", "stroke-width": "1"}
        ET.SubElement(self._root, "line", at)

    def text(self, x: float, y: float, words: str, *, anchor: str, whole: str = "") -> None:
        at = {"x": _n(x), "y": _n(y), "text-anchor": anchor}
        if self._ink is Ink.PAGE:
            at["class"] = "plot__text"
        else:
            at |= {"fill": "#1c1917", "font-size": "13", "font-family": "Libertinus Serif"}
        made = ET.SubElement(self._root, "text", at)
        made.text = _clean(words)
        if whole and whole != words:
            ET.SubElement(made, "title").text = _clean(whole)

    def finish(self, height: float, *, width: int = WIDTH, kind: str = "plot") -> SafeString:
        at = {
            "viewBox": f"0 0 {width} {_n(height)}",
            "class": kind,
            "role": "img",
            "aria-labelledby": f"{self._key}-title {self._key}-desc",
            "focusable": "false",
        }
        if self._ink is Ink.PAPER:
            at |= {"width": str(width), "height": _n(height)}
        for name, value in at.items():
            self._root.set(name, value)
        return mark_safe(ET.tostring(self._root, encoding="unicode"))  # noqa: S308 - every text went through ET

    def _top(self) -> float:
        return self._legend[-1][1] + _LEGEND if self._legend else _TOP

    def _places_of_legend(self) -> list[tuple[float, float]]:
        """(left, middle) of each series' entry, in as many rows as they need; none for a single series."""
        if len(self._chart.series) < 2:
            return []
        places: list[tuple[float, float]] = []
        x, y = 4.0, 14.0
        for series in self._chart.series:
            width = 32 + _LETTER * len(_shortened(series.name))
            if places and x + width > WIDTH:
                x, y = 4.0, y + 22
            places.append((x, y))
            x += width + 18
        return places

    def _fill(self, number: int) -> dict[str, str]:
        if self._ink is Ink.PAPER:
            return {"fill": _PAPER[number]}
        return {"class": f"plot__fill-{number + 1}"}

    def _stroke(self, number: int) -> dict[str, str]:
        if self._ink is Ink.PAPER:
            return {"stroke": _PAPER[number]}
        return {"class": f"plot__stroke-{number + 1}"}

    def _hatch(self) -> None:
        """What lies over the colour of all series but the first: stripes one way, the other way, dots, upright, lying."""
        if len(self._chart.series) < 2:
            return
        shapes = ("M0 8L8 0", "M0 0L8 8", "M2 2h2v2h-2z", "M4 0V8", "M0 4H8")
        definitions = ET.SubElement(self._root, "defs")
        for number in range(1, len(self._chart.series)):
            pattern = ET.SubElement(
                definitions,
                "pattern",
                {
                    "id": f"{self._key}-{number}",
                    "width": "8",
                    "height": "8",
                    "patternUnits": "userSpaceOnUse",
                },
            )
            at = {"d": shapes[number - 1], "stroke-width": "2", "fill": "none"}
            at |= {"stroke": "#ffffff"} if self._ink is Ink.PAPER else {"class": "plot__hatch"}
            ET.SubElement(pattern, "path", at)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace("-0.0", "0")


def _clean(words: str) -> str:
    return _NOT_XML.sub("\ufffd", str(words))


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
