# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contributions: the dated scale that the general meeting adopts, and what a change of it means for each member.

Always holds: on a day at most one adopted scale is valid; a scale that was adopted is never changed, only ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.charges import Charge
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.member_list import members_on
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError
from allmende.cooperative.population import population_of
from allmende.cooperative.scale_arithmetic import (
    BillingPeriod,
    Bracket,
    Formula,
    NoBracketError,
    ProRata,
    Span,
    last_of_month,
    monthly_amount,
    period_of,
)
from allmende.cooperative.tax import Tax
from allmende.directory.people import Person

_ONE_DAY: Final = timedelta(days=1)


class ScaleKind(models.TextChoices):
    BRACKETS = "brackets", _("by brackets of inhabitants")
    FORMULA = "formula", _("by a formula")


class BillingChoice(models.TextChoices):
    MONTHLY = BillingPeriod.MONTHLY.value, _("monthly")
    QUARTERLY = BillingPeriod.QUARTERLY.value, _("quarterly")
    YEARLY = BillingPeriod.YEARLY.value, _("yearly")


class ProRataChoice(models.TextChoices):
    MONTHS_BEGUN = ProRata.MONTHS_BEGUN.value, _("every month begun counts in full")
    MONTHS_WHOLE = ProRata.MONTHS_WHOLE.value, _("only whole months count")
    DAYS = ProRata.DAYS.value, _("by days")


class Scale(models.Model):
    name = models.CharField(_("name"), max_length=100)
    #: A month's first day.
    first_day = models.DateField(_("valid from"))
    #: A month's last day; empty while no end is known.
    last_day = models.DateField(_("valid to"), null=True, blank=True)
    billing = models.CharField(_("charged"), max_length=10, choices=BillingChoice.choices)
    pro_rata = models.CharField(_("at entry and exit"), max_length=12, choices=ProRataChoice.choices)
    kind = models.CharField(_("measured"), max_length=10, choices=ScaleKind.choices)
    #: Brackets: `[[up to inhabitants or null, "euros a month"], …]`, ascending.
    brackets = models.JSONField(_("brackets"), default=list, blank=True)
    base = models.DecimalField(_("basic amount"), max_digits=12, decimal_places=4, null=True, blank=True)
    per_inhabitant = models.DecimalField(
        _("amount per inhabitant"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    least = models.DecimalField(_("at least"), max_digits=12, decimal_places=2, null=True, blank=True)
    most = models.DecimalField(_("at most"), max_digits=12, decimal_places=2, null=True, blank=True)
    tax = models.CharField(_("value-added tax"), max_length=1, choices=Tax.choices, default=Tax.OUTSIDE)
    #: By which it was adopted, e.g. "general meeting, 3 May 2026, item 7".
    resolution = models.CharField(_("resolution"), max_length=200, blank=True)
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-first_day", "-pk"]
        verbose_name = _("scale of contributions")
        verbose_name_plural = _("scales of contributions")

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> Sequence[Bracket] | Formula:
        if self.kind == ScaleKind.FORMULA:
            return Formula(self.base or ZERO, self.per_inhabitant or Decimal(0), self.least, self.most)
        return [Bracket(up_to, Decimal(amount)) for up_to, amount in self.brackets]

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a scale means for one member; euros a year, None where it can't be said (no number of inhabitants, no bracket)."""

    member: Member
    inhabitants: int | None
    before: Decimal | None
    after: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.before is None or self.after is None else self.after - self.before


def inhabitants_on(member: Member, day: date) -> int | None:
    """What a contribution from this day on is measured by: the figure of the last 31 December before, or the newest before that."""
    found = population_of(member, day.year - 1)
    return None if found is None else found.inhabitants


def scale_on(day: date) -> Scale | None:
    """The adopted scale that is valid on the day."""
    rows = Scale.objects.filter(adopted_at__isnull=False, first_day__lte=day)
    return rows.filter(models.Q(last_day__isnull=True) | models.Q(last_day__gte=day)).first()


def check_scale(scale: Scale, *, is_draft: bool = False) -> None:
    """Raises MoneyRefusedError: days, brackets, or another scale that is valid on some of its days.

    A draft may follow a scale that has no end yet: its effect is seen before anybody ends the one that is valid.
    """
    if scale.first_day.day != 1:
        raise MoneyRefusedError(gettext("A scale begins on the first day of a month."))
    if scale.last_day is not None and (
        scale.last_day < scale.first_day or scale.last_day != last_of_month(scale.last_day)
    ):
        raise MoneyRefusedError(gettext("A scale ends on the last day of a month, after it has begun."))
    if scale.kind == ScaleKind.BRACKETS:
        _check_brackets(scale.brackets)
    elif scale.base is None or scale.per_inhabitant is None or scale.base < 0 or scale.per_inhabitant < 0:
        raise MoneyRefusedError(gettext("The formula needs a basic amount and an amount per inhabitant."))
    elif scale.least is not None and scale.most is not None and scale.most < scale.least:
        raise MoneyRefusedError(gettext("“At most” is less than “at least”: correct one of the two."))
    others = Scale.objects.filter(adopted_at__isnull=False).exclude(pk=scale.pk)
    others = others.filter(models.Q(last_day__isnull=True) | models.Q(last_day__gte=scale.first_day))
    if scale.last_day is not None:
        others = others.filter(first_day__lte=scale.last_day)
    if is_draft:
        others = others.exclude(last_day__isnull=True, first_day__lt=scale.first_day)
    other = others.first()
    if other is not None:
        raise MoneyRefusedError(
            gettext("The scale “%(name)s” is valid on these days too. End that one on %(day)s first.")
            % {"name": other.name, "day": date_format(scale.first_day - _ONE_DAY, "SHORT_DATE_FORMAT")}
        )


def effects_of(scale: Scale) -> list[Effect]:
    """For every member on the scale's first day, beside the scale that is valid the day before; by member number."""
    old = scale_on(scale.first_day - _ONE_DAY)
    found = []
    for listed in members_on(scale.first_day):
        inhabitants = inhabitants_on(listed.member, scale.first_day)
        before = ZERO if old is None else _yearly(old, inhabitants)
        found.append(Effect(listed.member, inhabitants, before, _yearly(scale, inhabitants)))
    return found


def adopt_scale(actor: Person, scale: Scale, resolution: str) -> None:
    """Raises MoneyRefusedError."""
    with transaction.atomic():
        # All scales at once: two that overlap can't be adopted at the same moment.
        list(Scale.objects.select_for_update())
        standing = Scale.objects.get(pk=scale.pk)
        if standing.adopted_at is not None:
            raise MoneyRefusedError(gettext("This scale is adopted already."))
        check_scale(standing)
        standing.resolution, standing.adopted_at, standing.adopted_by = resolution, timezone.now(), actor
        standing.save(update_fields=["resolution", "adopted_at", "adopted_by"])
        record_change(
            actor, "scale", standing.pk, "adopted", {"name": standing.name, "resolution": resolution}
        )
    scale.refresh_from_db()


def end_scale(actor: Person, scale: Scale, last_day: date) -> None:
    """Raises MoneyRefusedError: no month's end, before it began, or days of it were charged already."""
    if last_day != last_of_month(last_day) or last_day < scale.first_day:
        raise MoneyRefusedError(gettext("A scale ends on the last day of a month, after it has begun."))
    with transaction.atomic():
        charged = Charge.objects.filter(source_key__startswith=f"contribution:{scale.pk}:")
        last = charged.aggregate(day=models.Max("last_day"))["day"]
        if last is not None and last > last_day:
            raise MoneyRefusedError(
                gettext("Contributions are charged up to %(day)s by this scale: end it on that day or later.")
                % {"day": date_format(last, "SHORT_DATE_FORMAT")}
            )
        scale.last_day = last_day
        scale.save(update_fields=["last_day"])
        record_change(actor, "scale", scale.pk, "ended", {"last_day": last_day})


def period_with(scale: Scale, day: date) -> Span:
    """The scale's charging period that the day lies in, cut to the days on which the scale is valid."""
    whole = period_of(day, BillingPeriod(scale.billing))
    last = (
        whole.last_day
        if scale.last_day is None or whole.last_day is None
        else min(whole.last_day, scale.last_day)
    )
    return Span(max(whole.first_day, scale.first_day), last)


def _yearly(scale: Scale, inhabitants: int | None) -> Decimal | None:
    if inhabitants is None:
        return None
    try:
        return monthly_amount(scale.rule, inhabitants) * 12
    except NoBracketError:
        return None


def _check_brackets(brackets: Any) -> None:
    if not brackets:
        raise MoneyRefusedError(gettext("The scale needs at least one bracket."))
    before = -1
    for index, (up_to, amount) in enumerate(brackets):
        is_last = index == len(brackets) - 1
        if up_to is None and not is_last:
            raise MoneyRefusedError(gettext("Only the last bracket can be without an upper end."))
        if up_to is not None and up_to <= before:
            raise MoneyRefusedError(
                gettext("Brackets must rise: each ends at more inhabitants than the one before.")
            )
        if Decimal(amount) < 0:
            raise MoneyRefusedError(gettext("A contribution can't be negative."))
        before = before if up_to is None else up_to
