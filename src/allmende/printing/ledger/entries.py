# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writing into the ledger: the one place where a row is added, with its part of the sums in the same transaction."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from allmende.printing.ledger.device_users import note_user
from allmende.printing.ledger.rollups import (
    BEARER_KEY,
    COUNTS,
    TOWN_KEY,
    SheetMonth,
    SheetTotal,
    SheetTownMonth,
)
from allmende.printing.ledger.sheets import SheetEntry


def local_day(at: datetime) -> date:
    """The town's date: towns of one installation share its time zone."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def append_entry(entry: SheetEntry) -> SheetEntry:
    """Write the row and add it to the sums, all or nothing. Raises IntegrityError for what was counted already."""
    with transaction.atomic():
        entry.save(force_insert=True)
        add_to_sums(entry)
        note_user(entry)
    return entry


def add_to_sums(entry: SheetEntry) -> None:
    town_key = (str(entry.kind), str(entry.media), entry.is_duplex)
    bearer_key = (entry.device_id or 0, entry.cost_centre_id or 0, *town_key)
    counts = (
        entry.impressions_mono,
        entry.impressions_colour,
        entry.sheets,
        entry.impressions if entry.is_estimate else 0,
    )
    town, month = entry.municipality_id, entry.day.replace(day=1)
    with connection.cursor() as cursor:
        # Added by the database itself: two processes at once can't overwrite each other, as reading and writing back could.
        cursor.execute(_upsert(SheetTotal, "day", BEARER_KEY), (town, entry.day, *bearer_key, *counts))
        cursor.execute(_upsert(SheetMonth, "month", BEARER_KEY), (town, month, *bearer_key, *counts))
        cursor.execute(_upsert(SheetTownMonth, "month", TOWN_KEY), (town, month, *town_key, *counts))


def _upsert(model: type[Model], column: str, key: tuple[str, ...]) -> str:
    """One statement for SQLite (3.24) and PostgreSQL alike; table and columns are constants of ours."""
    table = model._meta.db_table  # noqa: SLF001
    columns = ("municipality_id", column, *key, *COUNTS)
    places = ", ".join(["%s"] * len(columns))
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COUNTS)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(columns[: 2 + len(key)])}) DO UPDATE SET {sums}"
    )
