# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of tax that an installation begins with; the office edits them like the others (`legal_rules`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from allmende.cooperative.legal_rules import LegalRule, RuleKind
from allmende.cooperative.tax import SETTLEMENTS_RULE, Tax

_RATE_KEY: Final = "value_added_tax.standard"
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
_SETTLEMENTS_TITLE: Final = (
    "Umsatzsteuer auf Abrechnungen von Verträgen, die die Genossenschaft weiterberechnet"
)


def add_money_rules(**_signal: Any) -> None:
    """Nothing of a key that the office has rows of already; a receiver of `post_migrate`."""
    known = set(LegalRule.objects.values_list("key", flat=True))
    LegalRule.objects.bulk_create(row for row in (*_rates(), _settlements()) if row.key not in known)


def _rates() -> list[LegalRule]:
    return [
        LegalRule(
            key=_RATE_KEY,
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
    ]


def _settlements() -> LegalRule:
    return LegalRule(
        key=SETTLEMENTS_RULE,
        title=_SETTLEMENTS_TITLE,
        kind=RuleKind.TEXT,
        text=Tax.STANDARD.value,
        source="Einordnung der Genossenschaft; §§ 1, 4 und 12 UStG",
        valid_from=_RATES[0][0],
        is_checked=False,
        check_note="Mit der Steuerberatung klären, ob die Abrechnungen steuerpflichtig sind.",
    )
