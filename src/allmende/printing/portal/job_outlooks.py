# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What will come out of a person's held jobs, seen from the portal, where nobody stands at a device yet.

The town's rules and the device decide at release, so every device that the person could go to is asked; where they differ, the answer is the
least and the most. Refusals, approvals and budgets are said at the device.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils import timezone

from allmende.devices.devices import Device
from allmende.directory.people import Person
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_bearers import expected_bearers
from allmende.printing.job_costs import cost_of_job
from allmende.printing.job_tickets import change_ticket, load_ticket, prints_colour
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import local_day
from allmende.printing.ledger.job_counts import own_count
from allmende.printing.prices import prices_at
from allmende.printing.rules.at_release import at_device, rule_changes
from allmende.printing.rules.evaluation import Effect, decide
from allmende.printing.rules.job_facts import device_abilities, facts_of_job
from allmende.printing.rules.print_rules import rules_of_town
from allmende.printing.visit.outlooks import as_device_prints

ONE_SIDED: Final = "one-sided"
_CHANGING: Final = frozenset({Effect.DUPLEX, Effect.MONO})


@dataclass(frozen=True, slots=True)
class PortalOutlook:
    """`sides`: empty where the devices differ. `is_changed`: other than its client sent, wherever it is printed.

    `rules`: names of those that change sides or colour everywhere; empty where it is the devices that can't do otherwise.
    `sheets`, `costs`: the least and the most; None where not known, or where the town does not show costs.
    """

    sides: str
    is_changed: bool
    is_black: bool
    rules: tuple[str, ...] = ()
    sheets: tuple[int, int] | None = None
    costs: tuple[Decimal, Decimal] | None = None


class PortalOutlooks:
    """Of one person's jobs now; three queries, however many jobs."""

    def __init__(self, actor: Person, jobs: Collection[Job]) -> None:
        self._town = actor.municipality
        self._now = timezone.now()
        rows = Device.objects.filter(municipality=self._town, is_active=True).exclude(uri="")
        self._devices = list(rows.only("id", "site_id", "description"))
        self._bearers = expected_bearers(self._town.pk, jobs) if self._town is not None else {}

    def of(self, job: Job) -> PortalOutlook | None:
        """None in a town without devices."""
        if self._town is None or not self._devices:
            return None
        rules = rules_of_town(self._town).rules
        sent = load_ticket(job.ticket)
        facts = facts_of_job(job, self._bearers[job.pk], TicketChanges(), self._now)
        sides, black, sheets, costs = set(), set(), set(), set()
        acting: list[list[str]] = []
        for device in self._devices:
            decision = decide(rules, at_device(facts, device))
            changes = rule_changes(TicketChanges(), decision)
            acting.append([rule.name for rule in decision.applied if rule.effect in _CHANGING])
            ticket = as_device_prints(change_ticket(sent, changes), device_abilities(device))
            sides.add(ticket.sides or ONE_SIDED)
            black.add(not prints_colour(ticket))
            if job.pages is not None:
                sheets.add(own_count(job.pages, job.colour_pages, ticket).sheets)
            if self._town.shows_cost:
                costs.add(cost_of_job(job, ticket, prices_at(device.pk, local_day(self._now))))
        known = {cost for cost in costs if cost is not None}
        return PortalOutlook(
            sides=next(iter(sides)) if len(sides) == 1 else "",
            is_changed=(sent.sides or ONE_SIDED) not in sides,
            is_black=black == {True} and prints_colour(sent) and bool(job.colour_pages),
            rules=tuple(name for name in acting[0] if all(name in names for names in acting)),
            sheets=(min(sheets), max(sheets)) if sheets else None,
            costs=(min(known), max(known)) if known else None,
        )
