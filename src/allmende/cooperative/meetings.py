# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""General meetings and their agenda (§§ 43-51 GenG): what is called, for when, in which form, on what.

Always holds: the agenda's numbers are 1, 2, 3 … in the order of the meeting; once the members are invited, an item says since when it is
announced, because nothing may be resolved on an item that was announced too late (§ 46 Abs. 2 GenG) unless all members are there.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.meeting_rules import ANNOUNCEMENT, INVITATION
from allmende.cooperative.member_list import ListedMember, members_on
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person

_FIELDS: Final = (
    "title",
    "kind",
    "form",
    "starts_at",
    "place",
    "online_address",
    "note",
    "chair",
    "minute_taker",
)


class MeetingRefusedError(Exception):
    """What was asked can't be done now; the message says why and what to do."""


class MeetingKind(models.TextChoices):
    ORDINARY = "ordinary", _("ordinary general meeting")
    EXTRAORDINARY = "extraordinary", _("extraordinary general meeting")


class MeetingForm(models.TextChoices):
    PLACE = "place", _("at one place")
    HYBRID = "hybrid", _("at one place and online (hybrid)")
    PAPER = "paper", _("in writing")


class MeetingState(models.TextChoices):
    DRAFT = "draft", _("being prepared")
    INVITED = "invited", _("invited")
    OPEN = "open", _("in session")
    CLOSED = "closed", _("closed")


class Meeting(models.Model):
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=20, choices=MeetingKind.choices, default=MeetingKind.ORDINARY
    )
    form = models.CharField(_("form"), max_length=10, choices=MeetingForm.choices, default=MeetingForm.PLACE)
    starts_at = models.DateTimeField(_("begins"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    online_address = models.URLField(_("address for taking part online"), blank=True)
    note = models.TextField(_("note for the invitation"), max_length=2000, blank=True)
    chair = models.CharField(_("chair"), max_length=200, blank=True)
    minute_taker = models.CharField(_("minute taker"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=MeetingState.choices, default=MeetingState.DRAFT
    )
    #: Of the calendar file: a changed invitation goes out with a higher number (RFC 5545 §3.8.7.4).
    sequence = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    minutes = models.ForeignKey(
        StoredDocument,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed minutes"),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        verbose_name = _("general meeting")
        verbose_name_plural = _("general meetings")

    def __str__(self) -> str:
        return f"{self.title}, {self.day:%Y-%m-%d}"

    @property
    def day(self) -> date:
        """In the cooperative's own time."""
        return timezone.localtime(self.starts_at).date()


class ItemKind(models.TextChoices):
    REPORT = "report", _("report or discussion, no resolution")
    RESOLUTION = "resolution", _("resolution")
    ELECTION = "election", _("election")
    #: § 46 Abs. 2 Satz 2 GenG: chairing, and calls for an extraordinary meeting, need no announcement.
    PROCEDURE = "procedure", _("how the meeting is run")


class AgendaItem(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=12, choices=ItemKind.choices, default=ItemKind.RESOLUTION)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("proposed resolution or explanation"), max_length=8000, blank=True)
    #: The day on which all members were told; empty while the invitation has not gone out.
    announced_on = models.DateField(null=True, blank=True)
    discussion = models.TextField(
        _("course of the discussion (for the minutes)"), max_length=8000, blank=True
    )

    class Meta:
        ordering = ["number", "pk"]
        verbose_name = _("item of the agenda")
        verbose_name_plural = _("agenda")
        constraints = [models.UniqueConstraint(fields=["meeting", "number"], name="agenda_number_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class MeetingPaper(models.Model):
    """A paper that every member may read, for the whole meeting or for one item."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="papers")
    item = models.ForeignKey(
        AgendaItem, on_delete=models.CASCADE, null=True, blank=True, related_name="papers"
    )
    document = models.ForeignKey(StoredDocument, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.document)


class ItemExclusion(models.Model):
    """A member that may not vote on an item, for itself or for others (§ 43 Abs. 6 GenG), and why."""

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="exclusions")
    member = models.ForeignKey(
        "cooperative.Member", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "member"], name="item_exclusion_once")]

    def __str__(self) -> str:
        return f"{self.item}: {self.member}"


def last_invitation_day(meeting: Meeting) -> date:
    """The last day on which an invitation goes out in time: the whole period lies between it and the meeting.

    Raises UnknownRuleError.
    """
    return rule_on(INVITATION, meeting.day).period.before(meeting.day) - timedelta(days=1)


def last_announcement_day(meeting: Meeting) -> date:
    """The last day on which an item can be announced for a resolution. Raises UnknownRuleError."""
    return rule_on(ANNOUNCEMENT, meeting.day).period.before(meeting.day) - timedelta(days=1)


def members_of_meeting(meeting: Meeting) -> list[ListedMember]:
    """Who is entitled: the members of the day of the meeting, as far as the list knows today."""
    return members_on(meeting.day)


@transaction.atomic
def save_meeting(actor: Person, meeting: Meeting) -> Meeting:
    """Keep a new or changed meeting. Raises MeetingRefusedError once it is in session."""
    is_new = meeting.pk is None
    if not is_new:
        standing = Meeting.objects.select_for_update().get(pk=meeting.pk)
        refuse_unless(standing, MeetingState.DRAFT, MeetingState.INVITED)
        if standing.state == MeetingState.INVITED:
            meeting.sequence = standing.sequence + 1
    meeting.save()
    record_change(
        actor,
        "meeting",
        meeting.pk,
        "added" if is_new else "changed",
        {name: _plain(meeting, name) for name in _FIELDS},
    )
    return meeting


@transaction.atomic
def save_item(actor: Person, item: AgendaItem) -> AgendaItem:
    """Keep a new or changed item. Before the invitation all may change; later only new items come, and texts for the minutes."""
    meeting = Meeting.objects.select_for_update().get(pk=item.meeting_id)
    refuse_unless(meeting, MeetingState.DRAFT, MeetingState.INVITED, MeetingState.OPEN)
    is_new = item.pk is None
    if is_new:
        last = meeting.items.aggregate(last=models.Max("number"))["last"]
        item.number = (last or 0) + 1
        item.announced_on = None
    item.save()
    record_change(
        actor,
        "agenda_item",
        item.pk,
        "added" if is_new else "changed",
        {
            "meeting": meeting.pk,
            "number": item.number,
            "kind": item.kind,
            "title": item.title,
            "text": item.text,
        },
    )
    return item


@transaction.atomic
def remove_item(actor: Person, item: AgendaItem) -> None:
    """Take an item off the agenda and close the gap. Raises MeetingRefusedError once members were invited."""
    meeting = Meeting.objects.select_for_update().get(pk=item.meeting_id)
    refuse_unless(meeting, MeetingState.DRAFT)
    record_change(actor, "agenda_item", item.pk, "removed", {"meeting": meeting.pk, "title": item.title})
    item.delete()
    for number, each in enumerate(meeting.items.order_by("number"), start=1):
        if each.number != number:
            AgendaItem.objects.filter(pk=each.pk).update(number=number)


@transaction.atomic
def move_item_up(actor: Person, item: AgendaItem) -> None:
    """Raises MeetingRefusedError once members were invited."""
    meeting = Meeting.objects.select_for_update().get(pk=item.meeting_id)
    refuse_unless(meeting, MeetingState.DRAFT)
    above = meeting.items.filter(number=item.number - 1).first()
    if above is None:
        return
    AgendaItem.objects.filter(pk=above.pk).update(number=0)
    AgendaItem.objects.filter(pk=item.pk).update(number=item.number - 1)
    AgendaItem.objects.filter(pk=above.pk).update(number=item.number)
    record_change(actor, "agenda_item", item.pk, "moved", {"meeting": meeting.pk, "number": item.number - 1})


@transaction.atomic
def exclude_from_item(actor: Person, item: AgendaItem, member_id: int, reason: str) -> ItemExclusion:
    """Note that a member may not vote on this item. Raises MeetingRefusedError."""
    meeting = Meeting.objects.select_for_update().get(pk=item.meeting_id)
    refuse_unless(meeting, MeetingState.DRAFT, MeetingState.INVITED, MeetingState.OPEN)
    found, _made = ItemExclusion.objects.update_or_create(
        item=item, member_id=member_id, defaults={"reason": reason}
    )
    record_change(actor, "agenda_item", item.pk, "member_excluded", {"member": member_id, "reason": reason})
    return found


@transaction.atomic
def open_meeting(actor: Person, meeting: Meeting) -> None:
    """Begin the session. Raises MeetingRefusedError before anybody was invited, and before the day."""
    standing = Meeting.objects.select_for_update().get(pk=meeting.pk)
    refuse_unless(standing, MeetingState.INVITED)
    if timezone.localdate() < standing.day:
        raise MeetingRefusedError(
            gettext("The meeting is on %(day)s: members rely on the day to which they were invited.")
            % {"day": date_format(standing.day, "SHORT_DATE_FORMAT")}
        )
    standing.state, standing.opened_at = MeetingState.OPEN, timezone.now()
    standing.save(update_fields=["state", "opened_at"])
    record_change(actor, "meeting", meeting.pk, "opened")
    meeting.refresh_from_db()


@transaction.atomic
def close_meeting(actor: Person, meeting: Meeting) -> None:
    """End the session. Raises MeetingRefusedError while a vote is open."""
    standing = Meeting.objects.select_for_update().get(pk=meeting.pk)
    refuse_unless(standing, MeetingState.OPEN)
    if standing.items.filter(votings__opened_at__isnull=False, votings__closed_at__isnull=True).exists():
        raise MeetingRefusedError(gettext("A vote is still open. Close it first."))
    standing.state, standing.closed_at = MeetingState.CLOSED, timezone.now()
    standing.save(update_fields=["state", "closed_at"])
    record_change(actor, "meeting", meeting.pk, "closed")
    meeting.refresh_from_db()


def refuse_unless(meeting: Meeting, *states: MeetingState) -> None:
    """Raises MeetingRefusedError in other states."""
    if meeting.state in states:
        return
    raise MeetingRefusedError(
        gettext("The meeting is in the state “%(state)s”: this is not possible any more, or not yet.")
        % {"state": meeting.get_state_display()}
    )


def _plain(meeting: Meeting, name: str) -> Any:
    return getattr(meeting, name)
