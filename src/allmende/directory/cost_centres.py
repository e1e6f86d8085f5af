# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cost centres and projects: who bears the cost of a sheet.

Both are one kind of row, because a sheet has exactly one bearer; a project is a cost centre with an end. One that has borne a sheet is
never deleted, only closed: old figures keep their names.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality


class CostCentreKind(models.TextChoices):
    CENTRE = "centre", _("Cost centre")
    PROJECT = "project", _("Project")


class CostCentre(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="cost_centres")
    number = models.CharField(_("number"), max_length=40)
    name = models.CharField(_("name"), max_length=120, blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=CostCentreKind.choices, default=CostCentreKind.CENTRE
    )
    is_active = models.BooleanField(_("in use"), default=True)
    #: Both days belong to it; null where there is no bound.
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("cost centre")
        verbose_name_plural = _("cost centres")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "number"], name="cost_centre_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()

    def is_open_on(self, day: date) -> bool:
        """Whether sheets can be put on it that day."""
        begun = self.valid_from is None or self.valid_from <= day
        over = self.valid_to is not None and self.valid_to < day
        return self.is_active and begun and not over


def open_cost_centres(municipality_id: int, day: date) -> QuerySet[CostCentre]:
    """What can be chosen that day (the town's local date), by number."""
    return CostCentre.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        municipality_id=municipality_id,
        is_active=True,
    )


def ensure_cost_centres(municipality: Municipality, numbers: Iterable[str]) -> dict[str, CostCentre]:
    """The town's rows with these numbers, made where there is none yet; the empty number means none."""
    wanted = {number for number in numbers if number}
    CostCentre.objects.bulk_create(
        [CostCentre(municipality=municipality, number=number) for number in sorted(wanted)],
        ignore_conflicts=True,
    )
    rows = CostCentre.objects.filter(municipality=municipality, number__in=wanted)
    return {row.number: row for row in rows}


def search_cost_centres(municipality_id: int, day: date, words: str) -> QuerySet[CostCentre]:
    """Those whose number or name has every word; all of them where nothing is asked."""
    found = open_cost_centres(municipality_id, day)
    for word in words.split()[:8]:
        found = found.filter(Q(number__icontains=word) | Q(name__icontains=word))
    return found
