# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The device's counters of its whole life, and what its supplies have lost by what it printed.

Always holds: a side is counted when it is in the tray, a sheet when its last side is. With a file the counters outlive the process,
as those of a printer outlive the night (to the sheet; after a crash the last sheets may be missing, as no printer would forgive).
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from allmende import ipp
from allmende.ipp import make
from allmende.ipp.printer_profile import Supply

#: Sides that a full cartridge lasts; beyond its end the device is given a new one.
BLACK_SIDES: Final = 12_000
COLOUR_SIDES: Final = 8_000


@dataclass(frozen=True, slots=True)
class LifeCounts:
    mono: int = 0
    colour: int = 0
    sheets: int = 0

    @property
    def total(self) -> int:
        return self.mono + self.colour


class LifeMeters:
    """`path`: where the counters are kept; None: in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.counts = _read(path) if path else LifeCounts()

    def count_side(self, *, is_colour: bool) -> None:
        if is_colour:
            self.counts = replace(self.counts, colour=self.counts.colour + 1)
        else:
            self.counts = replace(self.counts, mono=self.counts.mono + 1)

    def count_sheet(self) -> None:
        self.counts = replace(self.counts, sheets=self.counts.sheets + 1)
        if self._path:
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(asdict(self.counts)))
            os.replace(new, self._path)  # noqa: PTH105 - says that it is one step

    def levels(self, supplies: tuple[Supply, ...]) -> tuple[Supply, ...]:
        """The supplies as they are now, from what they had at the counters' zero."""
        worn = []
        for supply in supplies:
            lasts = BLACK_SIDES if supply.color == "black" else COLOUR_SIDES
            used = self.counts.total if supply.color == "black" else self.counts.colour
            worn.append(replace(supply, level=(supply.level - used * 100 // lasts) % 101))
        return tuple(worn)


def describe_meters(counts: LifeCounts) -> list[ipp.Attribute]:
    """Counters as PWG 5100.7 and RFC 3998 name them, with the split by colour as collections."""
    return [
        make.integer("printer-impressions-completed", counts.total),
        make.collection(
            "printer-impressions-completed-col",
            [make.integer("full-color", counts.colour), make.integer("monochrome", counts.mono)],
        ),
        make.integer("printer-media-sheets-completed", counts.sheets),
    ]


def _read(path: Path) -> LifeCounts:
    try:
        return LifeCounts(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return LifeCounts()
