# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each cost centre bears, from the closed settlements.

Always holds: the amounts are those of the settlements and nothing is reckoned anew, so the sum is that of the settlements named below it, to
the cent; a settlement counts as a whole or not at all, where it lies wholly in the period, with all its corrections. Small cost centres
are withheld as in the report of sheets; what they bear stands in the settlement, because a bill must be complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.fleet.charts import Chart, Series
from allmende.fleet.figures import day_words
from allmende.fleet.prices import ZERO
from allmende.fleet.reports.kinds import PLOTTED, Report, Wish
from allmende.fleet.reports.periods import Period
from allmende.fleet.reports.withholding import withheld_cost_centres
from allmende.fleet.settlement.settlements import Settlement
from allmende.fleet.settlement.statement import days_words
from allmende.fleet.tables import WITHHELD, Cell, Column, Kind, Table


@dataclass(frozen=True, slots=True)
class _Money:
    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO

    def __add__(self, other: _Money) -> _Money:
        return _Money(self.net + other.net, self.tax + other.tax, self.gross + other.gross)


def build_cost_report(municipality: Municipality, wish: Wish) -> Report:
    """The period in whole months (`build_report` sees to that)."""
    title = _("Costs")
    inside, beside = _settlements(municipality, wish.period)
    earlier = _settlements(municipality, wish.period.year_before())[0]
    now, before = _by_centre(inside), _by_centre(earlier)
    names = {centre.pk: str(centre) for centre in CostCentre.objects.filter(municipality=municipality)}
    names[0] = _("Without a cost centre")
    withheld = withheld_cost_centres(municipality)
    total = sum(now.values(), _Money())
    # Where nothing was settled a year before, nothing is known of it, which is not zero.
    total_before = sum(before.values(), _Money()) if earlier else None
    told = sorted(
        (now.keys() | before.keys()) - withheld,
        key=lambda key: (-now.get(key, _Money()).gross, names.get(key, "–")),
    )
    rows = [
        (
            names.get(key, "–"),
            *_cells(now.get(key, _Money()), before.get(key, _Money()) if earlier else None, total),
        )
        for key in told
    ]
    columns = (
        Column(_("Cost centre")),
        Column(_("Net"), Kind.MONEY),
        Column(_("Tax"), Kind.MONEY),
        Column(_("Gross"), Kind.MONEY),
        Column(_("Share of the total"), Kind.PERCENT),
        Column(_("Gross the year before"), Kind.MONEY),
        Column(_("Against the year before"), Kind.PERCENT),
    )
    kept = sorted(names[key] for key in withheld) if inside or earlier else []
    rows += [(name, *([WITHHELD] * (len(columns) - 1))) for name in kept]
    totals = (_("Total"), *_cells(total, total_before, total)) if rows else None
    table = Table(title, columns, tuple(rows), totals, _notes(municipality, beside, is_withheld=bool(kept)))
    drawn = [key for key in told if now.get(key, _Money()).gross > 0][:PLOTTED]
    chart = Chart(
        _("Gross costs by cost centre"),
        tuple(names.get(key, "–") for key in drawn),
        (Series(_("Gross"), tuple(now[key].gross for key in drawn)),),
        kind=Kind.MONEY,
        description=_("A bar for each cost centre. The table beside the plot has the figures."),
    )
    lead = (wish.period.words(), _("Counted are settlements that lie wholly in these months."))
    sources = _sources(inside, total) if inside else None
    return Report(wish.kind, title, wish.period, lead, chart, table, sources=sources)


def _settlements(municipality: Municipality, period: Period) -> tuple[list[Settlement], list[Settlement]]:
    """Those wholly in the period, oldest first with all versions, and those that only reach into it."""
    rows = Settlement.objects.filter(
        municipality=municipality, first_day__lte=period.until, last_day__gte=period.since
    )
    inside: list[Settlement] = []
    beside: list[Settlement] = []
    for row in rows.select_related("contract").order_by("first_day", "contract_id", "version"):
        is_inside = period.since <= row.first_day and row.last_day <= period.until
        (inside if is_inside else beside).append(row)
    return inside, beside


def _by_centre(rows: Sequence[Settlement]) -> dict[int, _Money]:
    """By the cost centre's number, 0 for none. A version holds what it adds to the one before, so all versions add up."""
    sums: dict[int, _Money] = {}
    for row in rows:
        for each in row.centres:
            key = each["cost_centre_id"] or 0
            money = _Money(Decimal(each["net"]), Decimal(each["tax"]), Decimal(each["gross"]))
            sums[key] = sums.get(key, _Money()) + money
    return sums


def _cells(now: _Money, before: _Money | None, total: _Money) -> tuple[Cell, ...]:
    share = now.gross / total.gross if total.gross else None
    earlier = before.gross if before is not None else None
    change = (now.gross - earlier) / earlier if earlier else None
    return (now.net, now.tax, now.gross, share, earlier, change)


def _sources(inside: Sequence[Settlement], total: _Money) -> Table:
    rows = tuple((_settlement_words(row), str(row.contract), row.net, row.tax, row.gross) for row in inside)
    columns = (
        Column(_("Settlement")),
        Column(_("Contract")),
        Column(_("Net"), Kind.MONEY),
        Column(_("Tax"), Kind.MONEY),
        Column(_("Gross"), Kind.MONEY),
    )
    links = tuple(reverse("settlement", args=[row.pk]) for row in inside)
    totals = (_("Total"), "", total.net, total.tax, total.gross)
    return Table(_("The settlements behind it"), columns, rows, totals, links=links)


def _settlement_words(row: Settlement) -> str:
    days = days_words(row.first_day, row.last_day)
    if row.version == 1:
        return days
    return _("%(days)s, correction %(number)d") % {"days": days, "number": row.version - 1}


def _notes(municipality: Municipality, beside: Sequence[Settlement], *, is_withheld: bool) -> tuple[str, ...]:
    notes = []
    latest = Settlement.objects.filter(municipality=municipality).order_by("-last_day").first()
    if latest is not None:
        notes.append(
            _("Settled up to %(day)s; what was printed later is not in it.")
            % {"day": day_words(latest.last_day)}
        )
    if beside:
        days = dict.fromkeys(days_words(row.first_day, row.last_day) for row in beside)
        notes.append(
            _("Not in it, because it lies only partly in the period: %(days)s.") % {"days": ", ".join(days)}
        )
    if is_withheld:
        notes.append(
            _(
                "Withheld: fewer than %(least)d people stand behind the figure, or it could be computed from the total. "
                "What these cost centres bear stands in the settlement."
            )
            % {"least": municipality.least_people}
        )
    return tuple(notes)
