# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Xerox: impressions in all, black, colour, and the same on large paper (20.1, 34, 33, 47, 44, 43).

Source: XEROX-HOST-RESOURCES-EXT-MIB (Xerox Common Management Interface). Not tried by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number

_COUNTERS: Final = f"{ENTERPRISES}.253.8.53.13.2.1.6.1.20"
_PLACES: Final = {"total": 1, "mono": 34, "colour": 33, "a3": 47, "a3_colour": 43}


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {kind: number(values, f"{_COUNTERS}.{place}") for kind, place in _PLACES.items()}


VENDOR: Final = Vendor(
    "Xerox",
    253,
    _read,
    source="XEROX-HOST-RESOURCES-EXT-MIB",
    objects=tuple(f"{_COUNTERS}.{place}" for place in _PLACES.values()),
)
