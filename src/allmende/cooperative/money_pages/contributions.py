# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Scales of contributions with each member's effect before adoption, and the charging of a period."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.cooperative.contribution_charging import charge_contributions, due_contributions
from allmende.cooperative.contributions import (
    BillingChoice,
    ProRataChoice,
    Scale,
    ScaleKind,
    adopt_scale,
    check_scale,
    effects_of,
    end_scale,
    period_with,
    scale_on,
)
from allmende.cooperative.day_field import DayField
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Button,
    Cell,
    EuroField,
    Section,
    Table,
    asked_amount,
    asked_day,
    day_words,
    do_or_explain,
    refused,
    show,
    show_form,
)
from allmende.cooperative.tax import Tax
from allmende.directory.administration_access import Desk, office_page


class ScaleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    first_day = DayField(
        label=gettext_lazy("Valid from"), help_text=gettext_lazy("The first day of a month.")
    )
    billing = forms.ChoiceField(label=gettext_lazy("Charged"), choices=BillingChoice.choices)
    pro_rata = forms.ChoiceField(label=gettext_lazy("At entry and exit"), choices=ProRataChoice.choices)
    tax = forms.ChoiceField(
        label=gettext_lazy("Value-added tax"),
        choices=Tax.choices,
        initial=Tax.OUTSIDE,
        help_text=gettext_lazy("What applies depends on what the contribution is for: ask your tax adviser."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Measured"), choices=ScaleKind.choices)
    brackets = forms.CharField(
        label=gettext_lazy("Brackets"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "One in each line: up to so many inhabitants = euros a month. The last line without a number of inhabitants is for all above, e.g. “10000 = 50” and “= 100”."
        ),
    )
    base = EuroField(label=gettext_lazy("Formula: basic amount, euros a month"), required=False, decimals=4)
    per_inhabitant = EuroField(
        label=gettext_lazy("Formula: euros a month per inhabitant"), required=False, decimals=6
    )
    least = EuroField(label=gettext_lazy("Formula: at least"), required=False)
    most = EuroField(label=gettext_lazy("Formula: at most"), required=False)

    def clean_brackets(self) -> list[list[Any]]:
        found: list[list[Any]] = []
        for line in self.cleaned_data["brackets"].splitlines():
            if not line.strip():
                continue
            left, _equals, right = line.partition("=")
            digits = left.strip().replace(".", "").replace(" ", "")
            try:
                amount = Decimal(right.strip().replace(",", ".")).quantize(Decimal("0.01"))
                found.append([int(digits) if digits else None, str(amount)])
            except (ArithmeticError, ValueError) as error:
                raise forms.ValidationError(
                    _("“%(line)s” can't be read: write inhabitants, =, and euros a month.")
                    % {"line": line.strip()[:80]}
                ) from error
        if len(found) > 100:
            raise forms.ValidationError(_("More than a hundred brackets."))
        return found


class AdoptForm(forms.Form):
    resolution = forms.CharField(
        label=gettext_lazy("Resolution"),
        max_length=200,
        help_text=gettext_lazy("Who decided it and when, e.g. general meeting of 3 May 2026, item 7."),
    )


class EndForm(forms.Form):
    last_day = DayField(label=gettext_lazy("Last day"), help_text=gettext_lazy("The last day of a month."))


@require_GET
@office_page
def list_scales(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    rows = [
        (
            Cell(each.name, reverse("scale", args=[each.pk])),
            f"{day_words(each.first_day)} – {day_words(each.last_day) if each.last_day else ''}",
            each.get_billing_display(),
            each.get_kind_display(),
            _state(each, each.holds_on(today)),
        )
        for each in Scale.objects.all()
    ]
    columns = (_("Scale"), _("Valid"), _("Charged"), _("Measured"), _("State"))
    return show(
        request,
        desk,
        _("Contributions"),
        Section(
            table=Table(columns, rows),
            empty=_(
                "No scale yet. Enter what the statutes or the general meeting decided; nothing is charged before it is adopted."
            ),
        ),
        ways=[
            (reverse("charge_contributions"), _("Charge a period")),
            (reverse("add_scale"), _("New scale")),
        ],
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_scale(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = ScaleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        scale = Scale(**form.cleaned_data)
        try:
            check_scale(scale, is_draft=True)
        except MoneyRefusedError as error:
            refused(form, error)
        else:
            scale.save()
            messages.success(request, _("The draft is kept. Below you see what it means for each member."))
            return redirect("scale", scale.pk)
    lead = _("A draft first: you see each member's effect before it is adopted.")
    return show_form(request, desk, form, _("New scale"), reverse("contributions"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def show_scale(request: HttpRequest, desk: Desk, scale_id: int) -> HttpResponse:
    scale = get_object_or_404(Scale, pk=scale_id)
    form = _scale_form(request, scale)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            if isinstance(form, AdoptForm):
                adopt_scale(desk.actor, scale, form.cleaned_data["resolution"])
                messages.success(request, _("The scale is adopted."))
            else:
                end_scale(desk.actor, scale, form.cleaned_data["last_day"])
                messages.success(request, _("The scale ends on that day."))
        except MoneyRefusedError as error:
            refused(form, error)
        else:
            return redirect("scale", scale.pk)
    effects = effects_of(scale)
    known = [each for each in effects if each.before is not None and each.after is not None]
    before = sum((each.before or ZERO for each in known), ZERO)
    after = sum((each.after or ZERO for each in known), ZERO)
    rows = [
        (
            each.member.name,
            "–" if each.inhabitants is None else number_format(each.inhabitants, force_grouping=True),
            "–" if each.before is None else euros(each.before),
            "–" if each.after is None else euros(each.after),
            _("can't be said: inhabitants or bracket are missing")
            if each.difference is None
            else euros(each.difference),
        )
        for each in effects
    ]
    columns = (_("Member"), _("Inhabitants"), _("Before, a year"), _("After, a year"), _("Difference"))
    table = Table(
        columns,
        rows,
        frozenset({1, 2, 3, 4}),
        (_("Total"), "", euros(before), euros(after), euros(after - before)),
    )
    what = _("%(since)s on, %(billing)s; %(pro_rata)s; %(tax)s") % {
        "since": day_words(scale.first_day),
        "billing": scale.get_billing_display(),
        "pro_rata": scale.get_pro_rata_display(),
        "tax": scale.get_tax_display(),
    }
    doing = (
        Section(
            _("Adopt") if scale.adopted_at is None else _("End this scale"),
            form=form,
            submit=_("Adopt the scale") if scale.adopted_at is None else _("End it"),
        ),
    )
    return show(
        request,
        desk,
        scale.name,
        Section(text=f"{what}\n{_amounts(scale)}" + (f"\n{scale.resolution}" if scale.resolution else "")),
        Section(
            _("What it means for each member"), table=table, empty=_("Nobody is a member on its first day.")
        ),
        *(doing if form is not None else ()),
        status=422 if form is not None and form.errors else 200,
        back=reverse("contributions"),
    )


@require_GET
@office_page
def preview_contributions(request: HttpRequest, desk: Desk) -> HttpResponse:
    day = asked_day(request, "tag", timezone.localdate())
    chooser = _DayForm(initial={"tag": day})
    choose = Section(form=chooser, submit=_("Show this period"), method="get")
    back = reverse("contributions")
    try:
        dues = due_contributions(day)
    except MoneyRefusedError as error:
        return show(request, desk, _("Charge contributions"), choose, Section(warning=str(error)), back=back)
    scale = scale_on(day)
    period = period_with(scale, day) if scale else None
    total = sum((each.amount for each in dues), ZERO)
    rows = [
        (
            each.member.name,
            "–" if each.inhabitants is None else number_format(each.inhabitants, force_grouping=True),
            "–" if each.problem else euros(each.target),
            euros(each.charged),
            each.problem or euros(each.amount),
        )
        for each in dues
    ]
    columns = (_("Member"), _("Inhabitants"), _("For the period"), _("Charged already"), _("To charge now"))
    table = Table(columns, rows, frozenset({1, 2, 3, 4}), (_("Total"), "", "", "", euros(total)))
    button = Button(
        reverse("do_charge_contributions"),
        _("Charge %(amount)s") % {"amount": euros(total)},
        {"tag": day.isoformat(), "expected": str(total)},
    )
    has_any = any(each.amount for each in dues)
    words = _("%(since)s to %(until)s") % {
        "since": day_words(period.first_day if period else None),
        "until": day_words(period.last_day if period else None),
    }
    return show(
        request,
        desk,
        _("Charge contributions"),
        choose,
        Section(
            words,
            lead="" if has_any else _("All is charged for this period."),
            table=table,
            button=button if has_any else None,
        ),
        lead=_("Charged is the difference to what was charged before; invoices come in the next step."),
        back=back,
    )


@require_POST
@office_page
def do_charge_contributions(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = _DayForm(request.POST)
    if not form.is_valid():
        return redirect("charge_contributions")
    day = form.cleaned_data["tag"]

    def charge() -> str:
        made = charge_contributions(desk.actor, day, expected=asked_amount(request))
        words = ngettext(
            "%(count)d contribution is charged. Write the invoice now.",
            "%(count)d contributions are charged. Write the invoices now.",
            len(made),
        )
        return words % {"count": len(made)}

    back = f"{reverse('charge_contributions')}?tag={day.isoformat()}"
    return do_or_explain(request, charge, done="draft_invoices", back=back)


class _DayForm(forms.Form):
    tag = DayField(label=gettext_lazy("A day of the period"))


def _scale_form(request: HttpRequest, scale: Scale) -> AdoptForm | EndForm | None:
    if scale.adopted_at is None:
        return AdoptForm(request.POST or None)
    return EndForm(request.POST or None) if scale.last_day is None else None


def _state(scale: Scale, holds: bool) -> Cell:
    if scale.adopted_at is None:
        return Cell(_("draft"), badge="warning")
    return Cell(_("valid today"), badge="success") if holds else Cell(_("adopted"), badge="info")


def _amounts(scale: Scale) -> str:
    if scale.kind == ScaleKind.FORMULA:
        words = _("%(base)s a month and %(each)s € per inhabitant") % {
            "base": euros(scale.base or ZERO),
            "each": (scale.per_inhabitant or ZERO).normalize(),
        }
        if scale.least is not None:
            words += ", " + _("at least %(amount)s") % {"amount": euros(scale.least)}
        if scale.most is not None:
            words += ", " + _("at most %(amount)s") % {"amount": euros(scale.most)}
        return words
    return "; ".join(
        _("above: %(amount)s a month") % {"amount": euros(Decimal(amount))}
        if up_to is None
        else _("up to %(inhabitants)s inhabitants: %(amount)s a month")
        % {"inhabitants": number_format(up_to, force_grouping=True), "amount": euros(Decimal(amount))}
        for up_to, amount in scale.brackets
    )
