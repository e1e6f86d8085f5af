# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Inhabitants by year and official key (AGS), as the statistical offices publish them: on 31 December of the year."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.members import OFFICIAL_KEY, Member


class Population(models.Model):
    official_key = models.CharField(_("official key (AGS)"), max_length=8, validators=[OFFICIAL_KEY])
    year = models.PositiveSmallIntegerField(
        _("on 31 December of"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    inhabitants = models.PositiveIntegerField(_("inhabitants"), validators=[MaxValueValidator(20_000_000)])
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        ordering = ["official_key", "-year"]
        verbose_name = _("population")
        verbose_name_plural = _("populations")
        constraints = [
            models.UniqueConstraint(fields=["official_key", "year"], name="population_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.official_key} {self.year}: {self.inhabitants}"

    @property
    def inhabitants_words(self) -> str:
        """As the reader's language writes it: `22.000`."""
        return number_format(self.inhabitants, force_grouping=True)


def populations_of(member: Member) -> list[Population]:
    """The newest year first; none for bodies without an official key."""
    return list(Population.objects.filter(official_key=member.official_key)) if member.official_key else []


def population_of(member: Member, year: int) -> Population | None:
    """The figure of 31 December of `year`, or of the last year before it that is known."""
    return next((each for each in populations_of(member) if each.year <= year), None)
