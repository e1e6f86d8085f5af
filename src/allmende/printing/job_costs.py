# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a job will cost before it is printed, by our own count of it and the prices of a device."""

from __future__ import annotations

from decimal import Decimal

from allmende.ipp.ticket import Ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.job_counts import media_class, own_count
from allmende.printing.prices import ImpressionPrices, exact_cost, round_cost


def cost_of_job(job: Job, ticket: Ticket, prices: ImpressionPrices | None) -> Decimal | None:
    """Euros to the cent; None where pages or prices are not known."""
    if prices is None or job.pages is None:
        return None
    count = own_count(job.pages, job.colour_pages, ticket)
    media = media_class(ticket.media or job.media)
    return round_cost(
        exact_cost(prices, mono=count.mono, colour=count.colour, sheets=count.sheets, media=media)
    )
