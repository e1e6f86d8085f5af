# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail in words. Rooms above add theirs; an action without words is shown as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LONGEST: Final = 300

_ACTIONS: Final[dict[str, str | Promise]] = {
    "chip.enrolled": _("Chip enrolled"),
    "chip.revoked": _("Chip blocked"),
    "cost_centre.added": _("Cost centre added"),
    "cost_centre.changed": _("Cost centre changed"),
    "cost_centre.deleted": _("Cost centre deleted"),
    "delegation.begun": _("Delegation begun"),
    "delegation.ended": _("Delegation ended"),
    "enrolment_code.issued": _("One-time code issued"),
    "key.replaced": _("Key replaced"),
    "password.changed": _("Password changed"),
    "password.set": _("Password set by link"),
    "password_link.issued": _("Password link issued"),
    "people.exported": _("People exported"),
    "people.imported": _("People imported"),
    "person.added": _("Person added"),
    "person.changed": _("Person changed"),
    "settings.changed": _("Settings changed"),
}


def add_action_words(words: Mapping[str, str | Promise]) -> None:
    _ACTIONS.update(words)


def action_word(action: str) -> str:
    return str(_ACTIONS.get(action, action))


def detail_words(detail: Mapping[str, Any]) -> str:
    """`held_hours: 24 → 48`; lists of two that stand under a changed field's name are old and new."""
    parts = []
    for name, value in detail.items():
        if isinstance(value, list) and len(value) == 2 and name != "fields":
            parts.append(f"{name}: {_plain(value[0])} → {_plain(value[1])}")
        else:
            parts.append(f"{name}: {_plain(value)}")
    text = "; ".join(parts)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items()) or "–"
    return "–" if value is None or value == "" else str(value)
