# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What will come out of held jobs at a device, before anybody touches them: as rules, budgets and the device itself leave them.

Always holds: what is shown is decided by the same functions as the release (`ReleaseRules`, `foresee_budgets`), and nothing is written.
Budgets are asked as "print all" would use them up: the person's own jobs one after another, oldest first; what others delegated each alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from allmende.ipp.ticket import Ticket
from allmende.printing.budget_reservations import (
    BUDGET_EXCEEDED,
    BudgetNote,
    ForeseenBudgets,
    foresee_budgets,
)
from allmende.printing.job_access import visible_jobs
from allmende.printing.job_states import State
from allmende.printing.job_tickets import change_ticket, load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import local_day
from allmende.printing.rules.at_release import ReleaseRules, RuleAnswer, RuleOutlook
from allmende.printing.rules.job_facts import device_abilities
from allmende.printing.visit.bearers import bearers_of, key_of
from allmende.printing.visit.visits import OpenVisit


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one job. `ticket`: as it will be printed. `held_back`: the code of what keeps it from paper, empty where it goes.

    `rules`, `budgets`: what they say of it.
    """

    ticket: Ticket
    held_back: str = ""
    rules: tuple[RuleAnswer, ...] = ()
    budgets: tuple[BudgetNote, ...] = ()


def foresee(open_visit: OpenVisit, jobs: Sequence[Job]) -> dict[int, Outlook]:
    """Of these held jobs, newest first, by number."""
    rules = ReleaseRules.of(open_visit)
    bearers = bearers_of(open_visit, jobs)
    ruled = rules.look_ahead(jobs, bearers) if rules is not None else {}
    budgets = foresee_budgets(
        open_visit.visit.municipality_id,
        local_day(timezone.now()),
        {job.person_id for job in jobs},
        {key_of(bearer) for bearer in bearers.values()},
    )
    abilities = device_abilities(open_visit.device)
    return {
        job.pk: _outlook(
            open_visit,
            job,
            ruled.get(job.pk, RuleOutlook()),
            budgets,
            abilities,
            bearer=key_of(bearers[job.pk]),
        )
        for job in reversed(jobs)
    }


def count_refusals(open_visit: OpenVisit, job_ids: Sequence[int]) -> None:
    """The person has been told that rules refuse these jobs here; counted once per job, however often they look."""
    rules = ReleaseRules.of(open_visit)
    if rules is None or not job_ids:
        return
    with transaction.atomic():
        jobs = list(visible_jobs(open_visit, (State.HELD,)).filter(pk__in=job_ids))
        rules.count_refusals(jobs, bearers_of(open_visit, jobs))


def _outlook(
    open_visit: OpenVisit,
    job: Job,
    ruled: RuleOutlook,
    budgets: ForeseenBudgets | None,
    abilities: tuple[bool | None, bool | None],
    *,
    bearer: int | None,
) -> Outlook:
    ticket = as_device_prints(change_ticket(load_ticket(job.ticket), ruled.changes), abilities)
    held_back = ruled.held_back
    notes: tuple[BudgetNote, ...] = ()
    if budgets is not None:
        alone = bool(held_back) or job.person_id != open_visit.person.pk
        notes = budgets.foresee(job, bearer, open_visit.device.pk, ruled.changes, alone=alone)
        if not held_back and any(note.is_refusal for note in notes):
            held_back = BUDGET_EXCEEDED
    return Outlook(ticket, held_back, ruled.notes, notes)


def as_device_prints(ticket: Ticket, abilities: tuple[bool | None, bool | None]) -> Ticket:
    """A device that says it has no duplex takes a sheet for each page, one without colour prints in black."""
    can_duplex, can_colour = abilities
    if can_duplex is False and (ticket.sides or "").startswith("two-sided"):
        ticket = replace(ticket, sides="one-sided")
    return replace(ticket, print_color_mode="monochrome") if can_colour is False else ticket
