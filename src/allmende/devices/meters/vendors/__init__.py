# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makers' own counters beyond RFC 3805, which knows one count for all that a marker did.

Each module has one `VENDOR`. It is chosen by sysObjectID alone (RFC 3418): what a device calls itself in texts decides nothing. A vendor says which
objects it wants and reads counts by kind (`counts.KINDS`) out of
what came; what it can't tell is None, and the total is then RFC 3805's. `tried_on` names the
devices that a reading was compared with; where it is empty the numbers come from public documents and were never tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from allmende.devices.meters.snmp_session import Value

ENTERPRISES: Final = "1.3.6.1.4.1"


@dataclass(frozen=True, slots=True)
class Vendor:
    """`enterprise`: the maker's number (IANA). `objects`: what to get; `tables`: what to walk. `source`: where the numbers are documented."""

    name: str
    enterprise: int
    read_counts: Callable[[Mapping[str, Value]], dict[str, int | None]]
    source: str
    objects: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    tried_on: tuple[str, ...] = ()

    def is_of(self, object_id: str) -> bool:
        """Whether the device with this sysObjectID is the maker's."""
        return f"{object_id}.".startswith(f"{ENTERPRISES}.{self.enterprise}.")


def number(values: Mapping[str, Value], oid: str) -> int | None:
    """A count out of an answer; a text of digits counts too, as some agents send."""
    value = values.get(oid)
    if isinstance(value, bytes):
        text = value.decode("ascii", "ignore").strip()
        return int(text) if text.isdecimal() and len(text) <= 10 else None
    return value if isinstance(value, int) and value >= 0 else None


def total_of(values: Mapping[str, Value], oids: tuple[str, ...]) -> int | None:
    """The sum of those that are there; None where none is."""
    found = [count for oid in oids if (count := number(values, oid)) is not None]
    return sum(found) if found else None


def vendors() -> tuple[Vendor, ...]:
    """All that are known. Imported late, so that each module can use what stands here."""
    from allmende.devices.meters.vendors import (  # noqa: PLC0415
        canon,
        epson,
        hewlett_packard,
        konica_minolta,
        kyocera,
        lexmark,
        ricoh,
        sharp,
        xerox,
    )

    modules = (canon, epson, hewlett_packard, konica_minolta, kyocera, lexmark, ricoh, sharp, xerox)
    return tuple(module.VENDOR for module in modules)


def vendor_of(object_id: str) -> Vendor | None:
    return next((vendor for vendor in vendors() if vendor.is_of(object_id)), None)
