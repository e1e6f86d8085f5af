# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Re-sealing: a waiting document gets another header, when other people shall open it than when it arrived.

- What waits under the town's enrolment key is sealed to its person at the enrolment, and at a later tap where it came too late for that.
- What a delegate could open is taken from them after the end of the delegation, at the owner's next tap: before, nobody holds the key.

The file key stays, so title and preview stay as they are; only the header before the body changes, in the row and before the
stored document. A spooled document is written anew under another key, then the row points at it, then the old one goes: a kill at any
moment leaves one whole document and at most one orphan for the sweeper. Doing it again changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from allmende.directory.events import PersonEnrolled
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person
from allmende.printing.job_access import OpenJob, open_with_enrolment_key
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job, JobDocument, SealedTo
from allmende.printing.queues import QueueKind
from allmende.printing.visit.visits import OpenVisit
from allmende.seal import FileKey, Recipient, read_header, rewrap_header
from allmende.spool import SpoolError, new_key

log = logging.getLogger(__name__)

KEY_REPLACED: Final = "key-replaced"


def on_person_enrolled(event: PersonEnrolled) -> None:
    """Cancel what nobody can open any more, in the enrolment's own transaction; re-seal the rest afterwards."""
    if event.replaced_key:
        cancel_lost_jobs(event.municipality_id, event.person_id)
    reseal_soon(event.municipality_id, event.person_id)


def cancel_lost_jobs(municipality_id: int, person_id: int) -> int:
    """Cancel what was sealed to a key pair that is gone; answers how many."""
    person = Person.objects.get(pk=person_id, municipality_id=municipality_id)
    lost = Job.objects.filter(
        municipality_id=municipality_id,
        person_id=person_id,
        sealed_to=SealedTo.PERSON,
        state__in=[State.HELD.value, State.UNCERTAIN.value],
    )
    count = 0
    for job in lost.iterator():
        try:
            change_job(job, Change.CANCEL, actor=person, reason=KEY_REPLACED)
        except ForbiddenChangeError:
            continue
        count += 1
    return count


def note_lost_jobs(open_visit: OpenVisit, closed: Sequence[Job]) -> None:
    """Tell of a person's own jobs that their key does not open: they came in the seconds in which the way in still knew the replaced key.

    They stay held, for the portal to say so: a tap throws nothing away.
    """
    lost = [
        job.pk
        for job in closed
        if job.person_id == open_visit.person.pk and job.state == State.HELD and job.reason != KEY_REPLACED
    ]
    if lost:
        log.warning("jobs %s don't open with the key of their person", lost)
        jobs = Job.objects.filter(municipality_id=open_visit.visit.municipality_id, state=State.HELD.value)
        jobs.filter(pk__in=lost).update(reason=KEY_REPLACED)


def reseal_soon(municipality_id: int, person_id: int) -> None:
    """After the commit, in a thread of its own: documents may be large, and a tap doesn't wait for them."""
    _after_commit(lambda: reseal_waiting_jobs(municipality_id, person_id))


def _after_commit(reseal: Callable[[], int]) -> None:
    def work() -> None:
        try:
            reseal()
        except Exception:
            log.exception("re-sealing failed; the next tap or the sweeper tries again")
        finally:
            connection.close()

    transaction.on_commit(lambda: threading.Thread(target=work, name="reseal", daemon=True).start())


def reseal_waiting_jobs(municipality_id: int, person_id: int) -> int:
    """Re-seal all that waits for this person under the enrolment key; answers how many were."""
    municipality = Municipality.objects.get(pk=municipality_id)
    person = (
        Person.objects.filter(pk=person_id, municipality_id=municipality_id).exclude(recipient="").first()
    )
    if person is None:
        return 0
    waiting = Job.objects.filter(
        municipality_id=municipality_id,
        person_id=person_id,
        state=State.HELD.value,
        sealed_to=SealedTo.ENROLMENT.value,
        queue__kind=QueueKind.HELD,
    )
    count = 0
    for job in list(waiting[:10_000]):
        opened = open_with_enrolment_key(job, municipality)
        if opened is None:
            log.warning("job %d does not open with the enrolment key of its town", job.pk)
            continue
        try:
            count += _reseal(job, municipality.slug, opened.file_key, recipients_of(person, job.created_at))
        except SpoolError as error:
            log.warning("job %d is not re-sealed: %s", job.pk, error)
    return count


def reseal_at_tap(open_visit: OpenVisit, opened: Sequence[OpenJob]) -> None:
    """Look at the jobs that a visit has opened, and re-seal soon what doesn't lie under the keys it should."""
    late = (one.job.person_id for one in opened if _is_late(one.job))
    for person_id in {person_id for person_id in late if person_id is not None}:
        reseal_soon(open_visit.visit.municipality_id, person_id)
    # Nearly all have one recipient, the person, and cost no question.
    own = [one for one in opened if one.job.person_id == open_visit.person.pk and _may_have_former(one.job)]
    if own:
        former = [one for one in own if _has_former(open_visit.person, one.job)]
        if former:
            _after_commit(lambda: take_from_former(open_visit.person, former))


def take_from_former(person: Person, opened: Sequence[OpenJob]) -> int:
    """Seal documents, whose keys the owner's visit holds, to those alone who may still collect them; answers how many."""
    slug = person.municipality.slug if person.municipality is not None else ""
    count = 0
    for one in opened:
        try:
            count += _reseal(one.job, slug, one.file_key, recipients_of(person, one.job.created_at))
        except SpoolError as error:
            log.warning("job %d is not re-sealed: %s", one.job.pk, error)
    return count


def recipients_of(person: Person, arrived_at: datetime) -> list[Recipient]:
    """The person and all who may collect what arrived then, as far as they have a chip."""
    delegates = Delegation.objects.filter(
        municipality=person.municipality,
        owner_id=person.pk,
        ended_at__isnull=True,
        created_at__lte=arrived_at,
        delegate__is_active=True,
    )
    texts = delegates.exclude(delegate__recipient="").values_list("delegate__recipient", flat=True)
    return [Recipient.from_text(text) for text in dict.fromkeys([person.recipient, *texts])]


def _is_late(job: Job) -> bool:
    """Still under the enrolment key though its person has a key; direct queues' jobs lie there on purpose."""
    return (
        job.state == State.HELD
        and job.sealed_to == SealedTo.ENROLMENT
        and job.person is not None
        and bool(job.person.recipient)
        and job.queue.kind == QueueKind.HELD
    )


def _may_have_former(job: Job) -> bool:
    return job.state == State.HELD and job.sealed_to == SealedTo.PERSON and _recipients_in(job) > 1


def _has_former(person: Person, job: Job) -> bool:
    return _recipients_in(job) > len(recipients_of(person, job.created_at))


def _recipients_in(job: Job) -> int:
    header = read_header(bytes(job.header))
    return len(header.stanzas) if header is not None else 0


def _reseal(job: Job, slug: str, file_key: FileKey, recipients: list[Recipient]) -> bool:
    header = rewrap_header(file_key, recipients)
    same = Job.objects.filter(
        pk=job.pk,
        municipality_id=job.municipality_id,
        state=State.HELD.value,
        sealed_to=job.sealed_to,
        spool_key=job.spool_key,
    )
    if not job.spool_key:
        with transaction.atomic():
            if not same.update(header=header, sealed_to=SealedTo.PERSON):
                return False
            document = JobDocument.objects.filter(job_id=job.pk).first()
            if document is not None and (body := _without_header(bytes(document.sealed))) is not None:
                JobDocument.objects.filter(job_id=job.pk).update(sealed=header + body)
        return True
    spool = job_spool()
    key = new_key(slug)
    with spool.create(key) as writer:
        for piece in _with_header(header, spool.read(job.spool_key)):
            writer.write(piece)
        writer.commit()
    changed = same.update(header=header, sealed_to=SealedTo.PERSON, spool_key=key)
    spool.delete(job.spool_key if changed else key)
    return bool(changed)


def _with_header(header: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A stored age file in pieces, under another header."""
    prefix = b""
    yield header
    for piece in pieces:
        prefix += piece
        old = read_header(prefix)
        if old is not None:
            yield prefix[old.length :]
            yield from pieces
            return


def _without_header(sealed: bytes) -> bytes | None:
    """The body behind the header; None where the stored bytes are the body alone."""
    if not sealed.startswith(b"age-encryption.org/"):
        return None
    header = read_header(sealed)
    return sealed[header.length :] if header is not None else None
