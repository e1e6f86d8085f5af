# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The printing parts of one process, put together: store, spool, intake, inspection, delivery.

It lives on the server's event loop; Django's views, which run in threads, reach it with `running_service().call(…)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

from allmende.devices.device_addresses import AddressPolicy
from allmende.documents import Inspector
from allmende.printing.arrival.inspections import Inspections
from allmende.printing.arrival.intake import Intake
from allmende.printing.arrival.job_store import JobStore, open_job_store
from allmende.printing.arrival.quotas import Quotas
from allmende.printing.delivery.delivery import Delivery
from allmende.printing.job_spool import job_spool
from allmende.printing.retention import Sweeper
from allmende.spool import Spool, SpoolError

log = logging.getLogger(__name__)

T = TypeVar("T")

DISK_WATCH_SECONDS: Final = 2.0
DATABASE_THREADS: Final = 6
SEALING_THREADS: Final = 4
#: So long a thread waits for the others to close theirs.
_CLOSE_SECONDS: Final = 10.0


class PrintService:
    """One per process, for one event loop."""

    def __init__(self, *, store: JobStore, spool: Spool, inspector: Inspector | None = None) -> None:
        self.store = store
        self.spool = spool
        self.inspector = inspector or Inspector()
        self._database_threads = ThreadPoolExecutor(DATABASE_THREADS, "printing-database")
        self._sealing_threads = ThreadPoolExecutor(SEALING_THREADS, "sealing")
        self.quotas = Quotas(self.run_sync, max_document=settings.ALLMENDE_MAX_DOCUMENT_BYTES)
        self.inspections = Inspections(self.inspector, store, spool, self.run_sync)
        self.intake = Intake(store, spool, self.quotas, self.inspections, threads=self._sealing_threads)
        self.delivery = Delivery(
            self.run_sync,
            spool,
            inspect=self.inspections.inspect_job,
            give_way=self.inspections.give_way,
            policy=AddressPolicy(loopback=settings.ALLMENDE_LOOPBACK_DEVICES),
        )
        #: Awaited in order when the service stops, before its own parts do: for what was put on top of it.
        self.before_stop: list[Callable[[], Awaitable[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    @classmethod
    def from_settings(cls) -> PrintService:
        return cls(store=open_job_store(), spool=job_spool())

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the print service is not running")
        return self._loop

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.store.start()
        await self._look_at_disk()
        self.inspections.start()
        await self.delivery.start()
        self._tasks = [asyncio.create_task(self._watch_disk())]
        if settings.ALLMENDE_BACKGROUND:
            self._tasks.append(asyncio.create_task(Sweeper(self.run_sync, self.spool).work()))

    async def stop(self) -> None:
        for close in self.before_stop:
            await close()
        await asyncio.gather(*self._deliveries)
        await self.delivery.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.inspections.stop()
        await self.store.stop()
        # Each of these threads has a database connection of its own, and only it can close it: none leaves before all have come.
        together = threading.Barrier(DATABASE_THREADS)
        await asyncio.gather(
            *(
                self._loop_run(self._database_threads, _close_connection, together)
                for _ in range(DATABASE_THREADS)
            )
        )
        self._database_threads.shutdown(wait=False)
        self._sealing_threads.shutdown(wait=False)
        self._loop = None

    async def run_sync(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function that may use Django's models in one of a few threads."""
        return await self._loop_run(self._database_threads, _with_connection, function, *arguments)

    def begin_direct_delivery(self, job_id: int) -> None:
        """Send an acknowledged job of a direct queue on its way; on the loop. What fails here the delivery finds again by itself."""
        task = asyncio.ensure_future(self._deliver_direct(job_id))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver_direct(self, job_id: int) -> None:
        try:
            await self.delivery.deliver_direct(job_id)
        except Exception:
            log.exception("job %d could not be sent to its device at once", job_id)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From another thread: run the coroutine on the service's loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def _loop_run(
        self, threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any
    ) -> asyncio.Future[T]:
        return self.loop.run_in_executor(threads, function, *arguments)

    async def _watch_disk(self) -> None:
        while True:
            await asyncio.sleep(DISK_WATCH_SECONDS)
            await self._look_at_disk()

    async def _look_at_disk(self) -> None:
        try:
            free = await asyncio.to_thread(_free_bytes, self.spool)
        except (SpoolError, OSError) as error:
            log.warning("the room for documents can't be told: %s", error)
            return
        has_room = free is None or free >= settings.ALLMENDE_MIN_FREE_BYTES
        if has_room != self.quotas.disk_has_room:
            log.warning(
                "room for documents: %s bytes; new ones are %s", free, "taken" if has_room else "refused"
            )
        self.quotas.disk_has_room = has_room


def _with_connection(function: Callable[..., T], *arguments: Any) -> T:
    # SQLite's connections don't age, and opening one costs more than most questions.
    if connection.vendor != "sqlite":
        close_old_connections()
    return function(*arguments)


def _close_connection(together: threading.Barrier) -> None:
    connection.close()
    with contextlib.suppress(threading.BrokenBarrierError):
        together.wait(_CLOSE_SECONDS)


def _free_bytes(spool: Spool) -> int | None:
    rooms = [spool.free_bytes()]
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        rooms.append(shutil.disk_usage(Path(database["NAME"]).absolute().parent).free)
    known = [room for room in rooms if room is not None]
    return min(known) if known else None


_running: PrintService | None = None


def set_running_service(service: PrintService | None) -> None:
    global _running  # noqa: PLW0603 - one process, one service
    _running = service


def running_service() -> PrintService:
    """The process' service. Raises RuntimeError where none runs."""
    if _running is None:
        raise RuntimeError("no print service is running in this process")
    return _running
