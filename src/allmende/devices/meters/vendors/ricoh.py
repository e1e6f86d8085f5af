# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ricoh (also as Nashuatec, Lanier, Gestetner, Rex-Rotary): a table of counters, each with a number for what it counts.

Source: ricohEngCounterType of Ricoh's Private MIB: 10 machine; 201, 301, 401 black and white of copies, fax, prints; 202, 302, 402 one or two
colours; 203, 303, 403 full colour. Larger paper is counted under numbers that differ by model and is left out. Not tried by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number

_TABLE: Final = f"{ENTERPRISES}.367.3.2.1.2.19.5.1"
_TYPES, _VALUES = f"{_TABLE}.2", f"{_TABLE}.9"
_TOTAL: Final = frozenset({10})
_MONO: Final = frozenset({201, 301, 401})
_COLOUR: Final = frozenset({202, 203, 302, 303, 402, 403})


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    by_type: dict[int, int] = {}
    for oid, kind in values.items():
        index = oid.removeprefix(f"{_TYPES}.")
        if index == oid or not isinstance(kind, int):
            continue
        count = number(values, f"{_VALUES}.{index}")
        if count is not None:
            by_type.setdefault(kind, count)

    def added(kinds: frozenset[int]) -> int | None:
        found = [count for kind, count in by_type.items() if kind in kinds]
        return sum(found) if found else None

    return {"total": added(_TOTAL), "mono": added(_MONO), "colour": added(_COLOUR)}


VENDOR: Final = Vendor(
    "Ricoh", 367, _read, source="Ricoh Private MIB, ricohEngCounterTable", tables=(_TYPES, _VALUES)
)
