# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The job store on PostgreSQL: a small pool of its own, each group one transaction in pipeline mode.

How it works
    Entries queue up; as many writers as there are connections take what is queued, up to a group's size, and send it in one go: one
    statement per entry, one commit. While that is under way the next group collects. PostgreSQL gives the numbers.

Always holds: `synchronous_commit=on` for these connections, whatever the server's default; a group that fails as a whole is written
again one by one, so that nobody suffers for another's job.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg_pool import AsyncConnectionPool

from allmende.printing.arrival.job_rows import JobRows, TableColumns
from allmende.printing.arrival.job_store import (
    ArrivedDocument,
    Entry,
    InspectedJob,
    JobGoneError,
    NewJob,
    StoreError,
)

log = logging.getLogger(__name__)

CONNECTIONS: Final = 3
#: Entries that are sent in one go, at most.
GROUP_LIMIT: Final = 128
#: How long a connection is waited for. Seconds.
CONNECT_SECONDS: Final = 10.0

Waiter = asyncio.Future[Any]
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class PostgresqlJobStore:
    def __init__(self) -> None:
        self._pending: deque[tuple[Entry, Waiter]] = deque()
        self._ready = asyncio.Event()
        self._writers: list[asyncio.Task[None]] = []
        self._closed = True
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._statements: _Statements | None = None

    async def start(self) -> None:
        self._statements = _Statements(JobRows(lambda value: value))
        self._pool = AsyncConnectionPool(
            kwargs=_parameters(),
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            open=False,
            timeout=CONNECT_SECONDS,
            configure=_configure,
        )
        await self._pool.open(wait=True, timeout=CONNECT_SECONDS)
        self._closed = False
        self._writers = [asyncio.create_task(self._write_groups()) for _ in range(CONNECTIONS)]

    async def stop(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._ready.set()
        await asyncio.gather(*self._writers)
        if self._pool is not None:
            await self._pool.close()

    async def insert_job(self, job: NewJob) -> int:
        return int(await self._enqueue(job))

    async def complete_job(self, document: ArrivedDocument) -> None:
        if not await self._enqueue(document):
            raise JobGoneError("the job is no longer open")

    async def record_inspection(self, inspected: InspectedJob) -> bool:
        return bool(await self._enqueue(inspected))

    def _enqueue(self, entry: Entry) -> Waiter:
        if self._closed:
            raise StoreError("the store is closed")
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._pending.append((entry, waiter))
        self._ready.set()
        return waiter

    async def _write_groups(self) -> None:
        while True:
            while not self._pending:
                if self._closed:
                    return
                self._ready.clear()
                await self._ready.wait()
            # What the loop's other tasks are about to queue shall share this group.
            await asyncio.sleep(0)
            group = [self._pending.popleft() for _ in range(min(GROUP_LIMIT, len(self._pending)))]
            if not group:
                continue
            outcomes = await self._write([entry for entry, _ in group])
            for (_, waiter), outcome in zip(group, outcomes, strict=True):
                if waiter.done():
                    continue
                if isinstance(outcome, Exception):
                    waiter.set_exception(outcome)
                else:
                    waiter.set_result(outcome)

    async def _write(self, entries: Sequence[Entry]) -> list[int | bool | Exception]:
        assert self._pool is not None  # noqa: S101 - set by start
        assert self._statements is not None  # noqa: S101
        try:
            async with self._pool.connection() as connection:
                return await self._write_rows(connection, self._statements, entries)
        except (psycopg.Error, OverflowError, ValueError, TimeoutError, OSError) as error:
            if len(entries) == 1 or isinstance(error, psycopg.OperationalError | TimeoutError | OSError):
                log.warning("%d jobs could not be stored: %s", len(entries), _told(error))
                return [StoreError(f"the database refused: {type(error).__name__}") for _ in entries]
            # One of them is at fault; the others shall not suffer for it.
            return [outcome for entry in entries for outcome in await self._write([entry])]

    async def _write_rows(
        self, connection: Connection, statements: _Statements, entries: Sequence[Entry]
    ) -> list[int | bool | Exception]:
        cursors = []
        async with connection.pipeline():
            for entry in entries:
                query, values = statements.of(entry)
                cursors.append(await connection.execute(query, values, prepare=True))
        outcomes: list[int | bool | Exception] = []
        for entry, cursor in zip(entries, cursors, strict=True):
            row = await cursor.fetchone()
            found = int(row[0]) if row else 0
            outcomes.append(found if isinstance(entry, NewJob) else bool(found))
        await connection.commit()
        return outcomes


def _told(error: Exception) -> str:
    """For the log: without PostgreSQL's details, which repeat a row's values."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {primary or str(error).partition(chr(10))[0]}"


class _Statements:
    """One statement per kind of entry: its row, document and event in one go, answering the job's number."""

    def __init__(self, rows: JobRows) -> None:
        self._rows = rows
        job, document, event, preview = rows.job, rows.document, rows.event, rows.preview
        self._event_job = event.place("job_id")
        with_document = sql.SQL(", d AS (INSERT INTO {table} ({columns}) SELECT j.id, {mark} FROM j)").format(
            table=sql.Identifier(document.table), columns=_names(document), mark=sql.Placeholder()
        )
        with_event = sql.SQL(
            ", e AS (INSERT INTO {table} ({columns}) SELECT {values} FROM j) SELECT id FROM j"
        ).format(
            table=sql.Identifier(event.table),
            columns=_names(event),
            values=sql.SQL(", ").join(
                sql.SQL("j.id") if column == "job_id" else _cast(column) for column in event.columns
            ),
        )
        insert = sql.SQL("WITH j AS (INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING id)").format(
            table=sql.Identifier(job.table),
            columns=_names(job),
            values=sql.SQL(", ").join(sql.Placeholder() for _ in job.columns),
        )
        complete = sql.SQL(
            "WITH j AS (UPDATE {table} SET {columns} WHERE id={mark} AND municipality_id={mark}"
            " AND state='incoming' RETURNING id)"
        ).format(
            table=sql.Identifier(job.table), columns=_assign(rows.arrived_columns), mark=sql.Placeholder()
        )
        self._insert = {False: insert + with_event, True: insert + with_document + with_event}
        self._complete = {False: complete + with_event, True: complete + with_document + with_event}
        inspected = sql.SQL(
            "WITH j AS (UPDATE {table} SET {columns} WHERE id={mark} AND municipality_id={mark}"
            " AND inspection='' AND finished_at IS NULL RETURNING id)"
        ).format(
            table=sql.Identifier(job.table), columns=_assign(rows.inspected_columns), mark=sql.Placeholder()
        )
        keep = sql.SQL(
            ", p AS (INSERT INTO {table} ({columns}) SELECT j.id, {mark} FROM j"
            " ON CONFLICT (job_id) DO UPDATE SET sealed=excluded.sealed)"
        ).format(table=sql.Identifier(preview.table), columns=_names(preview), mark=sql.Placeholder())
        number = sql.SQL(" SELECT id FROM j")
        self._inspected = {False: inspected + number, True: inspected + keep + number}

    def of(self, entry: Entry) -> tuple[sql.Composed, list[Any]]:
        rows = self._rows
        if isinstance(entry, NewJob):
            values = rows.job_values(entry)
            values += [] if entry.sealed is None else [entry.sealed]
            values += self._event(
                entry.municipality_id, entry.created_at, entry.change, entry.state.value, entry.device_id
            )
            return self._insert[entry.sealed is not None], values
        if isinstance(entry, ArrivedDocument):
            values = [*rows.arrived_values(entry), entry.job_id, entry.municipality_id]
            values += [] if entry.sealed is None else [entry.sealed]
            values += self._event(
                entry.municipality_id, entry.at, entry.change.value, entry.state.value, None
            )
            return self._complete[entry.sealed is not None], values
        return self._inspection(entry)

    def _inspection(self, entry: InspectedJob) -> tuple[sql.Composed, list[Any]]:
        values: list[Any] = []
        for name, value in zip(self._rows.inspected_columns, self._rows.inspected_values(entry), strict=True):
            values += (value, value) if name == "document_format" else (value,)
        values += [entry.job_id, entry.municipality_id]
        if entry.preview_sealed is not None:
            values.append(entry.preview_sealed)
        return self._inspected[entry.preview_sealed is not None], values

    def _event(self, town: int, at: Any, change: str, state: str, device: int | None) -> list[Any]:
        values = self._rows.event_values(None, town, at, change, state, device)
        del values[self._event_job]
        return values


#: A parameter in a SELECT list has no column that would tell its type.
_TYPES: Final = {
    "at": "timestamptz",
    "municipality_id": "bigint",
    "device_id": "bigint",
    "actor_id": "bigint",
}


def _cast(column: str) -> sql.Composable:
    return sql.SQL("{}::{}").format(sql.Placeholder(), sql.SQL(_TYPES.get(column, "varchar")))


def _names(table: TableColumns) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)


def _assign(columns: Sequence[str]) -> sql.Composed:
    # What is known of a format is not taken back by a look that could not tell.
    parts = []
    for name in columns:
        keeps = name == "document_format" and "inspection" in columns
        text = "{name}=CASE WHEN {mark}::varchar='' THEN {name} ELSE {mark} END" if keeps else "{name}={mark}"
        parts.append(sql.SQL(text).format(name=sql.Identifier(name), mark=sql.Placeholder()))
    return sql.SQL(", ").join(parts)


def _parameters() -> dict[str, Any]:
    database = settings.DATABASES["default"]
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {name: database.get(key) for key, name in names.items()}
    return {name: value for name, value in found.items() if value}


async def _configure(connection: Connection) -> None:
    await connection.execute("SET synchronous_commit TO on")
    await connection.execute("SET timezone TO 'UTC'")
    await connection.commit()
