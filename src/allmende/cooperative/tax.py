# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Value-added tax on what the cooperative charges. The rate is a dated rule; which treatment applies, the office decides with its adviser."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.money import ZERO

#: Whether settlements of contracts that the cooperative passes on are taxed; its text is a value of `Tax`.
SETTLEMENTS_RULE: Final = "value_added_tax.settlements"


class Tax(models.TextChoices):
    """The values are the categories of EN 16931 (UNTDID 5305)."""

    STANDARD = "S", _("taxed at the standard rate")
    EXEMPT = "E", _("exempt (§ 4 UStG)")
    OUTSIDE = "O", _("outside of the tax (a genuine contribution)")


#: What the invoice gives as the reason, in German as the law's name is.
REASONS = {
    Tax.EXEMPT: "Steuerfrei nach § 4 UStG",
    Tax.OUTSIDE: "Nicht steuerbar: echter Mitgliedsbeitrag",
}


def rate_on(tax: Tax, day: date) -> Decimal:
    """Per cent. For a service that is settled by periods the period's last day counts (§ 13 Abs. 1 Nr. 1 a Satz 3, § 27 Abs. 1 UStG).

    Raises UnknownRuleError.
    """
    return rule_on("value_added_tax.standard", day).amount if tax == Tax.STANDARD else ZERO


def settlement_tax_on(day: date) -> Tax:
    """How a settlement whose period ends on the day is treated. Raises UnknownRuleError."""
    return Tax(rule_on(SETTLEMENTS_RULE, day).text)
