# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Motions of members: handed in, admitted to the agenda or not, with the reason.

Always holds: a member hands in for itself alone; a motion that was decided on is not changed; an admitted one becomes an item of the agenda or belongs to one.
"""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.meetings import (
    AgendaItem,
    ItemKind,
    Meeting,
    MeetingRefusedError,
    MeetingState,
    refuse_unless,
    save_item,
)
from allmende.cooperative.members import Member
from allmende.directory.people import Person

#: What a member can hand in for one meeting: a bound, not a rule of law.
MOST = 50


class MotionState(models.TextChoices):
    HANDED_IN = "handed_in", _("handed in")
    ADMITTED = "admitted", _("on the agenda")
    REFUSED = "refused", _("not admitted")


class Motion(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="motions")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text of the motion, with its reason"), max_length=8000)
    handed_in_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=MotionState.choices, default=MotionState.HANDED_IN)
    item = models.ForeignKey(
        AgendaItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="motions"
    )
    answer = models.CharField(_("reason"), max_length=1000, blank=True)

    class Meta:
        ordering = ["handed_in_at", "pk"]
        verbose_name = _("motion")
        verbose_name_plural = _("motions")

    def __str__(self) -> str:
        return self.title


@transaction.atomic
def hand_in_motion(actor: Person, meeting: Meeting, member: Member, title: str, text: str) -> Motion:
    """Raises MeetingRefusedError once the meeting is closed, or there are too many."""
    standing = Meeting.objects.select_for_update().get(pk=meeting.pk)
    refuse_unless(standing, MeetingState.INVITED, MeetingState.OPEN)
    if Motion.objects.filter(meeting=meeting, member=member).count() >= MOST:
        raise MeetingRefusedError(
            gettext("You have handed in very many motions already. Please speak with the office.")
        )
    motion = Motion.objects.create(meeting=meeting, member=member, title=title, text=text)
    record_change(
        actor,
        "motion",
        motion.pk,
        "handed_in",
        {"meeting": meeting.pk, "member": member.pk, "title": title, "text": text},
    )
    return motion


@transaction.atomic
def admit_motion(actor: Person, motion: Motion, item: AgendaItem | None = None) -> AgendaItem:
    """Put the motion under `item`, or make a new item of it at the agenda's end. Raises MeetingRefusedError."""
    standing = _undecided(motion)
    if item is None:
        item = save_item(
            actor,
            AgendaItem(
                meeting=motion.meeting,
                kind=ItemKind.RESOLUTION,
                title=gettext("Motion of %(member)s: %(title)s")
                % {"member": motion.member.name[:60], "title": motion.title[:120]},
                text=motion.text,
            ),
        )
    standing.state, standing.item = MotionState.ADMITTED, item
    standing.save(update_fields=["state", "item"])
    record_change(actor, "motion", motion.pk, "admitted", {"item": item.pk})
    return item


@transaction.atomic
def refuse_motion(actor: Person, motion: Motion, answer: str) -> None:
    """Raises MeetingRefusedError without a reason."""
    standing = _undecided(motion)
    if not answer.strip():
        raise MeetingRefusedError(gettext("Say why: the member reads it."))
    standing.state, standing.answer = MotionState.REFUSED, answer.strip()
    standing.save(update_fields=["state", "answer"])
    record_change(actor, "motion", motion.pk, "refused", {"answer": standing.answer})


def _undecided(motion: Motion) -> Motion:
    standing = Motion.objects.select_for_update().get(pk=motion.pk)
    if standing.state != MotionState.HANDED_IN:
        raise MeetingRefusedError(gettext("This motion was decided on already."))
    return standing
