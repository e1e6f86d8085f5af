# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writing into the ledger: the one place where a row is added, with its part of the sums in the same transaction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from allmende.printing.ledger.rollups import SheetMonth, SheetTotal
from allmende.printing.ledger.sheets import SheetEntry

_KEY: Final = ("device_number", "cost_centre_number", "kind", "media", "is_duplex")
_COUNTS: Final = ("impressions_mono", "impressions_colour", "sheets", "impressions_estimated")


def local_day(at: datetime) -> date:
    """The town's date: towns of one installation share its time zone."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def append_entry(entry: SheetEntry) -> SheetEntry:
    """Write the row and add it to the sums, all or nothing. Raises IntegrityError for what was counted already."""
    with transaction.atomic():
        entry.save(force_insert=True)
        add_to_sums(entry)
    return entry


def add_to_sums(entry: SheetEntry) -> None:
    key = (
        entry.device_id or 0,
        entry.cost_centre_id or 0,
        str(entry.kind),
        str(entry.media),
        entry.is_duplex,
    )
    counts = (
        entry.impressions_mono,
        entry.impressions_colour,
        entry.sheets,
        entry.impressions if entry.is_estimate else 0,
    )
    with connection.cursor() as cursor:
        for model, column, day in (
            (SheetTotal, "day", entry.day),
            (SheetMonth, "month", entry.day.replace(day=1)),
        ):
            # Added by the database itself: two processes at once can't overwrite each other, as reading and writing back could.
            cursor.execute(_upsert(model._meta.db_table, column), (entry.municipality_id, day, *key, *counts))  # noqa: SLF001


def _upsert(table: str, column: str) -> str:
    """One statement for SQLite (3.24) and PostgreSQL alike; table and column are constants of ours."""
    columns = ("municipality_id", column, *_KEY, *_COUNTS)
    places = ", ".join(["%s"] * len(columns))
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _COUNTS)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(columns[: 2 + len(_KEY)])}) DO UPDATE SET {sums}"
    )
