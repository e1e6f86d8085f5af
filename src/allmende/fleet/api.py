# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the fleet offers other rooms: functions and frozen dataclasses, never models."""

from __future__ import annotations

from allmende.fleet.contract_terms import impression_prices
from allmende.fleet.events import RefusedClosingError, SettlementClosed, subscribe, unsubscribe

__all__ = ["RefusedClosingError", "SettlementClosed", "impression_prices", "subscribe", "unsubscribe"]
