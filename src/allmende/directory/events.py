# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happened in the directory, told to the rooms above as typed events.

A handler runs at once, in the transaction of the change that it hears of: it either succeeds together with the change, or both
fail. Work that is slow, or that may be done again, puts itself behind `transaction.on_commit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class PersonEnrolled:
    """A person got the first chip, or a fresh key pair in place of a lost one (`replaced_key`)."""

    municipality_id: int
    person_id: int
    replaced_key: bool


@dataclass(frozen=True, slots=True)
class ChipRevoked:
    """A chip opens nothing any more; what it had opened must be closed."""

    municipality_id: int
    person_id: int
    chip_id: int


@dataclass(frozen=True, slots=True)
class DelegationEnded:
    municipality_id: int
    owner_id: int
    delegate_id: int


Event = PersonEnrolled | ChipRevoked | DelegationEnded
_E = TypeVar("_E", bound=Event)

_handlers: dict[type[Any], list[Callable[[Any], None]]] = {}


def subscribe(event_type: type[_E], handler: Callable[[_E], None]) -> None:
    """Call `handler` for every event of this type; subscribing the same handler again changes nothing."""
    handlers = _handlers.setdefault(event_type, [])
    if handler not in handlers:
        handlers.append(handler)


def publish(event: Event) -> None:
    for handler in _handlers.get(type(event), ()):
        handler(event)
