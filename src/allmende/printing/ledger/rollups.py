# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sums of the ledger, per day and per month, and per month of a whole town: what reports read instead of millions of rows.

Always holds: an entry and its part of all sums are one transaction, and adding is one statement of the database, so neither the order of
arrival nor two processes at once can make the sums differ from the entries. `allmende ledger check` compares, `rebuild` makes them anew.
"""

from __future__ import annotations

from django.db import models

from allmende.directory.municipalities import Municipality
from allmende.printing.ledger.sheets import MediaClass, SheetKind


class _Sums(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=5, choices=SheetKind.choices)
    media = models.CharField(max_length=5, choices=MediaClass.choices)
    is_duplex = models.BooleanField()
    impressions_mono = models.BigIntegerField(default=0)
    impressions_colour = models.BigIntegerField(default=0)
    sheets = models.BigIntegerField(default=0)
    #: Of the impressions, those whose count is ours and not the device's.
    impressions_estimated = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class _BearerSums(_Sums):
    #: Numbers of rows, 0 for none: a unique key needs a value.
    device_number = models.BigIntegerField()
    cost_centre_number = models.BigIntegerField()

    class Meta:
        abstract = True


TOWN_KEY = ("kind", "media", "is_duplex")
BEARER_KEY = ("device_number", "cost_centre_number", *TOWN_KEY)
COUNTS = ("impressions_mono", "impressions_colour", "sheets", "impressions_estimated")


class SheetTotal(_BearerSums):
    """Of one day."""

    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "day", *BEARER_KEY], name="sheet_total_key")
        ]

    def __str__(self) -> str:
        return f"{self.sheets} sheets on {self.day}"


class SheetMonth(_BearerSums):
    """Of one month, named by its first day."""

    month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month", *BEARER_KEY], name="sheet_month_key")
        ]

    def __str__(self) -> str:
        return f"{self.sheets} sheets in {self.month:%Y-%m}"


class SheetTownMonth(_Sums):
    """Of one month of a whole town, without devices and cost centres: for many towns side by side."""

    month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month", *TOWN_KEY], name="sheet_town_month_key")
        ]

    def __str__(self) -> str:
        return f"{self.sheets} sheets of a town in {self.month:%Y-%m}"
