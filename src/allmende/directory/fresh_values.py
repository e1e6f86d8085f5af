# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers of the database kept for some seconds, so that a hot path is a look into a dictionary.

Always holds: an answer is never older than `seconds` when it is given out, so a revocation is seen within that time; an answer that
is asked for all the time is renewed in the background before it ends; the same question is not asked twice at once; at
most `limit` answers are kept (a client can ask for any name).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class FreshValues(Generic[K, V]):
    """Belongs to one event loop. `load` is awaited for what is not known; its errors go to those who asked."""

    def __init__(
        self, load: Callable[[K], Awaitable[V]], *, seconds: float = 5.0, limit: int = 20_000
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._limit = limit
        self._known: dict[K, tuple[float, V]] = {}
        self._loading: dict[K, asyncio.Task[V]] = {}

    def known(self, key: K) -> tuple[V] | None:
        """The fresh answer in a tuple of one, or None where it must be asked for."""
        entry = self._known.get(key)
        if entry is None:
            return None
        age = time.monotonic() - entry[0]
        if age > self._seconds:
            return None
        if age > self._seconds / 2 and key not in self._loading:
            self._begin(key)
        return (entry[1],)

    async def get(self, key: K) -> V:
        known = self.known(key)
        if known is not None:
            return known[0]
        task = self._loading.get(key) or self._begin(key)
        return await asyncio.shield(task)

    def forget(self, key: K) -> None:
        self._known.pop(key, None)

    def _begin(self, key: K) -> asyncio.Task[V]:
        task = asyncio.ensure_future(self._keep(key))
        self._loading[key] = task
        task.add_done_callback(_look_at_error)
        return task

    async def _keep(self, key: K) -> V:
        asked_at = time.monotonic()
        try:
            value = await self._load(key)
        finally:
            self._loading.pop(key, None)
        if len(self._known) >= self._limit:
            self._known.clear()
        self._known[key] = (asked_at, value)
        return value


def _look_at_error(task: asyncio.Task[V]) -> None:
    # A renewal in the background has nobody waiting; those who do wait got the error by themselves.
    if not task.cancelled():
        task.exception()
