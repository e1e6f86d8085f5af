# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device's counters say, by kind: printed sides over its whole life, and sheets.

Always holds: a count is a whole number from 0, or None where the device does not tell it. `total` counts all sides; `mono` and `colour` are
its parts where told; `a3` (sides on paper larger than A4) and `a3_colour` are parts too, not additions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

#: Beyond this no printer prints in its life: ten million sides a year for a century.
HIGHEST_COUNT: Final = 1_000_000_000
KINDS: Final = ("total", "mono", "colour", "a3", "a3_colour", "sheets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Sides (`sheets`: sheets). As a reading: of the device's life. As a difference: of a span."""

    total: int | None = None
    mono: int | None = None
    colour: int | None = None
    a3: int | None = None
    a3_colour: int | None = None
    sheets: int | None = None

    @classmethod
    def read(cls, values: Mapping[str, int | None]) -> Self:
        """Out of what somebody else said: what is no possible count is left out, a missing one of total, mono and colour computed."""
        found = {
            kind: value
            for kind in KINDS
            if isinstance(value := values.get(kind), int)
            and not isinstance(value, bool)
            and 0 <= value <= HIGHEST_COUNT
        }
        total, mono, colour = found.get("total"), found.get("mono"), found.get("colour")
        if total is None and mono is not None and colour is not None:
            found["total"] = mono + colour
        elif total is not None and colour is not None and mono is None and colour <= total:
            found["mono"] = total - colour
        elif total is not None and mono is not None and colour is None and mono <= total:
            found["colour"] = total - mono
        return cls(**found)

    def as_dict(self) -> dict[str, int]:
        """The kinds that are known."""
        return {
            field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None
        }

    @property
    def is_empty(self) -> bool:
        return not self.as_dict()

    def minus(self, earlier: Counts) -> Counts:
        """By kind; None where either does not know it."""
        mine, theirs = self.as_dict(), earlier.as_dict()
        return Counts(**{kind: mine[kind] - theirs[kind] for kind in mine if kind in theirs})

    def plus(self, other: Counts) -> Counts:
        """By kind; None where either does not know it."""
        mine, theirs = self.as_dict(), other.as_dict()
        return Counts(**{kind: mine[kind] + theirs[kind] for kind in mine if kind in theirs})
