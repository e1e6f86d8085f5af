# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who bears what is printed in a visit: each owner's own cost centre, or one that the person chooses at the device.

Choosing is optional and holds for the visit, so that whoever doesn't care touches once and has paper.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from django.utils import timezone

from allmende.directory.cost_centres import CostCentre, open_cost_centres, search_cost_centres
from allmende.printing.job_bearers import expected_bearers
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import local_day
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.visit.visits import OpenVisit, Visit

FAVOURITES: Final = 6
#: A search shows so many; whoever sees more than these adds a word.
MOST_FOUND: Final = 30
#: So many of the person's latest entries are looked at for favourites.
_LATEST: Final = 200


class NoSuchCostCentreError(Exception):
    """Not of this town, closed, or not open today."""


def current_bearer(open_visit: OpenVisit) -> CostCentre | None:
    """What own jobs of this visit are put on."""
    return open_visit.visit.cost_centre or open_visit.person.cost_centre


def bearers_of(open_visit: OpenVisit, jobs: Collection[Job]) -> dict[int, CostCentre | None]:
    """The cost centre that each job goes on, by its number: chosen for this visit, else named by its client, else its owner's own."""
    chosen = open_visit.visit.cost_centre
    if chosen is not None:
        return dict.fromkeys((job.pk for job in jobs), chosen)
    return dict(expected_bearers(open_visit.visit.municipality_id, jobs))


def key_of(bearer: CostCentre | None) -> int | None:
    """Its row's number, as budgets and the job's own row know it."""
    return None if bearer is None else bearer.pk


def other_bearers(open_visit: OpenVisit, jobs: Collection[Job]) -> dict[int, CostCentre]:
    """Of those jobs alone that go on another one than the visit shows anyway: their client named it, or another owner's is borne by theirs."""
    own = current_bearer(open_visit)
    return {job_id: row for job_id, row in bearers_of(open_visit, jobs).items() if row and row != own}


def may_choose_bearer(open_visit: OpenVisit) -> bool:
    """Whether there is any other to choose."""
    current = current_bearer(open_visit)
    others = open_cost_centres(open_visit.visit.municipality_id, _today())
    return (others if current is None else others.exclude(pk=current.pk)).exists()


def favourite_cost_centres(open_visit: OpenVisit) -> list[CostCentre]:
    """The person's own, then those used last."""
    latest = SheetEntry.objects.filter(
        municipality_id=open_visit.visit.municipality_id,
        person_id=open_visit.person.pk,
        cost_centre__isnull=False,
    ).order_by("-day", "-id")
    own = open_visit.person.cost_centre_id
    numbers = list(
        dict.fromkeys([*([own] if own else []), *latest.values_list("cost_centre_id", flat=True)[:_LATEST]])
    )
    found = open_cost_centres(open_visit.visit.municipality_id, _today()).in_bulk(numbers[: 2 * FAVOURITES])
    return [found[number] for number in numbers if number in found][:FAVOURITES]


def find_cost_centres(open_visit: OpenVisit, words: str) -> tuple[list[CostCentre], bool]:
    """Open ones with these words, and whether there are more than are answered."""
    found = list(
        search_cost_centres(open_visit.visit.municipality_id, _today(), words[:100])[: MOST_FOUND + 1]
    )
    return found[:MOST_FOUND], len(found) > MOST_FOUND


def choose_bearer(open_visit: OpenVisit, *, number: str = "", row_id: int = 0) -> CostCentre:
    """From now on in this visit, named by its number or its row. Raises NoSuchCostCentreError."""
    possible = open_cost_centres(open_visit.visit.municipality_id, _today())
    chosen = possible.filter(number=number) if number else possible.filter(pk=row_id)
    row = chosen.first()
    if row is None:
        raise NoSuchCostCentreError
    Visit.objects.filter(pk=open_visit.visit.pk).update(cost_centre=row)
    open_visit.visit.cost_centre = row
    return row


def _today() -> date:
    return local_day(timezone.now())
