# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of law and statutes that meetings and boards go by, and how they are read. All are dated rows (`legal_rules`).

Always holds: a key that the office has in its table is never touched again. Compared on 22 November 2026: §§ 43 Abs. 1-3 and 46 GenG with dejure.org
and deubner-recht.de, § 16 with buzer.de and gesatz.de; § 43 Abs. 5 with a commentary (Haufe) only; what was not compared says so.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.legal_rules import LegalRule, RuleKind, rule_on
from allmende.cooperative.vote_counting import Majority, majority_of

INVITATION: Final = "genossenschaftsgesetz.46.invitation"
ANNOUNCEMENT: Final = "genossenschaftsgesetz.46.announcement"
PROXY_LIMIT: Final = "genossenschaftsgesetz.43.proxy_limit"
VOTES_LIMIT: Final = "genossenschaftsgesetz.43.votes_limit"
QUORUM: Final = "statutes.quorum_percent"
CIRCULATION_PERIOD: Final = "statutes.circulation_period"
TERM_WARNING: Final = "statutes.term_warning"


class MajorityKind(models.TextChoices):
    """Values are keys of rules; the number is the percentage of the votes cast."""

    SIMPLE = "genossenschaftsgesetz.43.majority", _("simple majority")
    STATUTES = "genossenschaftsgesetz.16.majority", _("change of the statutes")
    DUTIES = "genossenschaftsgesetz.16.majority_duties", _("change of the statutes: duty to use or to supply")
    REMOVAL = "genossenschaftsgesetz.36.majority", _("removal of a member of the supervisory board")
    ELECTION = "statutes.majority_election", _("election")


#: In these a member has one vote, whatever the statutes give it otherwise (§ 43 Abs. 3 Satz 3 Nr. 1 Satz 3 GenG).
ONE_VOTE_EACH: Final = frozenset({MajorityKind.STATUTES, MajorityKind.DUTIES, MajorityKind.REMOVAL})

_SINCE: Final = date(2006, 8, 18)
_LONG_AGO: Final = date(1990, 1, 1)
_OWN: Final = "Eigene Satzung: eintragen, was sie bestimmt."
_UNCHECKED: Final = "Nicht mit dem Gesetzestext verglichen: vor der Anwendung prüfen."
_Value = Decimal | tuple[int, str]
_ROWS: Final[tuple[tuple[str, str, str, _Value, date, bool, str], ...]] = (
    (INVITATION, "Frist der Einberufung der Generalversammlung, mindestens", "§ 46 Abs. 1 Satz 1 GenG", (2, "weeks"), _SINCE, True, "Die Satzung kann eine längere Frist bestimmen."),
    (ANNOUNCEMENT, "So lange vorher müssen Gegenstände der Beschlussfassung angekündigt sein", "§ 46 Abs. 2 Satz 1 GenG", (1, "weeks"), _SINCE, True, "Gilt nicht, wenn alle Mitglieder erschienen sind, und nicht für die Leitung der Versammlung."),
    (PROXY_LIMIT, "So viele Mitglieder kann ein Bevollmächtigter höchstens vertreten", "§ 43 Abs. 5 Satz 3 GenG", Decimal(2), _SINCE, False, "Nach einem Kommentar verglichen, nicht nach dem Gesetzestext; gilt nicht für die gesetzliche Vertretung."),
    (VOTES_LIMIT, "So viele Stimmen kann die Satzung einem Mitglied höchstens geben", "§ 43 Abs. 3 Satz 3 Nr. 1 GenG", Decimal(3), _SINCE, True, "Sonderfälle in Nr. 2 und 3."),
    (MajorityKind.SIMPLE, "Mehr als dieser Anteil der abgegebenen Stimmen in Prozent (einfache Mehrheit)", "§ 43 Abs. 2 Satz 1 GenG", Decimal(50), _SINCE, True, ""),
    (MajorityKind.STATUTES, "Änderung der Satzung: mindestens dieser Anteil der abgegebenen Stimmen in Prozent", "§ 16 Abs. 2 Satz 1, Abs. 4 GenG", Decimal(75), _SINCE, True, "Für Änderungen nach Abs. 4 kann die Satzung anderes bestimmen."),
    (MajorityKind.DUTIES, "Pflicht zur Inanspruchnahme oder Leistung: mindestens dieser Anteil in Prozent", "§ 16 Abs. 3 Satz 1 GenG", Decimal(90), _SINCE, True, ""),
    (MajorityKind.REMOVAL, "Widerruf der Bestellung zum Aufsichtsrat: mindestens dieser Anteil in Prozent", "§ 36 Abs. 3 Satz 2 GenG", Decimal(75), _SINCE, False, _UNCHECKED),
    (MajorityKind.ELECTION, "Wahlen: mehr als dieser Anteil in Prozent (0: die meisten Stimmen genügen)", "Satzung; § 43 Abs. 2 Satz 2 GenG", Decimal(50), _LONG_AGO, False, _OWN),
    (QUORUM, "Beschlussfähig, wenn so viel Prozent der Mitglieder vertreten sind (0: ohne Mindestzahl)", "Satzung", Decimal(0), _LONG_AGO, False, _OWN),
    (CIRCULATION_PERIOD, "Frist für die Stimmabgabe im Umlaufverfahren der Organe", "Satzung oder Geschäftsordnung", (1, "weeks"), _LONG_AGO, False, _OWN),
    (TERM_WARNING, "So lange vor dem Ende einer Amtszeit wird daran erinnert", "eigene Festlegung", (6, "months"), _LONG_AGO, False, _OWN),
)  # fmt: skip


def add_meeting_rules(**_signal: Any) -> None:
    """Add what the table does not know yet; a receiver of `post_migrate`."""
    known = set(LegalRule.objects.values_list("key", flat=True))
    for key, title, source, value, since, checked, note in _ROWS:
        if key in known:
            continue
        rule = LegalRule(
            key=key, title=title, source=source, valid_from=since, is_checked=checked, check_note=note
        )
        if isinstance(value, Decimal):
            rule.kind, rule.number = RuleKind.NUMBER, value
        else:
            rule.kind, rule.number, rule.unit = RuleKind.PERIOD, Decimal(value[0]), value[1]
        rule.save()


def majority_on(kind: str, day: date) -> tuple[Majority, LegalRule]:
    """The majority and the row it comes from. Raises UnknownRuleError."""
    rule = rule_on(MajorityKind(kind).value, day)
    return majority_of(Fraction(rule.amount) / 100), rule


def number_on(key: str, day: date) -> Fraction:
    """Raises UnknownRuleError."""
    return Fraction(rule_on(key, day).amount)
