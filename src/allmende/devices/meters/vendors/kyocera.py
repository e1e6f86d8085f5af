# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Kyocera: sides by function and colour (1 mono, 2 single colour, 3 full colour), and by colour and paper size (1 A3).

Source: Kyocera's MIB, and public field notes on TASKalfa 5054ci and 3554ci. The total is RFC 3805's. Not tried by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number, total_of

_COUNTERS: Final = f"{ENTERPRISES}.1347.42.3.1"
_BY_FUNCTION: Final = f"{_COUNTERS}.2.1.1"
_A3_MONO, _A3_COLOUR = f"{_COUNTERS}.6.1.1.1.1", f"{_COUNTERS}.6.1.1.2.1"


def _of_colour(values: Mapping[str, Value], *colours: str) -> int | None:
    places = (oid for oid in values if oid.startswith(f"{_BY_FUNCTION}."))
    return total_of(values, tuple(oid for oid in places if oid.rpartition(".")[2] in colours))


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {
        "mono": _of_colour(values, "1"),
        "colour": _of_colour(values, "2", "3"),
        "a3": total_of(values, (_A3_MONO, _A3_COLOUR)),
        "a3_colour": number(values, _A3_COLOUR),
    }


VENDOR: Final = Vendor(
    "Kyocera",
    1347,
    _read,
    source="KYOCERA-MIB; field notes on TASKalfa 5054ci, 3554ci",
    objects=(_A3_MONO, _A3_COLOUR),
    tables=(_BY_FUNCTION,),
)
