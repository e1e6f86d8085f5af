# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""HP: mono and colour sides of the engine (`total-mono-page-count`, `total-color-page-count`; a duplexed sheet counts two).

Source: HP's MIBs for LaserJet devices, published by HP. Larger paper has no counter of its own there. Not tried by this project.
"""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number

_ENGINE: Final = f"{ENTERPRISES}.11.2.3.9.4.2.1.4.1.2"
_MONO, _COLOUR = f"{_ENGINE}.6.0", f"{_ENGINE}.7.0"


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    return {"mono": number(values, _MONO), "colour": number(values, _COLOUR)}


VENDOR: Final = Vendor(
    "HP", 11, _read, source="HP's LaserJet MIBs (status-prt-eng)", objects=(_MONO, _COLOUR)
)
