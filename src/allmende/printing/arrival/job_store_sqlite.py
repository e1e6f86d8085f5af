# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The job store on SQLite: group commit, by a writer process beside the service, or here.

    with a writer process   groups go there; while it flushes, the next jobs are sealed here
    without                 the loop itself writes them (a thread would contend with the loop for the interpreter at each statement), or,
                            where the disk is slow, a thread

What is queued within one round of the event loop is one group. The log is kept short: a flush that overwrites an old log's pages takes half as long as one that makes the file grow.

Always holds: a waiter hears of its row when that is on stable storage; when the writer process is gone its rows are looked for in the
database, and those that are not there are written here. Nobody in the service opens the database's file but SQLite: who closes it lets go of
all locks that the process has on it (POSIX), and the writer would take it for nobody's.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from allmende.printing.arrival.job_rows import SqliteRows
from allmende.printing.arrival.job_store import (
    ArrivedDocument,
    Entry,
    InspectedJob,
    JobGoneError,
    NewJob,
    StoreError,
)
from allmende.printing.arrival.sqlite_writer import (
    GROUP_LIMIT,
    LOG_PAGES,
    Checkpointer,
    Outcome,
    Row,
    SqliteWriter,
)
from allmende.printing.arrival.sqlite_writer_link import WriterLink

log = logging.getLogger(__name__)

#: While flushes are quicker than this they may run on the event loop. Seconds.
QUICK_FLUSH: Final = 0.002

Waiter = asyncio.Future[Any]
Group = list[tuple[Entry, Waiter]]
_Sent = tuple[Group, list[Row]]


class SqliteJobStore:
    """`writer_address`: where a writer process listens; with `keeps_writer` this store starts it, and ends it."""

    def __init__(
        self, path: str | None = None, *, writer_address: Path | None = None, keeps_writer: bool = False
    ) -> None:
        self._path = path or str(settings.DATABASES["default"]["NAME"])
        self._rows = SqliteRows()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: Group = []
        self._scheduled = False
        #: Groups that the thread has.
        self._in_thread = 0
        self._closed = True
        self._groups: queue.SimpleQueue[tuple[Group, Sequence[Row], int | None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._writer: SqliteWriter | None = None
        self._checkpointer = Checkpointer(self._path, self._note_checkpoint)
        self._last_number = 0
        self._link: WriterLink[_Sent] | None = None
        if writer_address is not None:
            self._link = WriterLink(
                writer_address,
                (self._path, self._rows.statements) if keeps_writer else None,
                on_outcomes=self._finish_sent,
                on_lost=self._take_back,
            )

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer = await asyncio.to_thread(SqliteWriter, self._path, self._rows.statements)
        self._closed = False
        self._thread = threading.Thread(target=self._write_groups, name="job-writer", daemon=True)
        self._thread.start()
        self._checkpointer.start()
        if self._link is not None:
            self._last_number = await asyncio.to_thread(self._writer.last_number)
            self._link.start()

    async def stop(self) -> None:
        if self._closed:
            return
        self._closed = True
        while self._pending or self._in_thread or (self._link is not None and self._link.waits):  # noqa: ASYNC110 - some milliseconds, once
            await asyncio.sleep(0.001)
        if self._link is not None:
            await self._link.stop()
        self._groups.put(None)
        await asyncio.to_thread(self._checkpointer.end)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)

    async def insert_job(self, job: NewJob) -> int:
        return int(await self._enqueue(job))

    async def complete_job(self, document: ArrivedDocument) -> None:
        if not await self._enqueue(document):
            raise JobGoneError("the job is no longer open")

    async def record_inspection(self, inspected: InspectedJob) -> bool:
        return bool(await self._enqueue(inspected))

    def _enqueue(self, entry: Entry) -> Waiter:
        if self._closed or self._loop is None:
            raise StoreError("the store is closed")
        waiter: Waiter = self._loop.create_future()
        self._pending.append((entry, waiter))
        self._begin_soon()
        return waiter

    def _begin_soon(self) -> None:
        if self._pending and not self._scheduled and not self._in_thread:
            self._scheduled = True
            assert self._loop is not None  # noqa: S101 - set by start
            self._loop.call_soon(self._begin_group)

    def _begin_group(self) -> None:
        self._scheduled = False
        if self._in_thread or not self._pending:
            return
        group, self._pending = self._pending[:GROUP_LIMIT], self._pending[GROUP_LIMIT:]
        rows = [self._rows.row(entry) for entry, _ in group]
        if self._link is not None and self._link.is_connected:
            self._link.send((group, rows), rows)
            self._begin_soon()
            return
        outcomes = self._try_write(rows)
        if outcomes is None:
            self._write_in_thread(group, rows)
        else:
            self._finish_group(group, outcomes)

    def _try_write(self, rows: Sequence[Row]) -> list[Outcome] | None:
        writer = self._writer
        if writer is None or writer.flush_seconds is None or writer.flush_seconds >= QUICK_FLUSH:
            return None
        return writer.try_write(rows)

    def _write_in_thread(self, group: Group, rows: Sequence[Row], *, after: int | None = None) -> None:
        """`after`: another writer may have written them, under numbers above this one."""
        self._in_thread += 1
        self._groups.put((group, rows, after))

    def _write_groups(self) -> None:
        """The thread."""
        loop, writer = self._loop, self._writer
        assert loop is not None  # noqa: S101 - set by start
        assert writer is not None  # noqa: S101 - set by start
        while (given := self._groups.get()) is not None:
            group, rows, after = given
            outcomes = writer.write(rows) if after is None else _write_missing(writer, group, rows, after)
            try:
                loop.call_soon_threadsafe(self._leave_thread, group, outcomes)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    def _leave_thread(self, group: Group, outcomes: Sequence[Outcome]) -> None:
        self._in_thread -= 1
        self._finish_group(group, outcomes)

    def _finish_group(self, group: Group, outcomes: Sequence[Outcome]) -> None:
        for (entry, waiter), outcome in zip(group, outcomes, strict=True):
            if isinstance(entry, NewJob) and isinstance(outcome, int):
                self._last_number = max(self._last_number, outcome)
            if waiter.done():  # its client went away meanwhile
                continue
            if isinstance(outcome, str):
                waiter.set_exception(StoreError(outcome))
            else:
                waiter.set_result(outcome)
        writer = self._writer
        if writer is not None and writer.log_pages > LOG_PAGES:
            writer.log_pages = 0
            self._checkpointer.begin()
        self._begin_soon()

    def _finish_sent(self, sent: _Sent, outcomes: Sequence[Outcome]) -> None:
        self._finish_group(sent[0], outcomes)

    def _take_back(self, sent: Sequence[_Sent]) -> None:
        """The writer process is gone, and only the database knows how far it came."""
        for group, rows in sent:
            self._write_in_thread(group, rows, after=self._last_number)

    def _note_checkpoint(self) -> None:
        if self._writer is not None:
            self._writer.rest_of_checkpoint = True


def _write_missing(writer: SqliteWriter, group: Group, rows: Sequence[Row], after: int) -> list[Outcome]:
    """Of rows that a writer had which is gone, write those that it did not."""
    outcomes: list[Outcome] = []
    for (entry, _), row in zip(group, rows, strict=True):
        header = b"" if isinstance(entry, InspectedJob) else entry.header
        try:
            written = writer.find_written(row, header, after)
        except sqlite3.Error as error:
            outcomes.append(f"the database can't be asked: {type(error).__name__}")
            continue
        outcomes += writer.write([row]) if written is None else [written]
    return outcomes
