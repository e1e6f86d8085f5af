# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reports' pages: the list of reports, and each report as page or file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, figures_page
from allmende.fleet.person_reports import may_decide
from allmende.fleet.reports.kinds import ReportKind, WithheldError
from allmende.fleet.reports.report_files import FileKind, ReportFile, write_file
from allmende.fleet.reports.report_form import FIELDS, ReportForm
from allmende.fleet.reports.standard_reports import build_report
from allmende.fleet.reports.words import NAMES, WHAT_FOR
from allmende.fleet.tables import to_html


@require_GET
@figures_page
def list_reports(request: HttpRequest, desk: Desk) -> HttpResponse:
    reports = [
        {"name": NAMES[kind], "what": WHAT_FOR[kind], "href": reverse(f"report_{kind.value}")}
        for kind in ReportKind
    ]
    return desk.show(
        request,
        "fleet/reports/reports.html",
        reports=reports,
        may_ask_on_people=may_decide(desk.actor, desk.municipality.pk),
    )


@require_GET
@figures_page
def show_report(request: HttpRequest, desk: Desk, kind: ReportKind) -> HttpResponse:
    """The page; with `datei` in the address the same as a file."""
    form = ReportForm(request.GET.dict(), kind, desk.municipality)
    context: dict[str, Any] = {"form": form, "kind": kind.value, "name": NAMES[kind], "what": WHAT_FOR[kind]}
    if not form.is_valid():
        return desk.show(request, "fleet/reports/report.html", status=422, **context)
    try:
        report = build_report(desk.municipality, form.wish())
    except WithheldError as error:
        # Whoever asks without this field (an address made by hand) hears it of the whole form.
        field = FIELDS[error.field]
        form.add_error(field if field in form.fields else None, _("Too few people stand behind this choice."))
        return desk.show(request, "fleet/reports/report.html", status=422, **context)
    wanted = request.GET.get("datei", "")
    if wanted in {each.value for each in FileKind}:
        return file_response(write_file(report, desk.municipality, FileKind(wanted)))
    return desk.show(
        request,
        "fleet/reports/report.html",
        report=report,
        plot=report.draw(),
        table=to_html(report.table) if report.table.rows else "",
        sources=to_html(report.sources) if report.sources is not None else "",
        **context,
    )


def file_response(made: ReportFile) -> HttpResponse:
    return HttpResponse(
        made.data,
        content_type=made.content_type,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"'},
    )
