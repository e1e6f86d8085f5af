# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's pages of general meetings: prepare, invite, attendance, motions, session, minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allmende.cooperative.attendance import Attendance, note_departure, present, quorum, register_attendance
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.invitations import (
    announce_items,
    calendar_entry,
    invitation_pdf,
    invitation_proofs,
    invite_members,
)
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.meeting_forms import (
    AttendanceForm,
    DiscussionForm,
    ExclusionForm,
    ItemForm,
    MeetingDetailsForm,
    PaperForm,
)
from allmende.cooperative.meetings import (
    AgendaItem,
    Meeting,
    MeetingPaper,
    MeetingRefusedError,
    MeetingState,
    close_meeting,
    exclude_from_item,
    last_announcement_day,
    last_invitation_day,
    move_item_up,
    open_meeting,
    remove_item,
    save_item,
    save_meeting,
)
from allmende.cooperative.member_change_pages import show_form
from allmende.cooperative.minutes import minutes_pdf
from allmende.cooperative.motions import Motion, admit_motion, refuse_motion
from allmende.cooperative.stored_documents import store_document
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.people import Person

PER_PAGE: Final = 25
_REFUSALS: Final = (MeetingRefusedError, UnknownRuleError)


def kept(request: HttpRequest, form: forms.BaseForm, keep: Callable[[], str]) -> bool:
    """Whether the form was valid and kept; a refusal stands in the form, with all that was typed."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        told = keep()
    except _REFUSALS as error:
        form.add_error(None, str(error.args[0]))
        return False
    messages.success(request, told)
    return True


def tried(request: HttpRequest, action: Callable[[], str]) -> None:
    """Do it and say so, or say why not."""
    try:
        messages.success(request, action())
    except _REFUSALS as error:
        messages.error(request, str(error.args[0]))


@require_GET
@office_page
def show_meetings(request: HttpRequest, desk: Desk) -> HttpResponse:
    page = Paginator(Meeting.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "cooperative/meetings/meetings.html", page=page)


@require_http_methods(["GET", "POST"])
@office_page
def add_meeting(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = MeetingDetailsForm(request.POST or None)
    if kept(request, form, lambda: _told(save_meeting(desk.actor, form.save(commit=False)))):
        return redirect("meeting", form.instance.pk)
    return show_form(request, desk, form, title=_("New general meeting"), back=reverse("meetings"))


@require_http_methods(["GET", "POST"])
@office_page
def edit_meeting(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    form = MeetingDetailsForm(request.POST or None, instance=meeting)
    if kept(request, form, lambda: _told(save_meeting(desk.actor, form.save(commit=False)))):
        return redirect("meeting", meeting_id)
    lead = (
        _("The members were invited already: tell them what has changed.")
        if meeting.state == MeetingState.INVITED
        else ""
    )
    return show_form(request, desk, form, title=_("Change the meeting"), lead=lead, back=_href(meeting_id))


@require_GET
@office_page
def show_meeting(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    problem = ""
    days: dict[str, Any] = {}
    try:
        proofs = invitation_proofs(meeting)
        there, everybody, enough = quorum(meeting)
        days = {"invite_by": last_invitation_day(meeting), "announce_by": last_announcement_day(meeting)}
    except UnknownRuleError as error:
        proofs, there, everybody, enough, problem = [], 0, 0, False, str(error.args[0])
    return desk.show(
        request,
        "cooperative/meetings/meeting.html",
        meeting=meeting,
        items=meeting.items.prefetch_related("votings", "papers__document", "exclusions__member", "motions"),
        papers=meeting.papers.filter(item=None).select_related("document"),
        motions=meeting.motions.select_related("member", "item"),
        proofs=proofs,
        in_time=sum(proof.is_in_time for proof in proofs),
        late=[proof for proof in proofs if not proof.is_in_time],
        there=there,
        everybody=everybody,
        enough=enough,
        problem=problem,
        unannounced=meeting.state == MeetingState.INVITED
        and meeting.items.filter(announced_on=None).exists(),
        **days,
    )


@require_POST
@office_page
def take_step(request: HttpRequest, desk: Desk, meeting_id: int, step: str) -> HttpResponse:
    """What one button does: invite, announce, open, close."""
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    actions = {"einladen": _invite, "ankuendigen": _announce, "eroeffnen": _open, "schliessen": _close}
    if step not in actions:
        raise Http404
    tried(request, lambda: actions[step](desk.actor, meeting))
    return redirect("meeting_invitations" if step == "einladen" else "meeting", meeting_id)


@require_http_methods(["GET", "POST"])
@office_page
def add_item(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    form = ItemForm(request.POST or None, instance=AgendaItem(meeting=meeting))
    if kept(request, form, lambda: _told(save_item(desk.actor, form.save(commit=False)))):
        return redirect("meeting", meeting_id)
    return show_form(request, desk, form, title=_("New item of the agenda"), back=_href(meeting_id))


@require_http_methods(["GET", "POST"])
@office_page
def edit_item(request: HttpRequest, desk: Desk, item_id: int) -> HttpResponse:
    item = get_object_or_404(AgendaItem, pk=item_id)
    kind = ItemForm if item.announced_on is None else DiscussionForm
    form = kind(request.POST or None, instance=item)
    if kept(request, form, lambda: _told(save_item(desk.actor, form.save(commit=False)))):
        return redirect("meeting", item.meeting_id)
    return show_form(request, desk, form, title=str(item), back=_href(item.meeting_id))


@require_POST
@office_page
def change_agenda(request: HttpRequest, desk: Desk, item_id: int) -> HttpResponse:
    item = get_object_or_404(AgendaItem, pk=item_id)
    meeting_id = item.meeting_id

    def change() -> str:
        if "remove" in request.POST:
            remove_item(desk.actor, item)
            return _("Removed.")
        move_item_up(desk.actor, item)
        return _("Moved up.")

    tried(request, change)
    return redirect("meeting", meeting_id)


@require_http_methods(["GET", "POST"])
@office_page
def add_exclusion(request: HttpRequest, desk: Desk, item_id: int) -> HttpResponse:
    item = get_object_or_404(AgendaItem.objects.select_related("meeting"), pk=item_id)
    form = ExclusionForm(request.POST or None, meeting=item.meeting)

    def keep() -> str:
        exclude_from_item(desk.actor, item, form.cleaned_data["member"].pk, form.cleaned_data["reason"])
        return _("Saved.")

    if kept(request, form, keep):
        return redirect("meeting", item.meeting_id)
    lead = _("Who may not vote on this item, neither for itself nor for others.")
    return show_form(request, desk, form, title=str(item), lead=lead, back=_href(item.meeting_id))


@require_http_methods(["GET", "POST"])
@office_page
def add_paper(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    """For the meeting, or with `?punkt=` for one item; `?protokoll=1` takes the signed minutes."""
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    item = (
        meeting.items.filter(pk=request.GET["punkt"]).first()
        if request.GET.get("punkt", "").isdecimal()
        else None
    )
    is_minutes = "protokoll" in request.GET
    form = PaperForm(request.POST or None, request.FILES or None)

    def keep() -> str:
        file = form.cleaned_data["file"]
        document = store_document(file.read(), file.name, actor=desk.actor)
        if is_minutes:
            Meeting.objects.filter(pk=meeting.pk).update(minutes=document)
        else:
            MeetingPaper.objects.create(meeting=meeting, item=item, document=document)
        what = "minutes_signed" if is_minutes else "paper_added"
        record_change(
            desk.actor, "meeting", meeting.pk, what, {"sha256": document.sha256, "name": document.name}
        )
        return _("Saved.")

    if kept(request, form, keep):
        return redirect("meeting", meeting_id)
    title = _("Signed minutes") if is_minutes else _("Paper for the members")
    return show_form(
        request, desk, form, title=title, lead=str(item or meeting.title), back=_href(meeting_id)
    )


@require_http_methods(["GET", "POST"])
@office_page
def show_attendance(request: HttpRequest, desk: Desk, meeting_id: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=meeting_id)
    form = AttendanceForm(request.POST or None, meeting=meeting, instance=Attendance(meeting=meeting))

    def keep() -> str:
        row = register_attendance(desk.actor, form.save(commit=False))
        return _("%(member)s is represented by %(name)s.") % {"member": row.member, "name": row.name}

    if kept(request, form, keep):
        return redirect("meeting_attendance", meeting_id)
    try:
        there, everybody, enough = quorum(meeting)
    except UnknownRuleError as error:
        messages.error(request, str(error.args[0]))
        return redirect("meeting", meeting_id)
    return desk.show(
        request,
        "cooperative/meetings/attendance.html",
        status=422 if form.errors else 200,
        meeting=meeting,
        rows=present(meeting),
        gone=meeting.attendances.filter(left_at__isnull=False).select_related("member"),
        can_change=meeting.state in {MeetingState.INVITED, MeetingState.OPEN},
        form=form,
        there=there,
        everybody=everybody,
        enough=enough,
    )


@require_POST
@office_page
def end_attendance(request: HttpRequest, desk: Desk, attendance_id: int) -> HttpResponse:
    row = get_object_or_404(Attendance, pk=attendance_id)

    def leave() -> str:
        note_departure(desk.actor, row)
        return _("%(name)s has left.") % {"name": row.name}

    tried(request, leave)
    return redirect("meeting_attendance", row.meeting_id)


@require_POST
@office_page
def decide_motion(request: HttpRequest, desk: Desk, motion_id: int) -> HttpResponse:
    motion = get_object_or_404(Motion.objects.select_related("meeting", "member"), pk=motion_id)

    def decide() -> str:
        if "admit" in request.POST:
            return _("Now on the agenda: %(item)s") % {"item": admit_motion(desk.actor, motion)}
        refuse_motion(desk.actor, motion, request.POST.get("answer", "")[:1000])
        return _("Not admitted; the member reads the reason.")

    tried(request, decide)
    return redirect("meeting", motion.meeting_id)


@require_GET
@office_page
def download_meeting_file(_request: HttpRequest, _desk: Desk, meeting_id: int, name: str) -> HttpResponse:
    return meeting_file(get_object_or_404(Meeting, pk=meeting_id), name)


def meeting_file(meeting: Meeting, name: str) -> HttpResponse:
    """`einladung.pdf`, `protokoll.pdf` or `termin.ics`."""
    makers: dict[str, tuple[Callable[[Meeting], bytes], str]] = {
        "einladung.pdf": (invitation_pdf, "application/pdf"),
        "protokoll.pdf": (minutes_pdf, "application/pdf"),
        "termin.ics": (calendar_entry, "text/calendar; charset=utf-8"),
    }
    if name not in makers:
        raise Http404
    make, media_type = makers[name]
    response = HttpResponse(make(meeting), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{meeting.day.isoformat()}-{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _invite(actor: Person, meeting: Meeting) -> str:
    sent, waiting = invite_members(actor, meeting)
    told = ngettext(
        "%(count)d invitation was sent by mail.", "%(count)d invitations were sent by mail.", sent
    ) % {"count": sent}
    if waiting:
        more = ngettext("%(count)d waits for you.", "%(count)d wait for you.", waiting) % {"count": waiting}
        told = f"{told} {more}"
    return told


def _announce(actor: Person, meeting: Meeting) -> str:
    count = announce_items(actor, meeting)
    return ngettext("%(count)d item was announced.", "%(count)d items were announced.", count) % {
        "count": count
    }


def _open(actor: Person, meeting: Meeting) -> str:
    open_meeting(actor, meeting)
    return _("The meeting is in session.")


def _close(actor: Person, meeting: Meeting) -> str:
    close_meeting(actor, meeting)
    return _("The meeting is closed. The minutes can be printed now.")


def _href(meeting_id: int) -> str:
    return reverse("meeting", args=[meeting_id])


def _told(_saved: Any) -> str:
    return _("Saved.")
