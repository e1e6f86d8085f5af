# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Inviting the members: one letter for each, by mail with the calendar entry or on paper, and the proof that it went out in time.

Always holds: a member has one invitation for a meeting; the row says by which way and when it went out, and the fingerprint (SHA-256) of the very
PDF; a mail that the mail server did not take is no invitation, and the page says so. What is proved is the handing over to the mail
server or the posting that the office notes, not that anybody read it.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from icalendar import Calendar, Event, vText

from allmende.cooperative.contacts import ContactRole, contacts_on
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.meetings import (
    Meeting,
    MeetingForm,
    MeetingRefusedError,
    MeetingState,
    last_invitation_day,
    members_of_meeting,
    refuse_unless,
)
from allmende.cooperative.members import Member
from allmende.cooperative.stored_documents import StoredDocument, store_document
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.documents.typesetting import typeset

log = logging.getLogger(__name__)
_TEMPLATES: Final = Path(__file__).parent / "templates" / "cooperative"
#: A meeting's length is not asked for; calendars want an end.
_SHOWN_HOURS: Final = 2


class Channel(models.TextChoices):
    MAIL = "mail", _("e-mail")
    LETTER = "letter", _("letter")


class Invitation(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="invitations")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(_("way"), max_length=10, choices=Channel.choices)
    addresses = models.CharField(_("to"), max_length=600, blank=True)
    #: When the mail server took it, or the day of posting; empty while it has not gone out.
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    document = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["member__name", "pk"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [models.UniqueConstraint(fields=["meeting", "member"], name="invitation_once")]

    def __str__(self) -> str:
        return f"{self.meeting}: {self.member}"

    @property
    def sent_on(self) -> date | None:
        return timezone.localtime(self.sent_at).date() if self.sent_at else None


@dataclass(frozen=True, slots=True)
class InvitationProof:
    """One member's line of the proof; `invitation` is None while nothing was done for it."""

    member: Member
    invitation: Invitation | None
    last_day: date

    @property
    def is_sent(self) -> bool:
        return self.invitation is not None and self.invitation.sent_at is not None

    @property
    def is_in_time(self) -> bool:
        day = self.invitation.sent_on if self.invitation is not None else None
        return day is not None and day <= self.last_day


def invitation_proofs(meeting: Meeting) -> list[InvitationProof]:
    """Of every member of the meeting's day, by name. Raises UnknownRuleError."""
    rows = {row.member_id: row for row in meeting.invitations.select_related("member", "document")}
    last = last_invitation_day(meeting)
    found = [
        InvitationProof(each.member, rows.get(each.member.pk), last) for each in members_of_meeting(meeting)
    ]
    return sorted(found, key=lambda proof: proof.member.name)


def addresses_of(member: Member, day: date) -> list[str]:
    """Voting representative and deputy, else the head, else the body's own address."""
    for roles in ((ContactRole.VOTING, ContactRole.DEPUTY), (ContactRole.HEAD,)):
        found = [contact.email for contact in contacts_on(member, day, *roles) if contact.email]
        if found:
            return list(dict.fromkeys(found))
    return [member.email] if member.email else []


def invite_members(actor: Person, meeting: Meeting) -> tuple[int, int]:
    """Send every member that has none yet its invitation; (mails sent, letters and faults that wait for the office).

    Safe to repeat: who was invited gets no second one. Raises MeetingRefusedError without agenda or members.
    """
    with transaction.atomic():
        standing = Meeting.objects.select_for_update().get(pk=meeting.pk)
        refuse_unless(standing, MeetingState.DRAFT, MeetingState.INVITED)
        if not standing.items.exists():
            raise MeetingRefusedError(
                gettext("The agenda is empty. Add its items first: they are part of the invitation.")
            )
        members = [each.member for each in members_of_meeting(standing)]
        if not members:
            raise MeetingRefusedError(gettext("On this day the cooperative has no members to invite."))
        pdf = invitation_pdf(standing)
        document = store_document(pdf, f"einladung-{standing.day.isoformat()}.pdf", actor=actor)
        today = timezone.localdate()
        if standing.state == MeetingState.DRAFT:
            standing.state = MeetingState.INVITED
            standing.save(update_fields=["state"])
            standing.items.filter(announced_on__isnull=True).update(announced_on=today)
        for member in members:
            addresses = addresses_of(member, today)
            Invitation.objects.get_or_create(
                meeting=standing,
                member=member,
                defaults={
                    "channel": Channel.MAIL if addresses else Channel.LETTER,
                    "addresses": ", ".join(addresses)[:600],
                    "document": document,
                    "sha256": hashlib.sha256(pdf).hexdigest(),
                },
            )
        record_change(
            actor,
            "meeting",
            standing.pk,
            "invited",
            {"members": [m.pk for m in members], "sha256": document.sha256},
        )
    meeting.refresh_from_db()
    waiting = list(meeting.invitations.filter(sent_at__isnull=True).select_related("member", "document"))
    sent = sum(_send(actor, meeting, row) for row in waiting if row.channel == Channel.MAIL)
    return sent, len(waiting) - sent


def note_letter(actor: Person, invitation: Invitation, posted_on: date) -> None:
    """The office has posted, or handed over, the printed invitation on this day. Raises MeetingRefusedError."""
    if posted_on > timezone.localdate():
        raise MeetingRefusedError(
            gettext("This day is still to come. Enter the day on which the letter was posted.")
        )
    at = timezone.make_aware(datetime.combine(posted_on, datetime.min.time()).replace(hour=12))
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(channel=Channel.LETTER, sent_at=at, fault="")
        record_change(
            actor, "invitation", invitation.pk, "posted", {"member": invitation.member_id, "on": posted_on}
        )


def waiting_letters(meeting: Meeting) -> list[Invitation]:
    """Of the members who get no mail: what nobody has noted as posted yet."""
    rows = meeting.invitations.filter(channel=Channel.LETTER, sent_at__isnull=True)
    return list(rows.select_related("member"))


def note_all_letters(actor: Person, meeting: Meeting, posted_on: date) -> int:
    """The letters to all members who get no mail went out on this day; how many. Raises MeetingRefusedError."""
    with transaction.atomic():
        list(Meeting.objects.select_for_update().filter(pk=meeting.pk))
        rows = waiting_letters(meeting)
        if not rows:
            raise MeetingRefusedError(gettext("No letter waits any more: all of them are noted."))
        for row in rows:
            note_letter(actor, row, posted_on)
    return len(rows)


def announce_items(actor: Person, meeting: Meeting) -> int:
    """Tell all members of the items that came after the invitation; how many items. Raises MeetingRefusedError."""
    refuse_unless(meeting, MeetingState.INVITED)
    items = list(meeting.items.filter(announced_on__isnull=True))
    if not items:
        return 0
    pdf = invitation_pdf(meeting)
    recipients = [row for row in meeting.invitations.all() if row.channel == Channel.MAIL and row.addresses]
    missed = 0
    for row in recipients:
        try:
            _message(meeting, row, pdf, gettext("Further items of the agenda: %(title)s")).send()
        except Exception:
            log.exception("announcement for invitation %d was not sent", row.pk)
            missed += 1
    if missed:
        raise MeetingRefusedError(
            gettext("%(count)d mails could not be sent. Check the mail server, then try again.")
            % {"count": missed}
        )
    with transaction.atomic():
        meeting.items.filter(pk__in=[item.pk for item in items]).update(announced_on=timezone.localdate())
        record_change(
            actor, "meeting", meeting.pk, "items_announced", {"items": [item.number for item in items]}
        )
    return len(items)


def invitation_pdf(meeting: Meeting) -> bytes:
    """The letter with the agenda, in the reader's language, as PDF/UA. Raises TypesettingError."""
    cooperative = cooperative_name()
    lines = [(gettext("When"), _when(meeting)), (gettext("Form"), str(meeting.get_form_display()))]
    if meeting.place:
        lines.append((gettext("Where"), meeting.place))
    if meeting.online_address and meeting.form != MeetingForm.PLACE:
        lines.append((gettext("Online"), meeting.online_address))
    data: dict[str, Any] = {
        "title": gettext("Invitation: %(title)s") % {"title": meeting.title},
        "cooperative": cooperative,
        "language": (get_language() or "de")[:2],
        "lead": gettext("To all members: the cooperative invites you to its %(kind)s.")
        % {"kind": meeting.get_kind_display()},
        "facts": lines,
        "agenda": gettext("Agenda"),
        "items": [
            {
                "title": item.title,
                "kind": str(item.get_kind_display()),
                "text": item.text.split("\n\n") if item.text else [],
            }
            for item in meeting.items.order_by("number")
        ],
        "note": [part for part in meeting.note.split("\n\n") if part],
        "closing": gettext(
            "A member votes through its representative. A proxy needs a written power of attorney and may represent at most the number of members that the law allows."
        ),
        "made": gettext("Made with Allmende"),
    }
    return typeset(_TEMPLATES / "invitation.typ", data)


def calendar_entry(meeting: Meeting) -> bytes:
    """The meeting as iCalendar (RFC 5545), to be imported or updated by its UID."""
    calendar = Calendar()
    calendar.add("prodid", "-//Allmende//cooperative//DE")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"meeting-{meeting.pk}@{_host()}")
    event.add("dtstamp", timezone.now().astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", (meeting.starts_at + timedelta(hours=_SHOWN_HOURS)).astimezone(UTC))
    event.add("sequence", meeting.sequence)
    event.add("summary", f"{cooperative_name()}: {meeting.title}")
    if meeting.place or meeting.online_address:
        event["location"] = vText(meeting.place or meeting.online_address)
    event.add("description", "\n".join(str(item) for item in meeting.items.order_by("number")))
    event.add("url", _address(meeting))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def cooperative_name() -> str:
    found = Municipality.objects.filter(is_cooperative=True).values_list("name", flat=True).first()
    return found or gettext("The cooperative")


def _send(actor: Person, meeting: Meeting, row: Invitation) -> int:
    pdf = bytes(row.document.content) if row.document else invitation_pdf(meeting)
    try:
        _message(meeting, row, pdf, gettext("Invitation: %(title)s")).send()
    except Exception as error:
        log.exception("invitation %d was not sent", row.pk)
        Invitation.objects.filter(pk=row.pk).update(fault=type(error).__name__)
        return 0
    with transaction.atomic():
        Invitation.objects.filter(pk=row.pk).update(sent_at=timezone.now(), fault="")
        record_change(
            actor,
            "invitation",
            row.pk,
            "mailed",
            {"member": row.member_id, "sha256": row.sha256},
            personal={"to": row.addresses},
        )
    return 1


def _message(meeting: Meeting, row: Invitation, pdf: bytes, subject: str) -> EmailMessage:
    body = gettext(
        "The invitation with the agenda is attached, with an entry for your calendar.\n\nWhen: %(when)s\n\nPapers, motions and votes: %(address)s"
    ) % {"when": _when(meeting), "address": _address(meeting)}
    message = EmailMessage(
        " ".join((subject % {"title": f"{meeting.title}, {_day(meeting)}"}).split()),
        body,
        to=[each.strip() for each in row.addresses.split(",")],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach(f"einladung-{meeting.day.isoformat()}.pdf", pdf, "application/pdf")
    message.attach("versammlung.ics", calendar_entry(meeting), "text/calendar")
    return message


def _when(meeting: Meeting) -> str:
    return gettext("%(day)s, %(time)s") % {
        "day": _day(meeting),
        "time": date_format(timezone.localtime(meeting.starts_at), "TIME_FORMAT"),
    }


def _day(meeting: Meeting) -> str:
    return date_format(meeting.day, "DATE_FORMAT")


def _address(meeting: Meeting) -> str:
    return f"{settings.ALLMENDE_PUBLIC_URL}/mitgliedschaft/versammlungen/{meeting.pk}/"


def _host() -> str:
    return str(settings.ALLMENDE_PUBLIC_URL).rpartition("//")[2].partition("/")[0] or "allmende"
