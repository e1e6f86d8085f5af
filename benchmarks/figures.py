# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The figures' names as people read them, what is to be reached, and the tables that are printed."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

Rounds = Sequence[Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row. `at_least` and `at_most` are ratios to the first server; `limit` is the value itself."""

    name: str
    label: str
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    limit: float | None = None

    def goal(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}×"
        if self.at_most is not None:
            return f"≤ {self.at_most:g}×"
        return f"≤ {self.limit:g} {self.unit}" if self.limit is not None else ""

    def is_reached(self, value: float, ratio: float | None) -> bool | None:
        """None where there is no goal, or nothing to compare with."""
        if self.limit is not None:
            return value <= self.limit
        if ratio is None or (self.at_least is None and self.at_most is None):
            return None
        return ratio >= self.at_least if self.at_least is not None else ratio <= (self.at_most or 0)


FIGURES = (
    Figure("accept_1_rate", "held jobs accepted, 1 client", "/s", at_least=1),
    Figure("accept_16_rate", "held jobs accepted, 16 clients", "/s", at_least=2.5),
    Figure("accept_64_rate", "held jobs accepted, 64 clients", "/s", at_least=2.5),
    Figure("accept_1_p99_ms", "one acceptance, 1 client, p99", "ms"),
    Figure("accept_16_p99_ms", "one acceptance, 16 clients, p99", "ms"),
    Figure("accept_64_p99_ms", "one acceptance, 64 clients, p99", "ms"),
    Figure("held_accept_1_rate", "accepted with many held, 1 client", "/s", at_least=2),
    Figure("release_driverless_median_ms", "release → first byte, driverless queue, median", "ms", at_most=1),
    Figure("release_driverless_p99_ms", "release → first byte, driverless queue, p99", "ms", limit=100),
    Figure("release_ipp_median_ms", "release → first byte, raw to the IPP device, median", "ms", at_most=1),
    Figure("release_ipp_p99_ms", "release → first byte, raw to the IPP device, p99", "ms", limit=100),
    Figure("release_socket_median_ms", "release → first byte, port 9100, median", "ms"),
    Figure("held_release_driverless_median_ms", "driverless with many held, median", "ms", at_most=1),
    Figure("held_release_driverless_p99_ms", "driverless with many held, p99", "ms", limit=100),
    Figure("held_release_ipp_median_ms", "raw with many held, median", "ms", at_most=1),
    Figure("held_release_ipp_p99_ms", "raw with many held, p99", "ms", limit=100),
    Figure("held_release_socket_median_ms", "port 9100 with many held, median", "ms"),
    Figure("big_counted_mb_s", "one large document, Content-Length", "MB/s", at_least=1),
    Figure("big_counted_growth_mib", "memory grown by it", "MiB", limit=64),
    Figure("big_chunked_mb_s", "one large document, chunked", "MB/s", at_least=1),
    Figure("big_chunked_growth_mib", "memory grown by it", "MiB", limit=64),
    Figure("held_start_s", "start with many held", "s", limit=3),
    Figure("held_memory_mib", "memory after that start", "MiB", limit=300),
)

_GROWTH = (
    ("held_accept_1_rate", "accepted /s"),
    ("held_release_ipp_median_ms", "release median ms"),
    ("held_release_ipp_p99_ms", "release p99 ms"),
    ("held_start_s", "start s"),
    ("held_memory_mib", "memory MiB"),
)

_REACHED = {True: "yes", False: "NO", None: ""}
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def comparison_table(rounds: Mapping[str, Rounds]) -> str:
    """Medians over the rounds as Markdown; beside the first server's each further one's with its ratio to the first, and the goals."""
    first, *others = list(rounds)
    heading = ["what", first, *(cell for name in others for cell in (name, "ratio"))]
    heading += (
        ["to reach", *("reached" if len(others) == 1 else f"by {name}" for name in others)] if others else []
    )
    lines = [_line(heading), _line(["---", *["---:" for _ in heading[1:]]])]
    for figure in FIGURES:
        base = _median(rounds[first], figure.name)
        medians = [_median(rounds[name], figure.name) for name in others]
        if base is None and all(median is None for median in medians):
            continue
        cells, reached = [figure.label, _cell(base, figure.unit)], []
        for median in medians:
            ratio = median / base if base and median is not None else None
            cells += [_cell(median, figure.unit), f"{ratio:.2f}×" if ratio is not None else ""]
            reached.append(_REACHED[figure.is_reached(median, ratio) if median is not None else None])
        lines.append(_line([*cells, *([figure.goal(), *reached] if others else [])]))
    return "\n".join(lines)


def growth_table(rows: Sequence[tuple[int, Mapping[str, float]]]) -> str:
    """One server with rising numbers of held jobs, as Markdown."""
    lines = [_line(["held jobs", *(label for _, label in _GROWTH)]), _line(["---:"] * (len(_GROWTH) + 1))]
    lines += [
        _line([f"{size:,}", *(_cell(values.get(name), "") for name, _ in _GROWTH)]) for size, values in rows
    ]
    return "\n".join(lines)


def insert_figures(document: Path, figures: str) -> None:
    """Replace what stands between the document's two marks; ValueError where it lacks them."""
    before, begin, rest = document.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{document} has no place for figures: {_BEGIN} … {_END}")
    document.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{after}")


def _median(rounds: Rounds, name: str) -> float | None:
    values = [values[name] for values in rounds if name in values]
    return statistics.median(values) if values else None


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
