# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Nobody reads a keyword in the audit trail: what the rooms record has words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver

import allmende
from allmende.directory.audit_words import action_word

ROOMS = ("cooperative", "devices", "directory", "fleet", "printing")
#: Which argument names the action.
RECORDERS = {"record_audit": 2, "audit_member": 1}
PUT_TOGETHER = {
    "fleet": {
        f"{row}.{done}"
        for row in ("contract_term", "contract_device", "contract_charge")
        for done in ("added", "changed", "deleted")
    }
    | {"contract.added", "contract.changed"},
    "cooperative": {"legal_rule.added", "legal_rule.changed"},
}


def recorded_actions(room: str) -> Iterator[str]:
    """The action in each call, where it is written out; of one that is put together, all that it can be is in `PUT_TOGETHER`."""
    for path in (Path(allmende.__file__).parent / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            place = RECORDERS.get(getattr(node.func, "id", "")) if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and place is not None:
                action = node.args[place]
                either = [action.body, action.orelse] if isinstance(action, ast.IfExp) else [action]
                yield from (str(each.value) for each in either if isinstance(each, ast.Constant))


@pytest.mark.parametrize("room", ROOMS)
def test_every_action_has_words(room: str) -> None:
    get_resolver().url_patterns  # noqa: B018 - the pages bring their words
    actions = set(recorded_actions(room)) | PUT_TOGETHER.get(room, set())
    assert len(actions) > 5
    assert [action for action in sorted(actions) if action_word(action) == action] == []
