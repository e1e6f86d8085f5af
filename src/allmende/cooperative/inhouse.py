# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""May members give the cooperative orders without a tender (§ 108 GWB)? Watched, with a warning before it is lost.

Two conditions can be reckoned here: no private owner (Abs. 4 and 1, Nr. 3), and more than the share of its activities that the law names carried
out for its members (Abs. 4 Nr. 2), measured by the average turnover of the three years before (Abs. 7). Control in common (Abs. 4 Nr. 1 and Abs. 5) follows
from the statutes and is no arithmetic: the page says that it must be looked at. Always holds: the limits are dated rules of law; a missing year
makes the answer "not known", never "yes"; a company of a municipality counts as to be looked at, since it may have a private partner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.member_list import members_on
from allmende.cooperative.members import Member, MemberKind
from allmende.directory.people import Person

#: Keys of the rules; the first three of the law, the last the office's own.
SHARE_RULE: Final = "competition_act.108.share"
YEARS_RULE: Final = "competition_act.108.years"
OWNERS_RULE: Final = "competition_act.108.owners"
WARNING_RULE: Final = "office.inhouse.warning"
_PLACES: Final = Decimal("0.01")


class TurnoverYear(models.Model):
    """One year's turnover in euros, net, from the annual accounts."""

    year = models.PositiveSmallIntegerField(
        _("year"), unique=True, validators=[MinValueValidator(1990), MaxValueValidator(2200)]
    )
    total = models.DecimalField(
        _("turnover in all"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    with_members = models.DecimalField(
        _("of it for members, and bodies that they control"),
        max_digits=14,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    source = models.CharField(_("where the figures are from"), max_length=300)

    class Meta:
        ordering = ["-year"]
        verbose_name = _("turnover of a year")
        verbose_name_plural = _("turnover of years")

    def __str__(self) -> str:
        return str(self.year)

    def clean(self) -> None:
        if None not in (self.total, self.with_members) and self.with_members > self.total:
            raise ValidationError(
                {"with_members": gettext("This is more than the whole turnover. Check both amounts.")}
            )

    @property
    def percent(self) -> Decimal | None:
        return percent_of([self])


class Standing(StrEnum):
    FULFILLED = "fulfilled"
    NEAR = "near"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Assessment:
    """`percent` over `first_year` to `last_year`; None while a year is missing or nothing was turned over."""

    standing: Standing
    first_year: int
    last_year: int
    percent: Decimal | None
    limit: Decimal
    warn_at: Decimal
    missing: tuple[int, ...]
    #: Private owners; one of them is enough to lose it.
    private: tuple[Member, ...]
    #: To be looked at by a person.
    doubtful: tuple[Member, ...]


def percent_of(rows: Iterable[TurnoverYear]) -> Decimal | None:
    """Of the sums, as of their averages; rounded down, so that the limit is never reached by rounding. None without turnover."""
    kept = list(rows)
    total = sum((row.total for row in kept), Decimal(0))
    if not total:
        return None
    return (sum((row.with_members for row in kept), Decimal(0)) * 100 / total).quantize(_PLACES, ROUND_DOWN)


def judge(
    percent: Decimal | None, limit: Decimal, warn_at: Decimal, *, has_private: bool, is_complete: bool
) -> Standing:
    """The law asks for more than `limit` percent: exactly as much is not enough."""
    if has_private:
        return Standing.LOST
    if percent is None or not is_complete:
        return Standing.UNKNOWN
    if percent <= limit:
        return Standing.LOST
    return Standing.NEAR if percent < warn_at else Standing.FULFILLED


def assess_inhouse(day: date) -> Assessment:
    """As of an order on `day`. Raises UnknownRuleError where no rule is known for that day."""
    limit, warn_at = rule_on(SHARE_RULE, day).amount, rule_on(WARNING_RULE, day).amount
    count = int(rule_on(YEARS_RULE, day).amount)
    wanted = range(day.year - count, day.year)
    rows = {row.year: row for row in TurnoverYear.objects.filter(year__in=wanted)}
    missing = tuple(year for year in wanted if year not in rows)
    owners = [listed.member for listed in members_on(day)]
    private = _of_kind(owners, MemberKind.PRIVATE)
    percent = None if missing else percent_of(rows.values())
    return Assessment(
        standing=judge(percent, limit, warn_at, has_private=bool(private), is_complete=not missing),
        first_year=wanted[0],
        last_year=wanted[-1],
        percent=percent,
        limit=limit,
        warn_at=warn_at,
        missing=missing,
        private=private,
        doubtful=_of_kind(owners, MemberKind.PUBLIC_COMPANY),
    )


def enter_turnover(
    actor: Person, year: int, total: Decimal, with_members: Decimal, source: str
) -> TurnoverYear:
    """Enter a year, or correct it; the chain of changes keeps both. Raises ValidationError."""
    with transaction.atomic():
        row = TurnoverYear.objects.select_for_update().filter(year=year).first()
        before = {"total": row.total, "with_members": row.with_members} if row else None
        row = row or TurnoverYear(year=year)
        row.total, row.with_members, row.source = total, with_members, source
        row.full_clean()
        row.save()
        after = {"total": total, "with_members": with_members, "source": source, "before": before}
        record_change(actor, "turnover", year, "entered", after)
    return row


def _of_kind(owners: Sequence[Member], kind: MemberKind) -> tuple[Member, ...]:
    return tuple(owner for owner in owners if owner.kind == kind)
