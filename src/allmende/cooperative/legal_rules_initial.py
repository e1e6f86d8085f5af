# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules that a new installation begins with, and how they get into the table.

Always holds: a key that the office has in its table is never touched again; `checked` stands only where a published text of the paragraph was
compared, everything else says that nobody has done so; titles and texts are German, as the law is. Sources compared: texts of GenG on buzer.de, dejure.org, lexetius.com and rewis.io, GO NRW
on lexmea.de, SächsGemO at Haufe, NKomVG, GO Bayern, KSVG, KV M-V, BbgKVerf and § 72 ThürKO on anwalt24.de, GO SH and GemO RLP at Wolters Kluwer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from allmende.cooperative.laender import Land
from allmende.cooperative.legal_rules import LegalRule, RuleKind

#: The law's great amendment is in force since then (Gesetz vom 14. August 2006, BGBl. I S. 1911).
_AMENDED: Final = date(2006, 8, 18)
#: Viertes Bürokratieentlastungsgesetz, BGBl. 2024 I Nr. 323, Art. 22.
_TEXT_FORM: Final = date(2025, 1, 1)
#: Gesetz vom 5. März 2024, GVBl. I Nr. 10: die frühere Fassung galt bis zum 8. Juni 2024.
_BBG_NEW: Final = date(2024, 6, 9)
_LONG_AGO: Final = date(1990, 1, 1)
_UNCHECKED: Final = "Nicht mit dem Gesetzestext verglichen: vor der Anwendung prüfen."
_OWN: Final = "Eigene Satzung: eintragen, was sie bestimmt."


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    title: str
    source: str
    value: str | tuple[int, str] | Decimal
    valid_from: date = _AMENDED
    valid_to: date | None = None
    land: str = ""
    checked: bool = False
    note: str = _UNCHECKED


def _eve(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _checked(note: str = "") -> dict[str, Any]:
    return {"checked": True, "note": note}


_GENG: Final = (
    _Row("genossenschaftsgesetz.15.form", "Form der Beitrittserklärung", "§ 15 Abs. 1 GenG a. F.", "written", valid_to=_eve(_TEXT_FORM), **_checked()),
    _Row("genossenschaftsgesetz.15.form", "Form der Beitrittserklärung; die Satzung kann Schriftform vorschreiben", "§ 15 Abs. 1 GenG", "text", _TEXT_FORM, **_checked()),
    _Row("genossenschaftsgesetz.15.statutes", "Die Satzung wird vor der Beitrittserklärung zur Verfügung gestellt", "§ 15 Abs. 1 Satz 2 GenG", "vor der Erklärung", **_checked()),
    _Row("genossenschaftsgesetz.15.entry", "Eintragung in die Mitgliederliste und Benachrichtigung", "§ 15 Abs. 2 Satz 1 GenG", "unverzüglich", **_checked()),
    _Row("genossenschaftsgesetz.15.refusal", "Ablehnung: mitteilen, danach die Daten einer elektronischen Erklärung löschen", "§ 15 Abs. 2 Satz 2-4 GenG", "unverzüglich", _TEXT_FORM, **_checked()),
    _Row("genossenschaftsgesetz.15a.content", "Die Erklärung nennt die Pflicht zur Einzahlung und weitere Zahlungspflichten", "§ 15a Satz 1-3 GenG", "ausdrücklich", **_checked()),
    _Row("genossenschaftsgesetz.15a.highlight", "In elektronisch vorgefertigten Erklärungen sind Nachschuss- und weitere Zahlungspflichten sowie lange Kündigungsfristen optisch hervorgehoben", "§ 15a Satz 4 GenG", "hervorgehoben", _TEXT_FORM, **_checked()),
    _Row("genossenschaftsgesetz.15a.notice_to_name", "Eine längere Kündigungsfrist als diese wird in der Erklärung zur Kenntnis genommen", "§ 15a Satz 3 GenG", (1, "years"), **_checked()),
    _Row("genossenschaftsgesetz.15b.paid_in", "Weitere Geschäftsanteile erst, wenn alle bis auf den letzten voll eingezahlt sind", "§ 15b Abs. 2 GenG", "alle bis auf den letzten eingezahlt", **_checked()),
    _Row("genossenschaftsgesetz.30.list", "Inhalt der Mitgliederliste", "§ 30 Abs. 2 GenG", "Name und Anschrift; weitere Geschäftsanteile; Ausscheiden; jeweils der Tag der Wirksamkeit", **_checked()),
    _Row("genossenschaftsgesetz.30.documents", "So lange nach dem Jahr des Ausscheidens werden die Unterlagen einer Eintragung aufbewahrt", "§ 30 Abs. 3 GenG", (3, "years"), **_checked()),
    _Row("genossenschaftsgesetz.65.least_notice", "Kürzeste Kündigungsfrist, zum Schluss eines Geschäftsjahres", "§ 65 Abs. 2 Satz 1 GenG", (3, "months"), **_checked()),
    _Row("genossenschaftsgesetz.65.longest_notice", "Längste Kündigungsfrist, die eine Satzung bestimmen kann", "§ 65 Abs. 2 GenG", (5, "years"), **_checked("Zehn Jahre im Sonderfall der Unternehmer.")),
    _Row("genossenschaftsgesetz.65.form", "Form der Kündigung; die Satzung kann Schriftform vorschreiben", "§ 65 Abs. 2 GenG", "text", _TEXT_FORM, **_checked()),
    _Row("genossenschaftsgesetz.66.notice_period", "Kündigung durch einen Gläubiger", "§ 66 GenG", (3, "months")),
    _Row("genossenschaftsgesetz.67b.shares", "Kündigung einzelner Geschäftsanteile, wie die der Mitgliedschaft", "§ 67b GenG", "zum Schluss eines Geschäftsjahres", **_checked("Verglichen in der Fassung von 2006; spätere Änderung der Form nicht verglichen.")),
    _Row("genossenschaftsgesetz.73.pay_out", "Auszahlung des Geschäftsguthabens nach Beendigung der Mitgliedschaft binnen", "§ 73 Abs. 2 Satz 2 GenG", (6, "months"), **_checked("Die Satzung kann eine andere Frist bestimmen (§ 73 Abs. 4).")),
    _Row("genossenschaftsgesetz.76.transfer", "Übertragung des Geschäftsguthabens, ganz oder teilweise, jederzeit", "§ 76 Abs. 1 GenG", "durch Vereinbarung in Textform", _TEXT_FORM, **_checked()),
    _Row("genossenschaftsgesetz.77a.succession", "Die Mitgliedschaft einer erloschenen Körperschaft setzt der Gesamtrechtsnachfolger fort", "§ 77a Satz 1 und 2 GenG", "bis zum Schluss des Geschäftsjahres", **_checked()),
)  # fmt: skip

_STATUTES: Final = (
    _Row("statutes.financial_year_end", "Letzter Tag des Geschäftsjahres (MM-TT)", "Satzung", "12-31", _LONG_AGO, note=_OWN),
    _Row("statutes.notice_period", "Kündigungsfrist der Mitglieder, zum Schluss eines Geschäftsjahres", "Satzung; § 65 Abs. 2 GenG", (1, "years"), _LONG_AGO, note=_OWN),
    _Row("statutes.share_amount", "Ein Geschäftsanteil in Euro", "Satzung", Decimal(5000), _LONG_AGO, note=_OWN),
    _Row("statutes.share_paid_within", "Einzahlung des Geschäftsanteils nach der Zulassung binnen", "Satzung; § 7 GenG", (1, "months"), _LONG_AGO, note=_OWN),
    _Row("statutes.further_payments", "Weitere Zahlungspflichten, die die Beitrittserklärung hervorhebt", "Satzung; § 15a Satz 3 GenG", "laufende Beiträge nach der Beitragsordnung", _LONG_AGO, note=_OWN),
    _Row("statutes.liability_sum", "Haftsumme für Nachschüsse in Euro (0: keine Nachschusspflicht)", "Satzung; § 6 Nr. 3 GenG", Decimal(0), _LONG_AGO, note=_OWN),
)  # fmt: skip

DUTY: Final = "supervision.accession.duty"
WAIT: Final = "supervision.accession.wait"
_DUTY_TITLE: Final = "Was eine Kommune beim Beitritt ihrer Aufsichtsbehörde schuldet"
_WAIT_TITLE: Final = "Wie lange vor dem Vollzug"
_WEEKS: Final = (6, "weeks")


def _supervision(land: Land, source: str, duty: str, wait: tuple[int, str] | None, **more: Any) -> list[_Row]:
    since = more.pop("since", _LONG_AGO)
    rows = [_Row(DUTY, _DUTY_TITLE, source, duty, since, land=land, **more)]
    if wait is not None:
        rows.append(_Row(WAIT, _WAIT_TITLE, source, wait, since, land=land, **more))
    return rows


_LAENDER: Final = (
    *_supervision(Land.NW, "§ 115 Abs. 1 GO NRW", "notify", _WEEKS, **_checked("Nennt ausdrücklich den Geschäftsanteil an einer eingetragenen Genossenschaft.")),
    *_supervision(Land.NI, "§ 152 Abs. 1 Nr. 2 NKomVG", "notify", None, **_checked("Unverzüglich und schriftlich; das Ende des Absatzes (Wartefrist) wurde nicht verglichen.")),
    *_supervision(Land.SN, "§ 102 Abs. 1 SächsGemO", "approve", (8, "weeks"), **_checked("Die Behörde entscheidet binnen acht Wochen nach vollständigem Antrag.")),
    *_supervision(Land.ST, "§ 123 GO LSA", "submit", _WEEKS, valid_to=date(2014, 6, 30), note="Nach einem Kommentar, nicht nach dem Gesetzestext; Beitritte können durch eine allgemeine Zustimmung gedeckt sein."),
    *_supervision(Land.ST, "§ 135 KVG LSA", "submit", _WEEKS, since=date(2014, 7, 1), note="Nach einem Kommentar (2020): Vorlage und Anzeige, keine Genehmigung; die Frist wurde nicht mit dem Gesetzestext verglichen."),
    *_supervision(Land.BW, "§ 108 GemO BW", "submit", None),
    *_supervision(Land.BY, "Art. 96 Abs. 1 GO Bayern", "submit", _WEEKS, **_checked("Vorzulegen mindestens sechs Wochen vor dem Vollzug; keine Pflicht, wenn die Entscheidung weniger als den zwanzigsten Teil der Anteile betrifft (Satz 2).")),
    *_supervision(Land.BB, "§ 100 Abs. 1 BbgKVerf a. F.", "notify", None, valid_to=_eve(_BBG_NEW), note="Verglichen: nennt Gründung und Übernahme eines Unternehmens, keine Frist; ob ein Beitritt darunter fällt, sagt der Absatz nicht."),
    *_supervision(Land.BB, "BbgKVerf vom 5. März 2024, Teil wirtschaftliche Betätigung", "notify", None, since=_BBG_NEW, note="Neue Fassung nicht mit dem Gesetzestext verglichen; die frühere (§ 100) kannte eine Anzeige ohne Frist."),
    *_supervision(Land.HE, "§ 127a HGO", "notify", _WEEKS),
    *_supervision(Land.MV, "§ 77 Abs. 1 KV M-V", "notify", (2, "months"), note="In einer Fassung ohne Datum gelesen, die Neufassung vom 16. Mai 2024 nicht verglichen: Anzeige erst bei mehr als 20 Prozent; Vollzug nach zwei Monaten ohne Beanstandung oder nach Freigabe."),
    *_supervision(Land.RP, "§ 92 Abs. 1 GemO RLP", "submit", _WEEKS, **_checked("Vorzulegen ist eine Analyse der Rechtsformen, sechs Wochen vor der Entscheidung (nicht erst vor dem Vollzug). Die Fälle der Anzeige nach Abs. 2 fehlten zum Teil im verglichenen Text.")),
    *_supervision(Land.SL, "§ 118 Abs. 1 Nr. 4 KSVG", "notify", (1, "months"), **_checked("Schriftlich oder elektronisch, unverzüglich, mindestens einen Monat vor Beginn des Vollzugs; mittelbare Beteiligungen unter zwei Prozent sind ausgenommen.")),
    *_supervision(Land.SH, "§ 108 Abs. 1 GO SH", "notify", _WEEKS, **_checked("Sechs Wochen vor der Beschlussfassung (nicht erst vor dem Vollzug), die Entscheidung danach unverzüglich schriftlich. Der Absatz nennt Gesellschaften; ob eine Genossenschaft darunter fällt, wurde nicht verglichen.")),
    *_supervision(Land.TH, "§ 73 Abs. 1 Satz 4 ThürKO", "approve", None, note="§ 73 nicht mit dem Gesetzestext verglichen (nach einem Lehrskript: Genehmigung); § 72 verglichen: Anzeige sechs Wochen vorher bei Gründung, Übernahme, Erweiterung."),
)  # fmt: skip

INITIAL_RULES: Final[tuple[_Row, ...]] = (*_GENG, *_STATUTES, *_LAENDER)


def add_initial_rules(**_signal: Any) -> None:
    """Add what the table does not know by key and Land; a receiver of `post_migrate`."""
    known = set(LegalRule.objects.values_list("key", "land"))
    LegalRule.objects.bulk_create(_rule_of(row) for row in INITIAL_RULES if (row.key, row.land) not in known)


def _rule_of(row: _Row) -> LegalRule:
    rule = LegalRule(
        key=row.key,
        land=row.land,
        title=row.title,
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        is_checked=row.checked,
        check_note=row.note,
    )
    if isinstance(row.value, Decimal):
        rule.kind, rule.number = RuleKind.NUMBER, row.value
    elif isinstance(row.value, tuple):
        rule.kind = RuleKind.PERIOD
        rule.number, rule.unit = Decimal(row.value[0]), row.value[1]
    else:
        rule.kind, rule.text = RuleKind.TEXT, row.value
    return rule
