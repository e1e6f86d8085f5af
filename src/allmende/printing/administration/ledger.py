# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger's own pages: every row that a figure is made of, and its correction."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.devices.devices import Device
from allmende.directory.administration_access import Desk, contracts_page, figures_page
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.printing.ledger.corrections import (
    CorrectionError,
    RightCount,
    access_entry_for,
    correct_entry,
    may_be_corrected,
)
from allmende.printing.ledger.entries import local_day
from allmende.printing.ledger.figures import sum_sheets
from allmende.printing.ledger.sheets import SheetEntry

_PER_PAGE: Final = 100
_MOST: Final = 1_000_000


class LedgerFilterForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    device = forms.ModelChoiceField(
        label=gettext_lazy("Device"), queryset=Device.objects.none(), required=False
    )
    cost_centre = forms.ModelChoiceField(
        label=gettext_lazy("Cost centre"), queryset=CostCentre.objects.none(), required=False
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "device": Device.objects.filter(municipality=municipality),
            "cost_centre": CostCentre.objects.filter(municipality=municipality),
        }
        for name, rows in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
                field.empty_label = _("All")


class CorrectionForm(forms.Form):
    mono = forms.IntegerField(label=gettext_lazy("Sides in black"), min_value=0, max_value=_MOST)
    colour = forms.IntegerField(label=gettext_lazy("Sides in colour"), min_value=0, max_value=_MOST)
    sheets = forms.IntegerField(label=gettext_lazy("Sheets"), min_value=0, max_value=_MOST)
    cost_centre = forms.ModelChoiceField(
        label=gettext_lazy("Cost centre"), queryset=CostCentre.objects.none(), required=False
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("Stays beside the correction, for whoever audits it. No names, please."),
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["cost_centre"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = CostCentre.objects.filter(municipality=municipality)
            field.empty_label = _("None")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "sheets" in data and data["sheets"] > data.get("mono", _MOST) + data.get("colour", 0):
            self.add_error("sheets", _("There are more sheets than printed sides."))
        return data


@require_GET
@figures_page
def show_ledger(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The newest rows first; the next page begins before the last row's number, however many millions there are."""
    today = local_day(timezone.now())
    form = LedgerFilterForm(request.GET or None, municipality=desk.municipality)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    since: date = chosen.get("since") or (chosen.get("until") or today) - timedelta(days=30)
    until: date = chosen.get("until") or today
    rows = SheetEntry.objects.filter(municipality=desk.municipality, day__gte=since, day__lte=until)
    if chosen.get("device"):
        rows = rows.filter(device=chosen["device"])
    if chosen.get("cost_centre"):
        rows = rows.filter(cost_centre=chosen["cost_centre"])
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows.select_related("device", "cost_centre").order_by("-id")[: _PER_PAGE + 1])
    sums = sum_sheets(
        desk.municipality.pk,
        since,
        until,
        device_ids=[chosen["device"].pk] if chosen.get("device") else None,
        cost_centre_ids=[chosen["cost_centre"].pk] if chosen.get("cost_centre") else None,
    )
    return desk.show(
        request,
        "printing/administration/ledger.html",
        form=form,
        since=since,
        until=until,
        entries=page[:_PER_PAGE],
        next_before=page[_PER_PAGE - 1].pk if len(page) > _PER_PAGE else None,
        sums=sums[0] if sums else None,
    )


@require_http_methods(["GET", "POST"])
@contracts_page
def correct_entry_page(request: HttpRequest, desk: Desk, entry_id: int) -> HttpResponse:
    entry = access_entry_for(desk.actor, entry_id)
    initial = {
        "mono": entry.impressions_mono,
        "colour": entry.impressions_colour,
        "sheets": entry.sheets,
        "cost_centre": entry.cost_centre_id,
    }
    form = CorrectionForm(request.POST or None, initial=initial, municipality=desk.municipality)
    possible = may_be_corrected(entry)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        right = RightCount(data["mono"], data["colour"], data["sheets"], data["cost_centre"])
        try:
            correct_entry(desk.actor, entry, right, data["note"])
        except CorrectionError:
            messages.warning(request, _("This entry was corrected already."))
        else:
            messages.success(request, _("Corrected by a counter-entry; the entry itself stays as it was."))
        return redirect("administer_ledger")
    return desk.show(
        request,
        "printing/administration/ledger_entry.html",
        entry=entry,
        form=form if possible and desk.may_keep_contracts else None,
        back=reverse("administer_ledger"),
    )
