# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happened to memberships, told to shares, charges and meetings. A handler runs in the transaction of what it hears of.

`list_row` is the number of the row of the list of members that says so; who hears of its correction knows by it what to take back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class MemberAdmitted:
    """`share_count` is what the declaration subscribes, the first share included."""

    member_id: int
    effective_on: date
    share_count: int


@dataclass(frozen=True, slots=True)
class MembershipEnds:
    """`last_day` may lie ahead. `pay_out_due` is None where nothing is paid out (transfer of the whole balance)."""

    list_row: int

    member_id: int
    last_day: date
    reason: str
    pay_out_due: date | None
    #: Who receives the balance, where it is not the member: the legal successor.
    pay_out_to_id: int | None


@dataclass(frozen=True, slots=True)
class MembershipEndRevoked:
    list_row: int
    member_id: int
    last_day: date


@dataclass(frozen=True, slots=True)
class SharesTransferred:
    list_row: int
    from_member_id: int
    to_member_id: int
    effective_on: date
    #: None: the whole balance.
    share_count: int | None


@dataclass(frozen=True, slots=True)
class SharesCancelled:
    """Held to the end of `last_day`."""

    list_row: int

    member_id: int
    last_day: date
    share_count: int
    pay_out_due: date


@dataclass(frozen=True, slots=True)
class ShareRowCorrected:
    """A cancellation of single shares, or a transfer, was taken back; `list_row` is the one that the event of then named."""

    list_row: int


Event = (
    MemberAdmitted
    | MembershipEnds
    | MembershipEndRevoked
    | SharesTransferred
    | SharesCancelled
    | ShareRowCorrected
)
_E = TypeVar("_E", bound=Event)

_handlers: dict[type[Any], list[Callable[[Any], None]]] = {}


def subscribe(event_type: type[_E], handler: Callable[[_E], None]) -> None:
    """Subscribing the same handler again changes nothing."""
    handlers = _handlers.setdefault(event_type, [])
    if handler not in handlers:
        handlers.append(handler)


def unsubscribe(event_type: type[_E], handler: Callable[[_E], None]) -> None:
    if handler in _handlers.get(event_type, []):
        _handlers[event_type].remove(handler)


def publish(event: Event) -> None:
    for handler in list(_handlers.get(type(event), ())):
        handler(event)
