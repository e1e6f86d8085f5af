# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Re-sealing: what waits under the town's enrolment key gets a header for its person.

The file key stays, so title and preview stay as they are; only the header before the body changes, in the row and before the
stored document. A spooled document is written anew under another key, then the row points at it, then the old one goes: a kill at any
moment leaves one whole document and at most one orphan for the sweeper. Doing it again changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from django.db import connection, transaction

from allmende.directory.events import PersonEnrolled
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person
from allmende.printing.job_access import open_with_enrolment_key
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job, JobDocument, SealedTo
from allmende.seal import FileKey, Recipient, read_header, rewrap_header
from allmende.spool import SpoolError, new_key

log = logging.getLogger(__name__)


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
            change_job(job, Change.CANCEL, actor=person, reason="key-replaced")
        except ForbiddenChangeError:
            continue
        count += 1
    return count


def reseal_soon(municipality_id: int, person_id: int) -> None:
    """After the commit, in a thread of its own: documents may be large, and a tap doesn't wait for them."""

    def work() -> None:
        try:
            reseal_waiting_jobs(municipality_id, person_id)
        except Exception:
            log.exception("re-sealing for person %d failed; the sweeper tries again", person_id)
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
        sealed_to=SealedTo.ENROLMENT,
        queue__kind="held",
    )
    recipients = recipients_of(municipality_id, person)
    count = 0
    for job in list(waiting[:10_000]):
        opened = open_with_enrolment_key(job, municipality)
        if opened is None:
            log.warning("job %d does not open with the enrolment key of its town", job.pk)
            continue
        try:
            count += _reseal(job, municipality.slug, opened.file_key, recipients)
        except SpoolError as error:
            log.warning("job %d is not re-sealed: %s", job.pk, error)
    return count


def recipients_of(municipality_id: int, person: Person) -> list[Recipient]:
    """The person and all to whom they delegate, as far as they have a chip."""
    delegates = Delegation.objects.filter(
        municipality_id=municipality_id, owner_id=person.pk, ended_at__isnull=True
    )
    texts = delegates.exclude(delegate__recipient="").values_list("delegate__recipient", flat=True)
    return [Recipient.from_text(text) for text in dict.fromkeys([person.recipient, *texts])]


def _reseal(job: Job, slug: str, file_key: FileKey, recipients: list[Recipient]) -> bool:
    header = rewrap_header(file_key, recipients)
    same = Job.objects.filter(
        pk=job.pk,
        municipality_id=job.municipality_id,
        state=State.HELD.value,
        sealed_to=SealedTo.ENROLMENT,
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
