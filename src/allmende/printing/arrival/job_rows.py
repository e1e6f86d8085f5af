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

from allmende.printing.arrival.job_store import ArrivedDocument, InspectedJob, NewJob
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
    """Rows for one kind of database; make it once, at start. `write_time` and `write_octets` prepare those values."""

    def __init__(self, write_time: Convert) -> None:
        self._write_time = write_time
        self.job = TableColumns(Job)
        self.document = TableColumns(JobDocument)
        self.event = TableColumns(JobEvent)
        self.preview = TableColumns(JobPreview)
        names = [field.name for field in fields(NewJob) if field.name not in _NOT_COLUMNS]
        self._job_places = [(name, self.job.place(name)) for name in names]
        self._times = frozenset({"created_at", "expires_at"})
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
            value = getattr(job, name)
            values[place] = self._write_time(value) if name in self._times else value
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
        values[after] = state
        values[device] = device_id
        return values

    def arrived_values(self, document: ArrivedDocument) -> list[Any]:
        """For `arrived_columns`."""
        return [
            self._write_time(getattr(document, name)) if name in self._times else getattr(document, name)
            for name in self.arrived_columns
        ]

    def inspected_values(self, inspected: InspectedJob) -> list[Any]:
        """For `inspected_columns`."""
        return [getattr(inspected, name) for name in self.inspected_columns]


def sqlite_time(value: datetime) -> str:
    """A time as Django writes it into SQLite: UTC without a zone."""
    return str(value.astimezone(UTC).replace(tzinfo=None))
