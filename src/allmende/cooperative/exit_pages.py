# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages of exits, cancelled shares, transfers, mergers and splits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allmende.cooperative.exits import (
    MemberExit,
    RefusedExitError,
    cancel_shares,
    record_exit,
    revoke_exit,
)
from allmende.cooperative.legal_rules import UnknownRuleError, rule_on
from allmende.cooperative.member_change_pages import show_form
from allmende.cooperative.member_forms import (
    CancelForm,
    ExitForm,
    MergeForm,
    ReasonForm,
    SplitForm,
    TransferForm,
)
from allmende.cooperative.member_list import ExitReason, RefusedEntryError, members_on
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members, split_member
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.stored_documents import StoredDocument, store_document
from allmende.cooperative.transfers import transfer_shares
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit

#: The accounts of shares refuse too, when they hear of it.
_REFUSALS = (RefusedExitError, RefusedEntryError, UnknownRuleError, MoneyRefusedError)


def _kept(request: HttpRequest, form: forms.Form, keep: Callable[[dict[str, Any]], str]) -> bool:
    """Whether it was kept; a refusal stands in the form, and nothing of it in the database."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        with transaction.atomic():
            told = keep(form.cleaned_data)
    except _REFUSALS as error:
        form.add_error(None, str(error.args[0]))
        return False
    messages.success(request, told)
    return True


def _stored(file: Any, desk: Desk) -> StoredDocument | None:
    return store_document(file.read(), file.name, actor=desk.actor) if file else None


@require_http_methods(["GET", "POST"])
@office_page
def add_exit(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = ExitForm(request.POST or None, request.FILES or None)

    def keep(data: dict[str, Any]) -> str:
        made = record_exit(
            member,
            ExitReason(data["reason"]),
            data["declared_on"],
            actor=desk.actor,
            document=_stored(data["document"], desk),
            note=data["note"],
        )
        return _("The membership ends on %(day)s; the balance is due on %(due)s.") % {
            "day": date_format(made.last_day, "SHORT_DATE_FORMAT"),
            "due": date_format(made.pay_out_due, "SHORT_DATE_FORMAT") if made.pay_out_due else "–",
        }

    if _kept(request, form, keep):
        return redirect("member", member_id)
    return show_form(
        request,
        desk,
        form,
        title=_("Exit of %(name)s") % {"name": member.name},
        lead=_notice_words(),
        submit=_("Record the exit"),
        back=reverse("member", args=[member_id]),
    )


def _notice_words() -> str:
    try:
        rule = rule_on("statutes.notice_period", timezone.localdate())
    except UnknownRuleError as error:
        return str(error.args[0])
    return _("Period of notice: %(period)s to the end of a financial year (%(source)s).") % {
        "period": rule.value_words,
        "source": rule.source,
    }


@require_http_methods(["GET", "POST"])
@office_page
def revoke(request: HttpRequest, desk: Desk, exit_id: int) -> HttpResponse:
    ended = get_object_or_404(MemberExit.objects.select_related("member", "list_entry"), pk=exit_id)
    form = ReasonForm(request.POST or None)

    def keep(data: dict[str, Any]) -> str:
        revoke_exit(ended, actor=desk.actor, note=data["note"])
        return _("The exit is revoked; the membership goes on.")

    if _kept(request, form, keep):
        return redirect("member", ended.member_id)
    return show_form(
        request,
        desk,
        form,
        title=_("Revoke the exit of %(name)s") % {"name": ended.member.name},
        lead=_("The row in the list stays to be seen; a counter-row takes its effect away."),
        submit=_("Revoke the exit"),
        back=reverse("member", args=[ended.member_id]),
    )


@require_POST
@office_page
def tell_exit(request: HttpRequest, desk: Desk, exit_id: int) -> HttpResponse:
    """The member was told that the list says so (§ 69 GenG)."""
    ended = get_object_or_404(MemberExit.objects.select_related("member"), pk=exit_id)
    if ended.told_on is None:
        ended.told_on = timezone.localdate()
        ended.save(update_fields=["told_on"])
        record_audit(desk.municipality, desk.actor, "member.exit_told", ended.member.name)
        messages.success(request, _("Noted: the member was told today."))
    return redirect("member", ended.member_id)


@require_http_methods(["GET", "POST"])
@office_page
def add_cancellation(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = CancelForm(request.POST or None, request.FILES or None)

    def keep(data: dict[str, Any]) -> str:
        entry = cancel_shares(
            member,
            data["count"],
            data["declared_on"],
            actor=desk.actor,
            document=_stored(data["document"], desk),
            note=data["note"],
        )
        return _("%(count)d shares end on %(day)s.") % {
            "count": data["count"],
            "day": date_format(entry.effective_on, "SHORT_DATE_FORMAT"),
        }

    if _kept(request, form, keep):
        return redirect("member", member_id)
    return show_form(
        request,
        desk,
        form,
        title=_("Cancel single shares of %(name)s") % {"name": member.name},
        lead=_notice_words(),
        back=reverse("member", args=[member_id]),
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_transfer(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = TransferForm(request.POST or None, request.FILES or None)

    def keep(data: dict[str, Any]) -> str:
        transfer_shares(
            member,
            data["taker"],
            data["effective_on"],
            actor=desk.actor,
            share_count=data["share_count"],
            document=_stored(data["document"], desk),
            note=data["note"],
        )
        return _("The transfer is in the list.")

    if _kept(request, form, keep):
        return redirect("member", member_id)
    return show_form(
        request,
        desk,
        form,
        title=_("Transfer shares of %(name)s") % {"name": member.name},
        lead=_("At any time of the year, without pay-out (§ 76 GenG)."),
        back=reverse("member", args=[member_id]),
    )


@require_http_methods(["GET", "POST"])
@office_page
def merge(request: HttpRequest, desk: Desk) -> HttpResponse:
    members = [each.member for each in members_on(timezone.localdate())]
    form = MergeForm(request.POST or None, request.FILES or None, members=members)

    def keep(data: dict[str, Any]) -> str:
        merged = list(data["merged"])
        successor = data["successor"]
        if successor is None:
            land = merged[0].land
            successor = Member.objects.create(name=data["new_name"], kind=merged[0].kind, land=land)
        merge_members(
            merged,
            successor,
            data["effective_on"],
            actor=desk.actor,
            document=_stored(data["document"], desk),
            note=data["note"],
        )
        return _("%(name)s is the legal successor.") % {"name": successor.name}

    if _kept(request, form, keep):
        return redirect("members")
    lead = _(
        "The successor continues the membership until the end of the financial year (§ 77a GenG): shares, contribution, mandate and votes go over to it. To stay, a new body declares its accession."
    )
    return show_form(request, desk, form, title=_("Members merge"), back=reverse("members"), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def split(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = SplitForm(request.POST or None, request.FILES or None)

    def keep(data: dict[str, Any]) -> str:
        bodies = [
            Member.objects.create(name=name, kind=member.kind, land=member.land) for name in data["names"]
        ]
        split_member(
            member,
            bodies,
            data["effective_on"],
            source_remains=data["source_remains"],
            actor=desk.actor,
            document=_stored(data["document"], desk),
            note=data["note"],
        )
        return _("The split is in the list.")

    if _kept(request, form, keep):
        return redirect("members")
    return show_form(
        request,
        desk,
        form,
        title=_("Split of %(name)s") % {"name": member.name},
        lead=_(
            "The new bodies continue the membership until the end of the financial year (§ 77a GenG). Shares, contribution, mandate and votes of a dissolved member go over to the first; what another is to have, transfer from there."
        ),
        back=reverse("member", args=[member_id]),
    )
