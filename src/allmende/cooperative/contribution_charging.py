# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a period of contributions comes to for each member, and charging it.

Always holds: what a period comes to is compared with what was charged for it before, and only the difference is charged, so a run may be
repeated, and an exit that becomes known later gives back what was charged too much.
A dissolved body's contribution goes on with its legal successor until the end of the financial year (§ 77a GenG): what was charged to the
predecessor stays there, the successor is charged the rest, and both together are exactly what the membership comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext

from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.continued_memberships import Continued, continued_by, continued_until, own_spans
from allmende.cooperative.contributions import Scale, inhabitants_on, period_with, scale_on
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.member_list import Membership, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, summed
from allmende.cooperative.scale_arithmetic import (
    NoBracketError,
    ProRata,
    Span,
    month_due,
    monthly_amount,
    months_of,
)
from allmende.cooperative.tax import Tax
from allmende.directory.people import Person


@dataclass(frozen=True, slots=True)
class Due:
    """What a period comes to for one member, what was charged for it, and what is charged now (may be negative)."""

    member: Member
    scale: Scale
    period: Span
    inhabitants: int | None
    target: Decimal
    charged: Decimal
    problem: str = ""
    #: Whose membership the member continues in this period.
    continues: tuple[Member, ...] = ()

    @property
    def amount(self) -> Decimal:
        return ZERO if self.problem else self.target - self.charged


class _UnknownAmountError(Exception):
    """In the reader's language: why it can't be reckoned."""


def due_contributions(day: date) -> list[Due]:
    """What the period with this day comes to, of every body that is a member on one of its days; by name.

    Raises MoneyRefusedError where no scale is valid, UnknownRuleError.
    """
    scale = scale_on(day)
    if scale is None:
        raise MoneyRefusedError(
            gettext("No adopted scale is valid on %(day)s: enter one and adopt it first.")
            % {"day": date_format(day, "SHORT_DATE_FORMAT")}
        )
    period = period_with(scale, day)
    found = []
    for member in Member.objects.filter(list_entries__isnull=False).distinct():
        memberships = memberships_of(member)
        due = contribution_of(scale, member, period, memberships)
        if due.charged or any(_touches(each, period) for each in memberships):
            found.append(due)
    return found


def contribution_of(scale: Scale, member: Member, period: Span, memberships: Sequence[Membership]) -> Due:
    """The inhabitants are those known for the first day of the scale's period."""
    charged = _charged(scale, member, period)
    own = _spans_to(member, memberships, None)
    continued = [each for each in continued_by(member) if _overlaps(each.span, period)]
    counted = [member] if any(_overlaps(span, period) for span in own) else []
    figures = [
        inhabitants_on(each, period.first_day) for each in counted or [c.predecessor for c in continued]
    ]
    inhabitants = None if None in figures or not figures else sum(each or 0 for each in figures)
    try:
        target = _own_target(scale, member, period, memberships)
        target += _continued_parts(scale, continued, period)
    except _UnknownAmountError as error:
        return Due(member, scale, period, inhabitants, ZERO, charged, str(error))
    heirs_of = tuple(dict.fromkeys(each.predecessor for each in continued))
    return Due(member, scale, period, inhabitants, target, charged, continues=heirs_of)


def charge_contributions(actor: Person | None, day: date, *, expected: Decimal | None = None) -> list[Charge]:
    """Charge what is due for the period with this day; nothing where all is charged.

    `expected` is the sum that was shown before; where it is another by now, nothing is charged. Raises MoneyRefusedError, UnknownRuleError.
    """
    with transaction.atomic():
        list(Scale.objects.select_for_update())
        dues = [due for due in due_contributions(day) if due.amount]
        total = sum((due.amount for due in dues), ZERO)
        if expected is not None and total != expected:
            raise MoneyRefusedError(
                gettext("Something has changed meanwhile. Please look at the amounts again.")
            )
        made = [_charge(due) for due in dues]
        if made:
            record_change(
                actor,
                "contributions",
                str(dues[0].period.first_day),
                "charged",
                {"sum": total, "members": len(made)},
            )
    return made


def correct_contributions(member: Member, since: date) -> list[Charge]:
    """After the membership's end was recorded or taken back: for each period with `since` or a later day that was charged, the difference.

    Charges wait for the next run of invoices, so the office sees them before anything goes out. Raises UnknownRuleError.
    """
    with transaction.atomic():
        list(Scale.objects.select_for_update())
        rows = Charge.objects.filter(
            member=member, kind=ChargeKind.CONTRIBUTION, last_day__gte=since
        ).order_by("first_day", "pk")
        periods = dict.fromkeys((_scale_of(row), row.first_day, row.last_day) for row in rows)
        memberships = memberships_of(member)
        made = []
        for scale_id, first, last in periods:
            scale = Scale.objects.get(pk=scale_id)
            due = contribution_of(scale, member, Span(first, last), memberships)
            if due.amount:
                made.append(_charge(due))
        if made:
            values = {"sum": sum((each.net for each in made), ZERO), "since": since}
            record_change(None, "contributions", member.pk, "corrected", values)
    return made


def _own_target(scale: Scale, member: Member, period: Span, memberships: Sequence[Membership]) -> Decimal:
    """A dissolved body keeps what it was charged, as far as its membership goes on with its successor and it was not for others."""
    own = _amount(scale, member, period, _spans_to(member, memberships, None))
    until = continued_until(member)
    if until is None:
        return own
    whole = _amount(scale, member, period, _spans_to(member, memberships, until.last_day))
    for_others = _continued_parts(scale, continued_by(member), period)
    return min(whole, max(own, _charged(scale, member, period) - for_others))


def _continued_parts(scale: Scale, continued: Iterable[Continued], period: Span) -> Decimal:
    touching = (each for each in continued if _overlaps(each.span, period))
    return sum((_continued_part(scale, each, period) for each in touching), ZERO)


def _continued_part(scale: Scale, continued: Continued, period: Span) -> Decimal:
    """What the membership comes to by the last day of the continuing, less what it came to before; what the predecessor keeps counts as before."""
    before = continued.predecessor
    memberships = memberships_of(before)
    kept = _own_target(scale, before, period, memberships)

    def upto(day: date) -> Decimal:
        return max(kept, _amount(scale, before, period, _spans_to(before, memberships, day)))

    return upto(continued.last_day) - upto(continued.first_day - timedelta(days=1))


def _spans_to(member: Member, memberships: Sequence[Membership], day: date | None) -> list[Span]:
    """The member's own days; with a `day`, together with those up to it on which others continue the membership."""
    spans = own_spans(memberships)
    until = continued_until(member) if day is not None else None
    if day is None or until is None or until.last_day is None:
        return spans
    eve, last = until.first_day - timedelta(days=1), min(day, until.last_day)
    return [Span(each.first_day, last) if each.last_day == eve and last > eve else each for each in spans]


def _amount(scale: Scale, member: Member, period: Span, spans: Iterable[Span]) -> Decimal:
    """Raises _UnknownAmountError."""
    touching = [each for each in spans if _overlaps(each, period)]
    if not touching:
        return ZERO
    inhabitants = inhabitants_on(member, period.first_day)
    words = {"name": member.name}
    if inhabitants is None:
        raise _UnknownAmountError(
            gettext("The number of inhabitants of %(name)s is missing: enter it with the member.") % words
        )
    try:
        monthly = monthly_amount(scale.rule, inhabitants)
    except NoBracketError as error:
        raise _UnknownAmountError(
            gettext("No bracket of the scale reaches the number of inhabitants of %(name)s.") % words
        ) from error
    rule = ProRata(scale.pro_rata)
    return sum((month_due(monthly, month, touching, rule) for month in months_of(period)), ZERO)


def _charge(due: Due) -> Charge:
    first, last = due.period.first_day, due.period.last_day or due.period.first_day
    prefix = _key_prefix(due.scale, due.member, due.period)
    count = Charge.objects.filter(source_key__startswith=prefix).count()
    # Invoices speak German, whoever's page starts the run.
    words = f"Mitgliedsbeitrag {first:%d.%m.%Y} bis {last:%d.%m.%Y}"
    if due.charged:
        words = f"{words}, Berichtigung"
    if due.continues:
        words = f"{words}, auch als Rechtsnachfolger von {', '.join(each.name for each in due.continues)}"
    return add_member_charge(
        due.member,
        source_key=f"{prefix}{count + 1}",
        kind=ChargeKind.CONTRIBUTION,
        text=words,
        first_day=first,
        last_day=last,
        net=due.amount,
        tax=Tax(due.scale.tax),
    )


def _charged(scale: Scale, member: Member, period: Span) -> Decimal:
    rows = Charge.objects.filter(source_key__startswith=_key_prefix(scale, member, period))
    return summed(rows.aggregate(sum=Sum("net"))["sum"])


def _key_prefix(scale: Scale, member: Member, period: Span) -> str:
    return f"contribution:{scale.pk}:{member.pk}:{period.first_day.isoformat()}:"


def _scale_of(charge: Charge) -> int:
    return int(charge.source_key.split(":")[1])


def _touches(membership: Membership, period: Span) -> bool:
    return _overlaps(Span(membership.first_day, membership.last_day), period)


def _overlaps(span: Span, period: Span) -> bool:
    begins = period.last_day is None or span.first_day <= period.last_day
    return begins and (span.last_day is None or span.last_day >= period.first_day)
