# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of in-house procurement that a new installation begins with; what the office has in its table is never touched."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from allmende.cooperative.inhouse import OWNERS_RULE, SHARE_RULE, WARNING_RULE, YEARS_RULE
from allmende.cooperative.legal_rules import LegalRule, RuleKind

#: Vergaberechtsmodernisierungsgesetz vom 17. Februar 2016 (BGBl. I S. 203), in force on this day.
_SINCE: Final = date(2016, 4, 18)
_NOTE: Final = "Nicht mit dem Gesetzestext verglichen: vor der Anwendung prüfen."
_RULES: Final = (
    (OWNERS_RULE, "Keine direkte private Kapitalbeteiligung", "§ 108 Abs. 4 Nr. 3, Abs. 1 Nr. 3 GWB", "keine"),
    (SHARE_RULE, "Mehr als so viel Prozent der Tätigkeiten für die Mitglieder", "§ 108 Abs. 4 Nr. 2 GWB", Decimal(80)),
    (YEARS_RULE, "Über so viele Jahre wird der Umsatz gemittelt", "§ 108 Abs. 7 GWB", Decimal(3)),
    (WARNING_RULE, "Warnung, sobald der Anteil darunter liegt (Prozent)", "Festlegung der Geschäftsstelle", Decimal(85)),
)  # fmt: skip


def add_inhouse_rules(**_signal: Any) -> None:
    """A receiver of `post_migrate`."""
    known = set(LegalRule.objects.values_list("key", flat=True))
    for key, title, source, value in _RULES:
        if key in known:
            continue
        is_own = key == WARNING_RULE
        rule = LegalRule(
            key=key, title=title, source=source, valid_from=_SINCE, check_note="" if is_own else _NOTE
        )
        rule.is_checked = is_own
        if isinstance(value, Decimal):
            rule.kind, rule.number = RuleKind.NUMBER, value
        else:
            rule.kind, rule.text = RuleKind.TEXT, value
        rule.save()
