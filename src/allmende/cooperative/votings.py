# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Votes of a general meeting: what is asked, who may vote, open votes, and the result.

Always holds: who may vote is fixed when the vote is opened (`VoterRow`, one row for each vote of a member); the majority that is needed is
written down with its source at that moment; no vote is taken before the opening or after the close; a closed vote never changes.
Secret votes go through `ballots`: there is no row that has both member and choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.attendance import entitled, quorum
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.meeting_rules import MajorityKind, majority_on
from allmende.cooperative.meetings import (
    AgendaItem,
    ItemKind,
    Meeting,
    MeetingRefusedError,
    MeetingState,
    last_announcement_day,
    refuse_unless,
)
from allmende.cooperative.member_votes import votes_of
from allmende.cooperative.members import Member
from allmende.cooperative.resolutions import Body, register_resolution
from allmende.cooperative.vote_counting import (
    ABSTAIN,
    INVALID,
    NO,
    YES,
    Outcome,
    Tally,
    count_votes,
    decide_election,
    decide_question,
    majority_of,
)
from allmende.directory.people import Person

MOST_CANDIDATES = 40


class Method(models.TextChoices):
    OPEN = "open", _("open")
    SECRET = "secret", _("secret")


class OutcomeWords(models.TextChoices):
    ADOPTED = Outcome.ADOPTED.value, _("adopted")
    REJECTED = Outcome.REJECTED.value, _("rejected")
    RUN_OFF = Outcome.RUN_OFF.value, _("no decision, a run-off is needed")
    NOTHING = Outcome.NOTHING.value, _("no votes were cast")


class Voting(models.Model):
    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="votings")
    question = models.CharField(_("what is voted on"), max_length=500)
    method = models.CharField(_("how"), max_length=10, choices=Method.choices, default=Method.OPEN)
    majority_kind = models.CharField(
        _("majority"), max_length=80, choices=MajorityKind.choices, default=MajorityKind.SIMPLE
    )
    #: Names, in an election; empty for a question of yes or no.
    candidates = models.JSONField(_("candidates"), default=list, blank=True)
    #: Percent of the votes cast and where that stands, as it was when the vote was opened.
    needed_percent = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    needed_source = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    tally = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=OutcomeWords.choices, blank=True)
    winner = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("vote")
        verbose_name_plural = _("votes")

    def __str__(self) -> str:
        return self.question

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.closed_at is None

    @property
    def is_secret(self) -> bool:
        return self.method == Method.SECRET

    @property
    def is_election(self) -> bool:
        return bool(self.candidates)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, each with its words."""
        if self.is_election:
            return [
                *((f"c{at}", str(name)) for at, name in enumerate(self.candidates, start=1)),
                (ABSTAIN, gettext("Abstention")),
            ]
        return [(YES, gettext("Yes")), (NO, gettext("No")), (ABSTAIN, gettext("Abstention"))]

    @property
    def needed_words(self) -> str:
        """What the majority is of, in words; "" before the opening."""
        if self.needed_percent is None:
            return ""
        share_suffices = majority_of(Fraction(self.needed_percent) / 100).share_suffices
        percent = f"{self.needed_percent:f}".rstrip("0").rstrip(".") or "0"
        words = gettext("at least %(percent)s %%") if share_suffices else gettext("more than %(percent)s %%")
        return words % {"percent": percent}

    @property
    def result_lines(self) -> list[tuple[str, int]]:
        """Each choice with its votes, once the vote is closed."""
        words = [*self.choices, (INVALID, gettext("Invalid"))]
        return [(label, int(self.tally[key])) for key, label in words if key in self.tally]

    @property
    def result_words(self) -> str:
        """One sentence, e.g. `Yes 42, No 0, Abstention 0: adopted`."""
        counts = ", ".join(f"{label} {count}" for label, count in self.result_lines)
        winner = dict(self.choices).get(self.winner, "")
        end = gettext("elected: %(name)s") % {"name": winner} if winner else str(self.get_outcome_display())
        return f"{counts}: {end}"


class VoterState(models.TextChoices):
    WAITING = "waiting", _("has not voted")
    DEVICE = "device", _("voted with the own device")
    PAPER = "paper", _("was given a paper ballot")
    OPEN = "open", _("voted openly")


class VoterRow(models.Model):
    """One vote that a member has in this vote. Neither time nor choice: see `ballots`."""

    voting = models.ForeignKey(Voting, on_delete=models.CASCADE, related_name="voters")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    #: 1, or further where the statutes give the member more votes.
    number = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=VoterState.choices, default=VoterState.WAITING)

    class Meta:
        ordering = ["member__name", "number"]
        constraints = [models.UniqueConstraint(fields=["voting", "member", "number"], name="voter_row_once")]

    def __str__(self) -> str:
        return f"{self.member} {self.number}"


class OpenVote(models.Model):
    voter = models.OneToOneField(VoterRow, on_delete=models.CASCADE, related_name="open_vote")
    choice = models.CharField(max_length=12)

    def __str__(self) -> str:
        return self.choice


@transaction.atomic
def add_voting(actor: Person, voting: Voting) -> Voting:
    """Prepare a vote on an item; nobody can vote yet. Raises MeetingRefusedError."""
    meeting = _locked_meeting(voting)
    refuse_unless(meeting, MeetingState.DRAFT, MeetingState.INVITED, MeetingState.OPEN)
    if voting.item.kind == ItemKind.REPORT:
        raise MeetingRefusedError(
            gettext("This item is for report or discussion only: there is nothing to vote on.")
        )
    names = [" ".join(str(name).split()) for name in voting.candidates]
    voting.candidates = [name for name in names if name]
    if len({name.casefold() for name in voting.candidates}) != len(voting.candidates):
        raise MeetingRefusedError(gettext("A candidate is named twice."))
    if len(voting.candidates) == 1 or len(voting.candidates) > MOST_CANDIDATES:
        raise MeetingRefusedError(
            gettext("Name two candidates or more (at most %(most)d). With one, ask for yes or no.")
            % {"most": MOST_CANDIDATES}
        )
    voting.opened_at = voting.closed_at = None
    voting.save(force_insert=True)
    record_change(
        actor,
        "voting",
        voting.pk,
        "added",
        {"item": voting.item_id, "question": voting.question, "method": voting.method},
    )
    return voting


@transaction.atomic
def open_voting(actor: Person, voting: Voting) -> None:
    """From now on votes are taken, of those who are present now. Raises MeetingRefusedError, UnknownRuleError."""
    standing = locked_voting(voting)
    meeting = standing.item.meeting
    refuse_unless(meeting, MeetingState.OPEN)
    if standing.opened_at is not None:
        raise MeetingRefusedError(gettext("This vote was opened already."))
    if Voting.objects.filter(item__meeting=meeting, opened_at__isnull=False, closed_at__isnull=True).exists():
        raise MeetingRefusedError(
            gettext("Another vote is still open. Close it first, so that nobody mistakes one for the other.")
        )
    _refuse_too_late(standing, meeting)
    there, everybody, enough = quorum(meeting)
    if not enough:
        raise MeetingRefusedError(
            gettext("Only %(there)d of %(all)d members are represented: the meeting has no quorum.")
            % {"there": there, "all": everybody}
        )
    rows = [
        VoterRow(voting=standing, member=each.member, number=number, person=each.person, name=each.name)
        for each in entitled(standing.item)
        for number in range(1, votes_of(each.member, meeting.day, standing.majority_kind) + 1)
    ]
    if not rows:
        raise MeetingRefusedError(
            gettext("Nobody who is present may vote on this item. Check the attendance.")
        )
    VoterRow.objects.bulk_create(rows)
    majority, rule = majority_on(standing.majority_kind, meeting.day)
    standing.needed_percent = rule.amount
    standing.needed_source = rule.source
    standing.opened_at = timezone.now()
    standing.save()
    if standing.is_secret:
        from allmende.cooperative.ballots import set_up_urn  # noqa: PLC0415 - ballots know votings

        set_up_urn(standing)
    record_change(
        actor,
        "voting",
        standing.pk,
        "opened",
        {
            "votes": len(rows),
            "share": str(majority.share),
            "share_suffices": majority.share_suffices,
            "source": rule.source,
        },
    )
    voting.refresh_from_db()


@transaction.atomic
def cast_open_vote(actor: Person, voting: Voting, member_id: int, choice: str) -> None:
    """The representative's own open vote, once. Raises MeetingRefusedError."""
    standing = check_open(voting, choice)
    if standing.is_secret:
        raise MeetingRefusedError(gettext("This vote is secret."))
    rows = list(standing.voters.filter(member_id=member_id, person=actor))
    if not rows:
        raise MeetingRefusedError(gettext("You do not vote for this member here."))
    if any(row.state != VoterState.WAITING for row in rows):
        raise MeetingRefusedError(gettext("This member has voted already."))
    _keep_open(rows, choice)


@transaction.atomic
def note_open_votes(actor: Person, voting: Voting, choices: Mapping[int, str]) -> None:
    """What the office sees in the room: choice by member; "" takes a vote back. Until the close, the last word counts."""
    standing = check_open(voting)
    if standing.is_secret:
        raise MeetingRefusedError(gettext("This vote is secret."))
    offered = {key for key, _label in standing.choices}
    for member_id, choice in choices.items():
        rows = list(standing.voters.filter(member_id=member_id))
        if choice and choice not in offered:
            raise MeetingRefusedError(gettext("This can't be chosen here."))
        if choice:
            _keep_open(rows, choice)
        else:
            OpenVote.objects.filter(voter__in=rows).delete()
            VoterRow.objects.filter(pk__in=[row.pk for row in rows]).update(state=VoterState.WAITING)
    record_change(actor, "voting", standing.pk, "votes_noted", {"members": len(choices)})


@transaction.atomic
def close_open_voting(actor: Person, voting: Voting) -> None:
    """Count, decide, and write the resolution into the register. Raises MeetingRefusedError."""
    standing = check_open(voting)
    if standing.is_secret:
        raise MeetingRefusedError(gettext("This vote is secret."))
    finish(actor, standing, recount_open(standing), {})
    voting.refresh_from_db()


def recount_open(voting: Voting) -> Tally:
    """Count the stored open votes once more."""
    votes = OpenVote.objects.filter(voter__voting=voting).values_list("choice", flat=True)
    return count_votes([key for key, _label in voting.choices], ((choice, 1) for choice in votes))


def finish(actor: Person, standing: Voting, tally: Tally, proof: Mapping[str, str]) -> None:
    """Write down the result; call it with the vote's row locked. `proof` goes into the chain of changes."""
    majority = majority_of(Fraction(standing.needed_percent or 0) / 100)
    if standing.is_election:
        outcome, standing.winner = decide_election(tally, majority)
    else:
        outcome = decide_question(tally, majority)
    standing.tally = dict(tally.votes)
    standing.outcome = outcome.value
    standing.closed_at = timezone.now()
    standing.save()
    record_change(
        actor,
        "voting",
        standing.pk,
        "closed",
        {"tally": dict(tally.votes), "outcome": outcome.value, "winner": standing.winner, **proof},
    )
    if outcome is Outcome.ADOPTED:
        item = standing.item
        register_resolution(
            Body.MEETING,
            item.meeting.day,
            standing.question,
            item.text,
            standing.result_words,
            voting=standing,
        )


def locked_voting(voting: Voting) -> Voting:
    """The row as it stands, locked until the transaction ends: votes and the close go one after the other."""
    return Voting.objects.select_for_update(of=("self",)).select_related("item__meeting").get(pk=voting.pk)


def check_open(voting: Voting, choice: str | None = None) -> Voting:
    """The locked row of an open vote. Raises MeetingRefusedError before the opening, after the close, and for what was not offered."""
    standing = locked_voting(voting)
    if standing.opened_at is None:
        raise MeetingRefusedError(gettext("This vote is not open yet."))
    if standing.closed_at is not None:
        raise MeetingRefusedError(
            gettext(
                "This vote is closed: no vote is taken any more. Where it was closed too early, only the chair can put the question again."
            )
        )
    if choice is not None and choice not in {key for key, _label in standing.choices}:
        raise MeetingRefusedError(gettext("Choose one of the answers."))
    return standing


def _keep_open(rows: list[VoterRow], choice: str) -> None:
    for row in rows:
        OpenVote.objects.update_or_create(voter=row, defaults={"choice": choice})
    VoterRow.objects.filter(pk__in=[row.pk for row in rows]).update(state=VoterState.OPEN)


def _locked_meeting(voting: Voting) -> Meeting:
    return Meeting.objects.select_for_update().get(pk=voting.item.meeting_id)


def _refuse_too_late(voting: Voting, meeting: Meeting) -> None:
    item = voting.item
    if item.kind == ItemKind.PROCEDURE:
        return
    last = last_announcement_day(meeting)
    if item.announced_on is not None and item.announced_on <= last:
        return
    there, everybody, _enough = quorum(meeting)
    if there < everybody:
        raise MeetingRefusedError(
            gettext(
                "This item was not announced by %(day)s (§ 46 Abs. 2 GenG). It can be discussed, but resolved only when all members are represented."
            )
            % {"day": date_format(last, "SHORT_DATE_FORMAT")}
        )
