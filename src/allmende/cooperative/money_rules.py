# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of tax that an installation begins with; the office edits them like the others (`legal_rules`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from allmende.cooperative.legal_rules import LegalRule, RuleKind

_KEY: Final = "value_added_tax.standard"
_TITLE: Final = "Umsatzsteuer, allgemeiner Steuersatz in Prozent"
_NOTE: Final = "Nicht mit dem Gesetzestext verglichen: vor der Anwendung prüfen."
_RATES: Final = (
    (
        date(2007, 1, 1),
        date(2020, 6, 30),
        19,
        "§ 12 Abs. 1 UStG, Haushaltsbegleitgesetz 2006, BGBl. I 2006 S. 1402",
    ),
    (
        date(2020, 7, 1),
        date(2020, 12, 31),
        16,
        "§ 28 Abs. 1 UStG, Zweites Corona-Steuerhilfegesetz, BGBl. I 2020 S. 1512",
    ),
    (date(2021, 1, 1), None, 19, "§ 12 Abs. 1 UStG; § 28 Abs. 1 UStG ist ausgelaufen"),
)


def add_money_rules(**_signal: Any) -> None:
    """Nothing where the office has rows of this key already; a receiver of `post_migrate`."""
    if LegalRule.objects.filter(key=_KEY).exists():
        return
    LegalRule.objects.bulk_create(
        LegalRule(
            key=_KEY,
            title=_TITLE,
            kind=RuleKind.NUMBER,
            number=Decimal(rate),
            source=source,
            valid_from=first,
            valid_to=last,
            is_checked=False,
            check_note=_NOTE,
        )
        for first, last, rate, source in _RATES
    )
