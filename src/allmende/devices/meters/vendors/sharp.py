# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sharp: mono and colour prints and copies. Source: public tools that name them alike. Not tried by this project."""

from collections.abc import Mapping
from typing import Final

from allmende.devices.meters.snmp_session import Value
from allmende.devices.meters.vendors import ENTERPRISES, Vendor, number

_TOTALS: Final = f"{ENTERPRISES}.2385.1.1.19.2.1.3.5.4"
_MONO, _COLOUR = f"{_TOTALS}.61", f"{_TOTALS}.63"


def _read(values: Mapping[str, Value]) -> dict[str, int | None]:
    # The total is RFC 3805's: whether these two hold every function is not documented.
    return {"mono": number(values, _MONO), "colour": number(values, _COLOUR)}


VENDOR: Final = Vendor("Sharp", 2385, _read, source="public monitoring tools", objects=(_MONO, _COLOUR))
