# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT on rules: the list in its order with conflicts and counted effects, one rule, and what would happen to a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.administration_access import Desk, administration_page, changing_page
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.prices import round_cost
from allmende.printing.rules.conditions import OneOf
from allmende.printing.rules.conflicts import Conflict, find_conflicts
from allmende.printing.rules.editing import (
    TooManyRulesError,
    access_rule_for,
    add_rule,
    change_rule,
    listed_rules,
    move_rule,
    remove_rule,
    removed_rules,
    restore_rule,
    switch_rule,
)
from allmende.printing.rules.effects import EffectSum, sum_effects
from allmende.printing.rules.evaluation import Outcome, Rule
from allmende.printing.rules.forms import RuleForm, describe_rule
from allmende.printing.rules.preview import Preview, preview_rule
from allmende.printing.rules.print_rules import MAX_RULES, PrintRule, rule_of
from allmende.printing.rules.trial import TrialForm, first_values, try_rules, was_asked
from allmende.printing.rules.words import (
    OUTCOME_KINDS,
    Names,
    conditions_words,
    effect_words,
    finding_words,
    validity_words,
    way_words,
)

#: How far back the list counts what a rule did.
EFFECT_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the list, in words."""

    row: PrintRule
    when: list[str]
    then: str
    validity: str
    effect: EffectSum
    conflict: Conflict | None
    is_first: bool
    is_last: bool

    @property
    def euros(self) -> Any:
        return None if self.effect.euros is None else round_cost(self.effect.euros)


@require_GET
@administration_page
def list_rules(request: HttpRequest, desk: Desk) -> HttpResponse:
    rows = listed_rules(desk.municipality)
    rules = [rule_of(row) for row in rows]
    names = names_of(desk.municipality, rules)
    conflicts = {conflict.rule.id: conflict for conflict in find_conflicts(rules)}
    since = timezone.localdate() - timedelta(days=EFFECT_DAYS)
    effects = sum_effects(desk.municipality.pk, since)
    lines = [
        RuleLine(
            row=row,
            when=conditions_words(rule.conditions, names),
            then=effect_words(row),
            validity=validity_words(row.valid_from, row.valid_until),
            effect=effects.get(row.pk, EffectSum()),
            conflict=conflicts.get(row.pk),
            is_first=number == 0,
            is_last=number == len(rows) - 1,
        )
        for number, (row, rule) in enumerate(zip(rows, rules, strict=True))
    ]
    return desk.show(
        request,
        "printing/rules/rules.html",
        lines=lines,
        removed=removed_rules(desk.municipality),
        since=since,
    )


@require_http_methods(["GET", "POST"])
@changing_page
def add_rule_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = RuleForm(request.POST or None, municipality=desk.municipality)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            row = add_rule(desk.actor, desk.municipality, form.details())
        except TooManyRulesError:
            form.add_error(None, _too_many())
        else:
            messages.success(
                request, _("The rule “%(name)s” is added, as the last one.") % {"name": row.name}
            )
            return redirect("administer_rules")
    return _show_form(request, desk, form, _("Add a rule"))


@require_http_methods(["GET", "POST"])
@changing_page
def edit_rule(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    row = access_rule_for(desk.actor, rule_id)
    form = RuleForm(request.POST or None, initial=describe_rule(row), municipality=desk.municipality)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        changed = change_rule(desk.actor, row, form.details())
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("administer_rules")
    return _show_form(request, desk, form, _("Edit %(name)s") % {"name": row})


@require_POST
@changing_page
def move_rule_page(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    row = access_rule_for(desk.actor, rule_id)
    if move_rule(desk.actor, row, up=request.POST.get("to") == "up"):
        messages.success(request, _("“%(name)s” was moved.") % {"name": row.name})
    return redirect("administer_rules")


@require_POST
@changing_page
def switch_rule_page(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    row = access_rule_for(desk.actor, rule_id)
    active = request.POST.get("to") == "on"
    switch_rule(desk.actor, row, active=active)
    text = _("“%(name)s” is switched on.") if active else _("“%(name)s” is switched off.")
    messages.success(request, text % {"name": row.name})
    return redirect("administer_rules")


@require_http_methods(["GET", "POST"])
@changing_page
def remove_rule_page(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    """GET asks, POST removes."""
    row = access_rule_for(desk.actor, rule_id)
    if request.method == "POST":
        remove_rule(desk.actor, row)
        messages.success(
            request, _("“%(name)s” is removed. Below the list you can bring it back.") % {"name": row.name}
        )
        return redirect("administer_rules")
    return desk.show(
        request,
        "administration/confirm.html",
        title=_("Remove this rule?"),
        subject=row.name,
        text=_("It acts no more. What it did stays counted, and you can bring it back."),
        submit=_("Remove"),
        back=reverse("administer_rules"),
    )


@require_POST
@changing_page
def restore_rule_page(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    row = access_rule_for(desk.actor, rule_id)
    try:
        restore_rule(desk.actor, row)
    except TooManyRulesError:
        messages.warning(request, _too_many())
    else:
        messages.success(
            request, _("“%(name)s” is back, as the last rule and switched off.") % {"name": row.name}
        )
    return redirect("administer_rules")


@require_GET
@administration_page
def show_trial(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What would happen to a job: a question, so it stands in the address and can be sent to a colleague."""
    asked = was_asked(request.GET)
    form = TrialForm(
        request.GET if asked else None, initial=first_values(desk.actor), municipality=desk.municipality
    )
    context: dict[str, Any] = {"form": form, "has_devices": form.fields["device"].queryset.exists()}  # type: ignore[attr-defined]
    if asked and form.is_valid():
        trial = try_rules(desk.municipality, form.facts())
        names = names_of(desk.municipality, [finding.rule for finding in trial.decision.findings])
        context |= {
            "trial": trial,
            "findings": [
                {
                    "number": number,
                    "rule": finding.rule,
                    "kind": OUTCOME_KINDS.get(finding.outcome, "info"),
                    "acts": finding.outcome is Outcome.APPLIED,
                    "words": finding_words(finding, names),
                }
                for number, finding in enumerate(trial.decision.findings, start=1)
            ],
            "ways": [way_words(way, device) for way, device in trial.ways],
            "then": _then(desk.municipality, trial.decision.gate or trial.decision.advice),
        }
    return desk.show(request, "printing/rules/trial.html", **context)


def names_of(municipality: Municipality, rules: list[Rule]) -> Names:
    """Of the rows that these rules name; three queries."""
    wanted: dict[str, set[int]] = {"persons": set(), "devices": set(), "sites": set()}
    for rule in rules:
        for condition in rule.conditions or ():
            if isinstance(condition, OneOf) and condition.kind in wanted:
                wanted[condition.kind] |= {value for value in condition.values if isinstance(value, int)}
    people = Person.objects.filter(municipality=municipality, pk__in=wanted["persons"])
    devices = Device.objects.filter(municipality=municipality, pk__in=wanted["devices"])
    sites = Site.objects.filter(municipality=municipality, pk__in=wanted["sites"])
    return Names(
        persons={person.pk: str(person) for person in people},
        devices={device.pk: device.name for device in devices},
        sites={site.pk: site.name for site in sites},
    )


def _then(municipality: Municipality, rule: Rule | None) -> str:
    row = (
        PrintRule.objects.filter(municipality=municipality, pk=rule.id)
        .select_related("approver", "advised_device")
        .first()
        if rule is not None
        else None
    )
    return effect_words(row) if row is not None else ""


def _show_form(request: HttpRequest, desk: Desk, form: RuleForm, title: str) -> HttpResponse:
    preview: Preview | None = None
    if request.method == "POST" and "preview" in request.POST and form.is_valid():
        preview = preview_rule(desk.municipality, form.details())
    return desk.show(
        request,
        "printing/rules/rule.html",
        title=title,
        form=form,
        preview=preview,
        back=reverse("administer_rules"),
    )


def _too_many() -> str:
    return _("A town has %(count)d rules at most. Please remove one first.") % {"count": MAX_RULES}
