# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The job store on SQLite: one connection of its own, written to by one thread at a time, with group commit.

How it works
    `insert_job` queues its entry and lets the event loop finish its round; what was queued in that round is one group. Where the
    disk is quick the loop writes the group itself: a thread would contend with the loop for the interpreter at each statement, and
    cost more than the flush. Meanwhile the next requests wait in their sockets and become the next group. Where a flush takes longer
    than `QUICK_FLUSH` (or somebody else is writing) the group goes to the writer thread, and the loop goes on.

    The log is kept short: a flush that overwrites an old log's pages takes half as long as one that makes the file grow. The
    bulk of a checkpoint runs in a thread and on a connection of its own, so that no client waits for it; the writer then
    carries over the few pages that came meanwhile, which lets the log begin anew.

Always holds: WAL with `synchronous=FULL`; `BEGIN IMMEDIATE`, so that we wait for Django's writers and they for us; numbers are
given by us inside the transaction, above all that were ever given (`sqlite_sequence`), so no number is used twice.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings

from allmende.printing.arrival.job_rows import JobRows, sqlite_time
from allmende.printing.arrival.job_store import (
    GROUP_LIMIT,
    ArrivedDocument,
    Entry,
    InspectedJob,
    JobGoneError,
    NewJob,
    StoreError,
)

log = logging.getLogger(__name__)

#: While flushes are quicker than this they run on the event loop. Seconds.
QUICK_FLUSH: Final = 0.002
#: How long the writer waits for another writer, e.g. Django's.
BUSY_SECONDS: Final = 10.0
#: So long another writer is expected to be done at any moment.
QUICK_WAIT: Final = 0.1
#: Pages in the log after which a checkpoint is begun, and after which SQLite makes one in the next commit.
LOG_PAGES: Final = 1_500
LOG_PAGES_LIMIT: Final = 20_000

Outcome = int | bool | Exception
Waiter = asyncio.Future[Any]


class SqliteJobStore:
    def __init__(self, path: str | None = None) -> None:
        self._path = path or str(settings.DATABASES["default"]["NAME"])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: list[tuple[Entry, Waiter]] = []
        self._scheduled = False
        self._writing = False
        self._closed = True
        self._groups: queue.SimpleQueue[list[tuple[Entry, Waiter]] | None] = queue.SimpleQueue()
        self._checkpoints = threading.Event()
        self._threads: list[threading.Thread] = []
        self._writer: _Writer | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer = await asyncio.to_thread(_Writer, self._path)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._write_groups, name="job-writer", daemon=True),
            threading.Thread(target=self._checkpoint, name="job-checkpoints", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    async def stop(self) -> None:
        if self._closed:
            return
        self._closed = True
        while self._pending or self._writing:  # noqa: ASYNC110 - some milliseconds, once
            await asyncio.sleep(0.001)
        self._groups.put(None)
        self._checkpoints.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
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
        if not self._scheduled and not self._writing:
            self._scheduled = True
            self._loop.call_soon(self._begin_group)
        return waiter

    def _begin_group(self) -> None:
        self._scheduled = False
        if self._writing or not self._pending:
            return
        group, self._pending = self._pending[:GROUP_LIMIT], self._pending[GROUP_LIMIT:]
        if self._writer is not None and self._writer.flush_seconds < QUICK_FLUSH:
            outcomes = self._writer.try_write([entry for entry, _ in group])
            if outcomes is not None:
                self._finish_group(group, outcomes)
                return
        self._writing = True
        self._groups.put(group)

    def _finish_group(self, group: list[tuple[Entry, Waiter]], outcomes: Sequence[Outcome]) -> None:
        self._writing = False
        for (_, waiter), outcome in zip(group, outcomes, strict=True):
            if waiter.done():  # its client went away meanwhile
                continue
            if isinstance(outcome, Exception):
                waiter.set_exception(outcome)
            else:
                waiter.set_result(outcome)
        if self._writer is not None and self._writer.log_pages > LOG_PAGES:
            self._writer.log_pages = 0
            self._checkpoints.set()
        if self._pending and not self._scheduled:
            self._scheduled = True
            assert self._loop is not None  # noqa: S101 - set by start
            self._loop.call_soon(self._begin_group)

    def _write_groups(self) -> None:
        assert self._writer is not None  # noqa: S101 - set by start
        assert self._loop is not None  # noqa: S101 - set by start
        while (group := self._groups.get()) is not None:
            outcomes = self._writer.write([entry for entry, _ in group])
            try:
                self._loop.call_soon_threadsafe(self._finish_group, group, outcomes)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

    def _checkpoint(self) -> None:
        connection = _connect(self._path)
        try:
            while True:
                self._checkpoints.wait()
                self._checkpoints.clear()
                if self._closed:
                    return
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    if self._writer is not None:
                        self._writer.rest_of_checkpoint = True
                except sqlite3.Error as error:
                    log.warning("a checkpoint of the database failed: %s", error)
        finally:
            connection.close()


class _Writer:
    """The connection and its statements. `write` may run in any one thread at a time."""

    def __init__(self, path: str) -> None:
        self._connection = _connect(path)
        self._connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES_LIMIT}")
        self._execute = self._connection.execute
        self._rows = rows = JobRows(sqlite_time)
        self.log_pages = 0
        #: What a flush took of late; unknown at first, so the first groups go to the thread.
        self.flush_seconds = 2 * QUICK_FLUSH
        #: Somebody else has carried over most of the log; the rest is ours.
        self.rest_of_checkpoint = False
        self._inserts: dict[tuple[str, int], str] = {}
        arrived = ", ".join(f"{name}=?" for name in rows.arrived_columns)
        self._complete = (
            f"UPDATE {rows.job.table} SET {arrived} WHERE id=? AND municipality_id=? AND state='incoming'"  # noqa: S608
        )
        # What is known of a format is not taken back by a look that could not tell.
        inspected = ", ".join(
            f"{name}=CASE WHEN ?='' THEN {name} ELSE ? END" if name == "document_format" else f"{name}=?"
            for name in rows.inspected_columns
        )
        self._inspected = (
            f"UPDATE {rows.job.table} SET {inspected} WHERE id=? AND municipality_id=? AND inspection=''"  # noqa: S608
            " AND finished_at IS NULL"
        )
        self._last_number = (
            f"SELECT max((SELECT coalesce(max(seq),0) FROM sqlite_sequence WHERE name='{rows.job.table}'),"  # noqa: S608
            f" (SELECT coalesce(max(id),0) FROM {rows.job.table}))"
        )

    def close(self) -> None:
        self._connection.close()

    def try_write(self, entries: Sequence[Entry]) -> list[Outcome] | None:
        """As `write`, but None where somebody else is writing just now, or where there is more to do than to write."""
        if self.rest_of_checkpoint:
            return None
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return None
        return self._write_begun(entries)

    def write(self, entries: Sequence[Entry]) -> list[Outcome]:
        try:
            if self.rest_of_checkpoint:
                self.rest_of_checkpoint = False
                self._execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._begin()
        except sqlite3.Error as error:
            return self._refused(entries, error)
        return self._write_begun(entries)

    def _begin(self) -> None:
        # Not SQLite's own busy timeout: `try_write` must not wait, and switching it costs as much as an insert.
        begun = time.monotonic()
        while True:
            try:
                self._execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                waited = time.monotonic() - begun
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited > BUSY_SECONDS:
                    raise
                # Another process' group takes about a millisecond, and its next one follows soon: who sleeps longer never gets in between.
                time.sleep(0.0005 if waited < QUICK_WAIT else 0.02)
            else:
                return

    def _write_begun(self, entries: Sequence[Entry]) -> list[Outcome]:
        try:
            outcomes = self._write_rows(entries)
            started = time.perf_counter()
            self._execute("COMMIT")
            # Quick to trust again, so that one hiccup of the disk does not send everybody through the thread for long.
            self.flush_seconds += (time.perf_counter() - started - self.flush_seconds) * 0.2
        except (sqlite3.Error, OverflowError, ValueError) as error:
            self._roll_back()
            if len(entries) == 1 or isinstance(error, sqlite3.OperationalError):
                return self._refused(entries, error)
            # One of them is at fault; the others shall not suffer for it.
            return [outcome for entry in entries for outcome in self.write([entry])]
        self.log_pages += 4 + 8 * len(entries)
        return outcomes

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
        except sqlite3.Error as error:
            log.warning("rolling back failed: %s", error)

    def _refused(self, entries: Sequence[Entry], error: Exception) -> list[Outcome]:
        log.error("%d jobs could not be stored: %s", len(entries), error)
        return [StoreError(f"the database refused: {type(error).__name__}") for _ in entries]

    def _write_rows(self, entries: Sequence[Entry]) -> list[Outcome]:
        rows = self._rows
        outcomes: list[Outcome] = []
        jobs: list[Any] = []
        documents: list[Any] = []
        events: list[Any] = []
        number = 0
        for entry in entries:
            if isinstance(entry, NewJob):
                if not number:
                    (number,) = self._execute(self._last_number).fetchone()
                number += 1
                jobs.append(number)
                jobs += rows.job_values(entry)
                if entry.sealed is not None:
                    documents += (number, entry.sealed)
                events += rows.event_values(
                    number,
                    entry.municipality_id,
                    entry.created_at,
                    entry.change,
                    entry.state,
                    entry.device_id,
                )
                outcomes.append(number)
            elif isinstance(entry, ArrivedDocument):
                parameters = (*rows.arrived_values(entry), entry.job_id, entry.municipality_id)
                found = self._execute(self._complete, parameters).rowcount == 1
                if found:
                    if entry.sealed is not None:
                        documents += (entry.job_id, entry.sealed)
                    events += rows.event_values(
                        entry.job_id, entry.municipality_id, entry.at, entry.change.value, entry.state, None
                    )
                outcomes.append(found)
            else:
                outcomes.append(self._write_inspection(entry))
        if jobs:
            self._insert(rows.job.table, ["id", *rows.job.columns], jobs)
        if documents:
            self._insert(rows.document.table, rows.document.columns, documents)
        if events:
            self._insert(rows.event.table, rows.event.columns, events)
        return outcomes

    def _write_inspection(self, entry: InspectedJob) -> bool:
        values: list[Any] = []
        for name, value in zip(self._rows.inspected_columns, self._rows.inspected_values(entry), strict=True):
            values += (value, value) if name == "document_format" else (value,)
        found = self._execute(self._inspected, (*values, entry.job_id, entry.municipality_id)).rowcount == 1
        if found and entry.preview_sealed is not None:
            columns = self._rows.preview.columns
            self._insert(
                self._rows.preview.table, columns, [entry.job_id, entry.preview_sealed], "OR REPLACE "
            )
        return found

    def _insert(self, table: str, columns: Sequence[str], values: Sequence[Any], how: str = "") -> None:
        """All rows in one statement: each statement costs a trip through the interpreter's lock."""
        count = len(values) // len(columns)
        key = (table, count)
        sql = self._inserts.get(key)
        if sql is None:
            row = f"({', '.join('?' * len(columns))})"
            names = ", ".join(columns)
            sql = self._inserts[key] = f"INSERT {how}INTO {table} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608 - the models' names
        self._execute(sql, values)


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=4 * GROUP_LIMIT,
        uri=path.startswith("file:"),
    )
    # The last one waits no more: while somebody else opens, recovers or closes the database, only a start may wait for it.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32000",
        "busy_timeout=0",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection
