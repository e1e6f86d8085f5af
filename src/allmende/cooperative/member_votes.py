# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many votes a member has (§ 43 Abs. 3 GenG): one, unless a dated row of the statutes gives it more.

Always holds: of one member at most one row is valid on a day; a row is ended, never deleted or rewritten; never more votes than the law allows, and one
vote each in resolutions that need three quarters by law; a legal successor has the votes of whom it continues while it continues it (§ 77a GenG).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.continued_memberships import continued_by
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.meeting_rules import ONE_VOTE_EACH, VOTES_LIMIT
from allmende.cooperative.meetings import MeetingRefusedError
from allmende.cooperative.members import Member
from allmende.directory.people import Person


class MemberVotes(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    votes = models.PositiveSmallIntegerField(_("votes"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)

    class Meta:
        ordering = ["member__name", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["member", "valid_from"], name="member_votes_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.votes}"

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def votes_of(member: Member, day: date, majority_kind: str) -> int:
    """How many votes the member has on `day` in a vote that needs this majority. Raises UnknownRuleError."""
    return 1 if majority_kind in ONE_VOTE_EACH else votes_on(member, day)


def votes_on(member: Member, day: date) -> int:
    """By the statutes, as far as the law allows; of those whom the member continues, the most. Raises UnknownRuleError."""
    found = [_row_on(member, day)]
    found += [
        _row_on(each.predecessor, each.first_day - timedelta(days=1))
        for each in continued_by(member)
        if each.holds_on(day)
    ]
    most = max((row.votes for row in found if row is not None), default=1)
    return max(1, min(most, int(rule_on(VOTES_LIMIT, day).amount)))


def rows_of(member: Member) -> models.QuerySet[MemberVotes]:
    """The newest first."""
    return MemberVotes.objects.filter(member=member).order_by("-valid_from")


@transaction.atomic
def add_votes(actor: Person, row: MemberVotes) -> MemberVotes:
    """Raises MeetingRefusedError: more than the law allows, or days on which another row is valid; UnknownRuleError."""
    limit = int(rule_on(VOTES_LIMIT, row.valid_from).amount)
    if not 1 <= row.votes <= limit:
        raise MeetingRefusedError(
            gettext(
                "A member has one vote at least, and the law allows no more than %(limit)d (§ 43 Abs. 3 GenG)."
            )
            % {"limit": limit}
        )
    _check_end(row, row.valid_to)
    list(Member.objects.select_for_update().filter(pk=row.member_id))
    others = MemberVotes.objects.filter(member=row.member_id)
    others = others.filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=row.valid_from))
    if row.valid_to is not None:
        others = others.filter(valid_from__lte=row.valid_to)
    other = others.order_by("valid_from").first()
    if other is not None:
        raise MeetingRefusedError(
            gettext("The row from %(day)s is valid on these days too: end it first, on the day before.")
            % {"day": _short(other.valid_from)}
        )
    row.save(force_insert=True)
    values = {"member": row.member_id, "votes": row.votes, "from": row.valid_from, "source": row.source}
    record_change(actor, "member_votes", row.pk, "added", {**values, "to": row.valid_to})
    return row


@transaction.atomic
def end_votes(actor: Person, row: MemberVotes, last_day: date) -> None:
    """Raises MeetingRefusedError: before it began, or ended already."""
    standing = MemberVotes.objects.select_for_update().get(pk=row.pk)
    if standing.valid_to is not None and standing.valid_to <= last_day:
        raise MeetingRefusedError(
            gettext("This row ends on %(day)s already: choose an earlier day, or add a new row.")
            % {"day": _short(standing.valid_to)}
        )
    _check_end(standing, last_day)
    standing.valid_to = last_day
    standing.save(update_fields=["valid_to"])
    record_change(actor, "member_votes", standing.pk, "ended", {"member": standing.member_id, "to": last_day})


def _check_end(row: MemberVotes, last_day: date | None) -> None:
    if last_day is not None and last_day < row.valid_from:
        raise MeetingRefusedError(
            gettext("It would end before it begins on %(day)s: correct one of the two days.")
            % {"day": _short(row.valid_from)}
        )


def _row_on(member: Member, day: date) -> MemberVotes | None:
    return next((row for row in rows_of(member) if row.holds_on(day)), None)


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
