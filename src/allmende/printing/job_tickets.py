# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A job's ticket as stored with it, and with what its owner changed at the device."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from allmende.documents import JPEG, PNG
from allmende.ipp import Range
from allmende.ipp.ticket import Ticket
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.jobs import Job

_BLACK_ONLY: Final = frozenset(
    {"monochrome", "auto-monochrome", "bi-level", "process-monochrome", "process-bi-level"}
)


@dataclass(frozen=True, slots=True)
class JobTicketView:
    copies: int
    sides: str
    colour: bool
    media: str


def load_ticket(text: str) -> Ticket:
    """The ticket out of a job's row; an empty one where the row holds nothing that can be read."""
    try:
        fields: Any = json.loads(text)
        return Ticket.from_json(fields) if isinstance(fields, dict) else Ticket()
    except ValueError:
        return Ticket()


def read_job_ticket(text: str) -> JobTicketView:
    """What people are shown of it, with defaults for what was not asked for."""
    ticket = load_ticket(text)
    return JobTicketView(
        copies=ticket.copies or 1,
        sides=ticket.sides or "one-sided",
        colour=ticket.print_color_mode not in _BLACK_ONLY,
        media=ticket.media or "",
    )


def pages_wanted(pages: int | None, ticket: Ticket) -> int | None:
    """How many pages one copy has: those of the ranges that the document has; None where its pages are not known."""
    if pages is None or not ticket.page_ranges:
        return pages
    chosen = sum(max(0, min(wanted.upper, pages) - wanted.lower + 1) for wanted in ticket.page_ranges)
    # A picture is one page, whatever was asked for.
    return chosen or pages


def chooses_no_page(job: Job, ticket: Ticket) -> bool:
    """Whether nothing would come out: all that is asked for lies behind the document's end. A picture is one page, whatever was asked for."""
    if job.pages is None or job.document_format in {JPEG, PNG}:
        return False
    pages = job.pages
    return bool(ticket.page_ranges) and all(wanted.lower > pages for wanted in ticket.page_ranges)


def impressions_wanted(pages: int | None, ticket: Ticket) -> int | None:
    """Impressions of all copies."""
    one_copy = pages_wanted(pages, ticket)
    return None if one_copy is None else one_copy * (ticket.copies or 1)


def change_ticket(ticket: Ticket, changes: TicketChanges) -> Ticket:
    """The ticket of one release. `colour=True` leaves the client's colour mode, `False` prints in black only."""
    values: dict[str, Any] = {}
    if changes.copies is not None:
        values["copies"] = changes.copies
    if changes.sides is not None:
        values["sides"] = changes.sides
    if changes.colour is False:
        values["print_color_mode"] = "monochrome"
    if changes.page_ranges is not None:
        values["page_ranges"] = tuple(Range(*pages) for pages in changes.page_ranges)
    return replace(ticket, **values)


def add_to_ticket(text: str, wishes: Ticket) -> str:
    """A stored ticket with further wishes, which come before its own."""
    return json.dumps(
        {**load_ticket(text).to_json(), **wishes.to_json()}, separators=(",", ":"), ensure_ascii=False
    )


def write_changes(changes: TicketChanges) -> str:
    """As it is stored with the job until its sheets are counted; empty where nothing was changed."""
    values = {name: value for name, value in asdict(changes).items() if value is not None}
    return json.dumps(values, separators=(",", ":")) if values else ""


def read_changes(text: str) -> TicketChanges:
    """No changes where the row holds nothing that can be read."""
    try:
        values: Any = json.loads(text) if text else {}
        ranges = values.get("page_ranges")
        return TicketChanges(
            copies=values.get("copies"),
            sides=values.get("sides"),
            colour=values.get("colour"),
            page_ranges=tuple((lower, upper) for lower, upper in ranges) if ranges else None,
        )
    except (ValueError, AttributeError, TypeError):
        return TicketChanges()


def released_ticket(job: Job) -> Ticket:
    """The ticket with which the job was released last."""
    return change_ticket(load_ticket(job.ticket), read_changes(job.released_changes))


def prints_colour(ticket: Ticket) -> bool:
    return ticket.print_color_mode not in _BLACK_ONLY
