# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Nobody reads a keyword in the audit trail: what the print path's rooms record has words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver

import allmende
from allmende.directory.audit_words import action_word

ROOMS = ("devices", "directory", "printing")


def recorded_actions(room: str) -> Iterator[str]:
    """The third argument of each call of `record_audit`, where it is written out."""
    for path in (Path(allmende.__file__).parent / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_audit":
                action = node.args[2]
                either = [action.body, action.orelse] if isinstance(action, ast.IfExp) else [action]
                yield from (str(each.value) for each in either if isinstance(each, ast.Constant))


@pytest.mark.parametrize("room", ROOMS)
def test_every_action_has_words(room: str) -> None:
    get_resolver().url_patterns  # noqa: B018 - the pages bring their words
    actions = set(recorded_actions(room))
    assert len(actions) > 5
    assert [action for action in sorted(actions) if action_word(action) == action] == []
