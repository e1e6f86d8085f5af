# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dated rules: which row is valid, what an installation begins with, and what the declaration says by them."""

from __future__ import annotations

import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from allmende.cooperative.accessions import Duty, StepKind
from allmende.cooperative.declaration import describe_declaration, duties_to_highlight, set_declaration
from allmende.cooperative.laender import LAND_BY_KEY, Land
from allmende.cooperative.legal_rules import (
    FINANCIAL_YEAR_END,
    TEXT_CHOICES,
    LegalRule,
    UnknownRuleError,
    financial_year_on,
    rule_on,
)
from allmende.cooperative.legal_rules_initial import DUTY, INITIAL_RULES, WAIT, add_initial_rules
from allmende.cooperative.tax import SETTLEMENTS_RULE, Tax
from makers import make_town

from .member_makers import make_accession, walk_to

DAY = date(2026, 1, 1)


@pytest.mark.django_db
def test_the_initial_rules_are_whole_and_say_what_was_not_compared() -> None:
    keys = {row.key for row in INITIAL_RULES}
    rules = LegalRule.objects.filter(key__in=keys)
    for rule in rules:
        rule.full_clean()
        assert rule.source
        assert rule.value_words
        assert rule.is_checked or rule.check_note
    assert len(rules) == len(INITIAL_RULES)


@pytest.mark.django_db
def test_what_the_office_has_changed_is_never_touched_again() -> None:
    before = LegalRule.objects.count()
    LegalRule.objects.filter(key="statutes.notice_period").update(number=2, valid_from=date(2020, 1, 1))
    LegalRule.objects.filter(key="statutes.share_amount").delete()
    add_initial_rules()
    assert LegalRule.objects.get(key="statutes.notice_period").number == 2
    assert LegalRule.objects.count() == before


@pytest.mark.django_db
def test_the_form_of_the_declaration_changed_with_2025() -> None:
    key = "genossenschaftsgesetz.15.form"
    days = (date(2014, 6, 10), date(2024, 12, 31), date(2025, 1, 1))
    assert [rule_on(key, day).text for day in days] == ["written", "written", "text"]


@pytest.mark.django_db
def test_each_land_has_its_own_rule_and_an_unknown_one_is_an_error() -> None:
    assert (rule_on(DUTY, DAY, land="NW").text, rule_on(WAIT, DAY, land="NW").period.count) == ("notify", 6)
    assert rule_on(DUTY, DAY, land="SN").text == "approve"
    assert [rule_on(DUTY, day, land="ST").source for day in (date(2014, 6, 30), date(2014, 7, 1))] == [
        "§ 123 GO LSA",
        "§ 135 KVG LSA",
    ]
    saarland = rule_on(WAIT, DAY, land="SL")
    assert (saarland.period.count, saarland.unit, saarland.is_checked) == (1, "months", True)
    # Where the law was made new and the new text was not read, the old comparison does not count for today.
    assert not rule_on(DUTY, DAY, land="BB").is_checked
    with pytest.raises(UnknownRuleError, match=DUTY):
        rule_on(DUTY, DAY, land="BE")
    with pytest.raises(UnknownRuleError):
        rule_on("genossenschaftsgesetz.15.form", date(2006, 8, 17))


def test_the_words_that_the_office_chooses_among_are_those_the_program_knows_in_both_languages() -> None:
    assert list(TEXT_CHOICES[DUTY]) == Duty.values
    assert list(TEXT_CHOICES[SETTLEMENTS_RULE]) == [Tax.STANDARD, Tax.EXEMPT]
    words = {word for choices in TEXT_CHOICES.values() for word in choices.values()}
    with translation.override("de"):
        assert [str(word) for word in words if str(word) == word._args[0]] == []


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"text": "melden"}, {"kind": "number", "number": 3}])
def test_what_the_program_decides_by_is_one_of_its_words(change: dict[str, Any]) -> None:
    rule = LegalRule.objects.filter(key=DUTY).first()
    assert rule is not None
    rule.full_clean()
    for name, value in change.items():
        setattr(rule, name, value)
    with pytest.raises(ValidationError, match="Choose one of: submit the resolution, give notice"):
        rule.full_clean()


@pytest.mark.django_db
def test_the_lands_row_goes_before_the_general_one() -> None:
    fields = {"key": "x", "title": "x", "kind": "text", "source": "x", "valid_from": date(2020, 1, 1)}
    LegalRule.objects.create(**fields, text="all")
    LegalRule.objects.create(**fields, land=Land.ST, text="own")
    assert [rule_on("x", DAY, land=land).text for land in ("ST", "BY", "")] == ["own", "all", "all"]


def test_sixteen_laender_by_their_keys() -> None:
    assert sorted(LAND_BY_KEY.values()) == sorted(Land)


@pytest.mark.django_db
def test_a_financial_year_follows_the_statutes_of_its_day() -> None:
    year = financial_year_on(date(2024, 2, 29))
    assert (year.first_day, year.last_day) == (date(2024, 1, 1), date(2024, 12, 31))


class Overlaps(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 20)), min_size=1, max_size=6))
    def test_at_most_one_row_is_valid_on_a_day(self, spans: list[tuple[int, int | None]]) -> None:
        first = date(2024, 2, 20)
        kept: list[LegalRule] = []
        for begin, length in spans:
            valid_from = first + timedelta(days=begin)
            valid_to = valid_from + timedelta(days=length) if length is not None else None
            rule = LegalRule(
                key="k",
                title="k",
                kind="text",
                text="t",
                source="s",
                valid_from=valid_from,
                valid_to=valid_to,
            )
            try:
                rule.full_clean()
            except ValidationError:
                continue
            rule.save()
            kept.append(rule)
        assert kept
        for step in range(70):
            day = first + timedelta(days=step)
            valid = [r for r in kept if r.valid_from <= day and (r.valid_to is None or day <= r.valid_to)]
            assert len(valid) <= 1
            if valid:
                assert rule_on("k", day) == valid[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "text", "text": ""},
        {"kind": "number", "number": None},
        {"kind": "period", "number": Decimal(3), "unit": ""},
        {"kind": "period", "number": Decimal("1.5"), "unit": "months"},
        {"kind": "period", "number": Decimal(-1), "unit": "months"},
        {"kind": "text", "text": "t", "valid_to": date(2019, 12, 31)},
        {"key": FINANCIAL_YEAR_END, "kind": "text", "text": "31.12."},
        {"key": FINANCIAL_YEAR_END, "kind": "text", "text": "13-31"},
        {"key": FINANCIAL_YEAR_END, "kind": "number", "number": Decimal(12)},
    ],
)
def test_a_rule_without_a_usable_value_is_refused(broken: dict[str, object]) -> None:
    rule = LegalRule(**{"key": "k", "title": "k", "source": "s", "valid_from": date(2020, 1, 1), **broken})
    with pytest.raises(ValidationError):
        rule.full_clean()


@pytest.mark.parametrize(
    ("values", "english", "german"),
    [
        ({"kind": "period", "number": Decimal(1), "unit": "years"}, "1 year", "1 Jahr"),
        ({"kind": "period", "number": Decimal(6), "unit": "weeks"}, "6 weeks", "6 Wochen"),
        ({"key": DUTY, "kind": "text", "text": "notify"}, "give notice", "anzeigen"),
        (
            {"key": "genossenschaftsgesetz.15.form", "kind": "text", "text": "written"},
            "written form",
            "Schriftform",
        ),
        ({"kind": "text", "text": "as the bylaws say"}, "as the bylaws say", "as the bylaws say"),
        ({"kind": "number", "number": Decimal(5000)}, "5,000", "5.000"),
    ],
)
def test_a_value_is_told_in_the_readers_words(values: dict[str, Any], english: str, german: str) -> None:
    rule = LegalRule(**{"key": "k", **values})
    with translation.override("en"):
        assert rule.value_words == english
    with translation.override("de"):
        assert rule.value_words.casefold() == german.casefold()


@pytest.mark.django_db
def test_the_declaration_highlights_what_the_law_asks() -> None:
    assert len(duties_to_highlight(DAY)) == 1
    LegalRule.objects.filter(key="statutes.liability_sum").update(number=5000)
    LegalRule.objects.filter(key="statutes.notice_period").update(number=2)
    found = duties_to_highlight(DAY)
    assert len(found) == 3
    assert any("Haftsumme von 5.000,00 Euro" in words or "Haftsumme" in words for words in found)
    assert any("Frist von 2 Jahren" in words for words in found)


@pytest.mark.django_db
def test_the_declaration_on_paper(tmp_path: Path) -> None:
    accession = make_accession(street="Schloßfreiheit 12", postcode="39261", place="Zerbst/Anhalt")
    facts = {"representative": "Andreas #Muster", "deputy": "Berta *Muster*"}
    walk_to(accession, StepKind.RESOLUTION, {StepKind.RESOLUTION: date(2014, 6, 4)}, resolution=facts)
    cooperative = make_town("kommunal", name="Kommunale Genossenschaft eG", is_cooperative=True)
    told = describe_declaration(accession, cooperative, date(2014, 6, 10), share_count=2)
    assert told["is_written"]
    file = tmp_path / "declaration.pdf"
    file.write_bytes(set_declaration(accession, cooperative, date(2025, 6, 10), share_count=2))
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True
    ).stdout
    plain = " ".join(text.split())
    for words in (
        "Kommunale Genossenschaft eG",
        "2 Geschäftsanteilen zu je 5.000,00 Euro",
        "von zusammen 10.000,00 Euro innerhalb von 1 Monat",
        "4. Juni 2014",
        "Andreas #Muster",
        "Berta *Muster*",
        "Textform (§ 126b BGB)",
        "laufende Beiträge nach der Beitragsordnung",
    ):
        assert words in plain
