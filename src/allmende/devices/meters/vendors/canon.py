# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Canon: the counters of the device's own check screen, by their numbers there (101, 112, 113, 122, 123).

Source: the numbers are those of Canon's service documentation; that they stand at this place is told alike by several public tools. Not tried on
a device by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number, total_of

_COUNTERS: Final = f"{ENTERPRISES}.1602.1.11.1.3.1.4"
_TOTAL, _MONO_LARGE, _MONO_SMALL = f"{_COUNTERS}.101", f"{_COUNTERS}.112", f"{_COUNTERS}.113"
_COLOUR_LARGE, _COLOUR_SMALL = f"{_COUNTERS}.122", f"{_COUNTERS}.123"


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {
        "total": number(values, _TOTAL),
        "mono": total_of(values, (_MONO_LARGE, _MONO_SMALL)),
        "colour": total_of(values, (_COLOUR_LARGE, _COLOUR_SMALL)),
        "a3": total_of(values, (_MONO_LARGE, _COLOUR_LARGE)),
        "a3_colour": number(values, _COLOUR_LARGE),
    }


VENDOR: Final = Vendor(
    "Canon",
    1602,
    _read,
    source="counter numbers of the check screen (imageRUNNER ADVANCE)",
    objects=(_TOTAL, _MONO_LARGE, _MONO_SMALL, _COLOUR_LARGE, _COLOUR_SMALL),
)
