# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What rules may know of a job: facts of the document, its owner, the wish, the place and the time. Never a title, never content."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

LONG_EDGE = "two-sided-long-edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Of one job as its owner wants it printed now. None is "not known" and meets no condition.

    `pages`: of one copy; `colour_pages`: those of them that would come out in colour, 0 where black is asked for. `cost_centre`: its
    number. `at`: in the town's local time. `can_duplex`, `can_colour`: what the device says of itself. `settled`: rules that were
    answered for this very job (approval given, advice read).
    """

    person_id: int | None
    cost_centre: str | None
    document_format: str
    pages: int | None
    colour_pages: int | None
    size: int
    copies: int
    sides: str
    colour: bool
    device_id: int | None
    site_id: int | None
    at: datetime
    can_duplex: bool | None = None
    can_colour: bool | None = None
    settled: frozenset[int] = frozenset()

    @property
    def impressions(self) -> int | None:
        return None if self.pages is None else self.pages * self.copies

    @property
    def colour_impressions(self) -> int | None:
        if not self.colour or self.can_colour is False:
            return 0
        return None if self.colour_pages is None else self.colour_pages * self.copies

    @property
    def sheets(self) -> int | None:
        """Of paper; a device without duplex takes one for each page."""
        if self.pages is None:
            return None
        two_sided = self.sides.startswith("two-sided") and self.can_duplex is not False
        return self.copies * (math.ceil(self.pages / 2) if two_sided else self.pages)

    def two_sided(self) -> Facts:
        return self if self.sides.startswith("two-sided") else replace(self, sides=LONG_EDGE)

    def in_black(self) -> Facts:
        return replace(self, colour=False)

    def with_copies(self, copies: int) -> Facts:
        return replace(self, copies=copies)

    def at_device(
        self, device_id: int, site_id: int | None, *, can_duplex: bool | None, can_colour: bool | None
    ) -> Facts:
        return replace(
            self, device_id=device_id, site_id=site_id, can_duplex=can_duplex, can_colour=can_colour
        )

    def with_settled(self, settled: frozenset[int]) -> Facts:
        return replace(self, settled=settled)
