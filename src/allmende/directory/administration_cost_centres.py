# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of cost centres and projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.directory.administration_access import Desk, contracts_page
from allmende.directory.cost_centre_administration import (
    CostCentreDetails,
    CostCentreInUseError,
    NumberTakenError,
    access_cost_centre_for,
    add_cost_centre,
    change_cost_centre,
    delete_cost_centre,
    list_cost_centres,
)
from allmende.directory.cost_centres import CostCentre, CostCentreKind

_PER_PAGE = 50


class CostCentreSearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Number or name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class CostCentreForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Number"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=CostCentreKind.choices,
        widget=forms.RadioSelect,
        initial=CostCentreKind.CENTRE,
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Valid from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_to = forms.DateField(
        label=gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("The last day on which it can be chosen. Empty: no end."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("In use"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Without this mark nobody can choose it; what is on it stays."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The end lies before the beginning."))
        return data

    def clean_number(self) -> str:
        return " ".join(self.cleaned_data["number"].split())

    def details(self) -> CostCentreDetails:
        data = dict(self.cleaned_data)
        return CostCentreDetails(**{**data, "kind": CostCentreKind(data["kind"])})


@require_GET
@contracts_page
def show_cost_centres(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = CostCentreSearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(list_cost_centres(desk.municipality, words), _PER_PAGE).get_page(request.GET.get("page"))
    today = timezone.localdate()
    rows = [{"centre": row, "is_open": row.is_open_on(today)} for row in page]
    return desk.show(
        request, "administration/cost_centres.html", form=form, page=page, rows=rows, words=words
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def add_cost_centre_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = CostCentreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = add_cost_centre(desk.actor, desk.municipality, form.details())
        except NumberTakenError:
            _say_taken(form)
        else:
            messages.success(request, _("%(centre)s can be chosen now.") % {"centre": row})
            return redirect("administer_cost_centres")
    return _show_form(request, desk, form, _("Add a cost centre or project"), _("Add"))


@require_http_methods(["GET", "POST"])
@contracts_page
def edit_cost_centre(request: HttpRequest, desk: Desk, cost_centre_id: int) -> HttpResponse:
    row = access_cost_centre_for(desk.actor, cost_centre_id)
    initial = {name: getattr(row, name) for name in CostCentreDetails.__slots__}
    form = CostCentreForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_cost_centre(desk.actor, row, form.details())
        except NumberTakenError:
            _say_taken(form)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return redirect("administer_cost_centres")
    title = _("Edit %(name)s") % {"name": CostCentre(number=row.number, name=initial["name"])}
    return _show_form(request, desk, form, title, _("Save"), row=row)


@require_http_methods(["GET", "POST"])
@contracts_page
def delete_cost_centre_page(request: HttpRequest, desk: Desk, cost_centre_id: int) -> HttpResponse:
    """GET asks, POST deletes."""
    row = access_cost_centre_for(desk.actor, cost_centre_id)
    if request.method == "POST":
        try:
            delete_cost_centre(desk.actor, row)
        except CostCentreInUseError:
            messages.error(
                request,
                _("%(centre)s has borne sheets, so it stays. Take the mark “In use” away instead.")
                % {"centre": row},
            )
        else:
            messages.success(request, _("%(centre)s is deleted.") % {"centre": row.number})
        return redirect("administer_cost_centres")
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Delete this cost centre?"),
        subject=str(row),
        text=_("People whose own it is have none afterwards, and its budgets go with it."),
        submit=_("Delete"),
        back=reverse("administer_cost_centres"),
    )


def _show_form(
    request: HttpRequest,
    desk: Desk,
    form: CostCentreForm,
    title: str,
    submit: str,
    *,
    row: CostCentre | None = None,
) -> HttpResponse:
    if not desk.may_keep_contracts:
        for field in form.fields.values():
            field.disabled = True
    return desk.show(
        request,
        "administration/cost_centre.html",
        title=title,
        form=form,
        submit=submit,
        row=row,
        back=reverse("administer_cost_centres"),
    )


def _say_taken(form: CostCentreForm) -> None:
    form.add_error("number", _("The town has a cost centre with this number already."))
