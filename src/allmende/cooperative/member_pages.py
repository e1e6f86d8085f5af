# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of members as of any day, its rows and exports, and one member's page with its history."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.contacts import contacts_on
from allmende.cooperative.continued_memberships import continued_by, successor_of
from allmende.cooperative.exits import MemberExit, correct_entry
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.member_forms import ReasonForm
from allmende.cooperative.member_list import (
    EntryKind,
    MemberListEntry,
    RefusedEntryError,
    members_on,
    memberships_of,
)
from allmende.cooperative.member_list_export import (
    entries_as_csv,
    list_as_json,
    list_as_pdf,
    members_as_csv,
)
from allmende.cooperative.member_votes import votes_on
from allmende.cooperative.members import Member
from allmende.cooperative.members_command import end_of
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.population import populations_of
from allmende.cooperative.share_counts import shares_held
from allmende.cooperative.share_endings import open_endings
from allmende.cooperative.stored_documents import StoredDocument, download
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit

_PER_PAGE: Final = 50
#: Rows that an exit, a transfer or a merger wrote are corrected there or together; these one by one.
_REVERSIBLE: Final = frozenset(EntryKind) - {EntryKind.REVERSAL}


def _asked_day(request: HttpRequest, name: str) -> date | None:
    """None for nothing and for nonsense: the page then shows today."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


@require_GET
@office_page
def list_members(request: HttpRequest, desk: Desk) -> HttpResponse:
    day = _asked_day(request, "am") or timezone.localdate()
    known_on = _asked_day(request, "stand")
    listed = members_on(day, known_at=end_of(known_on) if known_on else None)
    words = request.GET.get("q", "").strip()[:100]
    shown = [each for each in listed if words.casefold() in each.name.casefold()] if words else listed
    page = Paginator(shown, _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(
        request,
        "cooperative/members/members.html",
        day=day,
        known_on=known_on,
        is_today=day == timezone.localdate(),
        is_nonsense=bool(request.GET.get("am")) and _asked_day(request, "am") is None,
        count=len(listed),
        page=page,
        words=words,
        has_any=Member.objects.exists(),
    )


@require_GET
@office_page
def export_members(request: HttpRequest, desk: Desk, form: str) -> HttpResponse:
    day = _asked_day(request, "am") or timezone.localdate()
    known_on = _asked_day(request, "stand")
    known_at = end_of(known_on) if known_on else None
    record_audit(desk.municipality, desk.actor, "members.exported", form, day=day.isoformat())
    if form == "liste.pdf":
        body: bytes | str = list_as_pdf(day, desk.municipality.name, known_at=known_at)
        return _file(body, "application/pdf", f"mitgliederliste-{day}.pdf")
    if form == "liste.csv":
        return _file(
            members_as_csv(day, known_at=known_at), "text/csv; charset=utf-8", f"mitgliederliste-{day}.csv"
        )
    if form == "liste.json":
        return _file(list_as_json(day, known_at=known_at), "application/json", f"mitgliederliste-{day}.json")
    if form == "zeilen.csv":
        return _file(entries_as_csv(), "text/csv; charset=utf-8", "mitgliederliste-zeilen.csv")
    raise Http404


def _file(body: bytes | str, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@office_page
def list_rows(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Every row as it was recorded, the newest first."""
    rows = MemberListEntry.objects.select_related("member", "counterpart", "reverses", "reversed_by")
    page = Paginator(rows.order_by("-number"), _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "cooperative/members/rows.html", page=page)


@require_http_methods(["GET", "POST"])
@office_page
def correct_row(request: HttpRequest, desk: Desk, entry_id: int) -> HttpResponse:
    """A counter-row; what is right is then recorded anew."""
    entry = get_object_or_404(MemberListEntry, pk=entry_id, kind__in=_REVERSIBLE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            correct_entry(entry, actor=desk.actor, note=form.cleaned_data["note"])
        except (RefusedEntryError, MoneyRefusedError, UnknownRuleError) as error:
            form.add_error(None, str(error.args[0]))
        else:
            messages.success(request, _("Corrected by a counter-row. Now record what is right."))
            return redirect("member", entry.member_id)
    return desk.show(
        request,
        "cooperative/form.html",
        form=form,
        title=_("Correct row %(row)d of the list") % {"row": entry.number},
        lead=_("The row stays to be seen; a counter-row takes its effect away, for every day."),
        submit=_("Write the counter-row"),
        back=reverse("member", args=[entry.member_id]),
    )


@require_GET
@office_page
def show_member(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member.objects.select_related("municipality"), pk=member_id)
    today = timezone.localdate()
    memberships = memberships_of(member)
    current = next((each for each in memberships if each.holds_on(today)), None)
    exits = MemberExit.objects.filter(member=member).select_related("pay_out_to", "document")
    rows = member.list_entries.select_related("counterpart", "reverses", "reversed_by").order_by("-number")
    contacts = contacts_on(member, today)
    return desk.show(
        request,
        "cooperative/members/member.html",
        member=member,
        memberships=memberships,
        current=current,
        coming=next((each for each in memberships if each.first_day > today), None),
        shares=shares_held(member, today) if current else 0,
        exits=exits,
        rows=rows,
        contacts=contacts,
        former_contacts=member.contacts.exclude(pk__in=[each.pk for each in contacts]),
        populations=populations_of(member),
        accessions=member.accessions.all(),
        votes=_votes_on(member, today) if current else None,
        continued=[each for each in continued_by(member) if each.holds_on(today)],
        heir=successor_of(member),
        endings=open_endings().filter(member=member),
    )


def _votes_on(member: Member, day: date) -> int | None:
    """None where the law's limit is not known; the page of votes then says so."""
    try:
        return votes_on(member, day)
    except UnknownRuleError:
        return None


@require_GET
@office_page
def show_document(_request: HttpRequest, desk: Desk, document_id: int) -> HttpResponse:
    document = get_object_or_404(StoredDocument, pk=document_id)
    record_audit(desk.municipality, desk.actor, "document.opened", document.name)
    return download(document)
