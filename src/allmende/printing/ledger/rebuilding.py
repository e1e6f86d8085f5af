# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Are the sums right? Comparing them with the entries, and making them anew.

Both read every entry once, in the database. A rebuild locks the sums until it is done: what is counted meanwhile waits and is added to the
new ones, so it may run under load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from allmende.printing.ledger.rollups import (
    BEARER_KEY,
    COUNTS,
    TOWN_KEY,
    SheetMonth,
    SheetTotal,
    SheetTownMonth,
)

_MONTH = {"sqlite": "date(day, 'start of month')", "postgresql": "date_trunc('month', day)::date"}


_SOURCES = {
    "device_number": "COALESCE(device_id, 0)",
    "cost_centre_number": "COALESCE(cost_centre_id, 0)",
    "impressions_estimated": "SUM(CASE WHEN is_estimate THEN impressions_mono + impressions_colour ELSE 0 END)",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups whose sums differ from their entries, per day and per month; `entries` were looked at."""

    entries: int
    wrong_days: int
    wrong_months: int

    @property
    def is_right(self) -> bool:
        return not (self.wrong_days or self.wrong_months)


@dataclass(frozen=True, slots=True)
class _Sum:
    table: str
    day: str
    key: tuple[str, ...]

    @property
    def columns(self) -> str:
        return ", ".join(("municipality_id", self.day, *self.key, *COUNTS))

    @property
    def truth(self) -> str:
        """The query that says what the table should have."""
        day = "day" if self.day == "day" else _MONTH[connection.vendor]
        key = [_SOURCES.get(name, name) for name in self.key]
        counts = [_SOURCES.get(name, f"SUM({name})") for name in COUNTS]
        groups = ", ".join(str(number + 1) for number in range(2 + len(key)))
        chosen = ", ".join(["municipality_id", day, *key, *counts])
        return f"SELECT {chosen} FROM printing_sheetentry GROUP BY {groups}"  # noqa: S608 - our own constants


def compare_totals() -> Comparison:
    """Changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM printing_sheetentry")
        (entries,) = cursor.fetchone()
        days, months, towns = (_differences(cursor, each) for each in _sums())
    return Comparison(entries, days, months + towns)


def rebuild_totals() -> int:
    """All sums anew from the entries, all or nothing; the number of rows that they have now."""
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(each.table for each in _sums())} IN EXCLUSIVE MODE")
        for each in _sums():
            cursor.execute(f"DELETE FROM {each.table}")  # noqa: S608 - our own constants, here and below
            cursor.execute(f"INSERT INTO {each.table} ({each.columns}) {each.truth}")
            rows += cursor.rowcount
    return rows


def _sums() -> tuple[_Sum, _Sum, _Sum]:
    return (
        _Sum(SheetTotal._meta.db_table, "day", BEARER_KEY),  # noqa: SLF001
        _Sum(SheetMonth._meta.db_table, "month", BEARER_KEY),  # noqa: SLF001
        _Sum(SheetTownMonth._meta.db_table, "month", TOWN_KEY),  # noqa: SLF001
    )


def _differences(cursor: Any, each: _Sum) -> int:
    """Groups that the two have differently or only one of them has."""
    key = ", ".join(("municipality_id", each.day, *each.key))
    cursor.execute(
        f"WITH truth ({each.columns}) AS ({each.truth}), "  # noqa: S608
        f"kept AS (SELECT {each.columns} FROM {each.table}), "
        "more AS (SELECT * FROM truth EXCEPT SELECT * FROM kept), "
        "less AS (SELECT * FROM kept EXCEPT SELECT * FROM truth) "
        f"SELECT COUNT(*) FROM (SELECT {key} FROM more UNION SELECT {key} FROM less) differ"
    )
    return int(cursor.fetchone()[0])
