# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Budgets and quotas: how much a cost centre, a project or a person may print in a period.

A soft budget warns, a hard one refuses before the release. Amounts are whole numbers in the database, sheets or ten-thousandths of a
euro, so that nothing is lost to rounding and the database can compare them exactly. `BudgetUse` has, per period, what was
counted and what is reserved by jobs on their way (`budget_reservations`).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

#: Parts of a euro that are counted.
EURO_PARTS: Final = 10_000


class BudgetPeriod(models.TextChoices):
    MONTH = "month", _("per month")
    QUARTER = "quarter", _("per quarter")
    YEAR = "year", _("per year")


class BudgetUnit(models.TextChoices):
    SHEETS = "sheets", _("sheets")
    EUROS = "euros", _("euros")


class Budget(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    #: One of the two.
    cost_centre = models.ForeignKey(
        CostCentre, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    period = models.CharField(_("period"), max_length=7, choices=BudgetPeriod.choices)
    unit = models.CharField(_("unit"), max_length=6, choices=BudgetUnit.choices)
    #: Sheets, or ten-thousandths of a euro.
    limit_parts = models.BigIntegerField()
    is_hard = models.BooleanField(_("refuse what goes beyond it"), default=False)
    #: Whom to ask for more, as it is shown at the device.
    contact = models.CharField(_("whom to ask"), max_length=120, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.CheckConstraint(
                condition=Q(cost_centre__isnull=True, person__isnull=False)
                | Q(cost_centre__isnull=False, person__isnull=True),
                name="budget_has_one_bearer",
            ),
            models.CheckConstraint(condition=Q(limit_parts__gte=0), name="budget_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.cost_centre or self.person)

    @property
    def limit(self) -> Decimal:
        return from_parts(self.limit_parts, self.unit)


class BudgetUse(models.Model):
    """Of one budget in one period, named by its first day."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="uses")
    period_start = models.DateField()
    used_parts = models.BigIntegerField(default=0)
    reserved_parts = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "period_start"], name="budget_use_once")]

    def __str__(self) -> str:
        return f"{self.budget_id} from {self.period_start}: {self.used_parts}"


class BudgetReservation(models.Model):
    """What one released job may use, until it is counted or comes back."""

    use = models.ForeignKey(BudgetUse, on_delete=models.CASCADE, related_name="reservations")
    job_number = models.BigIntegerField(db_index=True)
    parts = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["use", "job_number"], name="budget_reserved_once")]

    def __str__(self) -> str:
        return f"job {self.job_number}: {self.parts}"


def from_parts(parts: int, unit: str) -> Decimal:
    """Sheets, or euros."""
    return Decimal(parts) / EURO_PARTS if unit == BudgetUnit.EUROS else Decimal(parts)


def to_parts(amount: Decimal, unit: str) -> int:
    return int((amount * EURO_PARTS).to_integral_value()) if unit == BudgetUnit.EUROS else int(amount)


def period_of(period: str, day: date) -> tuple[date, date]:
    """First and last day of the period that has `day`."""
    months = {BudgetPeriod.MONTH: 1, BudgetPeriod.QUARTER: 3, BudgetPeriod.YEAR: 12}[BudgetPeriod(period)]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    following = first
    for _month in range(months):
        following = (following + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)
