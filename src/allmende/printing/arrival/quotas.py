# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How much one person, one unknown address, and the whole disk may take.

Always holds: a job is refused before its document is read where that can be known, and in mid-upload where it can't; nothing
old is deleted to make room; nobody is refused because of a count that is out of date (before a refusal it is counted anew).
Counts are kept in memory between, because a count over all of a person's jobs for each job would grow with their number.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db.models import Count, Sum

from allmende.directory.identities import Owner, Town
from allmende.printing.job_states import State
from allmende.printing.jobs import Job

#: The whole town's quarantine, as a multiple of one person's quota.
QUARANTINE_FACTOR: Final = 4
#: Jobs that one unknown address may leave within an hour.
UNKNOWN_JOBS_PER_HOUR: Final = 100
#: Uploads at the same time, over all towns; beyond, clients are told to come again.
MAX_UPLOADS: Final = 512
_RECOUNT_SECONDS: Final = 60.0
#: A count that is younger is not made anew before a refusal.
_FRESH_SECONDS: Final = 0.5
_HOUR: Final = 3600.0
_MAX_ADDRESSES: Final = 50_000


class Refusal(StrEnum):
    """Why no document is taken; the gateway has an IPP status for each."""

    TOO_MANY_JOBS = "too-many-jobs"
    TOO_MANY_BYTES = "too-many-bytes"
    TOO_MANY_UPLOADS = "too-many-uploads"
    TOO_LARGE = "too-large"
    DISK_FULL = "disk-full"
    NOT_ENROLLED = "not-enrolled"
    FORMAT = "format"
    EMPTY = "empty"
    STORE = "store"
    JOB_GONE = "job-gone"


class RefusedError(Exception):
    """The document can't be taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(slots=True)
class _Held:
    jobs: int
    size: int
    counted_at: float
    recount_after: float


_Key = tuple[int, int | None]  # municipality, person


class Permit:
    """One upload that was let in. Tell it of what arrives (`receive`), and give it back with `leave`, whatever happens."""

    __slots__ = ("_address_key", "_key", "_left", "_quotas", "_reserved", "_size_allowed")

    def __init__(
        self, quotas: Quotas, key: _Key, address_key: tuple[int, str], size_allowed: int, reserved: int
    ) -> None:
        self._quotas = quotas
        self._key = key
        self._address_key = address_key
        self._size_allowed = size_allowed
        #: Bytes that count for this upload already: all that came, and at first all that the client has announced.
        self._reserved = reserved
        self._left = False

    async def receive(self, size: int) -> None:
        """The document has `size` bytes by now. Raises RefusedError where that is too much."""
        more = size - self._reserved
        if more <= 0:
            return
        await self._quotas.check_room(self._key, size, more, self._size_allowed)
        if not self._left:  # whoever cancels the job gives the permit back meanwhile
            self._quotas.reserve(self._key, more)
            self._reserved = size

    def leave(self, stored_size: int | None) -> None:
        """The upload has ended; `stored_size` is None where nothing was stored. Idempotent."""
        if self._left:
            return
        self._left = True
        self._quotas.uploads_ended(self._key, self._address_key, self._reserved)
        if stored_size is not None:
            self._quotas.stored(self._key, stored_size)


class Quotas:
    """Belongs to one event loop. `run` runs a synchronous function in a thread with a database connection."""

    def __init__(self, run: Callable[..., Awaitable[tuple[int, int]]], *, max_document: int) -> None:
        self._run = run
        self._max_document = max_document
        self._held: dict[_Key, _Held] = {}
        self._counting: dict[_Key, asyncio.Task[_Held]] = {}
        self._uploads: Counter[_Key | tuple[int, str]] = Counter()
        #: Bytes of uploads that are on their way: several at once must not each take all of the room that is left.
        self._incoming: Counter[_Key] = Counter()
        self._all_uploads = 0
        self._unknown_jobs: dict[tuple[int, str], tuple[float, int]] = {}
        #: Set by whoever watches the disk.
        self.disk_has_room = True

    async def admit(
        self,
        town: Town,
        owner: Owner | None,
        address: str,
        expected: int | None,
        *,
        is_announced: bool = False,
    ) -> Permit:
        """Let one upload in, of `expected` bytes where the client told. Raises RefusedError.

        `is_announced`: its job was let in before, and is not counted once more.
        """
        if not self.disk_has_room:
            raise RefusedError(Refusal.DISK_FULL)
        key: _Key = (town.id, owner.id if owner else None)
        address_key = (town.id, "" if owner else address)
        who = key if owner else address_key
        if self._uploads[who] >= town.quota_connections or self._all_uploads >= MAX_UPLOADS:
            raise RefusedError(Refusal.TOO_MANY_UPLOADS)
        if owner is None:
            if not is_announced:
                self._count_unknown(address_key)
        elif owner.sealed_to == "enrolment" and not town.accept_before_enrolment:
            raise RefusedError(Refusal.NOT_ENROLLED)
        if expected is not None and expected > self._max_document:
            raise RefusedError(Refusal.TOO_LARGE)
        factor = 1 if owner else QUARANTINE_FACTOR
        jobs_allowed, size_allowed = town.quota_jobs * factor, town.quota_bytes * factor
        # Counted before the first await: many at once must not slip through together.
        self._uploads[who] += 1
        self._all_uploads += 1
        try:
            held = self._held.get(key)
            now = time.monotonic()
            if held is None or (held.counted_at + held.recount_after < now):
                held = await self._count(key)

            def refusal(held: _Held) -> Refusal | None:
                if held.jobs + self._uploads[who] > jobs_allowed:
                    return Refusal.TOO_MANY_JOBS
                is_over = held.size + self._incoming[key] + (expected or 1) > size_allowed
                return Refusal.TOO_MANY_BYTES if is_over else None

            found = refusal(held)
            if found is not None and now - held.counted_at > _FRESH_SECONDS:
                found = refusal(await self._count(key))
            if found is not None:
                raise RefusedError(found)  # noqa: TRY301 - after the count, before the permit
        except BaseException:
            self.uploads_ended(key, address_key, 0)
            raise
        self.reserve(key, expected or 0)
        return Permit(self, key, address_key, size_allowed, expected or 0)

    async def check_room(self, key: _Key, size: int, more: int, size_allowed: int) -> None:
        """Whether an upload may have `size` bytes by now, `more` than before. Raises RefusedError."""
        if size > self._max_document:
            raise RefusedError(Refusal.TOO_LARGE)
        held = self._held.get(key)
        if held is None or held.size + self._incoming[key] + more > size_allowed:
            held = await self._count(key)
            if held.size + self._incoming[key] + more > size_allowed:
                raise RefusedError(Refusal.TOO_MANY_BYTES)

    def reserve(self, key: _Key, size: int) -> None:
        self._incoming[key] += size

    def stored(self, key: _Key, size: int) -> None:
        """A document waits from now on. It may be counted twice where a count has just seen it: before a refusal it is counted anew."""
        held = self._held.get(key)
        if held is not None:
            held.jobs += 1
            held.size += size

    def uploads_ended(self, key: _Key, address_key: tuple[int, str], reserved: int) -> None:
        who = key if key[1] is not None else address_key
        self._all_uploads -= 1
        self._uploads[who] -= 1
        if self._uploads[who] <= 0:
            del self._uploads[who]
        self._incoming[key] -= reserved
        if self._incoming[key] <= 0:
            del self._incoming[key]

    def held_jobs(self, town_id: int, person_id: int | None) -> int | None:
        """The count as last known, None where it was never asked for."""
        held = self._held.get((town_id, person_id))
        return held.jobs if held else None

    def _count_unknown(self, address_key: tuple[int, str]) -> None:
        now = time.monotonic()
        since, count = self._unknown_jobs.get(address_key, (now, 0))
        if now - since > _HOUR:
            since, count = now, 0
        if count >= UNKNOWN_JOBS_PER_HOUR:
            raise RefusedError(Refusal.TOO_MANY_JOBS)
        if len(self._unknown_jobs) >= _MAX_ADDRESSES:
            self._unknown_jobs.clear()
        self._unknown_jobs[address_key] = (since, count + 1)

    async def _count(self, key: _Key) -> _Held:
        task = self._counting.get(key)
        if task is None:
            task = asyncio.ensure_future(self._count_now(key))
            self._counting[key] = task
            task.add_done_callback(lambda _: self._counting.pop(key, None))
        return await asyncio.shield(task)

    async def _count_now(self, key: _Key) -> _Held:
        started = time.monotonic()
        jobs, size = await self._run(count_waiting, *key)
        now = time.monotonic()
        if len(self._held) > _MAX_ADDRESSES:
            self._held.clear()
        # Somebody with very many jobs is counted less often.
        held = _Held(jobs, size, now, max(_RECOUNT_SECONDS, 200 * (now - started)))
        self._held[key] = held
        return held


def count_waiting(municipality_id: int, person_id: int | None) -> tuple[int, int]:
    """Jobs and bytes that wait for this person; with None, in the town's quarantine."""
    jobs = Job.objects.filter(municipality_id=municipality_id)
    if person_id is None:
        jobs = jobs.filter(person__isnull=True, state=State.QUARANTINED.value)
    else:
        states = [State.HELD, State.RELEASED, State.DELIVERING, State.UNCERTAIN]
        jobs = jobs.filter(person_id=person_id, state__in=[state.value for state in states])
    found = jobs.aggregate(jobs=Count("id"), size=Sum("size"))
    return int(found["jobs"]), int(found["size"] or 0)
