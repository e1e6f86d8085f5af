# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reminders, the books on any day, and their export for bookkeeping."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.accounts import balances, closed_up_to
from allmende.cooperative.billing_profile import billing_profile
from allmende.cooperative.claims import open_claims
from allmende.cooperative.datev import export_bookings
from allmende.cooperative.day_field import DayField
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.money_pages.layout import (
    Button,
    Section,
    Table,
    asked_day,
    day_words,
    needs_profile,
    show,
)
from allmende.cooperative.reminders import due_reminders, send_reminders
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit


class SpanForm(forms.Form):
    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("To"))


class _OnDayForm(forms.Form):
    tag = DayField(label=gettext_lazy("Day"))


@require_http_methods(["GET", "POST"])
@office_page
@needs_profile
def reminders(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    if request.method == "POST":
        try:
            sent = send_reminders(desk.actor, today, expected=_count(request))
        except MoneyRefusedError as error:
            messages.error(request, str(error))
        else:
            told = ngettext("%(count)d reminder went out.", "%(count)d reminders went out.", len(sent))
            messages.success(request, told % {"count": len(sent)})
            by_post = [each for each in sent if not each.sent_to]
            if by_post:
                warned = ngettext(
                    "%(count)d has no e-mail address: send it by post.",
                    "%(count)d have no e-mail address: send them by post.",
                    len(by_post),
                )
                messages.warning(request, warned % {"count": len(by_post)})
        return redirect("reminders")
    found = due_reminders(today)
    rows = [
        (
            each.claim.member.name,
            each.claim.reference,
            str(each.stage),
            str(each.days_late),
            euros(each.amount),
            euros(each.stage.fee),
        )
        for each in found
    ]
    columns = (_("Member"), _("Claim"), _("Stage"), _("Days late"), _("Open"), _("Fee"))
    late = [
        (claim.member.name, claim.reference, claim.text, day_words(claim.due_day), euros(amount))
        for claim, amount in open_claims()
    ]
    button = Button(
        reverse("reminders"),
        ngettext("Send %(count)d reminder", "Send %(count)d reminders", len(found)) % {"count": len(found)},
        {"expected": str(len(found))},
    )
    return show(
        request,
        desk,
        _("Reminders"),
        Section(
            _("Due now"),
            table=Table(columns, rows, frozenset({3, 4, 5})),
            empty=_("No reminder is due."),
            button=button if found else None,
        ),
        Section(
            _("All open claims"),
            table=Table((_("Member"), _("Claim"), _("For"), _("Due"), _("Open")), late, frozenset({4})),
            empty=_("Everything is paid."),
        ),
        lead=_("Each stage goes out once, by e-mail, and its fee becomes a claim of its own."),
        back=reverse("invoices"),
    )


@require_GET
@office_page
def books(request: HttpRequest, desk: Desk) -> HttpResponse:
    today = timezone.localdate()
    day = asked_day(request, "tag", today)
    sums = balances(on=day)
    rows = [
        (str(account.label), euros(amount) if amount > 0 else "", euros(-amount) if amount < 0 else "")
        for account, amount in sums.items()
    ]
    debit = sum((each for each in sums.values() if each > 0), ZERO)
    credit_ = -sum((each for each in sums.values() if each < 0), ZERO)
    closed = closed_up_to()
    span = SpanForm(initial={"since": date(today.year, 1, 1), "until": today})
    return show(
        request,
        desk,
        _("Books"),
        Section(form=_OnDayForm(initial={"tag": day}), submit=_("Show this day"), method="get"),
        Section(
            _("Balances on %(day)s") % {"day": day_words(day)},
            lead=_("Closed up to %(day)s.") % {"day": day_words(closed)} if closed else "",
            table=Table(
                (_("Account"), _("Debit"), _("Credit")),
                rows,
                frozenset({1, 2}),
                (_("Total"), euros(debit), euros(credit_)),
            ),
        ),
        Section(
            _("For bookkeeping (DATEV)"),
            lead=_(
                "A batch of bookings in DATEV's format (EXTF, CP1252), one calendar year at most. It follows the published description and was not tried in a DATEV program."
            ),
            form=span,
            submit=_("Download the file"),
            action=reverse("export_books"),
        ),
        back=reverse("invoices"),
    )


@require_http_methods(["POST"])
@office_page
@needs_profile
def export_books(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = SpanForm(request.POST)
    if (
        not form.is_valid()
        or form.cleaned_data["until"] < form.cleaned_data["since"]
        or form.cleaned_data["since"].year != form.cleaned_data["until"].year
    ):
        messages.error(request, _("Choose two days of one calendar year, the earlier one first."))
        return redirect("books")
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    data = export_bookings(billing_profile(), since, until, made_at=timezone.localtime())
    record_audit(desk.municipality, desk.actor, "books.exported", f"{since}/{until}")
    name = f"EXTF_Buchungsstapel_{since:%Y%m%d}_{until:%Y%m%d}.csv"
    return HttpResponse(
        data,
        content_type="text/csv; charset=windows-1252",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _count(request: HttpRequest) -> int | None:
    text = request.POST.get("expected", "")
    return int(text) if text.isdecimal() else None
