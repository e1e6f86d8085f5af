# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers of the database kept for some seconds, so that a hot path is a look into a dictionary.

Questions are asked in batches: what is asked for within one round of the event loop goes to the database together, and what is asked
for all the time is renewed in the background before it ends, all that is due in one batch. Sixty people who print all the time
thus cost a handful of queries every few seconds, not some hundred.

Always holds: an answer is never older than `seconds` when it is given out, so a revocation is seen within that time; the same
question is not asked twice at once; at most `limit` answers are kept (a client can ask for any name).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

#: Questions that go to the database together, at most: one such batch holds a thread for some ten milliseconds.
BATCH: Final = 200


class FreshValues(Generic[K, V]):
    """Belongs to one event loop. `load` answers each of the keys that it is given; its errors go to those who asked."""

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        seconds: float = 5.0,
        limit: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._limit = limit
        self._clock = clock
        self._known: dict[K, tuple[float, V]] = {}
        #: Asked for, and not answered yet.
        self._asked: dict[K, asyncio.Future[V]] = {}
        #: Of these, what no batch has taken yet.
        self._due: list[K] = []
        self._timer: asyncio.TimerHandle | None = None
        self._begins_at = 0.0
        self._batches: set[asyncio.Task[None]] = set()

    def known(self, key: K) -> tuple[V] | None:
        """The fresh answer in a tuple of one, or None where it must be asked for."""
        entry = self._known.get(key)
        if entry is None:
            return None
        age = self._clock() - entry[0]
        if age > self._seconds:
            return None
        if age > self._seconds * 0.6 and key not in self._asked:
            self._ask(key, within=self._seconds * 0.2)
        return (entry[1],)

    async def get(self, key: K) -> V:
        known = self.known(key)
        if known is not None:
            return known[0]
        answer = self._asked.get(key)
        if answer is None:
            answer = self._ask(key, within=0.0)
        elif self._timer is not None:
            self._begin_soon(0.0)
        return await asyncio.shield(answer)

    def forget(self, key: K) -> None:
        self._known.pop(key, None)

    def _ask(self, key: K, *, within: float) -> asyncio.Future[V]:
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._asked[key] = answer
        self._due.append(key)
        self._begin_soon(within)
        return answer

    def _begin_soon(self, within: float) -> None:
        """Let a batch begin `within` so many seconds, or at the time that was already agreed if that is earlier."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._begins_at <= loop.time() + within:
                return
            self._timer.cancel()
        self._begins_at = loop.time() + within
        self._timer = loop.call_later(within, self._begin)

    def _begin(self) -> None:
        self._timer = None
        due, self._due = self._due, []
        for start in range(0, len(due), BATCH):
            batch = asyncio.ensure_future(self._answer(due[start : start + BATCH]))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _answer(self, keys: Sequence[K]) -> None:
        asked_at = self._clock()
        try:
            values = await self._load(keys)
            if len(self._known) + len(keys) > self._limit:
                self._known.clear()
            for key in keys:
                value = values[key]
                self._known[key] = (asked_at, value)
                self._asked.pop(key).set_result(value)
        except BaseException as error:
            for key in keys:
                answer = self._asked.pop(key, None)
                if answer is None:
                    continue
                if isinstance(error, asyncio.CancelledError):
                    answer.cancel()
                else:
                    answer.set_exception(error)
                    answer.exception()  # a renewal has nobody who waits; those who do get the error by themselves
            if not isinstance(error, Exception):
                raise
