# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of uncounted sides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from allmende.directory.administration_access import Desk, figures_page
from allmende.fleet.uncounted import uncounted_sides

_LONGEST: Final = timedelta(days=3 * 366)


class DaysForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and not timedelta() <= until - since <= _LONGEST:
            raise forms.ValidationError(_("The first day must lie before the last, by three years at most."))
        return data


@require_GET
@figures_page
def show_uncounted(request: HttpRequest, desk: Desk) -> HttpResponse:
    last_month = _last_month()
    form = DaysForm(request.GET if "since" in request.GET else None, initial=last_month)
    days = last_month
    if form.is_bound and form.is_valid():
        days = {"since": form.cleaned_data["since"], "until": form.cleaned_data["until"]}
    rows = (
        []
        if form.is_bound and not form.is_valid()
        else uncounted_sides(desk.municipality.pk, days["since"], days["until"])
    )
    return desk.show(
        request,
        "fleet/uncounted.html",
        form=form,
        rows=rows,
        has_withheld=any(row.is_withheld for row in rows),
        since=days["since"],
        until=days["until"],
    )


def _last_month() -> dict[str, date]:
    until = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {"since": until.replace(day=1), "until": until}
