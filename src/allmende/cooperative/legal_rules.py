# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules of law and of the statutes: dated rows with their source, which the office may edit. Never constants.

Always holds: of one key and Land, at most one row is valid on a day; a row for a Land goes before the row for all; a rule that is not known
is an error, never a guess; a row whose text nobody has compared with the law says so (`is_checked`, `check_note`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.laender import Land
from allmende.cooperative.periods import FinancialYear, Period, PeriodUnit, financial_year_of


class RuleKind(models.TextChoices):
    TEXT = "text", _("text")
    NUMBER = "number", pgettext_lazy("rule", "number")
    PERIOD = "period", _("period")


class UnitChoice(models.TextChoices):
    DAYS = PeriodUnit.DAYS.value, _("days")
    WEEKS = PeriodUnit.WEEKS.value, _("weeks")
    MONTHS = PeriodUnit.MONTHS.value, _("months")
    YEARS = PeriodUnit.YEARS.value, _("years")


#: Its text is a day that the program reckons with, `MM-DD`.
FINANCIAL_YEAR_END: Final = "statutes.financial_year_end"
_FORMS: Final[dict[str, str | Promise]] = {"text": _("text form"), "written": _("written form")}
#: Keys whose texts the code decides by: what is stored, and the words of people, among which the office chooses. All other texts are free.
TEXT_CHOICES: Final[dict[str, dict[str, str | Promise]]] = {
    "genossenschaftsgesetz.15.form": _FORMS,
    "genossenschaftsgesetz.65.form": _FORMS,
    "supervision.accession.duty": {
        "submit": _("submit the resolution"),
        "notify": _("give notice"),
        "approve": _("obtain approval"),
        "general_approval": _("covered by a general approval"),
        "none": _("no duty"),
    },
    "value_added_tax.settlements": {
        "S": _("taxed at the standard rate"),
        "E": _("exempt (§ 4 UStG)"),
    },
}


class UnknownRuleError(LookupError):
    """No row of this key is valid on that day; the message says it to the office."""


class LegalRule(models.Model):
    #: `genossenschaftsgesetz.…` of the law, `statutes.…` of the cooperative's own statutes, `supervision.…` of the Länder.
    key = models.CharField(_("key"), max_length=80)
    land = models.CharField(_("Land"), max_length=2, choices=Land.choices, blank=True)
    title = models.CharField(_("what it rules"), max_length=300)
    kind = models.CharField(_("value is a"), max_length=10, choices=RuleKind.choices)
    text = models.CharField(_("text"), max_length=2000, blank=True)
    #: Of a period: how many units.
    number = models.DecimalField(_("number"), max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=10, choices=UnitChoice.choices, blank=True)
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField(_("valid from"))
    #: The last day; empty while no end is known.
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    is_checked = models.BooleanField(_("compared with the text of the law"), default=False)
    check_note = models.CharField(_("note on the comparison"), max_length=500, blank=True)

    class Meta:
        ordering = ["key", "land", "valid_from"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["key", "land", "valid_from"], name="legal_rule_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.land} {self.valid_from:%Y-%m-%d}"

    @property
    def period(self) -> Period:
        """Raises ValueError where the rule is none."""
        if self.kind != RuleKind.PERIOD or self.number is None:
            raise ValueError(self.key)
        return Period(int(self.number), PeriodUnit(self.unit))

    @property
    def amount(self) -> Decimal:
        """Raises ValueError where the rule is no number."""
        if self.kind != RuleKind.NUMBER or self.number is None:
            raise ValueError(self.key)
        return self.number

    @property
    def value_words(self) -> str:
        """As people read it: `6 months`, `5,000`, or the text."""
        if self.kind == RuleKind.PERIOD and self.number is not None:
            return _period_words(int(self.number), self.unit)
        if self.kind == RuleKind.NUMBER and self.number is not None:
            return number_format(self.number.normalize() + 0, use_l10n=True, force_grouping=True)
        return str(TEXT_CHOICES.get(self.key, {}).get(self.text, self.text))

    def clean(self) -> None:
        """Refuse an incomplete value and days that another row already rules."""
        if self.kind == RuleKind.TEXT and not self.text:
            raise ValidationError({"text": gettext("Say what the rule is.")})
        choices = TEXT_CHOICES.get(self.key)
        if choices is not None and (self.kind != RuleKind.TEXT or self.text not in choices):
            words = ", ".join(str(each) for each in choices.values())
            raise ValidationError(
                {
                    "text": gettext("The program decides by this rule. Choose one of: %(words)s.")
                    % {"words": words}
                }
            )
        if self.key == FINANCIAL_YEAR_END:
            self._check_financial_year_end()
        if self.kind in (RuleKind.NUMBER, RuleKind.PERIOD) and self.number is None:
            raise ValidationError({"number": gettext("Enter the number.")})
        if self.kind == RuleKind.PERIOD:
            if not self.unit:
                raise ValidationError({"unit": gettext("Choose the unit of the period.")})
            if self.number is not None and (self.number < 0 or self.number != int(self.number)):
                raise ValidationError(
                    {"number": gettext("A period has a whole number that is not negative.")}
                )
        first: date | None = self.valid_from
        self._check_days(first)

    def _check_financial_year_end(self) -> None:
        try:
            financial_year_of(timezone.localdate(), self.text)
        except ValueError:
            raise ValidationError(
                {"text": gettext("Write the last day of the financial year as month-day, for example 12-31.")}
            ) from None

    def _check_days(self, first: date | None) -> None:
        if first is None:  # the form has said so already
            return
        if self.valid_to is not None and self.valid_to < first:
            raise ValidationError({"valid_to": gettext("The last day is before the first.")})
        self._refuse_overlap()

    def _refuse_overlap(self) -> None:
        others = LegalRule.objects.filter(key=self.key, land=self.land).exclude(pk=self.pk)
        others = others.filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=self.valid_from))
        if self.valid_to is not None:
            others = others.filter(valid_from__lte=self.valid_to)
        other = others.order_by("valid_from").first()
        if other is not None:
            raise ValidationError(
                gettext("On these days the row from %(day)s is valid already. End that row first.")
                % {"day": date_format(other.valid_from, "SHORT_DATE_FORMAT")}
            )


def rule_on(key: str, day: date, *, land: str = "") -> LegalRule:
    """The row that is valid on `day`; the Land's own row goes before the general one.

    Raises UnknownRuleError.
    """
    rows = LegalRule.objects.filter(key=key, land__in={land, ""}, valid_from__lte=day).filter(
        models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day)
    )
    found = sorted(rows, key=lambda row: (row.land != "", row.valid_from))
    if not found:
        raise UnknownRuleError(
            gettext("No rule “%(key)s” is known for %(day)s. Enter it under “Rules of law”.")
            % {"key": key, "day": date_format(day, "SHORT_DATE_FORMAT")}
        )
    return found[-1]


def financial_year_on(day: date) -> FinancialYear:
    """The cooperative's financial year that `day` lies in (`statutes.financial_year_end`)."""
    return financial_year_of(day, rule_on(FINANCIAL_YEAR_END, day).text)


def _period_words(count: int, unit: str) -> str:
    match unit:
        case UnitChoice.DAYS:
            words = ngettext("%(count)d day", "%(count)d days", count)
        case UnitChoice.WEEKS:
            words = ngettext("%(count)d week", "%(count)d weeks", count)
        case UnitChoice.MONTHS:
            words = ngettext("%(count)d month", "%(count)d months", count)
        case _:
            words = ngettext("%(count)d year", "%(count)d years", count)
    return words % {"count": count}
