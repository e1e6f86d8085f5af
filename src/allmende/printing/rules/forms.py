# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The form of one rule: when it acts, and what it does. It writes conditions as typed rows; nothing is typed as code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.cost_centres import CostCentre
from allmende.directory.login_names import canonical_login
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import RoleName
from allmende.printing.rules.conditions import (
    Between,
    Condition,
    ConditionError,
    DailyHours,
    OneOf,
    clock,
    parse_conditions,
)
from allmende.printing.rules.editing import RuleDetails
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.print_rules import DEFAULT_APPROVAL_HOURS, EffectChoice, PrintRule
from allmende.printing.rules.words import FORMATS, WEEKDAYS

_MAX_LINES: Final = 200
_MAX_PAGES: Final = 10_000_000
_PLAIN: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false", "rows": 3}
_DATE: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_TIME: Final = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
#: Condition, its two fields, and how many of its unit one of the field's is.
_RANGES: Final = (
    ("pages", "pages", 1),
    ("impressions", "impressions", 1),
    ("colour_impressions", "colour", 1),
    ("bytes", "kilobytes", 1000),
)


def _number(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=_MAX_PAGES, required=False)


class RuleForm(forms.Form):
    """`fieldsets` gives the fields in groups for the page."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy(
            "People at the device read it, for example “Large jobs go to the print shop”."
        ),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)
    valid_from = forms.DateField(label=gettext_lazy("Valid from"), required=False, widget=_DATE)
    valid_until = forms.DateField(label=gettext_lazy("Valid until"), required=False, widget=_DATE)

    pages_from = _number(gettext_lazy("Pages of the document, at least"))
    pages_to = _number(gettext_lazy("Pages of the document, at most"))
    impressions_from = _number(gettext_lazy("Pages with all copies, at least"))
    impressions_to = _number(gettext_lazy("Pages with all copies, at most"))
    colour_from = _number(gettext_lazy("Pages in colour with all copies, at least"))
    colour_to = _number(gettext_lazy("Pages in colour with all copies, at most"))
    kilobytes_from = _number(gettext_lazy("Size in kilobytes, at least"))
    kilobytes_to = _number(gettext_lazy("Size in kilobytes, at most"))
    formats = forms.MultipleChoiceField(
        label=gettext_lazy("Format"),
        choices=list(FORMATS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    persons = forms.CharField(
        label=gettext_lazy("Persons"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs=_PLAIN),
        help_text=gettext_lazy("Their logins, one per line."),
    )
    cost_centres = forms.CharField(
        label=gettext_lazy("Cost centres"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs=_PLAIN),
        help_text=gettext_lazy(
            "Their numbers, one per line: who bears the job, such as an office or a group."
        ),
    )
    devices = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Devices"),
        queryset=Device.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sites = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Sites"),
        queryset=Site.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Weekdays"),
        choices=[(str(day), words) for day, words in WEEKDAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    time_from = forms.TimeField(label=gettext_lazy("Time from"), required=False, widget=_TIME)
    time_until = forms.TimeField(
        label=gettext_lazy("Time until"),
        required=False,
        widget=_TIME,
        help_text=gettext_lazy("From 18:00 until 6:00 reaches over midnight."),
    )

    effect = forms.ChoiceField(
        label=gettext_lazy("What the rule does"), choices=EffectChoice.choices, widget=forms.RadioSelect
    )
    advised_device = forms.ModelChoiceField(
        label=gettext_lazy("Advised device"),
        queryset=Device.objects.none(),
        required=False,
        empty_label="–",
        help_text=gettext_lazy("Only for “advise another device”."),
    )
    asks_first = forms.BooleanField(
        label=gettext_lazy("Ask before printing"),
        required=False,
        help_text=gettext_lazy(
            "The advice comes before paper, with “Print here anyway”: one touch more. "
            "Without this mark it stands beside the job, and one touch prints."
        ),
    )
    approver = forms.CharField(
        label=gettext_lazy("Login of the person who approves"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
        help_text=gettext_lazy("Only for “hold until somebody approves”: a person, a role, or both."),
    )
    approver_role = forms.ChoiceField(
        label=gettext_lazy("Role that approves"), choices=[("", "–"), *RoleName.choices], required=False
    )
    approval_hours = forms.IntegerField(
        label=gettext_lazy("Hours that a request and an approval hold"),
        min_value=1,
        max_value=720,
        required=False,
        help_text=gettext_lazy(
            "24 where nothing is entered. A job is never kept longer than your town keeps jobs."
        ),
    )
    reason_de = forms.CharField(
        label=gettext_lazy("Reason, in German"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("What people read at the device: why, and what they can do instead."),
    )
    reason_en = forms.CharField(label=gettext_lazy("Reason, in English"), max_length=300, required=False)

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._town = municipality
        devices = Device.objects.filter(municipality=municipality)
        self._offer("devices", devices)
        self._offer("advised_device", devices.filter(is_active=True))
        self._offer("sites", Site.objects.filter(municipality=municipality))

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def fieldsets(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """(heading, what is said below it, fields); groups without any choice are left out."""
        groups: list[tuple[str, str, Sequence[str]]] = [
            (_("The rule"), "", ("name", "is_active", "valid_from", "valid_until")),
            (
                _("When: the document"),
                _("What is left empty is not asked. All that is filled in must hold."),
                (
                    *(f"{name}_{end}" for _kind, name, _unit in _RANGES for end in ("from", "to")),
                    "formats",
                ),
            ),
            (_("When: who"), "", ("persons", "cost_centres")),
            (
                _("When: where and at what time"),
                "",
                ("devices", "sites", "weekdays", "time_from", "time_until"),
            ),
            (
                _("Then"),
                "",
                (
                    "effect",
                    "advised_device",
                    "asks_first",
                    "approver",
                    "approver_role",
                    "approval_hours",
                    "reason_de",
                    "reason_en",
                ),
            ),
        ]
        return [
            (title, text, [self[name] for name in names if self._has_choice(name)])
            for title, text, names in groups
        ]

    def _has_choice(self, name: str) -> bool:
        field = self.fields[name]
        if not isinstance(field, forms.ModelMultipleChoiceField) or field.queryset is None:
            return True
        return field.queryset.exists()

    def clean_persons(self) -> list[int]:
        """Row numbers."""
        domains = [str(each) for each in self._town.login_domains]
        logins = [canonical_login(line, domains) for line in _lines(self.cleaned_data["persons"])]
        found = dict(
            Person.objects.filter(municipality=self._town, login__in=logins).values_list("login", "pk")
        )
        for login in logins:
            if login not in found:
                raise forms.ValidationError(
                    _("Nobody in your town has the login “%(login)s”.") % {"login": login}
                )
        return list(dict.fromkeys(found[login] for login in logins))

    def clean_cost_centres(self) -> list[str]:
        lines = _lines(self.cleaned_data["cost_centres"])
        rows = CostCentre.objects.filter(municipality=self._town, number__in=lines)
        known = set(rows.values_list("number", flat=True))
        for line in lines:
            if line not in known:
                # A mistyped number would be a rule that never holds, and nobody would see it.
                raise forms.ValidationError(
                    _("Your town has no cost centre “%(number)s”.") % {"number": line[:30]}
                )
        return list(dict.fromkeys(lines))

    def clean_approver(self) -> int | None:
        text = self.cleaned_data["approver"].strip()
        if not text:
            return None
        login = canonical_login(text, [str(each) for each in self._town.login_domains])
        person = Person.objects.filter(municipality=self._town, login=login, is_active=True).first()
        if person is None:
            raise forms.ValidationError(_("Nobody in your town has this login."))
        return person.pk

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for _kind, name, _unit in _RANGES:
            low, high = data.get(f"{name}_from"), data.get(f"{name}_to")
            if low is not None and high is not None and low > high:
                self.add_error(f"{name}_to", _("This is less than “at least”."))
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and first > last:
            self.add_error("valid_until", _("This is before “valid from”."))
        begins, ends = data.get("time_from"), data.get("time_until")
        if (begins is None) != (ends is None) and not {"time_from", "time_until"} & set(self.errors):
            self.add_error(
                "time_until" if ends is None else "time_from", _("Please give both times, or none.")
            )
        elif begins is not None and begins == ends:
            self.add_error("time_until", _("Both times are the same. Leave both empty for the whole day."))
        self._check_effect(data)
        return data

    def _check_effect(self, data: dict[str, Any]) -> None:
        effect = data.get("effect")
        if effect == Effect.ADVISE and data.get("advised_device") is None:
            self.add_error("advised_device", _("Please choose the device that is advised."))
        named = data.get("approver") or data.get("approver_role") or "approver" in self.errors
        if effect == Effect.APPROVE and not named:
            self.add_error("approver", _("Please say who approves: a person, a role, or both."))
        if effect == Effect.REFUSE and not (data.get("reason_de") or data.get("reason_en")):
            self.add_error("reason_de", _("Please say why: people read it at the device."))

    def conditions(self) -> tuple[Condition, ...]:
        """Of a valid form; through the one check that stored conditions pass too."""
        data = self.cleaned_data
        rows: list[dict[str, Any]] = []
        choices: dict[str, list[Any]] = {
            "persons": data["persons"],
            "cost_centres": data["cost_centres"],
            "formats": data["formats"],
            "weekdays": [int(day) for day in data["weekdays"]],
            "devices": [device.pk for device in data["devices"]],
            "sites": [site.pk for site in data["sites"]],
        }
        rows += [{"kind": kind, "values": values} for kind, values in choices.items() if values]
        for kind, name, unit in _RANGES:
            low, high = data[f"{name}_from"], data[f"{name}_to"]
            if low is not None or high is not None:
                rows.append(
                    {
                        "kind": kind,
                        "at_least": None if low is None else low * unit,
                        "at_most": None if high is None else high * unit,
                    }
                )
        if data["time_from"] is not None:
            rows.append(
                {
                    "kind": "hours",
                    "from": f"{data['time_from']:%H:%M}",
                    "until": f"{data['time_until']:%H:%M}",
                }
            )
        return parse_conditions(rows)

    def details(self) -> RuleDetails:
        """Of a valid form. What belongs to another effect is dropped."""
        data = self.cleaned_data
        effect = Effect(data["effect"])
        advises, approves = effect is Effect.ADVISE, effect is Effect.APPROVE
        device = data["advised_device"] if advises else None
        return RuleDetails(
            name=data["name"],
            effect=effect,
            conditions=self.conditions(),
            is_active=data["is_active"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
            approver_id=data["approver"] if approves else None,
            approver_role=data["approver_role"] if approves else "",
            approval_hours=data["approval_hours"] or DEFAULT_APPROVAL_HOURS,
            advised_device_id=device.pk if device is not None else None,
            asks_first=advises and data["asks_first"],
            reason_de=data["reason_de"],
            reason_en=data["reason_en"],
        )


def describe_rule(row: PrintRule) -> dict[str, Any]:
    """The form's initial values."""
    values: dict[str, Any] = {
        "name": row.name,
        "is_active": row.is_active,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "effect": row.effect,
        "advised_device": row.advised_device_id,
        "asks_first": row.asks_first,
        "approver": row.approver.login if row.approver is not None else "",
        "approver_role": row.approver_role,
        "approval_hours": row.approval_hours,
        "reason_de": row.reason_de,
        "reason_en": row.reason_en,
    }
    try:
        conditions = parse_conditions(row.conditions)
    except ConditionError:
        return values
    for condition in conditions:
        values |= _describe(condition)
    return values


def _describe(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, DailyHours):
        return {"time_from": clock(condition.first), "time_until": clock(condition.until)}
    if isinstance(condition, Between):
        name, unit = next((name, unit) for kind, name, unit in _RANGES if kind == condition.kind)
        low, high = condition.at_least, condition.at_most
        return {
            f"{name}_from": None if low is None else low // unit,
            f"{name}_to": None if high is None else high // unit,
        }
    return {condition.kind: _described_values(condition)}


def _described_values(condition: OneOf) -> Any:
    if condition.kind == "persons":
        logins = Person.objects.filter(pk__in=condition.values).order_by("login")
        return "\n".join(logins.values_list("login", flat=True))
    if condition.kind == "cost_centres":
        return "\n".join(sorted(str(value) for value in condition.values))
    return [str(value) for value in condition.values]


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.replace(",", "\n").replace(";", "\n").splitlines() if line.strip()]
    if len(lines) > _MAX_LINES:
        raise forms.ValidationError(_("At most %(count)d entries.") % {"count": _MAX_LINES})
    return lines
