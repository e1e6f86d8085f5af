# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The factors of the environment report: what holds, from when, and says who; the town can enter its own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from allmende.directory.administration_access import Desk, contracts_page
from allmende.directory.audit import record_audit
from allmende.fleet.environment import UNITS, Effect, EnvironmentFactor, Factor, factors_of
from allmende.fleet.figures import count_words, day_words
from allmende.fleet.tables import Column, Kind, Table, to_html


def _in_range(day: date) -> None:
    if not 2000 <= day.year <= 2099:
        raise ValidationError(_("Please choose a day between 2000 and 2099."))


class FactorForm(forms.Form):
    effect = forms.ChoiceField(
        label=gettext_lazy("Of what"),
        choices=[(effect.value, f"{effect.label} ({UNITS[effect]})") for effect in Effect],
    )
    per_sheet = forms.DecimalField(
        label=gettext_lazy("Per sheet of A4"),
        min_value=0,
        max_value=1000,
        decimal_places=6,
        localize=True,
        help_text=gettext_lazy("500 sheets weigh 2.5 kg: what 500 sheets need, divided by 500."),
    )
    first_day = forms.DateField(
        label=gettext_lazy("Holds from"),
        validators=[_in_range],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        help_text=gettext_lazy("Who says so, in which paper, and where it can be read."),
    )
    checked_on = forms.DateField(
        label=gettext_lazy("Source checked on"),
        required=False,
        validators=[_in_range],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Leave this empty where nobody has looked; reports then say so."),
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def show_factors(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = FactorForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            _keep(desk, form.cleaned_data)
            messages.success(request, _("Saved. Reports reckon with it from its day on."))
            return redirect("environment_factors")
        status = 422
    table = _factor_table(factors_of(desk.municipality))
    return desk.show(request, "fleet/reports/factors.html", form=form, table=to_html(table), status=status)


def _keep(desk: Desk, data: dict[str, Any]) -> None:
    """A second row for the same day takes the first one's place."""
    EnvironmentFactor.objects.update_or_create(
        municipality=desk.municipality,
        effect=data["effect"],
        first_day=data["first_day"],
        defaults={
            "per_sheet": data["per_sheet"],
            "source": data["source"],
            "checked_on": data["checked_on"],
            "entered_by": desk.actor,
        },
    )
    record_audit(
        desk.municipality,
        desk.actor,
        "environment_factor.set",
        data["effect"],
        per_sheet=str(data["per_sheet"]),
        first_day=data["first_day"].isoformat(),
        source=data["source"],
    )


def _factor_table(factors: list[Factor]) -> Table:
    ordered = sorted(factors, key=lambda factor: (factor.effect.value, factor.first_day))
    rows = tuple(
        (
            str(factor.effect.label),
            f"{count_words(factor.per_sheet, 6)} {UNITS[factor.effect]}",
            factor.first_day,
            str(factor.source),
            day_words(factor.checked_on) if factor.checked_on else _("not checked"),
        )
        for factor in ordered
    )
    columns = (
        Column(_("Of what")),
        Column(_("Per sheet of A4")),
        Column(_("Holds from"), Kind.DAY),
        Column(_("Source")),
        Column(_("Source checked on")),
    )
    return Table(_("Factors"), columns, rows)
