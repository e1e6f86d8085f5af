# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the town's IT may do with jobs: see that they are there, cancel them, say whose a stray one is. Never open them.

Always holds: titles and previews are not touched here, they stay sealed; whoever looks after a job cannot make it their own.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.job_changes import change_job
from allmende.printing.job_endings import cancel_job
from allmende.printing.job_states import TERMINAL, Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job
from allmende.printing.visit.resealing import reseal_soon


def town_jobs(municipality: Municipality) -> QuerySet[Job]:
    """Newest first, without the sealed columns."""
    return (
        Job.objects.filter(municipality=municipality)
        .select_related("person", "device", "queue")
        .defer("title_sealed", "header")
        .order_by("-pk")
    )


def access_town_job_for(actor: Person, job_id: int) -> Job:
    """A job of the actor's town; Http404 for every other number."""
    job = (
        Job.objects.filter(pk=job_id, municipality_id=town_id_of(actor))
        .select_related("person", "device", "queue", "municipality")
        .first()
    )
    if job is None:
        raise Http404
    return job


def cancel_town_job(actor: Person, job: Job) -> bool:
    """Throw the document away; what prints already is told to stop. False where the job had ended before."""
    check_town_it(actor, job.municipality_id)
    if job.state in TERMINAL or not cancel_job(actor, job):
        return False
    record_audit(job.municipality, actor, "job.cancelled", f"job:{job.pk}", person=job.person_id)
    return True


def assign_job(actor: Person, job: Job, person: Person) -> None:
    """Say whose a quarantined job is: it waits for that person's chip, and is re-sealed to it soon.

    Raises PermissionDenied (also for oneself, and for people of other towns), ForbiddenChangeError where it is quarantined no more.
    """
    check_town_it(actor, job.municipality_id)
    if person.pk == actor.pk or person.municipality_id != job.municipality_id or not person.is_active:
        raise PermissionDenied
    if job.state != State.QUARANTINED:
        raise ForbiddenChangeError(job.state, Change.CLAIM)
    with transaction.atomic():
        change_job(job, Change.CLAIM, actor=actor, person_id=person.pk)
        record_audit(
            job.municipality,
            actor,
            "job.assigned",
            f"job:{job.pk}",
            person=person.pk,
            claimed_name=job.claimed_name,
        )
        reseal_soon(job.municipality_id, person.pk)
