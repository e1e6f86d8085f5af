# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is there for whom: representatives and proxies (§ 43 GenG).

Always holds: a member is represented by one person at a time; who represents by law or office (the mayor) may do so for any number, a proxy for
as many members as the dated rule says (two) and only with the power of attorney at hand; a person is the same person by their account, or, without one,
by their name.
"""

from __future__ import annotations

from fractions import Fraction

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.meeting_rules import PROXY_LIMIT, QUORUM, number_on
from allmende.cooperative.meetings import (
    AgendaItem,
    Meeting,
    MeetingForm,
    MeetingRefusedError,
    MeetingState,
    members_of_meeting,
    refuse_unless,
)
from allmende.cooperative.members import Member
from allmende.cooperative.vote_counting import has_quorum
from allmende.directory.people import Person


class Capacity(models.TextChoices):
    LEGAL = "legal", _("by law or office")
    PROXY = "proxy", _("by power of attorney")


class Presence(models.TextChoices):
    ROOM = "room", _("in the room")
    ONLINE = "online", _("online")
    WRITING = "writing", _("in writing")


class Attendance(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendances")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    #: Who votes with the own device; without an account the vote is given on paper, or noted by the office.
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("represented by"), max_length=200)
    capacity = models.CharField(
        _("represents"), max_length=10, choices=Capacity.choices, default=Capacity.LEGAL
    )
    has_power_of_attorney = models.BooleanField(_("the written power of attorney is at hand"), default=False)
    presence = models.CharField(
        _("takes part"), max_length=10, choices=Presence.choices, default=Presence.ROOM
    )
    came_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["member__name", "pk"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "member"],
                condition=models.Q(left_at__isnull=True),
                name="member_represented_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.name}"


@transaction.atomic
def register_attendance(actor: Person, attendance: Attendance) -> Attendance:
    """Note that a member is represented from now on. Raises MeetingRefusedError with what to do."""
    meeting = Meeting.objects.select_for_update().get(pk=attendance.meeting_id)
    refuse_unless(meeting, MeetingState.INVITED, MeetingState.OPEN)
    words = {"member": attendance.member.name, "name": attendance.name}
    if attendance.member_id not in {each.member.pk for each in members_of_meeting(meeting)}:
        raise MeetingRefusedError(
            gettext("%(member)s is no member on the day of the meeting and has no vote.") % words
        )
    if present(meeting).filter(member=attendance.member).exists():
        raise MeetingRefusedError(
            gettext("%(member)s is represented already. Note first that the former representative has left.")
            % words
        )
    if meeting.form == MeetingForm.PLACE and attendance.presence != Presence.ROOM:
        raise MeetingRefusedError(gettext("This meeting is held at one place: nobody takes part otherwise."))
    if attendance.capacity == Capacity.PROXY:
        if not attendance.has_power_of_attorney:
            raise MeetingRefusedError(
                gettext("Without the written power of attorney, %(name)s can't vote for %(member)s.") % words
            )
        limit = int(rule_on(PROXY_LIMIT, meeting.day).amount)
        same = [
            each for each in present(meeting).filter(capacity=Capacity.PROXY) if _is_same(each, attendance)
        ]
        if len(same) >= limit:
            raise MeetingRefusedError(
                gettext(
                    "%(name)s represents %(limit)d members by power of attorney already; the law allows no more."
                )
                % {**words, "limit": limit}
            )
    attendance.save(force_insert=True)
    record_change(
        actor,
        "attendance",
        attendance.pk,
        "registered",
        {
            "meeting": meeting.pk,
            "member": attendance.member_id,
            "capacity": attendance.capacity,
            "presence": attendance.presence,
        },
        personal={"name": attendance.name},
    )
    return attendance


@transaction.atomic
def note_departure(actor: Person, attendance: Attendance) -> None:
    """The representative has left; the member may be represented by another. Raises MeetingRefusedError."""
    meeting = Meeting.objects.select_for_update().get(pk=attendance.meeting_id)
    refuse_unless(meeting, MeetingState.INVITED, MeetingState.OPEN)
    Attendance.objects.filter(pk=attendance.pk, left_at__isnull=True).update(left_at=timezone.now())
    record_change(
        actor, "attendance", attendance.pk, "left", {"meeting": meeting.pk, "member": attendance.member_id}
    )


def present(meeting: Meeting) -> models.QuerySet[Attendance]:
    """Who is represented now (of a closed meeting: at its end)."""
    return Attendance.objects.filter(meeting=meeting, left_at__isnull=True).select_related("member", "person")


def entitled(item: AgendaItem) -> list[Attendance]:
    """Who may vote on the item: present, and neither the member nor its proxy's own member excluded (§ 43 Abs. 6 GenG).

    A representative whose own member is excluded may not vote for others either.
    """
    excluded = set(item.exclusions.values_list("member_id", flat=True))
    rows = list(present(item.meeting))
    barred = [row for row in rows if row.member_id in excluded and row.capacity == Capacity.LEGAL]
    return [
        row
        for row in rows
        if row.member_id not in excluded and not any(_is_same(row, other) for other in barred)
    ]


def quorum(meeting: Meeting) -> tuple[int, int, bool]:
    """(members represented, all members, whether they are enough). Raises UnknownRuleError."""
    there = present(meeting).count()
    all_members = len(members_of_meeting(meeting))
    percent: Fraction = number_on(QUORUM, meeting.day)
    return there, all_members, has_quorum(there, all_members, percent)


def _is_same(one: Attendance, other: Attendance) -> bool:
    if one.person_id is not None or other.person_id is not None:
        return one.person_id == other.person_id
    return " ".join(one.name.casefold().split()) == " ".join(other.name.casefold().split())
