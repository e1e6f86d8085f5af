# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Are the sums right? Comparing them with the entries, and making them anew.

Both read every entry once, in the database. A rebuild locks the sums until it is done: what is counted meanwhile waits and is added to the
new ones, so it may run under load.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from allmende.printing.ledger.rollups import SheetMonth, SheetTotal

_COLUMNS = (
    "device_number, cost_centre_number, kind, media, is_duplex, "
    "impressions_mono, impressions_colour, sheets, impressions_estimated"
)
_MONTH = {"sqlite": "date(day, 'start of month')", "postgresql": "date_trunc('month', day)::date"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups whose sums differ from their entries, per day and per month; `entries` were looked at."""

    entries: int
    wrong_days: int
    wrong_months: int

    @property
    def is_right(self) -> bool:
        return not (self.wrong_days or self.wrong_months)


def compare_totals() -> Comparison:
    """Changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM printing_sheetentry")
        (entries,) = cursor.fetchone()
        wrong = [_differences(cursor, table, day, truth) for table, day, truth in _sums()]
    return Comparison(entries, *wrong)


def rebuild_totals() -> int:
    """Both sums anew from the entries, all or nothing; the number of rows that they have now."""
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tables = ", ".join(table for table, _day, _truth in _sums())
            cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        for table, day, truth in _sums():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - our own constants, here and below
            cursor.execute(f"INSERT INTO {table} (municipality_id, {day}, {_COLUMNS}) {truth}")
            rows += cursor.rowcount
    return rows


def _sums() -> list[tuple[str, str, str]]:
    """Per sum its table, its column of time, and the query that says what it should have."""
    return [
        (SheetTotal._meta.db_table, "day", _truth("day")),  # noqa: SLF001
        (SheetMonth._meta.db_table, "month", _truth(_MONTH[connection.vendor])),  # noqa: SLF001
    ]


def _truth(day: str) -> str:
    estimated = "SUM(CASE WHEN is_estimate THEN impressions_mono + impressions_colour ELSE 0 END)"
    return (
        f"SELECT municipality_id, {day}, COALESCE(device_id, 0), COALESCE(cost_centre_id, 0), kind, media, is_duplex, "  # noqa: S608
        f"SUM(impressions_mono), SUM(impressions_colour), SUM(sheets), {estimated} "
        "FROM printing_sheetentry GROUP BY 1, 2, 3, 4, 5, 6, 7"
    )


def _differences(cursor: object, table: str, day: str, truth: str) -> int:
    """Groups that the two have differently or only one of them has."""
    kept = f"SELECT municipality_id, {day}, {_COLUMNS} FROM {table}"  # noqa: S608
    key = f"municipality_id, {day}, device_number, cost_centre_number, kind, media, is_duplex"
    named = f"WITH truth (municipality_id, {day}, {_COLUMNS}) AS ({truth}), kept AS ({kept})"
    either = "(SELECT * FROM (SELECT * FROM truth EXCEPT SELECT * FROM kept) a UNION SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM truth) b) c"
    cursor.execute(f"{named} SELECT COUNT(*) FROM (SELECT DISTINCT {key} FROM {either}) d")  # type: ignore[attr-defined]  # noqa: S608
    return int(cursor.fetchone()[0])  # type: ignore[attr-defined]
