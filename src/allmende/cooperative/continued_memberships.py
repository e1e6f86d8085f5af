# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Memberships of dissolved bodies that their legal successor continues until the end of the financial year (§ 77a GenG).

Always holds: it follows from the exits alone, so an exit that is revoked takes it back by itself; a membership is continued by one body at a time, also
where the successor is dissolved in the same year; a new body is a member in its own right from the next financial year on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import models

from allmende.cooperative.exits import MemberExit
from allmende.cooperative.legal_rules import financial_year_on
from allmende.cooperative.member_list import ExitReason, Membership
from allmende.cooperative.members import Member
from allmende.cooperative.scale_arithmetic import Span

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Continued:
    """Both days are included."""

    predecessor: Member
    first_day: date
    last_day: date

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    @property
    def span(self) -> Span:
        return Span(self.first_day, self.last_day)


def continued_by(member: Member) -> list[Continued]:
    """What the member continues, or continued once, for others; the earliest first. Raises UnknownRuleError."""
    found = _taken_on(member)
    own = _dissolutions().filter(member=member, pay_out_to__isnull=False).first()
    if own is not None:
        found = [
            Continued(each.predecessor, each.first_day, min(each.last_day, own.last_day))
            for each in found
            if each.first_day <= own.last_day
        ]
    return sorted(found, key=lambda each: (each.first_day, each.predecessor.pk))


def _taken_on(member: Member) -> list[Continued]:
    """To the end of the financial year, whatever becomes of the member itself."""
    found: list[Continued] = []
    for ended in _dissolutions().filter(pay_out_to=member).select_related("member"):
        first = ended.last_day + _ONE_DAY
        found.append(Continued(ended.member, first, financial_year_on(first).last_day))
        # What the dissolved body had taken on itself goes on with its successor.
        found += [
            Continued(each.predecessor, first, each.last_day)
            for each in _taken_on(ended.member)
            if each.holds_on(first)
        ]
    return found


def successor_of(member: Member) -> Member | None:
    """Who stands in for a dissolved body today, over all steps; None where nobody does."""
    found: Member | None = None
    seen = {member.pk}
    at = member
    while (ended := _dissolutions().filter(member=at, pay_out_to__isnull=False).first()) is not None:
        heir = ended.pay_out_to
        if heir is None or heir.pk in seen:
            break
        seen.add(heir.pk)
        found = at = heir
    return found


def continued_until(member: Member) -> Span | None:
    """The days after the member's dissolution on which its membership goes on with others; None where it was not dissolved."""
    ended = _dissolutions().filter(member=member, pay_out_to__isnull=False).first()
    if ended is None:
        return None
    first = ended.last_day + _ONE_DAY
    return Span(first, financial_year_on(first).last_day)


def own_spans(memberships: Sequence[Membership]) -> list[Span]:
    """The days of membership that are not the continuing of another's; a membership that began so is its own from the next financial year on."""
    found = []
    for each in memberships:
        first = each.first_day
        if each.began_by_succession:
            first = financial_year_on(first).last_day + _ONE_DAY
        if each.last_day is None or first <= each.last_day:
            found.append(Span(first, each.last_day))
    return found


def _dissolutions() -> models.QuerySet[MemberExit]:
    rows = MemberExit.objects.filter(reason=ExitReason.DISSOLUTION, revoked_at__isnull=True)
    return rows.order_by("last_day", "pk")
