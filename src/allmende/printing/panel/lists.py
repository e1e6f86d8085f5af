# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit's jobs in the order in which a person at a device needs them: what must be decided, what moves, what waits.

"Print all" means the person's own held jobs that are on the screen and will come out, or ask before: what rules or budgets keep back
stands apart with the reason, and what others delegated is printed owner by owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final

from allmende.devices.devices import Device
from allmende.printing.job_states import State
from allmende.printing.rules.at_release import ADVISED
from allmende.printing.visit.claims import ClaimableJob
from allmende.printing.visit.release import VisitJob, claimable_jobs, list_visit_jobs
from allmende.printing.visit.visits import OpenVisit

#: An advice that must be read first is a question, not a refusal.
_PRINTS: Final = frozenset({"", ADVISED})


@dataclass(frozen=True, slots=True)
class DelegatedJobs:
    owner_name: str
    jobs: tuple[VisitJob, ...]


@dataclass(frozen=True, slots=True)
class PanelJobs:
    """`here` and `elsewhere` are in flight: at this device, and at others. `held` are the person's own jobs that "print all" prints,
    `kept_back` those that it does not. Sheets and cost are of what comes out without a question; None where one is not known.
    """

    uncertain: tuple[VisitJob, ...]
    here: tuple[VisitJob, ...]
    elsewhere: tuple[VisitJob, ...]
    held: tuple[VisitJob, ...]
    kept_back: tuple[VisitJob, ...]
    delegated: tuple[DelegatedJobs, ...]
    claimable: tuple[ClaimableJob, ...]
    printed: tuple[VisitJob, ...]

    @property
    def in_motion(self) -> bool:
        return bool(self.here or self.elsewhere)

    @property
    def waits_for_facts(self) -> bool:
        return any(job.pages is None and job.state == State.HELD for job in (*self.held, *self.kept_back))

    @property
    def going(self) -> tuple[VisitJob, ...]:
        """Those of `held` that come out without a question."""
        return tuple(job for job in self.held if not job.held_back)

    @property
    def asking(self) -> int:
        """How many of `held` ask first: an advice must be read."""
        return len(self.held) - len(self.going)

    @property
    def is_empty(self) -> bool:
        return not any(
            (
                self.uncertain,
                self.here,
                self.elsewhere,
                self.held,
                self.kept_back,
                self.delegated,
                self.claimable,
                self.printed,
            )
        )

    @property
    def sheets(self) -> int | None:
        sheets = [job.sheets for job in self.going]
        return None if None in sheets else sum(number for number in sheets if number is not None)

    @property
    def cost(self) -> Decimal | None:
        costs = [job.cost for job in self.going]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(costs) else None


def list_panel_jobs(open_visit: OpenVisit) -> PanelJobs:
    jobs = list_visit_jobs(open_visit)
    held = [job for job in jobs if job.state == State.HELD]
    in_flight = [job for job in reversed(jobs) if job.state in {State.RELEASED, State.DELIVERING}]
    delegated = sorted((job for job in held if job.owner_name), key=lambda job: (job.owner_name, -job.id))
    return PanelJobs(
        uncertain=tuple(job for job in jobs if job.state == State.UNCERTAIN),
        here=tuple(job for job in in_flight if is_here(job, open_visit.device)),
        elsewhere=tuple(job for job in in_flight if not is_here(job, open_visit.device)),
        held=tuple(job for job in held if not job.owner_name and job.held_back in _PRINTS),
        kept_back=tuple(job for job in held if not job.owner_name and job.held_back not in _PRINTS),
        delegated=tuple(
            DelegatedJobs(owner, tuple(group))
            for owner, group in groupby(delegated, lambda job: job.owner_name)
        ),
        claimable=tuple(claimable_jobs(open_visit)),
        printed=tuple(job for job in jobs if job.state == State.PRINTED),
    )


def own_held_jobs(open_visit: OpenVisit) -> list[int]:
    """The numbers of the person's own held jobs, oldest first: what a tap prints at a device without a panel's touch."""
    jobs = list_visit_jobs(open_visit)
    return [job.id for job in reversed(jobs) if job.state == State.HELD and not job.owner_name]


def is_here(job: VisitJob, device: Device) -> bool:
    return job.device_id == device.pk
