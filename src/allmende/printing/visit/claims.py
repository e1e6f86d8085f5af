# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Claiming a job out of quarantine: its client said a name that nobody vouched for.

Jobs under the person's own login or alias are offered at the tap. Others need the job's number and the computer's user name, which the
person can read on their own screen; ten wrong ones in ten minutes close this way at a device. A claimed job is re-sealed to
its person soon after; until then it lies under the town's enrolment key as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from allmende.directory.attempts import CLAIM_LIMIT, check_attempts, spend_attempt
from allmende.directory.login_names import canonical_login
from allmende.directory.people import Person, PersonAlias
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job
from allmende.printing.visit.resealing import reseal_soon
from allmende.printing.visit.visits import OpenVisit, keep_visit_open

MAX_CLAIMABLE = 50


class ClaimError(Exception):
    """There is no such job to claim."""


@dataclass(frozen=True, slots=True)
class ClaimableJob:
    """A job that may be this person's: no title, because it may be somebody else's as well."""

    id: int
    claimed_name: str
    pages: int | None
    size: int
    created_at: datetime
    expires_at: datetime


def claimable_jobs(open_visit: OpenVisit) -> list[ClaimableJob]:
    """Quarantined jobs of this town under the person's login or one of their aliases; newest first."""
    jobs = _quarantine(open_visit).filter(claimed_name__in=_names(open_visit)).order_by("-id")
    return [
        ClaimableJob(job.pk, job.claimed_name, job.pages, job.size, job.created_at, job.expires_at)
        for job in jobs[:MAX_CLAIMABLE]
    ]


def claim_job(open_visit: OpenVisit, job_number: int, claimed_name: str = "") -> int:
    """Make a quarantined job the person's; answers its id. An own name needs no `claimed_name`.

    Raises ClaimError, and TooManyAttemptsError after ten wrong ones at this device.
    """
    check_attempts(CLAIM_LIMIT, open_visit.device.pk)
    names = _names(open_visit)
    if claimed_name:
        names.append(canonical_login(claimed_name, _domains(open_visit.person)))
    job = None
    if 0 < job_number < 2**63:
        job = _quarantine(open_visit).filter(pk=job_number, claimed_name__in=names).first()
    if job is None:
        spend_attempt(CLAIM_LIMIT, open_visit.device.pk)
        raise ClaimError
    try:
        with transaction.atomic():
            change_job(job, Change.CLAIM, actor=open_visit.person, person_id=open_visit.person.pk)
            reseal_soon(open_visit.visit.municipality_id, open_visit.person.pk)
    except ForbiddenChangeError:
        raise ClaimError from None
    keep_visit_open(open_visit)
    return job.pk


def _quarantine(open_visit: OpenVisit) -> QuerySet[Job]:
    return Job.objects.filter(
        municipality_id=open_visit.visit.municipality_id, state=State.QUARANTINED.value
    ).exclude(claimed_name="")


def _names(open_visit: OpenVisit) -> list[str]:
    person = open_visit.person
    aliases = PersonAlias.objects.filter(
        municipality_id=open_visit.visit.municipality_id, person_id=person.pk
    )
    return [person.login, *aliases.values_list("name", flat=True)]


def _domains(person: Person) -> list[str]:
    return list(person.municipality.login_domains) if person.municipality is not None else []
