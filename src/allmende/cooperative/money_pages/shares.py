# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares: every member's standing on a day, further shares, and the settling of those that end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.db import transaction
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
from allmende.cooperative.member_forms import NoteField
from allmende.cooperative.member_list import RefusedEntryError, members_on
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
from allmende.cooperative.sepa.pay_outs import repaid_by_member
from allmende.cooperative.share_endings import (
    ShareEnding,
    due_pay_outs,
    keep_shares,
    open_endings,
    record_shares,
    settle_ending,
    sum_of,
)
from allmende.cooperative.shares import subscribe_shares
from allmende.cooperative.stored_documents import DocumentField, store_document
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit
from allmende.documents.csv_text import write_csv_table


class DayForm(forms.Form):
    tag = DayField(label=gettext_lazy("Day"))


class SubscribeForm(forms.Form):
    member = forms.ChoiceField(label=gettext_lazy("Member"))
    count = forms.IntegerField(label=gettext_lazy("Shares"), min_value=1, max_value=10_000, initial=1)
    day = DayField(label=gettext_lazy("Subscribed on"))
    due_day = DayField(label=gettext_lazy("Payment due"))


class SettleForm(forms.Form):
    loss = EuroField(label=gettext_lazy("Part of a loss that reduces the balance, euros"), required=False)


class KeepForm(forms.Form):
    keep = forms.CharField(widget=forms.HiddenInput, initial="1")
    document = DocumentField(
        label=gettext_lazy("Declaration"), help_text=gettext_lazy("PDF, JPEG or PNG, up to 3 MB.")
    )
    note = NoteField()


def _accounts_on(day: date) -> list[tuple[str, list[Decimal]]]:
    """By member: subscribed, not yet due, due and not paid, paid in, to be paid out, repaid so far."""
    shares = member_balances(Account.SHARES, on=day)
    due, uncalled = (
        member_balances(Account.SHARES_DUE, on=day),
        member_balances(Account.SHARES_UNCALLED, on=day),
    )
    payable = member_balances(Account.SHARES_PAYABLE, on=day)
    repaid = repaid_by_member(day)
    members = Member.objects.in_bulk([*shares, *due, *uncalled, *payable, *repaid])
    found = []
    for member in sorted(members.values(), key=lambda each: each.name):
        subscribed = -shares.get(member.pk, ZERO)
        not_due, late = uncalled.get(member.pk, ZERO), due.get(member.pk, ZERO)
        waiting, gone = -payable.get(member.pk, ZERO), repaid.get(member.pk, ZERO)
        amounts = [subscribed, not_due, late, subscribed - not_due - late, waiting, gone]
        found.append((member.name, amounts))
    return found


def _account_columns() -> tuple[str, ...]:
    return (
        _("Member"),
        _("Subscribed"),
        _("Not yet due"),
        _("Due, not paid"),
        _("Paid in"),
        _("To be paid out"),
        _("Repaid"),
    )


@require_GET
@office_page
def export_shares(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The accounts of a day for the auditor."""
    day = asked_day(request, "tag", timezone.localdate())
    record_audit(desk.municipality, desk.actor, "members.exported", "anteile.csv", day=day.isoformat())
    rows = [[name, *(str(each) for each in amounts)] for name, amounts in _accounts_on(day)]
    body = write_csv_table(list(_account_columns()), rows)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="geschaeftsanteile-{day}.csv"'
    return response


@require_GET
@office_page
@needs_profile
def list_shares(request: HttpRequest, desk: Desk) -> HttpResponse:
    day = asked_day(request, "tag", timezone.localdate())
    accounts = _accounts_on(day)
    rows = [(name, *(euros(each) for each in amounts)) for name, amounts in accounts]
    sums = [sum((amounts[column] for _name, amounts in accounts), ZERO) for column in range(6)]
    table = Table(
        _account_columns(), rows, frozenset(range(1, 7)), (_("Total"), *(euros(each) for each in sums))
    )
    ending = [
        (
            Cell(each.member.name, reverse("settle_shares", args=[each.pk])),
            _what_ends(each),
            day_words(each.last_day),
            day_words(each.pay_out_due),
            Cell(_("to be confirmed"), badge="warning")
            if each.last_day < timezone.localdate()
            else Cell(_("held until then"), badge="info"),
        )
        for each in open_endings()
    ]
    outs = [
        (
            each.ending.member.name,
            _what_ends(each.ending),
            day_words(each.ending.last_day),
            day_words(each.ending.pay_out_due),
            euros(each.amount),
        )
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
            ways=((f"{reverse('export_shares')}?tag={day.isoformat()}", _("As CSV, for the auditor")),),
        ),
        *(
            [
                Section(
                    _("Shares that end"),
                    lead=_(
                        "From exits, cancelled shares and mergers, by themselves. When the day is over and the annual accounts are there, confirm the balance."
                    ),
                    table=Table(
                        (_("Member"), _("What"), _("Held until"), _("Pay-out at the latest"), _("State")),
                        ending,
                    ),
                )
            ]
            if ending
            else []
        ),
        *(
            [
                Section(
                    _("To be paid out"),
                    table=Table(
                        (
                            _("Member"),
                            _("What"),
                            _("Held until"),
                            _("Pay-out at the latest"),
                            _("Amount"),
                        ),
                        outs,
                        frozenset({4}),
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
            with transaction.atomic():
                subscribe_shares(desk.actor, member, data["count"], data["day"], data["due_day"])
                record_shares(member, data["day"], actor=desk.actor)
        except (MoneyRefusedError, RefusedEntryError, UnknownRuleError) as error:
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
@needs_profile
def settle(request: HttpRequest, desk: Desk, ending_id: int) -> HttpResponse:
    """One end of shares: what it comes to, and the confirmation. A legal successor may keep instead what it took over."""
    ending = get_object_or_404(ShareEnding.objects.select_related("member", "predecessor"), pk=ending_id)
    if ending.settled_at is not None or ending.withdrawn_at is not None:
        messages.info(request, _("This is done already, or the end was taken back."))
        return redirect("shares")
    wants_to_keep = request.method == "POST" and "keep" in request.POST
    form = SettleForm(request.POST if request.method == "POST" and not wants_to_keep else None)
    keep_form = KeepForm(request.POST or None, request.FILES or None) if wants_to_keep else KeepForm()
    if wants_to_keep and keep_form.is_valid():
        data = keep_form.cleaned_data
        file = data["document"]
        try:
            with transaction.atomic():
                paper = store_document(file.read(), file.name, actor=desk.actor)
                keep_shares(desk.actor, ending, document=paper, note=data["note"])
        except (MoneyRefusedError, RefusedEntryError, UnknownRuleError) as error:
            refused(keep_form, error)
        else:
            messages.success(request, _("The shares stay with the member; the list has the new number."))
            return redirect("shares")
    elif request.method == "POST" and not wants_to_keep and form.is_valid():
        try:
            settle_ending(desk.actor, ending, loss=form.cleaned_data["loss"] or ZERO)
        except (MoneyRefusedError, UnknownRuleError) as error:
            refused(form, error)
        else:
            messages.success(request, _("The balance is confirmed and can be paid out."))
            return redirect("shares")
    found = sum_of(ending)
    rows = [
        (_("Shares that end"), euros(found.subscribed)),
        (_("Never paid in, falls away"), euros(found.unpaid)),
        (_("Balance, before a part of a loss"), euros(found.paid_in)),
    ]
    is_over = ending.last_day < timezone.localdate()
    words = {
        "what": _what_ends(ending),
        "day": day_words(ending.last_day),
        "due": day_words(ending.pay_out_due),
    }
    sections = [
        Section(
            lead=_("%(what)s; held until %(day)s, to be paid out by %(due)s (§ 73 Abs. 2 GenG).") % words,
            table=Table((_("What"), _("Amount")), rows, frozenset({1})),
        ),
        Section(
            form=form if is_over else None,
            submit=_("Confirm the balance"),
            warning=""
            if is_over
            else _("Confirm the balance after %(day)s: until then it can change.") % words,
        ),
    ]
    if ending.predecessor is not None:
        sections.append(
            Section(
                _("Or the member keeps these shares"),
                lead=_("With its declaration (§ 15b GenG) they become further shares of its own."),
                form=keep_form,
                submit=_("Keep the shares"),
            )
        )
    return show(
        request,
        desk,
        _("Balance of %(name)s") % {"name": ending.member.name},
        *sections,
        back=reverse("shares"),
        status=422 if form.errors or keep_form.errors else 200,
    )


def _what_ends(ending: ShareEnding) -> str:
    if ending.predecessor is not None:
        return _("Taken over from %(name)s: %(count)d") % {
            "name": ending.predecessor.name,
            "count": ending.share_count or 0,
        }
    if ending.share_count is not None:
        return _("Single shares: %(count)d") % {"count": ending.share_count}
    return _("All shares")
