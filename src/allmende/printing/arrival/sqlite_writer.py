# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rows of jobs into SQLite, a group in one transaction. Knows no Django: it also runs in a small process of its own.

Always holds: WAL with `synchronous=FULL`; `BEGIN IMMEDIATE`, so that we wait for other writers and they for us; numbers are
given here inside the transaction, above all that were ever given (`sqlite_sequence`), so no number is used twice; one row that the
database refuses does not harm the others of its group.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

log = logging.getLogger(__name__)

#: How long the writer waits for another writer, e.g. Django's. Seconds.
BUSY_SECONDS: Final = 10.0
#: So long another writer is expected to be done at any moment.
QUICK_WAIT: Final = 0.1
#: Pages in the log after which a checkpoint is begun, and after which SQLite makes one in the next commit.
LOG_PAGES: Final = 1_500
LOG_PAGES_LIMIT: Final = 20_000
#: Rows that share one transaction: who collects takes no more, and who writes what several services sent begins no further frame.
GROUP_LIMIT: Final = 128
_STATEMENTS_KEPT: Final = 512

#: A job's number; whether an update found its job; or why the database refused, as text.
Outcome = int | bool | str

NEW, ARRIVED, INSPECTED = range(3)


#: One job's row in values that SQLite and `marshal` take, or a change of it: (kind, number, values, extra, event).
#:
#: NEW: `values` are the job's columns without its number (which is 0), `extra` its sealed document or None; ARRIVED: the parameters of
#: `Statements.complete`, `extra` the document or None; INSPECTED: those of `Statements.inspected`, `extra` the sealed preview or None.
#: `event` are the columns of the event that goes with it, or None.
Row = tuple[int, int, list[Any], bytes | None, list[Any] | None]


class Statements(NamedTuple):
    """What a writer must know of the tables; made of Django's models by `job_rows.SqliteRows`."""

    job_table: str
    job_columns: str
    document_table: str
    document_columns: str
    event_table: str
    event_columns: str
    event_job_place: int
    preview_table: str
    preview_columns: str
    complete: str
    inspected: str
    last_number: str


class SqliteWriter:
    """A connection and its statements. For one thread at a time."""

    def __init__(self, path: str, statements: Statements) -> None:
        self._connection = connect(path)
        self._connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES_LIMIT}")
        self._execute = self._connection.execute
        self._statements = statements
        #: Pages that were written to the log since its last checkpoint began, about.
        self.log_pages = 0
        #: What a flush took of late, in seconds; None before the first.
        self.flush_seconds: float | None = None
        #: A checkpointer has carried over most of the log; the rest is ours.
        self.rest_of_checkpoint = False
        self._inserts: dict[tuple[str, int], str] = {}

    def close(self) -> None:
        self._connection.close()

    def try_write(self, rows: Sequence[Row]) -> list[Outcome] | None:
        """As `write`, but None where somebody else is writing just now, or where there is more to do than to write."""
        if self.rest_of_checkpoint:
            return None
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return None
        return self._write_begun(rows)

    def write(self, rows: Sequence[Row]) -> list[Outcome]:
        """One outcome for each row; all that were not refused are on stable storage."""
        self.finish_checkpoint()
        try:
            self._begin()
        except sqlite3.Error as error:
            return _refused(rows, error)
        return self._write_begun(rows)

    def finish_checkpoint(self) -> None:
        """Carry over the pages that came during a checkpoint, which lets the log begin anew."""
        if self.rest_of_checkpoint:
            self.rest_of_checkpoint = False
            # Where somebody else writes at this moment it does what it can; the next checkpoint will do the rest.
            _checkpoint(self._connection, "FULL")

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

    def _write_begun(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            outcomes = self._write_rows(rows)
            started = time.perf_counter()
            self._execute("COMMIT")
            took = time.perf_counter() - started
            # Quick to trust again, so that one hiccup of the disk does not send everybody another way for long.
            known = took if self.flush_seconds is None else self.flush_seconds
            self.flush_seconds = known + (took - known) * 0.2
        except (sqlite3.Error, OverflowError, ValueError) as error:
            self._roll_back()
            if len(rows) == 1 or isinstance(error, sqlite3.OperationalError):
                return _refused(rows, error)
            # One of them is at fault; the others shall not suffer for it.
            return [outcome for row in rows for outcome in self.write([row])]
        self.log_pages += 4 + 8 * len(rows)
        return outcomes

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
        except sqlite3.Error as error:
            log.warning("rolling back failed: %s", error)

    def _write_rows(self, rows: Sequence[Row]) -> list[Outcome]:
        statements = self._statements
        outcomes: list[Outcome] = []
        jobs: list[Any] = []
        documents: list[Any] = []
        events: list[Any] = []
        number = 0
        for kind, job_id, values, extra, event in rows:
            if kind == NEW:
                if not number:
                    (number,) = self._execute(statements.last_number).fetchone()
                number += 1
                job_id = number  # noqa: PLW2901 - a new job's number is ours to give
                jobs.append(number)
                jobs += values
                outcomes.append(number)
            elif kind == ARRIVED:
                found = self._execute(statements.complete, values).rowcount == 1
                outcomes.append(found)
                if not found:
                    continue
            else:
                found = self._execute(statements.inspected, values).rowcount == 1
                outcomes.append(found)
                if found and extra is not None:
                    self._insert(
                        statements.preview_table, statements.preview_columns, [job_id, extra], "OR REPLACE "
                    )
                continue
            if extra is not None:
                documents += (job_id, extra)
            if event is not None:
                event[statements.event_job_place] = job_id
                events += event
        if jobs:
            self._insert(statements.job_table, statements.job_columns, jobs)
        if documents:
            self._insert(statements.document_table, statements.document_columns, documents)
        if events:
            self._insert(statements.event_table, statements.event_columns, events)
        return outcomes

    def _insert(self, table: str, columns: str, values: Sequence[Any], how: str = "") -> None:
        """All rows in one statement: each statement costs a trip through the interpreter's lock."""
        key = (table, len(values))
        sql = self._inserts.get(key)
        if sql is None:
            width = columns.count(",") + 1
            row = f"({', '.join('?' * width)})"
            listed = ", ".join([row] * (len(values) // width))
            sql = self._inserts[key] = f"INSERT {how}INTO {table} ({columns}) VALUES {listed}"  # noqa: S608 - the models' names
        self._execute(sql, values)

    def find_written(self, row: Row, header: bytes, after: int) -> Outcome | None:
        """What became of a row that another writer was given: its outcome where it was written, else None.

        Told by its `header`, which no two documents share; a row without one can't be told. A new job's number is above `after`.
        """
        kind, number = row[:2]
        if not header or kind == INSPECTED:
            return None
        which = "id > ?" if kind == NEW else "id = ?"
        found = self._execute(
            f"SELECT id FROM {self._statements.job_table} WHERE {which} AND header = ?",  # noqa: S608 - the models' name
            (after if kind == NEW else number, header),
        ).fetchone()
        if found is None:
            return None
        return int(found[0]) if kind == NEW else True

    def last_number(self) -> int:
        """The highest number that was given so far."""
        (number,) = self._execute(self._statements.last_number).fetchone()
        return int(number)


class Checkpointer(threading.Thread):
    """Carries the bulk of the log over to the database, on a connection of its own, so that no client waits for it."""

    def __init__(self, path: str, done: Callable[[], None]) -> None:
        super().__init__(name="job-checkpoints", daemon=True)
        self._path = path
        self._done = done
        self._due = threading.Event()
        self._ended = False

    def begin(self) -> None:
        self._due.set()

    def end(self) -> None:
        self._ended = True
        self._due.set()
        self.join()

    def run(self) -> None:
        connection = connect(self._path)
        try:
            while True:
                self._due.wait()
                self._due.clear()
                if self._ended:
                    return
                _checkpoint(connection, "PASSIVE")
                self._done()
        finally:
            connection.close()


def _checkpoint(connection: sqlite3.Connection, mode: str) -> None:
    """One that fails harms nobody: the log is longer until the next."""
    try:
        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
    except sqlite3.Error as error:
        log.warning("a checkpoint of the database failed: %s", error)


def connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
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


def _refused(rows: Sequence[Row], error: Exception) -> list[Outcome]:
    log.error("%d jobs could not be stored: %s", len(rows), error)
    return [f"the database refused: {type(error).__name__}" for _ in rows]
