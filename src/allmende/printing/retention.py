# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Retention: what comes to its end without anybody asking. Personal data has an end, and disks are finite.

Each sweep takes bounded batches, so a long absence is worked off without holding up anybody. All of it may be done twice, by several
processes at once, and after a kill at any point: jobs change by conditional updates, deletions are idempotent, and a spooled
document is deleted only when no row points at it.

`sweep_once` blocks and belongs into a thread; `Sweeper` calls it in the service, a command line worker may call it too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from allmende.directory.attempts import AttemptCount
from allmende.directory.chips import EnrolmentCode
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.delivery.host import RunSync
from allmende.printing.event_subscriptions import EventSubscription
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import TERMINAL, Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job, SealedTo, jobs_in_flight, jobs_that_expire
from allmende.printing.ledger.retention import forget_people
from allmende.printing.queues import Queue, QueueKind
from allmende.printing.visit.resealing import reseal_waiting_jobs
from allmende.printing.visit.visits import Visit
from allmende.printing.visit.waiting_chips import WaitingChip
from allmende.spool import Spool, SpoolError

log = logging.getLogger(__name__)

BATCH: Final = 500
SWEEP_SECONDS: Final = 60.0
THOROUGH_SECONDS: Final = 3600.0
#: A spooled document that no row points at may belong to an upload whose row is on its way: so long it stays.
ORPHAN_AGE: Final = timedelta(hours=1)
#: An upload that announced its job and never completed it.
INCOMING_AGE: Final = timedelta(hours=24)
#: How far a round looks back for documents of ended jobs; a thorough one looks further, and all else is an orphan.
RECENT: Final = timedelta(minutes=15)
RECENT_THOROUGH: Final = timedelta(days=2)
_ENDED: Final = tuple(state.value for state in TERMINAL)


@dataclass(slots=True)
class Swept:
    """How many of each were dealt with; a batch that is full means that there is more."""

    expired: int = 0
    aborted: int = 0
    documents: int = 0
    orphans: int = 0
    titles: int = 0
    people: int = 0
    visits: int = 0
    chips: int = 0
    subscriptions: int = 0
    codes: int = 0
    attempts: int = 0
    resealed: int = 0

    @property
    def is_full(self) -> bool:
        return any(getattr(self, field.name) >= BATCH for field in fields(self))


def sweep_once(spool: Spool, now: datetime | None = None, *, thorough: bool = True) -> Swept:
    """One round over everything, each in a batch of at most 500.

    What must look at every stored document or all history is left out unless `thorough`.
    """
    now = now or timezone.now()
    swept = Swept()
    swept.expired = expire_jobs(now)
    swept.aborted = abort_stale_uploads(now)
    swept.documents = delete_ended_documents(spool, now, RECENT_THOROUGH if thorough else RECENT)
    if thorough:
        swept.resealed = reseal_leftovers()
        swept.orphans = delete_orphans(spool, now)
        swept.titles = scrub_titles(now)
        swept.people = forget_people(now)
    chips = WaitingChip.objects.filter(expires_at__lt=now)
    swept.chips = WaitingChip.objects.filter(pk__in=_oldest(chips)).delete()[0]
    swept.visits = Visit.objects.filter(pk__in=_oldest(Visit.objects.filter(expires_at__lt=now))).delete()[0]
    subscriptions = EventSubscription.objects.filter(ends_at__lte=now)
    swept.subscriptions = EventSubscription.objects.filter(pk__in=_oldest(subscriptions)).delete()[0]
    codes = EnrolmentCode.objects.filter(Q(expires_at__lt=now) | Q(used_at__isnull=False))
    swept.codes = EnrolmentCode.objects.filter(pk__in=_oldest(codes)).delete()[0]
    attempts = AttemptCount.objects.filter(ends_at__lt=now)
    swept.attempts = AttemptCount.objects.filter(pk__in=_oldest(attempts)).delete()[0]
    return swept


def expire_jobs(now: datetime) -> int:
    """Held, quarantined and uncertain jobs whose time is over; their documents end with them."""
    count = 0
    for job in jobs_that_expire().filter(expires_at__lte=now).order_by("expires_at")[:BATCH]:
        count += _change(job, Change.EXPIRE)
    return count


def abort_stale_uploads(now: datetime) -> int:
    stale = jobs_in_flight().filter(state=State.INCOMING.value, created_at__lt=now - INCOMING_AGE)
    return sum(_change(job, Change.ABORT) for job in stale[:BATCH])


def delete_ended_documents(spool: Spool, now: datetime, recent: timedelta = RECENT_THOROUGH) -> int:
    """Spooled documents of jobs that ended lately; what ended earlier is an orphan."""
    count = 0
    for job in islice(chain.from_iterable(map(partial(_ended_documents, now - recent), _towns())), BATCH):
        try:
            spool.delete(job.spool_key)
        except SpoolError as error:
            log.warning("the document of ended job %d stays: %s", job.pk, error)
            continue
        count += Job.objects.filter(pk=job.pk, spool_key=job.spool_key).update(spool_key="")
    return count


def _ended_documents(since: datetime, municipality_id: int) -> QuerySet[Job]:
    ended = Job.objects.filter(municipality_id=municipality_id, finished_at__gt=since, state__in=_ENDED)
    return ended.exclude(spool_key="").only("id", "spool_key")[:BATCH]


def delete_orphans(spool: Spool, now: datetime) -> int:
    """Spooled documents older than an hour that no waiting job points at, and what uploads that died left behind."""
    count = 0
    try:
        spool.sweep()
        for keys in _batches(spool.keys(older_than=now - ORPHAN_AGE)):
            rows = Job.objects.filter(spool_key__in=keys, spool_key__gt="").exclude(state__in=_ENDED)
            known = set(rows.values_list("spool_key", flat=True))
            for key in keys:
                if key not in known:
                    spool.delete(key)
                    count += 1
            if count >= BATCH:
                break
    except SpoolError as error:
        log.warning("sweeping the spool stopped: %s", error)
    return count


def scrub_titles(now: datetime) -> int:
    """Titles, claimed names, origins and headers of jobs that ended so many days ago as the town keeps them."""
    count = 0
    for town in Municipality.objects.only("id", "title_days"):
        old = Job.objects.filter(
            municipality_id=town.pk,
            state__in=_ENDED,
            finished_at__isnull=False,
            finished_at__lt=now - timedelta(days=town.title_days),
        ).exclude(title_sealed=b"", claimed_name="", origin="", header=b"")
        ids = list(old.order_by("finished_at").values_list("pk", flat=True)[: BATCH - count])
        count += Job.objects.filter(pk__in=ids).update(
            title_sealed=b"", claimed_name="", origin="", header=b""
        )
        if count >= BATCH:
            break
    return count


def reseal_leftovers() -> int:
    """Jobs whose person has a chip by now, but that a crash left under the enrolment key."""
    waiting = Job.objects.filter(state=State.HELD.value, sealed_to=SealedTo.ENROLMENT.value)
    count = 0
    for queue in Queue.objects.filter(kind=QueueKind.HELD):
        left = waiting.filter(queue_id=queue.pk, person_id=OuterRef("pk"))
        people = Person.objects.filter(Exists(left), municipality_id=queue.municipality_id).exclude(
            recipient=""
        )
        for person_id in people.values_list("pk", flat=True)[:50]:
            count += reseal_waiting_jobs(queue.municipality_id, person_id)
    return count


class Sweeper:
    """Sweeps once a minute in the service, thoroughly once an hour; at once again while there is more."""

    def __init__(self, run: RunSync, spool: Spool) -> None:
        self._run = run
        self._spool = spool

    async def work(self) -> None:
        loop = asyncio.get_running_loop()
        next_thorough = loop.time() + SWEEP_SECONDS
        while True:
            full, thorough = False, loop.time() >= next_thorough
            try:
                swept: Swept = await self._run(partial(sweep_once, self._spool, thorough=thorough))
                full = swept.is_full
                if thorough and not full:
                    next_thorough = loop.time() + THOROUGH_SECONDS
            except Exception:
                log.exception("the sweep failed; the next one tries again")
            await asyncio.sleep(1.0 if full else SWEEP_SECONDS)


def _change(job: Job, change: Change) -> int:
    try:
        change_job(job, change)
    except ForbiddenChangeError:
        return 0
    return 1


def _towns() -> list[int]:
    return list(Municipality.objects.values_list("pk", flat=True))


def _oldest(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, BATCH)):
        yield batch
