# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What printing offers the rooms beside it: functions and frozen dataclasses, never models."""

from __future__ import annotations

from allmende.printing.ledger.device_users import DeviceUse, uses_of_devices
from allmende.printing.ledger.figures import (
    BY,
    SheetLine,
    SheetSum,
    entries_of_device,
    entries_of_person,
    sum_sheets,
    sum_sheets_of_person,
    sum_sheets_of_towns,
)
from allmende.printing.prices import ImpressionPrices, PriceOf, set_price_source

__all__ = [
    "BY",
    "DeviceUse",
    "ImpressionPrices",
    "PriceOf",
    "SheetLine",
    "SheetSum",
    "entries_of_device",
    "entries_of_person",
    "set_price_source",
    "sum_sheets",
    "sum_sheets_of_person",
    "sum_sheets_of_towns",
    "uses_of_devices",
]
