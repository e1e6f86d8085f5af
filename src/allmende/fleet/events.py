# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happened in the fleet, told to other rooms as typed events. A handler runs in the transaction of what it hears of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SettlementClosed:
    """A period of a contract was settled, or settled anew (`version` > 1: the amounts are then the difference to what was before).

    Euros; days are both included.
    """

    municipality_id: int
    settlement_id: int
    contract_id: int
    supplier: str
    contract_number: str
    first_day: date
    last_day: date
    version: int
    net: Decimal
    tax: Decimal
    gross: Decimal
    #: The contract's choice: the cooperative, not the supplier, invoices what is settled.
    by_cooperative: bool


class RefusedClosingError(Exception):
    """A handler can't go along, so nothing is closed. In the reader's language: what is wrong, and what to do."""


_handlers: list[Callable[[SettlementClosed], None]] = []


def subscribe(handler: Callable[[SettlementClosed], None]) -> None:
    """Subscribing the same handler again changes nothing."""
    if handler not in _handlers:
        _handlers.append(handler)


def unsubscribe(handler: Callable[[SettlementClosed], None]) -> None:
    if handler in _handlers:
        _handlers.remove(handler)


def publish(event: SettlementClosed) -> None:
    """Raises RefusedClosingError."""
    for handler in _handlers:
        handler(event)
