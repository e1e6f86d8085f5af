# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The facts of a job, of a device and of a wish, gathered for the rules."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from allmende import ipp
from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_tickets import change_ticket, load_ticket, pages_wanted, prints_colour
from allmende.printing.jobs import Job
from allmende.printing.rules.facts import Facts


def facts_of_job(job: Job, bearer: CostCentre | None, changes: TicketChanges, at: datetime) -> Facts:
    """Without a device. `changes`: what the person chose; `at`: aware, turned into the town's time here.

    `bearer`: the cost centre that the job goes on, whoever named it.
    """
    ticket = change_ticket(load_ticket(job.ticket), changes)
    pages = pages_wanted(job.pages, ticket)
    colour_pages = job.colour_pages
    if colour_pages is not None and pages is not None:
        # Which of the chosen pages are in colour isn't known: as many as can be.
        colour_pages = min(colour_pages, pages)
    return Facts(
        person_id=job.person_id,
        cost_centre=None if bearer is None else bearer.number,
        document_format=job.document_format,
        pages=pages,
        colour_pages=colour_pages,
        size=job.size,
        copies=ticket.copies or 1,
        sides=ticket.sides or "one-sided",
        colour=prints_colour(ticket),
        device_id=None,
        site_id=None,
        at=timezone.localtime(at),
    )


def device_abilities(device: Device) -> tuple[bool | None, bool | None]:
    """(duplex, colour) as the device says; None where it was never asked or answered nonsense."""
    return _abilities(bytes(device.description or b""))


@lru_cache(maxsize=256)
def _abilities(description: bytes) -> tuple[bool | None, bool | None]:
    # A panel asks every two seconds, of every device that might be a way out.
    if not description:
        return None, None
    try:
        message, _end = ipp.decode(description)
    except ipp.IppError:
        return None, None
    printer = message.group(ipp.GroupTag.PRINTER)
    sides = printer.keywords("sides-supported")
    duplex = any(each.startswith("two-sided") for each in sides) if sides is not None else None
    return duplex, printer.boolean("color-supported")
