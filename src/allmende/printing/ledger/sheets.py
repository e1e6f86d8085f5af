# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sheet entries: what came out of a device, append-only.

Always holds: a row is never changed or deleted; what was wrong is made good by a counter-entry (`corrections`). The one exception is
the law's: after the town's period the person is taken out (`retention`). A delivery counts once, because its entry has a unique key and
is written in the transaction of the job's change (`counting`). There is no title, no document name and no foreign key to the
job: jobs end, the ledger stays.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class SheetKind(models.TextChoices):
    PRINT = "print", _("Print")
    COPY = "copy", _("Copy")
    SCAN = "scan", _("Scan")


class MediaClass(models.TextChoices):
    A4 = "a4", _("A4")
    A3 = "a3", _("A3")
    OTHER = "other", _("Other paper")


class EntryReason(models.TextChoices):
    """Why there is an entry."""

    COUNTED = "counted", _("Delivery ended")
    #: The owner of an uncertain job said that it came out: what was not yet counted of it.
    CONFIRMED = "confirmed", _("Came out, says its owner")
    #: The owner said that it did not: the counter-entry.
    DENIED = "denied", _("Did not come out, says its owner")
    CORRECTED = "corrected", _("Correction")


class AppendOnlyError(Exception):
    """An entry of the ledger was to be changed or deleted."""


class _Entries(models.QuerySet["SheetEntry"]):
    """Queries that would change many rows at once are refused like `save` and `delete` of one."""

    def update(self, **_columns: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError

    def forget_people(self) -> int:
        """For `ledger.retention` alone."""
        return super().update(person=None)


class SheetEntry(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False, related_name="+")
    #: The town's local date; months and years are counted by it.
    day = models.DateField()
    at = models.DateTimeField()
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    cost_centre = models.ForeignKey(
        CostCentre, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    #: Who had it printed; null where nobody knows, and after the town's period.
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    #: Of the print job, and when it was released: together they name one delivery. Null for what is no job of ours.
    job_number = models.BigIntegerField(null=True)
    released_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=5, choices=SheetKind.choices, default=SheetKind.PRINT)
    media = models.CharField(max_length=5, choices=MediaClass.choices, default=MediaClass.A4)
    is_duplex = models.BooleanField(default=False)
    #: Printed sides, and sheets of paper; negative in counter-entries.
    impressions_mono = models.IntegerField()
    impressions_colour = models.IntegerField()
    sheets = models.IntegerField()
    #: The count is ours and not the device's.
    is_estimate = models.BooleanField(default=False)
    reason = models.CharField(max_length=10, choices=EntryReason.choices, default=EntryReason.COUNTED)
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    #: Why it was corrected, in words.
    note = models.CharField(max_length=200, default="", blank=True)

    objects = _Entries.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job_number", "released_at", "reason"],
                condition=~models.Q(reason=EntryReason.CORRECTED),
                name="sheets_once_per_delivery",
            ),
            models.UniqueConstraint(fields=["reverses"], name="sheets_reversed_once"),
        ]
        indexes = [
            models.Index(fields=["municipality", "device", "day"], name="sheets_of_device"),
            models.Index(
                fields=["municipality", "person", "day"],
                condition=models.Q(person__isnull=False),
                name="sheets_of_person",
            ),
            models.Index(
                fields=["municipality", "day"],
                condition=models.Q(person__isnull=False),
                name="sheets_with_person",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.sheets} sheets on {self.day}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    @property
    def impressions(self) -> int:
        return self.impressions_mono + self.impressions_colour
