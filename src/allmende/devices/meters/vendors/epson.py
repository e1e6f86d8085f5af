# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Epson (WorkForce Enterprise): total, mono and colour. Source: public field notes on an AM-C550. Not tried by this project."""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number

_BASE: Final = f"{ENTERPRISES}.1248.1.2.2.27.1.1"
_TOTAL, _MONO, _COLOUR = f"{_BASE}.30.1.1", f"{_BASE}.3.1.1", f"{_BASE}.4.1.1"


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {"total": number(values, _TOTAL), "mono": number(values, _MONO), "colour": number(values, _COLOUR)}


VENDOR: Final = Vendor(
    "Epson", 1248, _read, source="field notes on an AM-C550", objects=(_TOTAL, _MONO, _COLOUR)
)
