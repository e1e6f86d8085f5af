# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A member's own pages of general meetings: papers, motions, taking part online, votes and receipts.

Always holds: what was not sent out is not shown; a vote is given only by who represents the member in this vote; the page with a receipt is answered
at once and kept nowhere: no redirect, no session, no cache.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.cooperative.attendance import Attendance, Presence, present, register_attendance
from allmende.cooperative.ballots import cast_ballot, check_receipt, hash_receipt, published_ballots
from allmende.cooperative.meeting_forms import ChoiceForm, MotionForm, ReceiptForm
from allmende.cooperative.meeting_pages import PER_PAGE, kept, meeting_file, tried
from allmende.cooperative.meetings import (
    Meeting,
    MeetingForm,
    MeetingPaper,
    MeetingRefusedError,
    MeetingState,
)
from allmende.cooperative.member_access import membership_page
from allmende.cooperative.members import Member
from allmende.cooperative.motions import Motion, hand_in_motion
from allmende.cooperative.stored_documents import download
from allmende.cooperative.votings import VoterState, Voting, cast_open_vote
from allmende.directory.administration_access import Desk
from allmende.directory.roles import RoleName


@require_GET
@membership_page
def show_my_meetings(request: HttpRequest, desk: Desk, member: Member) -> HttpResponse:
    page = Paginator(_meetings(), PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "cooperative/meetings/my_meetings.html", page=page, member=member)


@require_GET
@membership_page
def show_my_meeting(request: HttpRequest, desk: Desk, member: Member, meeting_id: int) -> HttpResponse:
    meeting = _meeting(meeting_id)
    votings = Voting.objects.filter(item__meeting=meeting, opened_at__isnull=False).select_related("item")
    mine = present(meeting).filter(member=member).first()
    return desk.show(
        request,
        "cooperative/meetings/my_meeting.html",
        meeting=meeting,
        member=member,
        items=meeting.items.prefetch_related("papers__document"),
        papers=meeting.papers.filter(item=None).select_related("document"),
        motions=Motion.objects.filter(meeting=meeting, member=member),
        votings=votings,
        attendance=mine,
        can_join=mine is None and _may_join(desk, meeting),
        can_move=meeting.state in {MeetingState.INVITED, MeetingState.OPEN},
    )


@require_GET
@membership_page
def download_my_file(
    _request: HttpRequest, _desk: Desk, _member: Member, meeting_id: int, name: str
) -> HttpResponse:
    meeting = _meeting(meeting_id)
    if name == "protokoll.pdf":
        if meeting.state != MeetingState.CLOSED:
            raise Http404
        if meeting.minutes is not None:
            return download(meeting.minutes)
    return meeting_file(meeting, name)


@require_GET
@membership_page
def download_my_paper(_request: HttpRequest, _desk: Desk, _member: Member, paper_id: int) -> HttpResponse:
    paper = get_object_or_404(MeetingPaper.objects.select_related("document"), pk=paper_id)
    _meeting(paper.meeting_id)
    return download(paper.document)


@require_http_methods(["GET", "POST"])
@membership_page
def add_motion(request: HttpRequest, desk: Desk, member: Member, meeting_id: int) -> HttpResponse:
    meeting = _meeting(meeting_id)
    form = MotionForm(request.POST or None)

    def keep() -> str:
        hand_in_motion(desk.actor, meeting, member, form.cleaned_data["title"], form.cleaned_data["text"])
        return _("Your motion was handed in. The office answers here.")

    if kept(request, form, keep):
        return redirect("my_meeting", meeting_id)
    return desk.show(
        request,
        "cooperative/meetings/my_form.html",
        status=422 if form.errors else 200,
        form=form,
        title=_("Hand in a motion"),
        lead=meeting.title,
        submit=_("Hand in"),
        back=reverse("my_meeting", args=[meeting_id]),
    )


@require_POST
@membership_page
def join_online(request: HttpRequest, desk: Desk, member: Member, meeting_id: int) -> HttpResponse:
    """The head of the administration takes part online for the own member."""
    meeting = _meeting(meeting_id)
    if not _may_join(desk, meeting):
        raise Http404

    def join() -> str:
        presence = Presence.WRITING if meeting.form == MeetingForm.PAPER else Presence.ONLINE
        row = Attendance(
            meeting=meeting, member=member, person=desk.actor, name=str(desk.actor), presence=presence
        )
        register_attendance(desk.actor, row)
        return _("You take part for %(member)s.") % {"member": member.name}

    tried(request, join)
    return redirect("my_meeting", meeting_id)


@require_http_methods(["GET", "POST"])
@membership_page
def show_my_voting(request: HttpRequest, desk: Desk, member: Member, voting_id: int) -> HttpResponse:
    """One form for each member whose vote this person has."""
    voting = get_object_or_404(
        Voting.objects.select_related("item__meeting"), pk=voting_id, opened_at__isnull=False
    )
    ballots = published_ballots(voting) if voting.is_secret else None
    failed: ChoiceForm | None = None
    failed_for = 0
    is_check = "check" in request.POST
    if request.method == "POST" and not is_check:
        failed_for = int(request.POST["member"]) if request.POST.get("member", "").isdecimal() else 0
        form = ChoiceForm(request.POST, choices=voting.choices, prefix=f"m{failed_for}")
        if form.is_valid():
            try:
                return _cast(request, desk, voting, failed_for, form.cleaned_data["choice"])
            except MeetingRefusedError as error:
                messages.error(request, str(error.args[0]))
                return redirect("my_voting", voting_id)
        failed = form
    mine = list(voting.voters.filter(person=desk.actor).select_related("member"))
    places: dict[int, dict[str, Any]] = {}
    for row in mine:
        place = places.setdefault(row.member_id, {"member": row.member, "waiting": 0, "votes": 0})
        place["votes"] += 1
        place["waiting"] += row.state == VoterState.WAITING
    for pk, place in places.items():
        place["form"] = (
            failed
            if failed is not None and pk == failed_for
            else ChoiceForm(choices=voting.choices, prefix=f"m{pk}")
        )
    # Sent as a form, never in the address: an address stands in logs, beside who asked.
    receipt_form = ReceiptForm(request.POST if is_check else None)
    checked = receipt_form.is_bound and receipt_form.is_valid()
    response = desk.show(
        request,
        "cooperative/meetings/my_voting.html",
        status=422 if failed is not None else 200,
        voting=voting,
        member=member,
        places=list(places.values()),
        ballots=ballots,
        receipt_form=receipt_form,
        is_checked=checked,
        found=check_receipt(voting, receipt_form.cleaned_data["receipt"]) if checked else None,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _cast(request: HttpRequest, desk: Desk, voting: Voting, member_id: int, choice: str) -> HttpResponse:
    if not voting.is_secret:
        cast_open_vote(desk.actor, voting, member_id, choice)
        messages.success(request, _("Your vote is counted."))
        return redirect("my_voting", voting.pk)
    receipt = cast_ballot(desk.actor, voting, member_id, choice)
    response = desk.show(
        request,
        "cooperative/meetings/receipt.html",
        voting=voting,
        receipt=receipt,
        check_value=hash_receipt(voting.pk, receipt)[:24],
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _meetings() -> Any:
    return Meeting.objects.exclude(state=MeetingState.DRAFT)


def _meeting(meeting_id: int) -> Meeting:
    found: Meeting = get_object_or_404(_meetings(), pk=meeting_id)
    return found


def _may_join(desk: Desk, meeting: Meeting) -> bool:
    return (
        RoleName.MANAGEMENT in desk.roles
        and meeting.form != MeetingForm.PLACE
        and meeting.state in {MeetingState.INVITED, MeetingState.OPEN}
    )
