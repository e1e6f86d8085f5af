# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a job will cost before it is printed, by our own count of it and the prices of a device."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from allmende.ipp.ticket import Ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.job_counts import media_class, own_count
from allmende.printing.prices import ImpressionPrices, exact_cost, prices_at, round_cost


def cost_of_job(job: Job, ticket: Ticket, prices: ImpressionPrices | None) -> Decimal | None:
    """Euros to the cent; None where pages or prices are not known."""
    if prices is None or job.pages is None:
        return None
    count = own_count(job.pages, job.colour_pages, ticket)
    media = media_class(ticket.media or job.media)
    return round_cost(
        exact_cost(prices, mono=count.mono, colour=count.colour, sheets=count.sheets, media=media)
    )


def cost_range(
    job: Job, ticket: Ticket, device_ids: Iterable[int], day: date
) -> tuple[Decimal, Decimal] | None:
    """The least and the most that it costs at these devices; None where no price is known."""
    costs = {
        cost
        for prices in {prices_at(device_id, day) for device_id in device_ids}
        if (cost := cost_of_job(job, ticket, prices)) is not None
    }
    return (min(costs), max(costs)) if costs else None
