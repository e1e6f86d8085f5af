# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device answered, whichever way it was asked: counts, supplies, paper, and what it complains of.

Always holds: everything here was cut, counted and freed of control characters by the reader that made it; levels are percent of what
is left (of a waste container: of the room that is left), None where the device does not say; reasons are IPP's keywords
(RFC 8011 §5.4.12) without their severity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from allmende.devices.meters.counts import Counts

SUPPLIES_KEPT: Final = 40
INPUTS_KEPT: Final = 20
REASONS_KEPT: Final = 30

#: RFC 3805 `PrtMarkerSuppliesTypeTC`, whose words IPP uses too (PWG 5100.13 §5.6.29), by number from 1, and our kind of it.
SUPPLY_TYPES: Final = (
    ("other", "other"),
    ("unknown", "other"),
    ("toner", "toner"),
    ("wasteToner", "waste"),
    ("ink", "toner"),
    ("inkCartridge", "toner"),
    ("inkRibbon", "toner"),
    ("wasteInk", "waste"),
    ("opc", "drum"),
    ("developer", "part"),
    ("fuserOil", "part"),
    ("solidWax", "toner"),
    ("ribbonWax", "toner"),
    ("wasteWax", "waste"),
    ("fuser", "part"),
    ("coronaWire", "part"),
    ("fuserOilWick", "part"),
    ("cleanerUnit", "part"),
    ("fuserCleaningPad", "part"),
    ("transferUnit", "part"),
    ("tonerCartridge", "toner"),
    ("fuserOiler", "part"),
    ("water", "other"),
    ("wasteWater", "waste"),
    ("glueWaterAdditive", "other"),
    ("wastePaper", "waste"),
    ("bindingSupply", "other"),
    ("bandingSupply", "other"),
    ("stitchingWire", "other"),
    ("shrinkWrap", "other"),
    ("paperWrap", "other"),
    ("staples", "staples"),
    ("inserts", "other"),
    ("covers", "other"),
)
_KIND_OF_WORD: Final = {word.lower(): kind for word, kind in SUPPLY_TYPES}


@dataclass(frozen=True, slots=True)
class SupplyState:
    """`key` is the same at each asking. `kind`: toner, drum, waste, part, staples, other. `level`: percent left, or None."""

    key: str
    kind: str
    colour: str
    name: str
    level: int | None


@dataclass(frozen=True, slots=True)
class InputState:
    """A paper tray; `level`: percent, None where the device only knows that there is some, or nothing."""

    name: str
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswer:
    """`raw`: what was asked and what came, for the reading's own record. `serial_number`, `model`: "" where not told."""

    source: str
    counts: Counts = field(default_factory=Counts)
    serial_number: str = ""
    model: str = ""
    supplies: tuple[SupplyState, ...] = ()
    inputs: tuple[InputState, ...] = ()
    reasons: frozenset[str] = frozenset()
    raw: dict[str, int | str] = field(default_factory=dict)


def supply_kind(word: str) -> str:
    """Our kind for the word of RFC 3805, IPP or CUPS (`waste-toner`)."""
    return _KIND_OF_WORD.get(word.replace("-", "").lower(), "other")


def percent_left(level: int | None, highest: int | None, *, is_percent: bool = False) -> int | None:
    """RFC 3805 `prtMarkerSuppliesLevel`: -1 no limit, -2 unknown, -3 some; only what can be told is."""
    if level is None or level < 0:
        return None
    if highest is not None and highest > 0:
        return min(level * 100 // highest, 100)
    return min(level, 100) if is_percent else None
