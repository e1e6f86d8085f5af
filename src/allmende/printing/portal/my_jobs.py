# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's own jobs without their chip: facts, cancelling, history. Titles and documents stay sealed here.

Always holds: every function starts from the actor's own rows of their own town.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.job_endings import cancel_job
from allmende.printing.job_states import IN_FLIGHT, TERMINAL, State
from allmende.printing.job_tickets import JobTicketView, load_ticket, read_job_ticket
from allmende.printing.jobs import Job
from allmende.printing.portal.job_outlooks import PortalOutlook, PortalOutlooks
from allmende.printing.visit.visit_jobs import sheets_needed

MAX_LISTED: Final = 200
#: What has no pages by then gets none before its owner's next tap.
_COUNTED_WITHIN: Final = timedelta(seconds=30)
_OPEN: Final = (State.INCOMING, State.HELD, State.RELEASED, State.DELIVERING, State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class MyJob:
    """A job's row with what its ticket asks for; `sheets` (as sent) is None where not known. `outlook`: of a held job."""

    row: Job
    ticket: JobTicketView
    sheets: int | None
    outlook: PortalOutlook | None = None

    @property
    def will_change(self) -> bool:
        """By itself and soon: it is on its way, or its pages are just being counted."""
        uncounted = self.row.pages is None and not self.row.inspection
        return self.row.state in IN_FLIGHT or (
            uncounted and timezone.now() - self.row.created_at < _COUNTED_WITHIN
        )


def own_jobs(actor: Person) -> QuerySet[Job]:
    return Job.objects.filter(municipality_id=town_id_of(actor), person=actor).select_related(
        "device", "queue", "person__cost_centre"
    )


def access_job_for(actor: Person, job_id: int) -> Job:
    """The actor's own job; Http404 for every other number."""
    job = own_jobs(actor).filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def list_my_jobs(actor: Person) -> list[MyJob]:
    """What waits, prints or is uncertain; newest first, at most 200."""
    open_jobs = own_jobs(actor).filter(state__in=[state.value for state in _OPEN]).order_by("-id")
    rows = list(open_jobs[:MAX_LISTED])
    outlooks = PortalOutlooks(actor, rows)
    return [_my_job(row, outlooks) for row in rows]


def my_finished_jobs(actor: Person) -> QuerySet[Job]:
    """What came to its end, newest first."""
    return (
        own_jobs(actor)
        .filter(state__in=[state.value for state in TERMINAL], finished_at__isnull=False)
        .order_by("-finished_at", "-id")
    )


def cancel_my_job(actor: Person, job_id: int) -> bool:
    """Throw the document away; what prints already is told to stop. False where the job had ended before.

    Raises Http404 for a job that is not the actor's.
    """
    return cancel_job(actor, access_job_for(actor, job_id))


def _my_job(row: Job, outlooks: PortalOutlooks) -> MyJob:
    ticket = load_ticket(row.ticket)
    outlook = outlooks.of(row) if row.state == State.HELD else None
    return MyJob(row, read_job_ticket(row.ticket), sheets_needed(row, ticket), outlook)
