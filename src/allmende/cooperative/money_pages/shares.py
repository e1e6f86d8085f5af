# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares: every member's standing on a day, further shares, the settling of exits."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.accounts import Account, member_balances
from allmende.cooperative.day_field import DayField
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.member_list import members_on, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Cell,
    EuroField,
    Section,
    Table,
    asked_day,
    day_words,
    needs_profile,
    refused,
    show,
    show_form,
)
from allmende.cooperative.shares import due_pay_outs, settle_exit, share_standing, subscribe_shares
from allmende.directory.administration_access import Desk, office_page


class DayForm(forms.Form):
    tag = DayField(label=gettext_lazy("Day"))


class SubscribeForm(forms.Form):
    member = forms.ChoiceField(label=gettext_lazy("Member"))
    count = forms.IntegerField(label=gettext_lazy("Shares"), min_value=1, max_value=10_000, initial=1)
    day = DayField(label=gettext_lazy("Subscribed on"))
    due_day = DayField(label=gettext_lazy("Payment due"))


class SettleForm(forms.Form):
    loss = EuroField(label=gettext_lazy("Part of a loss that reduces the balance, euros"), required=False)


@require_GET
@office_page
@needs_profile
def list_shares(request: HttpRequest, desk: Desk) -> HttpResponse:
    day = asked_day(request, "tag", timezone.localdate())
    shares = member_balances(Account.SHARES, on=day)
    due, uncalled = (
        member_balances(Account.SHARES_DUE, on=day),
        member_balances(Account.SHARES_UNCALLED, on=day),
    )
    payable = member_balances(Account.SHARES_PAYABLE, on=day)
    members = Member.objects.in_bulk([*shares, *due, *uncalled, *payable])
    rows, sums = [], [ZERO] * 5
    for member in sorted(members.values(), key=lambda each: each.name):
        subscribed = -shares.get(member.pk, ZERO)
        not_due, late = uncalled.get(member.pk, ZERO), due.get(member.pk, ZERO)
        amounts = [subscribed, not_due, late, subscribed - not_due - late, -payable.get(member.pk, ZERO)]
        sums = [a + b for a, b in zip(sums, amounts, strict=True)]
        rows.append((member.name, *(euros(each) for each in amounts)))
    columns = (
        _("Member"),
        _("Subscribed"),
        _("Not yet due"),
        _("Due, not paid"),
        _("Paid in"),
        _("To be paid out"),
    )
    table = Table(columns, rows, frozenset({1, 2, 3, 4, 5}), (_("Total"), *(euros(each) for each in sums)))
    leaving = [
        (
            Cell(member.name, reverse("settle_exit", args=[member.pk])),
            day_words(last),
            euros(share_standing(member).paid_in),
        )
        for member, last in _to_settle()
    ]
    outs = [
        (each.member.name, day_words(each.left_on), day_words(each.due_day), euros(each.amount))
        for each in due_pay_outs(day)
    ]
    return show(
        request,
        desk,
        _("Shares"),
        Section(form=DayForm(initial={"tag": day}), submit=_("Show this day"), method="get"),
        Section(
            _("Accounts of shares on %(day)s") % {"day": day_words(day)},
            table=table,
            empty=_("No share is subscribed on this day."),
        ),
        *(
            [
                Section(
                    _("Have left, not yet settled"),
                    table=Table((_("Member"), _("Left on"), _("Paid in")), leaving, frozenset({2})),
                )
            ]
            if leaving
            else []
        ),
        *(
            [
                Section(
                    _("To be paid out"),
                    table=Table(
                        (_("Member"), _("Left on"), _("At the latest"), _("Amount")), outs, frozenset({3})
                    ),
                    ways=((reverse("pay_out"), _("Pay out")),),
                )
            ]
            if outs
            else []
        ),
        ways=[(reverse("subscribe_shares"), _("Subscribe shares"))],
    )


@require_http_methods(["GET", "POST"])
@office_page
def subscribe(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    form = SubscribeForm(request.POST or None, initial={"day": today, "due_day": today})
    field = form.fields["member"]
    if isinstance(field, forms.ChoiceField):
        field.choices = [(str(each.member.pk), each.name) for each in members_on(today)]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        member = get_object_or_404(Member, pk=int(data["member"]))
        try:
            subscribe_shares(desk.actor, member, data["count"], data["day"], data["due_day"])
        except (MoneyRefusedError, UnknownRuleError) as error:
            refused(form, error)
        else:
            messages.success(request, _("The shares are subscribed; the claim has a reference of its own."))
            return redirect("shares")
    lead = _(
        "Of a new member the first shares are subscribed with its admission. A share's amount is what the statutes say for the day."
    )
    return show_form(
        request, desk, form, _("Subscribe shares"), reverse("shares"), lead=lead, submit=_("Subscribe")
    )


@require_http_methods(["GET", "POST"])
@office_page
def settle(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = SettleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            settle_exit(desk.actor, member, loss=form.cleaned_data["loss"] or ZERO)
        except MoneyRefusedError as error:
            refused(form, error)
        else:
            messages.success(request, _("The balance is settled and can be paid out."))
            return redirect("shares")
    standing = share_standing(member)
    lead = _(
        "%(paid)s are paid in, %(open)s were never paid and fall away. What remains is to be paid out within six months."
    ) % {
        "paid": euros(standing.paid_in),
        "open": euros(standing.due + standing.not_due),
    }
    title = _("Settle the exit of %(name)s") % {"name": member.name}
    return show_form(request, desk, form, title, reverse("shares"), lead=lead, submit=_("Settle"))


def _to_settle() -> list[tuple[Member, date]]:
    """Whose membership has ended and who still has shares in the books."""
    today = timezone.localdate()
    found = []
    for member in Member.objects.filter(pk__in=member_balances(Account.SHARES)):
        spans = memberships_of(member)
        ended = [each.last_day for each in spans if each.last_day is not None]
        if ended and len(ended) == len(spans) and max(ended) < today:
            found.append((member, max(ended)))
    return found
