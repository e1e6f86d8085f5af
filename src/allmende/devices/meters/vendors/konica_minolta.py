# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Konica Minolta: a table of counters by colour (1 black, 2 full, 3 single, 4 two colours) and function (1 copy, 2 print).

Source: public monitoring templates that name each number alike. Not tried by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number, total_of

_COUNTERS: Final = f"{ENTERPRISES}.18334.1.1.1.5.7.2"
_TOTAL: Final = f"{_COUNTERS}.1.1.0"


def _cells(column: int, colours: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{_COUNTERS}.2.1.{column}.{colour}.{function}" for colour in colours for function in (1, 2))


_ALL, _LARGE, _COLOURS = 5, 7, (2, 3, 4)


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {
        "total": number(values, _TOTAL),
        "mono": total_of(values, _cells(_ALL, (1,))),
        "colour": total_of(values, _cells(_ALL, _COLOURS)),
        "a3": total_of(values, _cells(_LARGE, (1, *_COLOURS))),
        "a3_colour": total_of(values, _cells(_LARGE, _COLOURS)),
    }


VENDOR: Final = Vendor(
    "Konica Minolta",
    18334,
    _read,
    source="public monitoring templates for bizhub",
    objects=(_TOTAL, *_cells(_ALL, (1, *_COLOURS)), *_cells(_LARGE, (1, *_COLOURS))),
)
