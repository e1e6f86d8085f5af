# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Settlements as they were closed: lines, the readings behind them, and who bears them.

Always holds: rows are written once, when a settlement is closed, and never change. A correction is a further version: it takes back every
line of the version before (`is_reversal`) and settles anew, so its total is what is still to be paid or credited. Amounts are net; tax
stands by rate in `taxes`, and by cost centre in `centres`, both to the cent and equal in sum.
"""

from __future__ import annotations

from typing import Any, NoReturn, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.contracts import Contract


class ClosedError(Exception):
    """A closed settlement is not changed; correct it by a new version."""


class ClosedRows(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> NoReturn:
        del kwargs
        raise ClosedError

    def delete(self) -> NoReturn:
        raise ClosedError


class ClosedRow(models.Model):
    """Written once."""

    objects = ClosedRows.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ClosedError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        del args, kwargs
        raise ClosedError


class Settlement(ClosedRow):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="settlements")
    contract = models.ForeignKey(Contract, on_delete=models.RESTRICT, related_name="settlements")
    first_day = models.DateField()
    last_day = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    #: The version that this one takes back.
    reverses: models.OneToOneField[Self | None, Self | None] = models.OneToOneField(
        "self", on_delete=models.RESTRICT, null=True, related_name="reversed_by"
    )
    reason = models.CharField(max_length=300, blank=True)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    gross = models.DecimalField(max_digits=14, decimal_places=2)
    #: `[{"rate": "19.00", "net": "…", "tax": "…"}]`
    taxes = models.JSONField(default=list)
    #: `[{"cost_centre_id": 1 | null, "number": "…", "name": "…", "net": "…", "tax": "…", "gross": "…"}]`
    centres = models.JSONField(default=list)
    #: What was not settled or estimated: `[{"problem": "no_reading", "device": "…"}]`
    problems = models.JSONField(default=list)
    closed_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-last_day", "-version"]
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "first_day", "version"], name="settlement_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.first_day:%Y-%m-%d}/{self.version}"


class SettlementLine(ClosedRow):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    settlement = models.ForeignKey(Settlement, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    #: A value of `arithmetic.LineKind`.
    kind = models.CharField(max_length=20)
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, related_name="+")
    device_name = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=200, blank=True)
    impression_class = models.CharField(max_length=10, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    #: Impressions that were counted and, of these, that are in the price.
    counted = models.BigIntegerField(default=0)
    free = models.BigIntegerField(default=0)
    #: Months (up to six decimals) or impressions that are billed.
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=14, decimal_places=6)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    is_estimate = models.BooleanField(default=False)
    is_reversal = models.BooleanField(default=False)
    #: The readings behind `counted`, see `volumes.CountEvidence`.
    evidence = models.JSONField(default=dict)
    #: Who bears `amount`: `[{"cost_centre_id": 1 | null, "number": "…", "name": "…", "amount": "…", "weight": 1}]`
    shares = models.JSONField(default=list)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "position"], name="settlement_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.settlement} {self.position}"
