# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules of law and statutes: what is valid, since when, from which source, and whether anybody compared it with the text."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.day_field import DayField
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import TEXT_CHOICES, LegalRule
from allmende.cooperative.member_change_pages import show_form
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit

if TYPE_CHECKING:
    _RuleModelForm = forms.ModelForm[LegalRule]
else:  # Django's class takes no parameter at run time
    _RuleModelForm = forms.ModelForm


class RuleForm(_RuleModelForm):
    valid_from = DayField(label=gettext_lazy("Valid from"))
    valid_to = DayField(
        label=gettext_lazy("Valid to"),
        required=False,
        help_text=gettext_lazy("The last day; empty: until further notice."),
    )

    class Meta:
        model = LegalRule
        fields = (
            "key", "land", "title", "kind", "text", "number", "unit", "source", "valid_from", "valid_to",
            "is_checked", "check_note",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].localize = True
        self.fields["number"].label = capfirst(pgettext("rule", "number"))
        self.fields["land"].help_text = _("Empty: for all Länder.")
        # Of a key by whose text the program decides, its words are chosen; also when a new key was typed and comes back.
        choices = TEXT_CHOICES.get(self["key"].value() or "")
        if choices is not None:
            self.fields["text"].required = True
            self.fields["text"].widget = forms.Select(choices=[("", "–"), *choices.items()])


@require_GET
@office_page
def list_rules(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    groups = []
    for key, rows in groupby(LegalRule.objects.order_by("key", "land", "-valid_from"), lambda row: row.key):
        found = [
            {
                "rule": row,
                "is_valid": row.valid_from <= today and (row.valid_to is None or today <= row.valid_to),
            }
            for row in rows
        ]
        groups.append((key, found[0]["rule"], found))
    unchecked = LegalRule.objects.filter(is_checked=False).count()
    return desk.show(request, "cooperative/members/rules.html", groups=groups, unchecked=unchecked)


@require_http_methods(["GET", "POST"])
@office_page
def add_rule(request: HttpRequest, desk: Desk) -> HttpResponse:
    """With `?nach=` a row that follows another: its values, from a day on; the other row then ends the day before."""
    before = LegalRule.objects.filter(pk=_number(request.GET.get("nach"))).first()
    initial = {}
    if before is not None:
        names = ("key", "land", "title", "kind", "text", "number", "unit", "source")
        initial = {name: getattr(before, name) for name in names}
    form = RuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and _kept_after(desk, form, before):
        messages.success(request, _("Saved."))
        return redirect("legal_rules")
    lead = _("The row before then ends on the day before this one begins.") if before is not None else ""
    return show_form(request, desk, form, title=_("New rule"), back=reverse("legal_rules"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def edit_rule(request: HttpRequest, desk: Desk, rule_id: int) -> HttpResponse:
    rule = get_object_or_404(LegalRule, pk=rule_id)
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            _keep(desk, form.save(), "changed")
        messages.success(request, _("Saved."))
        return redirect("legal_rules")
    lead = _("To correct a row or to note that it was compared. If the law changes, add a row that follows.")
    return show_form(request, desk, form, title=rule.title, back=reverse("legal_rules"), lead=lead)


def _kept_after(desk: Desk, form: RuleForm, before: LegalRule | None) -> bool:
    """Whether the new row was kept; the row before it then ends on the eve, and only then."""
    with transaction.atomic():
        if before is not None:
            _end_on_the_eve(form, before)
        if form.is_valid():
            _keep(desk, form.save(), "added")
            return True
        transaction.set_rollback(True)
    return False


def _end_on_the_eve(form: RuleForm, before: LegalRule) -> None:
    try:
        first = form.fields["valid_from"].clean(form.data.get("valid_from"))
    except forms.ValidationError:
        return  # the form says so
    if first > before.valid_from and (before.valid_to is None or before.valid_to >= first):
        before.valid_to = first - timedelta(days=1)
        before.save(update_fields=["valid_to"])


def _keep(desk: Desk, rule: LegalRule, what: str) -> None:
    values = {
        "key": rule.key,
        "land": rule.land,
        "text": rule.text,
        "number": rule.number,
        "unit": rule.unit,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "is_checked": rule.is_checked,
    }
    record_change(desk.actor, "legal_rule", rule.pk, what, values)
    record_audit(desk.municipality, desk.actor, f"legal_rule.{what}", str(rule))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
