# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lexmark: total, mono and colour. Source: public tools that name them alike. Not tried by this project."""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, total_of

_BASE: Final = f"{ENTERPRISES}.641.2.1.5"


def _cell(column: int) -> tuple[str, ...]:
    # Some agents answer at the bare object, others at its first instance, never both.
    return (f"{_BASE}.{column}", f"{_BASE}.{column}.0")


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    names = {"total": 1, "mono": 2, "colour": 3}
    return {kind: total_of(values, _cell(column)) for kind, column in names.items()}


VENDOR: Final = Vendor(
    "Lexmark", 641, _read, source="public monitoring tools", objects=(*_cell(1), *_cell(2), *_cell(3))
)
