# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What paper costs the environment: wood, carbon dioxide and energy of making it, per sheet of A4, by dated factors with their sources.

Always holds: every figure names its factor, the factor's source, and whether somebody has checked the source. A town's own factor
goes before the built-in one from its day on. Counted is the making of the paper; the devices' electricity and making are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.figures import count_words, day_words
from allmende.printing.api import SheetSum


class Effect(models.TextChoices):
    WOOD = "wood", _("Wood")
    CO2 = "co2", _("CO₂")
    ENERGY = "energy", _("Energy")


UNITS: Final = {Effect.WOOD: "kg", Effect.CO2: "kg", Effect.ENERGY: "kWh"}


@dataclass(frozen=True, slots=True)
class Factor:
    """Kilograms or kilowatt-hours per sheet of A4; `checked_on` None: nobody has looked whether the source says so."""

    effect: Effect
    per_sheet: Decimal
    first_day: date
    source: str | Promise
    checked_on: date | None = None


#: Fresh-fibre office paper of 80 g/m², 500 sheets (2.5 kg); recycled paper needs less, which a town can enter for itself.
BUILT_IN: Final = (
    Factor(
        Effect.WOOD,
        Decimal("0.015"),
        date(2000, 1, 1),
        _(
            "7.5 kg per 500 sheets: Umweltministerium Baden-Württemberg after Umweltbundesamt and Initiative Pro Recyclingpapier, "
            "um.baden-wuerttemberg.de/de/presse-service/ausstellungen/mehrwert/papier"
        ),
        date(2026, 11, 22),
    ),
    Factor(
        Effect.ENERGY,
        Decimal("0.0536"),
        date(2000, 1, 1),
        _(
            "26.8 kWh per 500 sheets: IFEU Heidelberg 2006, as quoted by Gemeinde Marienheide, "
            "marienheide.de, Klimaschutz_Jetzt 13"
        ),
        date(2026, 11, 22),
    ),
    Factor(
        Effect.CO2,
        Decimal("0.0052"),
        date(2000, 1, 1),
        _("2.6 kg per 500 sheets: IFEU Heidelberg 2006, Ökologischer Vergleich von Büropapieren"),
    ),
)


class EnvironmentFactor(models.Model):
    """A town's own factor, from `first_day` until its next one."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    effect = models.CharField(_("effect"), max_length=10, choices=Effect.choices)
    per_sheet = models.DecimalField(
        _("per sheet of A4"), max_digits=12, decimal_places=6, validators=[MinValueValidator(Decimal(0))]
    )
    first_day = models.DateField(_("holds from"))
    source = models.CharField(_("source"), max_length=300)
    checked_on = models.DateField(_("source checked on"), null=True, blank=True)
    entered_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["effect", "first_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "effect", "first_day"], name="environment_factor_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.effect} {self.per_sheet} from {self.first_day}"

    def as_factor(self) -> Factor:
        return Factor(Effect(self.effect), self.per_sheet, self.first_day, self.source, self.checked_on)


def factors_of(municipality: Municipality) -> list[Factor]:
    """All that hold in this town at some time, the built-in ones first."""
    own = EnvironmentFactor.objects.filter(municipality=municipality)
    return [*BUILT_IN, *(row.as_factor() for row in own)]


def factor_on(factors: Iterable[Factor], effect: Effect, day: date) -> Factor:
    """The last that began; of two from one day the later in the list, which is the town's own. Raises LookupError before the first."""
    begun = [factor for factor in factors if factor.effect is effect and factor.first_day <= day]
    if not begun:
        raise LookupError(f"{effect} on {day}")
    last = max(factor.first_day for factor in begun)
    return [factor for factor in begun if factor.first_day == last][-1]


def sheets_as_a4(sums: Iterable[SheetSum]) -> int:
    """Sheets of A4 with as much paper: one of A3 is two. Needs sums told apart by media."""
    return sum(each.sheets * (2 if each.media == "a3" else 1) for each in sums)


def factors_used(factors: Iterable[Factor], effect: Effect, sums: Iterable[SheetSum]) -> list[Factor]:
    """Each that `effect_of` reckons with once, the earliest first: of more than one a change is not all of the paper's."""
    known = list(factors)
    months = {each.month for each in sums if each.month is not None}
    used = {factor_on(known, effect, month) for month in months}
    return sorted(used, key=lambda factor: factor.first_day)


def effect_of(factors: Iterable[Factor], effect: Effect, sums: Iterable[SheetSum]) -> Decimal:
    """Kilograms or kilowatt-hours. Needs sums told apart by month and media: each month counts with the factor of its first day."""
    known = list(factors)
    total = Decimal(0)
    for each in sums:
        if each.month is None:
            raise ValueError("sums by month are needed")
        total += factor_on(known, effect, each.month).per_sheet * sheets_as_a4([each])
    return total


def words_of_changes(used: Iterable[Factor]) -> list[str]:
    """A sentence for each factor that took another's place. `used`: of one effect, the earliest first."""
    return [
        gettext(
            "%(effect)s: from %(day)s on with another factor, %(new)s instead of %(old)s %(unit)s a sheet (%(source)s before). The change against the year before is not of the sheets alone."
        )
        % {
            "effect": new.effect.label,
            "day": day_words(new.first_day),
            "new": count_words(new.per_sheet, 4),
            "old": count_words(old.per_sheet, 4),
            "unit": UNITS[new.effect],
            "source": old.source,
        }
        for old, new in pairwise(used)
    ]


def words_of_source(factor: Factor) -> str:
    if factor.checked_on is None:
        return f"{factor.source} ({gettext('not checked')})"
    checked = gettext("checked on %(day)s") % {"day": day_words(factor.checked_on)}
    return f"{factor.source} ({checked})"
