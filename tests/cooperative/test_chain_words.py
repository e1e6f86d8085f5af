# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever the code writes into the chain can be read by the office in its own language."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from allmende import cooperative
from allmende.cooperative.chain_words import ACTIONS, SUBJECTS
from allmende.cooperative.hash_chain import record_change
from allmende.directory.roles import Role, RoleName
from makers import make_person, make_town

_ROOM = Path(cooperative.__file__).parent


def parse(source: str) -> ast.Module:
    """Without the collector: what it finalises may log a traceback, which parses too, and Debian's Python can't do one inside the other."""
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()


def calls() -> Iterator[tuple[Path, ast.Module, ast.Call]]:
    for path in _ROOM.rglob("*.py"):
        tree = parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_change":
                yield path, tree, node


def texts_of(node: ast.expr, tree: ast.Module) -> set[str]:
    """The words an argument can be; of a name, those of its assignments and of the calls that pass it."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return texts_of(node.body, tree) | texts_of(node.orelse, tree)
    if isinstance(node, ast.Name):
        return {
            text
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in each.targets)
            for text in texts_of(each.value, tree)
        }
    return set()


def test_every_word_that_the_code_writes_is_known() -> None:
    subjects: set[str] = set()
    actions: set[str] = set()
    for _path, tree, call in calls():
        subjects |= texts_of(call.args[1], tree)
        actions |= texts_of(call.args[3], tree)
    assert len(subjects) > 25
    assert len(actions) > 45
    assert (subjects - set(SUBJECTS), actions - set(ACTIONS)) == (set(), set())


def test_every_word_is_there_in_german() -> None:
    words = [*SUBJECTS.values(), *ACTIONS.values()]
    with translation.override("en"):
        english = [str(each) for each in words]
    with translation.override("de"):
        german = [str(each) for each in words]
    assert [one for one, other in zip(english, german, strict=True) if one == other] == []


@pytest.mark.django_db
def test_the_page_says_it_in_german(client: Client) -> None:
    town = make_town("genossenschaft", is_cooperative=True)
    olga = make_person(town, "olga")
    Role.objects.create(municipality=town, person=olga, name=RoleName.OFFICE)
    record_change(olga, "member_list", 7, "recorded", {"member": 3})
    record_change(olga, "of_a_later_version", 7, "recorded", {})
    client.force_login(olga)
    page = client.get("/genossenschaft/kette/", headers={"accept-language": "de"}).content.decode()
    assert "Zeile der Mitgliederliste 7: eingetragen" in page
    assert 'value="member_list"' in page
    assert "member_list 7" not in page
    assert "of_a_later_version 7: eingetragen" in page
    chosen = client.get("/genossenschaft/kette/?gegenstand=member_list", headers={"accept-language": "de"})
    assert "of_a_later_version 7" not in chosen.content.decode()
