# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A job's ticket as the services of a visit need it: copies, sides, colour, paper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class JobTicketView:
    copies: int
    sides: str
    colour: bool
    media: str


def read_job_ticket(text: str) -> JobTicketView:
    """What the ticket says; defaults where it says nothing or something impossible."""
    try:
        fields: Any = json.loads(text)
    except ValueError:
        fields = {}
    if not isinstance(fields, dict):
        fields = {}
    copies, sides = fields.get("copies"), fields.get("sides")
    colour, media = fields.get("print-color-mode"), fields.get("media")
    return JobTicketView(
        copies=copies if isinstance(copies, int) and 1 <= copies <= 9999 else 1,
        sides=sides if isinstance(sides, str) else "one-sided",
        colour=colour not in {"monochrome", "auto-monochrome", "bi-level", "process-monochrome"},
        media=media if isinstance(media, str) else "",
    )
