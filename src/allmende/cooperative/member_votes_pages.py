# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A member's number of votes: the dated rows of the statutes, a new one, and the end of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.legal_rules import UnknownRuleError, rule_on
from allmende.cooperative.meeting_rules import VOTES_LIMIT
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.member_forms import VotesEndForm, VotesForm
from allmende.cooperative.member_votes import MemberVotes, add_votes, end_votes, rows_of, votes_on
from allmende.cooperative.members import Member
from allmende.cooperative.money_pages.layout import (
    Cell,
    Section,
    Table,
    day_words,
    needs_profile,
    refused,
    show,
    show_form,
)
from allmende.directory.administration_access import Desk, office_page


@require_GET
@office_page
@needs_profile
def list_votes(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    today = timezone.localdate()
    limit = rule_on(VOTES_LIMIT, today)
    rows = [
        (
            day_words(row.valid_from),
            day_words(row.valid_to) if row.valid_to else _("until further notice"),
            str(row.votes),
            row.source,
            Cell(_("End"), reverse("end_member_votes", args=[row.pk]))
            if row.valid_to is None or row.valid_to >= today
            else "",
        )
        for row in rows_of(member)
    ]
    columns = (_("Valid from"), _("Valid to"), _("Number of votes"), _("Source"), _("Actions"))
    return show(
        request,
        desk,
        _("Votes of %(name)s") % {"name": member.name},
        Section(
            _("Today: %(count)d") % {"count": votes_on(member, today)},
            lead=_(
                "In resolutions that need three quarters by law there is one vote each, and never more than %(limit)s (%(source)s)."
            )
            % {"limit": limit.value_words, "source": limit.source},
            table=Table(columns, rows, frozenset({2})),
            empty=_("No row: one member, one vote. Add one only where your statutes give more."),
        ),
        ways=[
            (reverse("add_member_votes", args=[member.pk]), _("Add a row")),
            (reverse("member", args=[member.pk]), _("Back")),
        ],
    )


@require_http_methods(["GET", "POST"])
@office_page
def add_row(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    member = get_object_or_404(Member, pk=member_id)
    form = VotesForm(request.POST or None, initial={"valid_from": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            add_votes(desk.actor, MemberVotes(member=member, **form.cleaned_data))
        except (MeetingRefusedError, UnknownRuleError) as error:
            refused(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("member_votes", member.pk)
    title = _("More votes for %(name)s") % {"name": member.name}
    lead = _("Only what the statutes say counts (§ 43 Abs. 3 GenG); a row is ended later, never changed.")
    return show_form(request, desk, form, title, reverse("member_votes", args=[member.pk]), lead=lead)


@require_http_methods(["GET", "POST"])
@office_page
def end_row(request: HttpRequest, desk: Desk, row_id: int) -> HttpResponse:
    row = get_object_or_404(MemberVotes.objects.select_related("member"), pk=row_id)
    form = VotesEndForm(request.POST or None, initial={"last_day": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            end_votes(desk.actor, row, form.cleaned_data["last_day"])
        except MeetingRefusedError as error:
            refused(form, error)
        else:
            messages.success(request, _("The row ends on that day."))
            return redirect("member_votes", row.member_id)
    title = _("End the votes of %(name)s") % {"name": row.member.name}
    lead = _("%(count)d votes since %(day)s, %(source)s") % {
        "count": row.votes,
        "day": day_words(row.valid_from),
        "source": row.source,
    }
    back = reverse("member_votes", args=[row.member_id])
    return show_form(request, desk, form, title, back, lead=lead, submit=_("End it"))
