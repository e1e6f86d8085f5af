# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the code writes into the chain is read in words, with the state before where something was changed."""

from __future__ import annotations

import ast
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from allmende.cooperative.chain_values import WORDS, ValueLine, label_of, value_lines
from allmende.cooperative.hash_chain import ChangeEntry, record_change
from allmende.cooperative.members import Member
from allmende.directory.roles import RoleName

from .test_chain_words import calls, texts_of
from .test_member_pages import sign_in

BASE = "/genossenschaft/"


def names_in(node: ast.expr, tree: ast.Module) -> set[str]:
    """The names of the values that a call gives: of dictionaries, also where they were assigned to a name before."""
    if isinstance(node, ast.Dict):
        found = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        parts = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
        return found.union(*(names_in(part, tree) for part in parts))
    if isinstance(node, ast.Name):
        return set().union(
            *(
                names_in(each.value, tree)
                for each in ast.walk(tree)
                if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None
                for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
                if isinstance(target, ast.Name) and target.id == node.id and isinstance(each.value, ast.Dict)
            )
        )
    return set()


def test_every_value_that_the_code_writes_has_a_label() -> None:
    told = {
        (noun, name)
        for _path, tree, call in calls()
        if len(call.args) > 4
        for noun in texts_of(call.args[1], tree)
        for name in names_in(call.args[4], tree)
    }
    assert len(told) > 60
    # A module may use one name for the values of two nouns: then the label of either will do.
    labelled = {name for noun, name in told if label_of(noun, name) is not None}
    assert {name for _noun, name in told} - labelled == {"before"}


def test_every_label_is_there_in_german() -> None:
    with translation.override("en"):
        english = [str(each) for each in WORDS.values()]
    with translation.override("de"):
        german = [str(each) for each in WORDS.values()]
    same = [one for one, other in zip(english, german, strict=True) if one == other]
    assert same == []


def lines_of(*values: dict[str, Any], noun: str, what: str = "changed") -> list[ValueLine]:
    entries = [
        record_change(None, noun, 7, what if number else "added", each) for number, each in enumerate(values)
    ]
    return value_lines(entries)[entries[-1].number]


@pytest.mark.django_db
def test_a_change_says_what_was_before_and_leaves_what_stayed() -> None:
    rule = {
        "key": "supervision.accession.duty",
        "text": "notify",
        "valid_from": date(2020, 1, 1),
        "number": None,
    }
    lines = lines_of(rule, {**rule, "text": "approve", "number": Decimal("6.0000")}, noun="legal_rule")
    assert lines[:2] == [
        ValueLine("Number", "6", "(empty)"),
        ValueLine("Text", "obtain approval", "give notice"),
    ]
    assert ValueLine("Valid from", "1 Jan 2020") in lines
    # An event has nothing before it, though the same thing had an entry already.
    event = {"day": date(2020, 1, 1)}
    assert {
        line.before
        for line in lines_of(event, {"day": date(2021, 1, 1)}, noun="accession", what="step_recorded")
    } == {None}


@pytest.mark.django_db
def test_amounts_members_choices_and_counts_are_read_in_both_languages() -> None:
    member = Member.objects.create(name="Zerbst/Anhalt", land="ST")
    turnover = {
        "total": Decimal(420000),
        "with_members": Decimal("390600.00"),
        "before": {"total": Decimal(400000)},
    }
    contact = {"member": member.pk, "role": "voting", "signs": "alone"}
    closed = {"tally": {"yes": 3, "no": 0}, "outcome": "adopted", "members": [member.pk, 999]}
    entries = [
        record_change(None, "turnover", 2025, "entered", turnover),
        record_change(None, "contact", 1, "kept", contact),
        record_change(None, "voting", 1, "closed", closed),
    ]
    with translation.override("de"):
        found = value_lines(entries)
    assert ValueLine("Umsatz insgesamt", "420.000,00 €", "400.000,00 €") in found[entries[0].number]
    assert {line.value for line in found[entries[1].number]} >= {
        "Zerbst/Anhalt",
        "stimmführende Vertretung",
    }
    assert {line.value for line in found[entries[2].number]} == {
        "Nein: 0, Ja: 3",
        "angenommen",
        "Zerbst/Anhalt, 999",
    }


@pytest.mark.django_db
def test_the_page_shows_lines_and_no_raw_values() -> None:
    client = sign_in(RoleName.OFFICE)
    for total in ("420000", "425000"):
        client.post(BASE + "inhouse/", {})
        record_change(None, "turnover", 2025, "entered", {"total": Decimal(total), "before": None})
    page = client.get(BASE + "kette/").content.decode()
    assert "before: 420,000.00 €" in page
    assert "&quot;total&quot;" not in page
    assert Client().get(BASE + "kette/").status_code == 302
    assert ChangeEntry.objects.exists()
