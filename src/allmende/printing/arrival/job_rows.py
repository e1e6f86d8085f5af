# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From `NewJob` and its kin to the rows of the job tables, by the Django models' own columns.

Always holds: each column that the model has gets a value (the entry's, or the model's default), prepared as Django would for
this database. A column that is added to a model is thus filled; an entry's field without a column fails at start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, models

from allmende.printing.arrival.job_store import ArrivedDocument, Entry, InspectedJob, NewJob
from allmende.printing.arrival.sqlite_writer import ARRIVED, INSPECTED, NEW, Row, Statements
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview

_NOT_COLUMNS: Final = frozenset({"sealed", "change"})
Convert = Callable[[Any], Any]


class TableColumns:
    """A table's name and columns without its automatic key, and the default of each."""

    def __init__(self, model: type[models.Model]) -> None:
        self.table: str = model._meta.db_table  # noqa: SLF001 - Django's documented model API
        concrete = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]  # noqa: SLF001
        self.columns: list[str] = [str(field.column) for field in concrete]
        self.defaults: list[Any] = [
            field.get_db_prep_save(field.get_default(), connection) for field in concrete
        ]

    def place(self, column: str) -> int:
        """Raises ValueError for a column that the table has not."""
        return self.columns.index(column)


class JobRows:
    """Rows for one kind of database; make it once, at start. `write_time` prepares a time for it."""

    def __init__(self, write_time: Convert) -> None:
        self._write_time = write_time
        self.job = TableColumns(Job)
        self.document = TableColumns(JobDocument)
        self.event = TableColumns(JobEvent)
        self.preview = TableColumns(JobPreview)
        names = [field.name for field in fields(NewJob) if field.name not in _NOT_COLUMNS]
        self._job_places = [(name, self.job.place(name)) for name in names]
        #: How a field's value is written where not as it is; `marshal` takes no member of an enumeration.
        self._converters: dict[str, Convert] = {
            "created_at": write_time,
            "expires_at": write_time,
            "state": str,
        }
        self._event_places = [
            self.event.place(name)
            for name in ("job_id", "municipality_id", "at", "change", "state", "device_id")
        ]
        arrived = [f.name for f in fields(ArrivedDocument)]
        self.arrived_columns = [
            n for n in arrived if n not in {"job_id", "municipality_id", "at", "change", "sealed"}
        ]
        inspected = [f.name for f in fields(InspectedJob)]
        self.inspected_columns = [
            n for n in inspected if n not in {"job_id", "municipality_id", "preview_sealed"}
        ]
        for name in (*self.arrived_columns, *self.inspected_columns):
            self.job.place(name)

    def job_values(self, job: NewJob) -> list[Any]:
        values = self.job.defaults.copy()
        for name, place in self._job_places:
            values[place] = self._written(job, name)
        return values

    def event_values(  # noqa: PLR0917 - a row's columns, in their order
        self,
        job_id: int | None,
        municipality_id: int,
        at: datetime,
        change: str,
        state: str,
        device_id: int | None,
    ) -> list[Any]:
        values = self.event.defaults.copy()
        job_place, town, time, what, after, device = self._event_places
        values[job_place] = job_id
        values[town] = municipality_id
        values[time] = self._write_time(at)
        values[what] = change
        values[after] = str(state)
        values[device] = device_id
        return values

    def arrived_values(self, document: ArrivedDocument) -> list[Any]:
        """For `arrived_columns`."""
        return [self._written(document, name) for name in self.arrived_columns]

    def _written(self, entry: NewJob | ArrivedDocument, name: str) -> Any:
        value, convert = getattr(entry, name), self._converters.get(name)
        return value if convert is None else convert(value)

    def inspected_values(self, inspected: InspectedJob) -> list[Any]:
        """For `inspected_columns`."""
        return [getattr(inspected, name) for name in self.inspected_columns]


class SqliteRows:
    """Entries as the rows and statements of `sqlite_writer`."""

    def __init__(self) -> None:
        self._rows = rows = JobRows(sqlite_time)
        arrived = ", ".join(f"{name}=?" for name in rows.arrived_columns)
        # What is known of a format is not taken back by a look that could not tell.
        inspected = ", ".join(
            f"{name}=CASE WHEN ?='' THEN {name} ELSE ? END" if name == "document_format" else f"{name}=?"
            for name in rows.inspected_columns
        )
        table = rows.job.table
        self.statements = Statements(
            job_table=table,
            job_columns=", ".join(["id", *rows.job.columns]),
            document_table=rows.document.table,
            document_columns=", ".join(rows.document.columns),
            event_table=rows.event.table,
            event_columns=", ".join(rows.event.columns),
            event_job_place=rows.event.place("job_id"),
            preview_table=rows.preview.table,
            preview_columns=", ".join(rows.preview.columns),
            complete=f"UPDATE {table} SET {arrived} WHERE id=? AND municipality_id=? AND state='incoming'",  # noqa: S608 - the models' names, here and below
            inspected=f"UPDATE {table} SET {inspected} WHERE id=? AND municipality_id=? AND inspection=''"  # noqa: S608
            " AND finished_at IS NULL",
            last_number=f"SELECT max((SELECT coalesce(max(seq),0) FROM sqlite_sequence WHERE name='{table}'),"  # noqa: S608
            f" (SELECT coalesce(max(id),0) FROM {table}))",
        )

    def row(self, entry: Entry) -> Row:
        rows = self._rows
        if isinstance(entry, NewJob):
            event = rows.event_values(
                None, entry.municipality_id, entry.created_at, entry.change, entry.state, entry.device_id
            )
            return (NEW, 0, rows.job_values(entry), entry.sealed, event)
        if isinstance(entry, ArrivedDocument):
            event = rows.event_values(
                entry.job_id, entry.municipality_id, entry.at, entry.change.value, entry.state, None
            )
            values = [*rows.arrived_values(entry), entry.job_id, entry.municipality_id]
            return (ARRIVED, entry.job_id, values, entry.sealed, event)
        values = []
        for name, value in zip(rows.inspected_columns, rows.inspected_values(entry), strict=True):
            values += (value, value) if name == "document_format" else (value,)
        values += (entry.job_id, entry.municipality_id)
        return (INSPECTED, entry.job_id, values, entry.preview_sealed, None)


def sqlite_time(value: datetime) -> str:
    """A time as Django writes it into SQLite: UTC without a zone."""
    return str(value.astimezone(UTC).replace(tzinfo=None))
