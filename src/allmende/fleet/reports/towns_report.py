# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""All member towns side by side, for the cooperative's office alone: one row per town, nothing below it.

Towns with fewer active people than they themselves ask for behind a figure are withheld like small cost centres are.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, office_page
from allmende.directory.municipalities import Municipality
from allmende.fleet.charts import Chart, Series
from allmende.fleet.reports.counts import Counts, change_of, group_sums
from allmende.fleet.reports.kinds import Report, ReportKind
from allmende.fleet.reports.pages import file_response
from allmende.fleet.reports.periods import Period, Preset
from allmende.fleet.reports.report_files import FileKind, write_file
from allmende.fleet.reports.report_form import PeriodForm
from allmende.fleet.reports.withholding import choose_withheld
from allmende.fleet.tables import WITHHELD, Cell, Column, Kind, Table, to_html
from allmende.printing.api import sum_sheets_of_towns


@require_GET
@office_page
def show_towns(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = PeriodForm({"zeitraum": Preset.THIS_YEAR.value, **request.GET.dict()})
    if not form.is_valid():
        return desk.show(request, "fleet/reports/towns.html", status=422, form=form)
    report = build_towns_report(form.period())
    wanted = request.GET.get("datei", "")
    if wanted in {each.value for each in FileKind}:
        return file_response(write_file(report, desk.municipality, FileKind(wanted), "verbund"))
    return desk.show(
        request,
        "fleet/reports/towns.html",
        form=form,
        report=report,
        plot=report.draw(),
        table=to_html(report.table) if report.table.rows else "",
    )


def build_towns_report(period: Period) -> Report:
    """Every member town, by name; the cooperative itself is none."""
    now, before = (
        group_sums(
            sum_sheets_of_towns(span.since, span.until, ("kind", "duplex")), lambda each: each.municipality_id
        )
        for span in (period, period.year_before())
    )
    towns = list(
        Municipality.objects.filter(is_cooperative=False)
        .annotate(head_count=Count("people", filter=Q(people__is_active=True)))
        .order_by("name")
    )
    heads = {town.pk: town.head_count for town in towns}
    withheld = choose_withheld(heads, max((town.least_people for town in towns), default=0))
    title = _("Member towns")
    columns = (
        Column(_("Town")),
        Column(_("People"), Kind.COUNT),
        Column(_("Printed sides"), Kind.COUNT),
        Column(_("Sheets"), Kind.COUNT),
        Column(_("Sheets per person"), Kind.COUNT, 1),
        Column(_("Colour share"), Kind.PERCENT),
        Column(_("Two-sided share"), Kind.PERCENT),
        Column(_("Sheets the year before"), Kind.COUNT),
        Column(_("Against the year before"), Kind.PERCENT),
    )

    def cells(people: int, this: Counts, last: Counts) -> tuple[Cell, ...]:
        each = Decimal(this.sheets) / people if people else None
        shares = (this.colour_share, this.duplex_share)
        change = change_of(this.sheets, last.sheets)
        return (people, this.impressions, this.sheets, each, *shares, last.sheets, change)

    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (town.name, *([WITHHELD] * (len(columns) - 1)))
        if town.pk in withheld
        else (town.name, *cells(heads[town.pk], now.get(town.pk, Counts()), before.get(town.pk, Counts())))
        for town in towns
    )
    sums = [sum((group.get(number, Counts()) for number in heads), Counts()) for group in (now, before)]
    total = (_("Total"), *cells(sum(heads.values()), *sums))
    notes = (
        (_("Withheld: too few people work in the town, or it could be computed from the total."),)
        if withheld
        else ()
    )
    open_towns = [town for town in towns if town.pk not in withheld]
    chart = Chart(
        _("Sheets of the member towns"),
        tuple(town.name for town in open_towns),
        (
            Series(_("year before"), tuple(before.get(town.pk, Counts()).sheets for town in open_towns)),
            Series(_("in the period"), tuple(now.get(town.pk, Counts()).sheets for town in open_towns)),
        ),
        description=_("Two bars for each town. The table beside the plot has the figures."),
    )
    table = Table(title, columns, rows, total if rows else None, notes)
    return Report(ReportKind.TOWN, title, period, (period.words(),), chart, table, is_stacked=False)
