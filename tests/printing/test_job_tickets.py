# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest

from allmende.ipp import Range
from allmende.ipp.ticket import Ticket
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_tickets import change_ticket, impressions_wanted, pages_wanted


@pytest.mark.parametrize(
    ("pages", "ranges", "wanted"),
    [
        (None, ((1, 2),), None),
        (5, (), 5),
        (5, ((2, 3),), 2),
        (5, ((1, 1), (4, 99)), 3),
        (1, ((2, 3),), 1),
    ],
)
def test_pages_that_come_out(
    pages: int | None, ranges: tuple[tuple[int, int], ...], wanted: int | None
) -> None:
    ticket = Ticket(copies=3, page_ranges=tuple(Range(*pair) for pair in ranges))
    assert pages_wanted(pages, ticket) == wanted
    assert impressions_wanted(pages, ticket) == (None if wanted is None else 3 * wanted)


def test_what_is_changed_at_the_device_counts() -> None:
    ticket = change_ticket(Ticket(copies=9), TicketChanges(copies=2, page_ranges=((2, 4),)))
    assert impressions_wanted(10, ticket) == 6
