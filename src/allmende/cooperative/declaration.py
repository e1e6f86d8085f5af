# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The declaration of accession as a PDF made from data, ready to be signed.

Source: § 15 Abs. 1 GenG (unconditional, text form; writing where the statutes or the law of the day ask for it), § 15a GenG (the duty to pay in the
share is named expressly; a duty to pay further sums, other duties of payment and a period of notice over a year are highlighted), § 126b BGB.
The paper is German in every language of the pages: it is a declaration under German law.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils import translation
from django.utils.formats import date_format, number_format

from allmende.cooperative.accessions import Accession, StepKind, fact, steps_of
from allmende.cooperative.legal_rules import LegalRule, UnknownRuleError, rule_on
from allmende.cooperative.periods import Period, PeriodUnit
from allmende.directory.municipalities import Municipality
from allmende.documents.typesetting import typeset

_TEMPLATE: Final = Path(__file__).parent / "templates" / "cooperative" / "declaration.typ"
_UNITS: Final = {
    PeriodUnit.DAYS: ("Tag", "Tagen"),
    PeriodUnit.WEEKS: ("Woche", "Wochen"),
    PeriodUnit.MONTHS: ("Monat", "Monaten"),
    PeriodUnit.YEARS: ("Jahr", "Jahren"),
}


def set_declaration(
    accession: Accession, cooperative: Municipality, day: date, *, share_count: int = 1
) -> bytes:
    """Raises UnknownRuleError, with the rule that the office must enter."""
    with translation.override("de"):
        return typeset(_TEMPLATE, describe_declaration(accession, cooperative, day, share_count=share_count))


def describe_declaration(
    accession: Accession, cooperative: Municipality, day: date, *, share_count: int
) -> dict[str, Any]:
    """The paper's words, German."""
    amount = rule_on("statutes.share_amount", day).amount
    steps = steps_of(accession)
    resolution = steps.get(StepKind.RESOLUTION)
    is_written = rule_on("genossenschaftsgesetz.15.form", day).text == "written"
    return {
        "title": "Beitrittserklärung",
        "cooperative": cooperative.name,
        "body": accession.name,
        "address": accession.address,
        "official_key": accession.official_key,
        "shares": str(share_count),
        "amount": _euros(amount),
        "sum": _euros(amount * share_count),
        "is_single": share_count == 1,
        "paid_within": _period_words(rule_on("statutes.share_paid_within", day).period),
        "duties": duties_to_highlight(day),
        "statutes_on": _day_words(steps[StepKind.STATUTES].day) if StepKind.STATUTES in steps else "",
        "resolution_on": _day_words(resolution.day) if resolution else "",
        "representative": fact(resolution, "representative") or "",
        "deputy": fact(resolution, "deputy") or "",
        "form": "Schriftform (§ 126 BGB)" if is_written else "Textform (§ 126b BGB)",
        "is_written": is_written,
        "made": _day_words(day),
    }


def duties_to_highlight(day: date) -> list[str]:
    """What § 15a Satz 2 to 4 GenG asks to be highlighted; empty where the statutes know none of it."""
    found = []
    liability = rule_on("statutes.liability_sum", day).amount
    if liability > 0:
        found.append(
            "Das Mitglied verpflichtet sich, die zur Befriedigung der Gläubiger erforderlichen Nachschüsse bis zu der in der "
            f"Satzung bestimmten Haftsumme von {_euros(liability)} zu zahlen (§ 15a Satz 2 GenG)."
        )
    further = _rule_or_none("statutes.further_payments", day)
    if further is not None and further.text:
        found.append(
            f"Die Satzung bestimmt weitere Zahlungspflichten: {further.text}. Das Mitglied nimmt sie ausdrücklich zur Kenntnis "
            "(§ 15a Satz 3 GenG)."
        )
    notice = rule_on("statutes.notice_period", day).period
    longest = rule_on("genossenschaftsgesetz.15a.notice_to_name", day).period
    if notice.after(day) > longest.after(day):
        found.append(
            f"Die Mitgliedschaft kann nur mit einer Frist von {_period_words(notice)} zum Schluss eines Geschäftsjahres gekündigt "
            "werden. Das Mitglied nimmt dies ausdrücklich zur Kenntnis (§ 15a Satz 3 GenG)."
        )
    return found


def _rule_or_none(key: str, day: date) -> LegalRule | None:
    try:
        return rule_on(key, day)
    except UnknownRuleError:
        return None


def _euros(amount: Decimal) -> str:
    return f"{number_format(amount, 2, use_l10n=True, force_grouping=True)} Euro"


def _day_words(day: date) -> str:
    return date_format(day, "j. F Y")


def _period_words(period: Period) -> str:
    single, many = _UNITS[period.unit]
    return f"{period.count} {single if period.count == 1 else many}"
