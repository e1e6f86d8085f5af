# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a report is about, as its page asks: period, and what to leave out. Everything stands in the address, so it can be kept and sent."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.fleet.reports.kinds import Grain, ReportKind, Wish
from allmende.fleet.reports.periods import Period, Preset, period_of
from allmende.fleet.reports.withholding import NOTHING_WITHHELD, withheld_cost_centres, withheld_places
from allmende.fleet.reports.words import PRESETS

EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)
#: More days would be more bars than anybody reads.
_MOST_DAYS: Final = 93
_SITE: Final = frozenset({ReportKind.TOWN, ReportKind.DEVICE, ReportKind.TIME, ReportKind.ENVIRONMENT})
_DEVICE: Final = frozenset({ReportKind.TIME})
_CENTRE: Final = frozenset({ReportKind.TOWN, ReportKind.TIME})
#: By what `WithheldError` names.
FIELDS: Final = {"site": "standort", "device": "geraet", "cost_centre": "kostenstelle"}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class PeriodForm(forms.Form):
    zeitraum = forms.ChoiceField(
        label=gettext_lazy("Period"), choices=[(p.value, w) for p, w in PRESETS.items()]
    )
    von = _day(gettext_lazy("From"))
    bis = _day(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("zeitraum") == Preset.FREE and not self.errors:
            since, until = data.get("von"), data.get("bis")
            for name, day in (("von", since), ("bis", until)):
                if day is None:
                    self.add_error(name, _("Please give this day, or choose another period."))
                elif not EARLIEST <= day <= LATEST:
                    self.add_error(name, _("Please choose a day between 2000 and 2099."))
            if since and until and until < since:
                self.add_error("bis", _("The last day lies before the first."))
        return data

    def period(self) -> Period:
        """Of a valid form."""
        preset = Preset(self.cleaned_data["zeitraum"])
        if preset is Preset.FREE:
            return Period(self.cleaned_data["von"], self.cleaned_data["bis"])
        return period_of(preset, timezone.localdate())


class ReportForm(PeriodForm):
    """Only the filters that the report has."""

    je = forms.ChoiceField(
        label=gettext_lazy("By"),
        choices=[
            (Grain.DAY.value, gettext_lazy("day")),
            (Grain.MONTH.value, gettext_lazy("month")),
            (Grain.YEAR.value, gettext_lazy("year")),
        ],
    )
    standort = forms.ChoiceField(label=gettext_lazy("Site"), required=False)
    geraet = forms.ChoiceField(label=gettext_lazy("Device"), required=False)
    kostenstelle = forms.ChoiceField(label=gettext_lazy("Cost centre"), required=False)

    def __init__(self, data: dict[str, Any], kind: ReportKind, municipality: Municipality) -> None:
        super().__init__({"zeitraum": Preset.THIS_YEAR.value, "je": Grain.MONTH.value, **data})
        self._kind = kind
        if kind is not ReportKind.TIME:
            del self.fields["je"]
        places = withheld_places(municipality) if kind in _SITE | _DEVICE else NOTHING_WITHHELD
        centres = withheld_cost_centres(municipality) if kind in _CENTRE else frozenset()
        rows = {
            "standort": (_SITE, Site.objects.all(), places.sites),
            "geraet": (_DEVICE, Device.objects.all(), places.devices),
            "kostenstelle": (_CENTRE, CostCentre.objects.all(), centres),
        }
        for name, (kinds, found, withheld) in rows.items():
            field = self.fields[name]
            if kind not in kinds or not isinstance(field, forms.ChoiceField):
                del self.fields[name]
                continue
            left_out = [number for number in withheld if number]
            told = found.filter(municipality=municipality).exclude(pk__in=left_out)
            field.choices = [("", _("all")), *((str(row.pk), str(row)) for row in told)]
            if left_out:
                field.help_text = ngettext(
                    "%(count)d is left out: too few people stand behind it.",
                    "%(count)d are left out: too few people stand behind them.",
                    len(left_out),
                ) % {"count": len(left_out)}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kostenstelle") and (data.get("standort") or data.get("geraet")):
            self.add_error(
                "kostenstelle",
                _(
                    "Please choose either a place or a cost centre: both at once would speak of single people."
                ),
            )
        if data.get("je") == Grain.DAY and not self.errors:
            period = self.period()
            if (period.until - period.since).days >= _MOST_DAYS:
                self.add_error("je", _("By day, please choose at most a quarter."))
        return data

    def wish(self) -> Wish:
        """Of a valid form."""
        data = self.cleaned_data
        numbers = {
            name: int(data[name]) if data.get(name) else None
            for name in ("standort", "geraet", "kostenstelle")
        }
        return Wish(
            self._kind,
            self.period(),
            Grain(data.get("je") or Grain.MONTH.value),
            site_id=numbers["standort"],
            device_id=numbers["geraet"],
            cost_centre_id=numbers["kostenstelle"],
        )
