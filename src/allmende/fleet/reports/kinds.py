# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the standard reports have in common: which there are, what can be asked of them, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from allmende.fleet.charts import Chart, Ink, draw_bars, draw_columns
from allmende.fleet.reports.periods import Period
from allmende.fleet.tables import Table

#: So many bars are drawn; the table has all.
PLOTTED: Final = 25


class ReportKind(StrEnum):
    TOWN = "town"
    SITE = "site"
    COST_CENTRE = "cost_centre"
    COST = "cost"
    DEVICE = "device"
    TIME = "time"
    ENVIRONMENT = "environment"


class Grain(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be told. Numbers of rows of the town; None is all of them."""

    kind: ReportKind
    period: Period
    grain: Grain = Grain.MONTH
    site_id: int | None = None
    device_id: int | None = None
    cost_centre_id: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`lead` are sentences; `is_lying`: the plot's bars lie, beside names; `is_stacked`: several series are parts of a whole.

    `sources`: a table of what the figures were taken from, where they are no sums of the ledger.
    """

    kind: ReportKind
    title: str
    period: Period
    lead: tuple[str, ...]
    chart: Chart
    table: Table
    is_lying: bool = True
    is_stacked: bool = True
    sources: Table | None = None

    def draw(self, ink: Ink = Ink.PAGE) -> str:
        """Empty where there is nothing to draw."""
        if not self.chart.labels:
            return ""
        draw = draw_bars if self.is_lying else draw_columns
        return draw(self.chart, stacked=self.is_stacked, ink=ink)


class WithheldError(Exception):
    """The report would speak of too few people; `field` names what it was narrowed to."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field
