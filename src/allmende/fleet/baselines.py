# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The baseline: what printing cost before the contract, each amount with the document it is from.

Always holds: a version is written once and never changes; a correction is a further version with a reason. The latest one counts. Amounts
are as their document has them, net or gross, for the time that the document is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final, NoReturn

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.proof.case import CostKind, Per, Tax

MOST_ROWS: Final = 500


class KindChoice(models.TextChoices):
    DEVICES = CostKind.DEVICES.value, _("Devices (purchase, rent, leasing)")
    CONSUMABLES = CostKind.CONSUMABLES.value, _("Toner and other consumables")
    SERVICE = CostKind.SERVICE.value, _("Service and repair")
    PAPER = CostKind.PAPER.value, _("Paper")
    ENERGY = CostKind.ENERGY.value, _("Energy")
    OTHER = CostKind.OTHER.value, _("Other")


class PerChoice(models.TextChoices):
    YEAR = Per.YEAR.value, _("each year")
    QUARTER = Per.QUARTER.value, _("each quarter")
    MONTH = Per.MONTH.value, _("each month")
    TERM = Per.TERM.value, _("once, for a number of months")
    SPAN = Per.SPAN.value, _("for the days from … to …")


class TaxChoice(models.TextChoices):
    GROSS = Tax.GROSS.value, _("gross, with value added tax")
    NET = Tax.NET.value, _("net, without value added tax")


class BaselineClosedError(Exception):
    """A version of the baseline is not changed; save a further one."""


class _WrittenOnce(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise BaselineClosedError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        del args, kwargs
        raise BaselineClosedError


class Baseline(_WrittenOnce):
    """One version. Pages and devices are those of a year before; None: not known."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="baselines")
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    #: Which side of the tax the proof compares: a town without input tax deduction pays gross.
    compares = models.CharField(max_length=5, choices=TaxChoice.choices, default=TaxChoice.GROSS)
    pages_mono = models.PositiveBigIntegerField(null=True)
    pages_colour = models.PositiveBigIntegerField(null=True)
    devices = models.PositiveIntegerField(null=True)
    document = models.CharField(max_length=300, blank=True)
    #: To the cooperative: euros a month, and the share that is paid back on exit.
    contribution = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    share = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    membership_document = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        constraints = [models.UniqueConstraint(fields=["municipality", "number"], name="baseline_once")]

    def __str__(self) -> str:
        return f"{self.municipality} {self.number}"


class BaselineRow(_WrittenOnce):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    baseline = models.ForeignKey(Baseline, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=KindChoice.choices)
    name = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    per = models.CharField(max_length=10, choices=PerChoice.choices)
    months = models.PositiveIntegerField(null=True)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    tax = models.CharField(max_length=5, choices=TaxChoice.choices)
    tax_percent = models.DecimalField(max_digits=5, decimal_places=2)
    document = models.CharField(max_length=300)
    document_day = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True)
    #: Whether the contract takes its place. What goes on is compared on both sides.
    is_replaced = models.BooleanField(default=True)
    #: What goes on costs this now, for the same time; None: assumed to cost the same.
    amount_now = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        ordering = ["position"]
        verbose_name = _("row of the baseline")
        verbose_name_plural = _("rows of the baseline")
        constraints = [models.UniqueConstraint(fields=["baseline", "position"], name="baseline_row_once")]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class RowValues:
    """A row as somebody enters it; the names are those of `BaselineRow`."""

    kind: str
    name: str
    amount: Decimal
    per: str
    document: str
    months: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    tax: str = Tax.GROSS.value
    tax_percent: Decimal = Decimal(19)
    document_day: date | None = None
    note: str = ""
    is_replaced: bool = True
    amount_now: Decimal | None = None


@dataclass(frozen=True, slots=True)
class HeadValues:
    """What stands above the rows; the names are those of `Baseline`."""

    compares: str = Tax.GROSS.value
    pages_mono: int | None = None
    pages_colour: int | None = None
    devices: int | None = None
    document: str = ""
    contribution: Decimal | None = None
    share: Decimal | None = None
    membership_document: str = ""


class StaleBaselineError(Exception):
    """Somebody else saved a version meanwhile: look at that one first."""


def find_baseline(municipality: Municipality, number: int | None = None) -> Baseline | None:
    """The latest version, or the one with this number."""
    rows = Baseline.objects.filter(municipality=municipality)
    if number is not None:
        rows = rows.filter(number=number)
    return rows.order_by("-number").first()


def access_baseline_for(municipality: Municipality, number: int) -> Baseline:
    found = find_baseline(municipality, number)
    if found is None:
        raise Http404
    return found


def save_baseline(
    actor: Person,
    municipality: Municipality,
    head: HeadValues,
    rows: Sequence[RowValues],
    *,
    reason: str,
    after: int,
) -> Baseline:
    """A further version. `after` is the number that was being looked at, 0 where there was none.

    Raises PermissionDenied, StaleBaselineError; ValueError for more than MOST_ROWS.
    """
    if not may_keep_contracts(actor, municipality.pk):
        raise PermissionDenied
    if len(rows) > MOST_ROWS:
        raise ValueError
    with transaction.atomic():
        Municipality.objects.select_for_update().get(pk=municipality.pk)
        latest = find_baseline(municipality)
        number = latest.number if latest else 0
        if number != after:
            raise StaleBaselineError
        made = Baseline.objects.create(
            municipality=municipality,
            number=number + 1,
            created_by=actor,
            reason=reason,
            **_as_dict(head),
        )
        BaselineRow.objects.bulk_create(
            BaselineRow(municipality=municipality, baseline=made, position=position, **_as_dict(row))
            for position, row in enumerate(rows, 1)
        )
        record_audit(
            municipality,
            actor,
            "baseline.saved",
            f"baseline:{made.number}",
            version=made.number,
            rows=len(rows),
        )
    return made


def head_of(baseline: Baseline | None) -> HeadValues:
    if baseline is None:
        return HeadValues()
    return HeadValues(**{each.name: getattr(baseline, each.name) for each in fields(HeadValues)})


def rows_of(baseline: Baseline | None) -> list[RowValues]:
    if baseline is None:
        return []
    return [
        RowValues(**{each.name: getattr(row, each.name) for each in fields(RowValues)})
        for row in baseline.rows.all()
    ]


def _as_dict(values: HeadValues | RowValues) -> dict[str, Any]:
    return {each.name: getattr(values, each.name) for each in fields(values)}
