# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a client's `job-account-id` means here (PWG 5100.16): the number of the cost centre that shall bear the job.

Like choosing at the device it takes any cost centre of the job's own town that is open that day. It comes after what is chosen at the
device and before the owner's own; a number that is none is as if nothing had been said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils import timezone

from allmende.directory.cost_centres import CostCentre, open_cost_centres
from allmende.printing.job_tickets import load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import local_day


def expected_bearers(municipality_id: int, jobs: Collection[Job]) -> dict[int, CostCentre | None]:
    """Who bears each job where nobody chooses at the device: named by its client, else its owner's own. At most one query.

    Nobody bears a job without an owner: nobody vouches for what its client says. The jobs come with `person__cost_centre`.
    """
    nobody: dict[int, CostCentre | None] = {job.pk: None for job in jobs}
    owned = {job: job.person for job in jobs if job.person is not None}
    own = {job.pk: person.cost_centre for job, person in owned.items()}
    return nobody | own | named_bearers(municipality_id, owned)


def named_bearers(municipality_id: int, jobs: Iterable[Job]) -> dict[int, CostCentre]:
    """By the numbers of those jobs whose client has named one; one query, and none where nobody has."""
    named = {
        job.pk: number
        for job in jobs
        if "job_account_id" in job.ticket and (number := load_ticket(job.ticket).job_account_id)
    }
    if not named:
        return {}
    possible = open_cost_centres(municipality_id, local_day(timezone.now()))
    found = {row.number: row for row in possible.filter(number__in=set(named.values()))}
    return {job_id: found[number] for job_id, number in named.items() if number in found}
