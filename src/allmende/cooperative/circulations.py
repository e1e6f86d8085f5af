# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Resolutions of a board by circulation: a text, a period in which each votes, objections, the result.

Always holds: who may vote are those in office on the day of the opening; each votes once, and may change the vote until the end; one objection to the procedure
ends it without a resolution (the matter then belongs into a meeting of the board); it can be closed before the end only when all have voted.
"""

from __future__ import annotations

from fractions import Fraction

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.boards import BoardSeat, seats_on
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.meeting_rules import MajorityKind, majority_on
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.resolutions import Body, register_resolution
from allmende.cooperative.vote_counting import (
    ABSTAIN,
    NO,
    YES,
    Outcome,
    count_votes,
    decide_question,
    majority_of,
)
from allmende.directory.people import Person


class CirculationOutcome(models.TextChoices):
    ADOPTED = Outcome.ADOPTED.value, _("adopted")
    REJECTED = Outcome.REJECTED.value, _("rejected")
    NOTHING = Outcome.NOTHING.value, _("no votes were cast")
    OBJECTED = "objected", _("not decided: somebody objected to the procedure")


class CirculationChoice(models.TextChoices):
    YES = YES, _("Yes")
    NO = NO, _("No")
    ABSTAIN = ABSTAIN, _("Abstention")
    OBJECT = "object", _("I object to deciding by circulation")


class Circulation(models.Model):
    body = models.CharField(
        _("body"), max_length=12, choices=[each for each in Body.choices if each[0] != Body.MEETING]
    )
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text of the resolution"), max_length=8000)
    opened_at = models.DateTimeField(default=timezone.now)
    #: The last moment for a vote.
    ends_at = models.DateTimeField(_("votes until"))
    needed_percent = models.DecimalField(max_digits=14, decimal_places=4, default=50)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=CirculationOutcome.choices, blank=True)
    tally = models.JSONField(default=dict)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("resolution by circulation")
        verbose_name_plural = _("resolutions by circulation")

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and timezone.now() <= self.ends_at

    @property
    def result_words(self) -> str:
        words = dict(CirculationChoice.choices)
        counts = ", ".join(
            f"{words[key]} {self.tally[key]}" for key in (YES, NO, ABSTAIN) if key in self.tally
        )
        return f"{counts}: {self.get_outcome_display()}"


class CirculationVote(models.Model):
    """One seat's vote; the row is there from the opening, without a choice."""

    circulation = models.ForeignKey(Circulation, on_delete=models.CASCADE, related_name="votes")
    seat = models.ForeignKey(BoardSeat, on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=10, choices=CirculationChoice.choices, blank=True)
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    voted_at = models.DateTimeField(null=True, blank=True)
    #: By letter or telephone: the office has noted it.
    is_noted = models.BooleanField(default=False)

    class Meta:
        ordering = ["seat__name"]
        constraints = [models.UniqueConstraint(fields=["circulation", "seat"], name="circulation_vote_once")]

    def __str__(self) -> str:
        return f"{self.seat}: {self.choice}"


@transaction.atomic
def open_circulation(actor: Person, circulation: Circulation) -> Circulation:
    """Raises MeetingRefusedError where the board is empty or the end is past, UnknownRuleError without a rule for the majority."""
    today = timezone.localdate()
    seats = seats_on(today, circulation.body)
    if not seats:
        raise MeetingRefusedError(gettext("Nobody sits in this body today. Enter its members first."))
    if circulation.ends_at <= timezone.now():
        raise MeetingRefusedError(gettext("The end of the vote must lie in the future."))
    circulation.needed_percent = majority_on(MajorityKind.SIMPLE, today)[1].amount
    circulation.opened_at, circulation.closed_at = timezone.now(), None
    circulation.save(force_insert=True)
    CirculationVote.objects.bulk_create(CirculationVote(circulation=circulation, seat=seat) for seat in seats)
    record_change(
        actor,
        "circulation",
        circulation.pk,
        "opened",
        {
            "body": circulation.body,
            "title": circulation.title,
            "text": circulation.text,
            "until": circulation.ends_at,
            "seats": [s.pk for s in seats],
        },
    )
    return circulation


@transaction.atomic
def vote_in_circulation(
    actor: Person,
    circulation: Circulation,
    seat: BoardSeat,
    choice: str,
    comment: str = "",
    *,
    is_noted: bool = False,
) -> None:
    """The vote of this seat: by its holder, or noted by the office for it. Raises MeetingRefusedError."""
    standing = Circulation.objects.select_for_update().get(pk=circulation.pk)
    if not standing.is_open:
        raise MeetingRefusedError(gettext("The period has ended: no vote is taken any more."))
    if choice not in CirculationChoice.values:
        raise MeetingRefusedError(gettext("Choose one of the answers."))
    row = standing.votes.filter(seat=seat).first()
    if row is None or (not is_noted and seat.person_id != actor.pk):
        raise MeetingRefusedError(gettext("You do not vote here."))
    row.choice, row.comment, row.voted_at, row.is_noted = choice, comment, timezone.now(), is_noted
    row.save()
    record_change(
        actor, "circulation", standing.pk, "voted", {"seat": seat.pk, "choice": choice, "noted": is_noted}
    )


@transaction.atomic
def close_circulation(actor: Person, circulation: Circulation) -> None:
    """Count and decide. Raises MeetingRefusedError while the period runs and somebody has not voted."""
    standing = Circulation.objects.select_for_update().get(pk=circulation.pk)
    if standing.closed_at is not None:
        raise MeetingRefusedError(gettext("This is closed already."))
    votes = list(standing.votes.all())
    objected = any(vote.choice == CirculationChoice.OBJECT for vote in votes)
    if standing.is_open and not objected and not all(vote.choice for vote in votes):
        raise MeetingRefusedError(gettext("The period still runs, and not all have voted."))
    cast = [(vote.choice, 1) for vote in votes if vote.choice and vote.choice != CirculationChoice.OBJECT]
    tally = count_votes((YES, NO, ABSTAIN), cast)
    if objected:
        standing.outcome = CirculationOutcome.OBJECTED
    else:
        standing.outcome = decide_question(tally, majority_of(Fraction(standing.needed_percent) / 100)).value
    standing.tally, standing.closed_at = dict(tally.votes), timezone.now()
    standing.save()
    record_change(
        actor, "circulation", standing.pk, "closed", {"tally": dict(tally.votes), "outcome": standing.outcome}
    )
    if standing.outcome == CirculationOutcome.ADOPTED:
        day = timezone.localtime(standing.closed_at).date()
        register_resolution(
            Body(standing.body),
            day,
            standing.title,
            standing.text,
            standing.result_words,
            circulation=standing,
        )
    circulation.refresh_from_db()
