# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Make a stopped Allmende hold very many jobs, quickly: copies of one that it really accepted and looked at.

Each copy has its own row, sealed document, sealed preview and first event, as if it had come in; the owners are the crowd in
turn. It is the state that is measured, not the way to it: nothing is flushed while copying, and the database is whole again
(write-ahead log, every index) before the service starts.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

#: Table, its column with the job's number, and whether it numbers its own rows.
_TABLES = (
    ("printing_job", "id", False),
    ("printing_jobdocument", "job_id", False),
    ("printing_jobpreview", "job_id", False),
    ("printing_jobevent", "job_id", True),
)
_BATCH = 20_000


def copy_held_job(path: Path, count: int) -> None:
    """`count` copies of the newest held job that was looked at."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        (model,) = database.execute(
            "SELECT max(id) FROM printing_job WHERE state = 'held' AND inspection = 'ok'"
        ).fetchone()
        (last,) = database.execute("SELECT max(id) FROM printing_job").fetchone()
        people = "SELECT id FROM directory_person WHERE login LIKE 'crowd-%' ORDER BY id"
        first_person, crowd = database.execute(f"SELECT min(id), count(*) FROM ({people})").fetchone()  # noqa: S608
        owner = f"{first_person} + number % {crowd}"
        for begin in range(last + 1, last + 1 + count, _BATCH):
            end = min(begin + _BATCH, last + 1 + count) - 1
            database.execute("BEGIN")
            for table, job_column, is_numbered in _TABLES:
                database.execute(
                    _copying(database, table, job_column, is_numbered, owner), (begin, end, model)
                )
            database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL").fetchall()


def _copying(database: sqlite3.Connection, table: str, job_column: str, is_numbered: bool, owner: str) -> str:
    columns = [str(row[1]) for row in database.execute(f"PRAGMA table_info({table})")]
    if is_numbered:
        columns.remove("id")
    values = {name: name for name in columns} | {job_column: "number"}
    if "person_id" in values:
        values["person_id"] = owner
    return (
        "WITH RECURSIVE numbers(number) AS (SELECT ? UNION ALL SELECT number + 1 FROM numbers WHERE number < ?) "  # noqa: S608
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(values[name] for name in columns)} FROM numbers, {table} WHERE {table}.{job_column} = ?"
    )
