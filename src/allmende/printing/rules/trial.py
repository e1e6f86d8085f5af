# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What would happen to a job: invented facts, the town's rules, and the decision with its reasons. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.prices import round_cost
from allmende.printing.rules.at_release import at_device
from allmende.printing.rules.effects import Saving, saving_between
from allmende.printing.rules.evaluation import Decision, Way, decide, ways_out
from allmende.printing.rules.facts import LONG_EDGE, Facts
from allmende.printing.rules.print_rules import TownRules
from allmende.printing.rules.words import FORMATS

_MAX: Final = 10_000_000
_MAX_ELSEWHERE: Final = 50


class TrialForm(forms.Form):
    """A job that nobody sent. All facts can be chosen; what is left empty is not known."""

    person = forms.CharField(
        label=gettext_lazy("Login of the person"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    cost_centre = forms.ModelChoiceField(
        label=gettext_lazy("On the cost centre"),
        queryset=CostCentre.objects.none(),
        required=False,
        empty_label=gettext_lazy("the person's own"),
    )
    device = forms.ModelChoiceField(
        label=gettext_lazy("At the device"), queryset=Device.objects.none(), empty_label=None
    )
    pages = forms.IntegerField(label=gettext_lazy("Pages"), min_value=1, max_value=_MAX, required=False)
    colour_pages = forms.IntegerField(
        label=gettext_lazy("Pages in colour"), min_value=0, max_value=_MAX, required=False
    )
    copies = forms.IntegerField(label=gettext_lazy("Copies"), min_value=1, max_value=999)
    sides = forms.ChoiceField(
        label=gettext_lazy("Sides"),
        choices=[("one-sided", gettext_lazy("one-sided")), (LONG_EDGE, gettext_lazy("two-sided"))],
    )
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"),
        choices=[("as-sent", gettext_lazy("as sent")), ("black", gettext_lazy("black and white"))],
    )
    document_format = forms.ChoiceField(label=gettext_lazy("Format"), choices=list(FORMATS.items()))
    kilobytes = forms.IntegerField(label=gettext_lazy("Size in kilobytes"), min_value=0, max_value=_MAX)
    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._town = municipality
        self._offer("device", Device.objects.filter(municipality=municipality, is_active=True))
        self._offer("cost_centre", CostCentre.objects.filter(municipality=municipality, is_active=True))

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def clean_person(self) -> Person:
        login = canonical_login(self.cleaned_data["person"], [str(each) for each in self._town.login_domains])
        person = (
            Person.objects.filter(municipality=self._town, login=login).select_related("cost_centre").first()
        )
        if person is None:
            raise forms.ValidationError(_("Nobody in your town has this login."))
        return person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        pages, colour_pages = data.get("pages"), data.get("colour_pages")
        if pages is not None and colour_pages is not None and colour_pages > pages:
            self.add_error("colour_pages", _("There are not so many pages."))
        centre, day = data.get("cost_centre"), data.get("day")
        if centre is not None and day is not None and not centre.is_open_on(day):
            self.add_error("cost_centre", _("It is closed on this day: choose another one, or another day."))
        return data

    def facts(self) -> Facts:
        """Of a valid form."""
        data = self.cleaned_data
        person: Person = data["person"]
        bearer: CostCentre | None = data["cost_centre"] or person.cost_centre
        at = datetime.combine(data["day"], data["time"], tzinfo=timezone.get_current_timezone())
        facts = Facts(
            person_id=person.pk,
            cost_centre=None if bearer is None else bearer.number,
            document_format=data["document_format"],
            pages=data["pages"],
            colour_pages=data["colour_pages"],
            size=data["kilobytes"] * 1000,
            copies=data["copies"],
            sides=data["sides"],
            colour=data["colour"] == "as-sent",
            device_id=None,
            site_id=None,
            at=at,
        )
        return at_device(facts, data["device"])


@dataclass(frozen=True, slots=True)
class Trial:
    """`saving`: between the job as asked for and as the rules leave it; `euros` rounded to cents, None where no price is known."""

    asked: Facts
    decision: Decision
    saving: Saving
    ways: tuple[tuple[Way, str], ...]

    @property
    def euros(self) -> Any:
        return None if self.saving.euros is None else round_cost(self.saving.euros)


def first_values(actor: Person) -> dict[str, Any]:
    """The form's values before anybody chose: a job of ten pages, now."""
    now = timezone.localtime()
    return {
        "person": actor.login,
        "pages": 10,
        "colour_pages": 0,
        "copies": 1,
        "sides": "one-sided",
        "colour": "as-sent",
        "document_format": "application/pdf",
        "kilobytes": 500,
        "day": now.date(),
        "time": now.time().replace(second=0, microsecond=0),
    }


def was_asked(query: QueryDict) -> bool:
    return "person" in query


def try_rules(municipality: Municipality, facts: Facts) -> Trial:
    """With the rules as they are now, those switched off explained too."""
    rules = TownRules(municipality.pk).rules
    decision = decide(rules, facts)
    ways: tuple[tuple[Way, str], ...] = ()
    if decision.refused:
        rows = Device.objects.filter(municipality=municipality, is_active=True).exclude(uri="")
        devices = {device.pk: device for device in rows.exclude(pk=facts.device_id or 0)[:_MAX_ELSEWHERE]}
        found = ways_out(rules, facts, (at_device(facts, device) for device in devices.values()))
        ways = tuple((way, str(devices.get(way.device_id or 0, ""))) for way in found)
    return Trial(facts, decision, saving_between(facts, decision.facts, "a4"), ways)
