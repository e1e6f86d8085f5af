# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of reports on a person: ask, decide, look. For the town's IT and its head; nobody else, also not to read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from allmende.directory.administration_access import Desk, open_desk
from allmende.directory.people import Person
from allmende.fleet.person_reports import (
    PersonReport,
    RequestState,
    ask_for_report,
    decide_on_report,
    look_at_report,
    may_decide,
)
from allmende.fleet.reports.report_form import PeriodForm
from allmende.fleet.tables import Column, Kind, Table, to_html

P = ParamSpec("P")
_PER_PAGE: Final = 25


def deciders_page(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        desk = open_desk(request.user)
        if desk is None or not may_decide(desk.actor, desk.municipality.pk):
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return guarded


class AskForm(PeriodForm):
    login = forms.CharField(
        label=gettext_lazy("Sign-in name of the person"),
        max_length=100,
        help_text=gettext_lazy("For example anna."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person can read it, and so can who decides."),
    )
    field_order = ("login", "zeitraum", "von", "bis", "reason")

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._desk = desk
        self.subject: Person | None = None

    def clean_login(self) -> str:
        login: str = self.cleaned_data["login"].strip().casefold()
        self.subject = Person.objects.filter(municipality=self._desk.municipality, login=login).first()
        if self.subject is None:
            raise forms.ValidationError(_("There is nobody with this name in the town."))
        if self.subject.pk == self._desk.actor.pk:
            raise forms.ValidationError(_("Your own figures stand under “My data”."))
        return login


@require_http_methods(["GET", "POST"])
@deciders_page
def show_person_reports(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = AskForm(request.POST or None, desk=desk)
    status = 200
    if request.method == "POST":
        if form.is_valid() and form.subject is not None:
            ask_for_report(desk.actor, form.subject, form.period(), form.cleaned_data["reason"])
            messages.success(request, _("Asked. Now a second person has to consent."))
            return redirect("person_reports")
        status = 422
    rows = PersonReport.objects.filter(municipality=desk.municipality).exclude(subject=desk.actor)
    page = Paginator(rows.select_related("subject", "asked_by", "decided_by"), _PER_PAGE).get_page(
        request.GET.get("page")
    )
    return desk.show(
        request,
        "fleet/reports/person_reports.html",
        form=form,
        page=page,
        requests=[_describe(row, desk) for row in page],
        status=status,
    )


@require_POST
@deciders_page
def decide(request: HttpRequest, desk: Desk, person_report_id: int) -> HttpResponse:
    row = _access_report_for(desk, person_report_id)
    if decide_on_report(desk.actor, row, grant=request.POST.get("decision") == "grant"):
        messages.success(request, _("Your decision is on record."))
    else:
        messages.info(request, _("The request was decided already, or its time is over."))
    return redirect("person_reports")


@require_POST
@deciders_page
def look(request: HttpRequest, desk: Desk, person_report_id: int) -> HttpResponse:
    """By POST: to look is an act, and is on record."""
    row = _access_report_for(desk, person_report_id)
    sums = look_at_report(desk.actor, row)
    columns = (
        Column(_("Person")),
        Column(_("Printed sides"), Kind.COUNT),
        Column(_("of these in colour"), Kind.COUNT),
        Column(_("Sheets"), Kind.COUNT),
    )
    cells = (str(row.subject), sums.impressions, sums.impressions_colour, sums.sheets)
    table = Table(_("Report on a person"), columns, (cells,))
    return desk.show(request, "fleet/reports/person_report.html", row=row, table=to_html(table))


def _access_report_for(desk: Desk, number: int) -> PersonReport:
    return get_object_or_404(
        PersonReport.objects.exclude(subject=desk.actor), pk=number, municipality=desk.municipality
    )


def _describe(row: PersonReport, desk: Desk) -> dict[str, Any]:
    state = row.state_at(timezone.now())
    kinds = {
        RequestState.ASKED: ("warning", _("waits for the second person")),
        RequestState.REFUSED: ("info", _("refused")),
        RequestState.OPEN: ("success", _("open")),
        RequestState.ENDED: ("info", _("over")),
    }
    kind, words = kinds[state]
    me = desk.actor.pk
    return {
        "row": row,
        "kind": kind,
        "state": words,
        "may_decide": state is RequestState.ASKED and row.asked_by_id not in {me, None},
        "may_look": state is RequestState.OPEN and me in {row.asked_by_id, row.decided_by_id},
    }
