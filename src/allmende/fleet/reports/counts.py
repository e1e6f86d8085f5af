# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The figures of one row of a report, added up from the ledger's sums."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from allmende.printing.api import SheetSum

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Counts:
    """Prints and copies; what was scanned stands apart, because it needs no paper."""

    mono: int = 0
    colour: int = 0
    sheets: int = 0
    duplex_sheets: int = 0
    estimated: int = 0
    scans: int = 0

    @property
    def impressions(self) -> int:
        return self.mono + self.colour

    @property
    def colour_share(self) -> Decimal | None:
        """None where nothing was printed."""
        return share_of(self.colour, self.impressions)

    @property
    def duplex_share(self) -> Decimal | None:
        """Of the sheets, those printed on both sides."""
        return share_of(self.duplex_sheets, self.sheets)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.mono + other.mono,
            self.colour + other.colour,
            self.sheets + other.sheets,
            self.duplex_sheets + other.duplex_sheets,
            self.estimated + other.estimated,
            self.scans + other.scans,
        )


def share_of(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def change_of(now: int, before: int) -> Decimal | None:
    """0.1 is ten per cent more; None where there was nothing before."""
    return Decimal(now - before) / Decimal(before) if before else None


def add_up(sums: Iterable[SheetSum]) -> Counts:
    """Needs sums told apart by kind and duplex."""
    total = Counts()
    for each in sums:
        if each.kind == "scan":
            total += Counts(scans=each.impressions)
        else:
            total += Counts(
                each.impressions_mono,
                each.impressions_colour,
                each.sheets,
                each.sheets if each.is_duplex else 0,
                each.impressions_estimated,
            )
    return total


def group_sums(sums: Iterable[SheetSum], key: Callable[[SheetSum], Key]) -> dict[Key, Counts]:
    groups: dict[Key, list[SheetSum]] = {}
    for each in sums:
        groups.setdefault(key(each), []).append(each)
    return {name: add_up(rows) for name, rows in groups.items()}
