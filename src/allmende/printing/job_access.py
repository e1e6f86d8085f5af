# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which jobs a visit may see, and the file key of each.

The one place through which the services of a visit reach a job: of this town, of this person or of an owner who delegates to
them, and openable with the visit's identity.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import QuerySet

from allmende.directory.keys import enrolment_identity
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation
from allmende.printing.job_states import State
from allmende.printing.jobs import TITLE_NOTE, Job, SealedTo
from allmende.printing.visit.visits import OpenVisit
from allmende.seal import FileKey, Identity, SealError, open_note, read_header, unseal_file_key

#: A visit shows so many jobs, newest first.
MAX_VISIT_JOBS = 500


@dataclass(frozen=True, slots=True)
class OpenJob:
    job: Job
    file_key: FileKey = field(repr=False)

    def title(self) -> str:
        """In clear; empty where there is none or it was scrubbed."""
        if not self.job.title_sealed:
            return ""
        try:
            return open_note(self.file_key, TITLE_NOTE, bytes(self.job.title_sealed)).decode(
                "utf-8", "replace"
            )
        except SealError:
            return ""


def visible_jobs(open_visit: OpenVisit, states: Collection[State]) -> QuerySet[Job]:
    """Jobs of the visit's people in these states, newest first, not yet opened.

    Of an owner who delegates, those that came since: what waited then was promised to stay theirs, and neither a key from an earlier delegation
    nor the town's own (of an owner without a chip) changes that.
    """
    municipality_id, person = open_visit.visit.municipality_id, open_visit.person
    delegations = Delegation.objects.filter(
        municipality_id=municipality_id,
        delegate_id=person.pk,
        ended_at__isnull=True,
        owner__is_active=True,
    )
    begun = dict(delegations.values_list("owner_id", "created_at"))
    jobs = Job.objects.filter(
        municipality_id=municipality_id,
        person_id__in=[person.pk, *begun],
        state__in=[state.value for state in states],
    )
    for owner_id, since in begun.items():
        jobs = jobs.exclude(person_id=owner_id, created_at__lt=since)
    return jobs.select_related("person__cost_centre", "device", "queue").order_by("-id")


def finished_in_visit(open_visit: OpenVisit) -> QuerySet[Job]:
    """What came to its end at any device since the tap."""
    return visible_jobs(open_visit, (State.PRINTED,)).filter(finished_at__gte=open_visit.visit.created_at)


def open_job(open_visit: OpenVisit, job: Job) -> OpenJob | None:
    """The job with its key; None where this visit's identity doesn't open it."""
    municipality = open_visit.person.municipality
    identity = open_visit.identity
    if job.sealed_to == SealedTo.ENROLMENT and municipality is not None:
        identity = enrolment_identity(municipality)
    return open_with_identity(job, identity)


def open_with_enrolment_key(job: Job, municipality: Municipality) -> OpenJob | None:
    return open_with_identity(job, enrolment_identity(municipality))


def open_with_identity(job: Job, identity: Identity) -> OpenJob | None:
    try:
        header = read_header(bytes(job.header))
        if header is None:
            return None
        return OpenJob(job, unseal_file_key(header, identity))
    except SealError:
        return None
