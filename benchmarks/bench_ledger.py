# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long reports wait for the ledger's sums: `python benchmarks/bench_ledger.py [--towns 300] [--entries 10000000]`.

Makes, in a database of its own, the sums of so many entries over three years: towns of a cooperative, most of them small, one of them a
district with a tenth of everything; then asks what the standard reports ask. The entries themselves are made for one device only, because
no report reads more of them.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
LIMIT_SECONDS = 1.0
_BATCH = 20_000


def workdays() -> list[date]:
    return [day for n in range((LAST - FIRST).days + 1) if (day := FIRST + timedelta(days=n)).weekday() < 5]


def day_sums(towns: list[int], entries: int, source: random.Random) -> Iterator[tuple[Any, ...]]:
    """Rows of `SheetTotal`: per town and workday as many groups as its share of the entries makes."""
    days = workdays()
    for position, town in enumerate(towns):
        share = 0.1 if position == 0 else 0.9 / max(1, len(towns) - 1)
        per_day = max(1, round(entries * share / len(days)))
        devices = max(2, per_day // 12)
        centres = max(3, per_day // 15)
        for day in days:
            groups: dict[tuple[int, int, str, bool], int] = {}
            for _entry in range(per_day):
                # Each department prints at the devices of its own corridor.
                centre = source.randrange(centres)
                device = (centre + source.randrange(3)) % devices
                key = (device, centre, "a3" if source.random() < 0.03 else "a4", source.random() < 0.6)
                groups[key] = groups.get(key, 0) + source.randint(1, 9)
            for (device, centre, media, duplex), sides in groups.items():
                yield (
                    town, day, town * 10_000 + device + 1, town * 10_000 + centre + 1, "print", media, duplex,
                    sides, sides // 4, sides // 2 if duplex else sides, 0,
                )  # fmt: skip


def fill(towns: int, entries: int) -> tuple[list[int], int]:
    """(the towns' numbers, rows of the sums per day)."""
    from django.db import connection, transaction  # noqa: PLC0415

    from allmende.directory.municipalities import Municipality  # noqa: PLC0415

    rows = Municipality.objects.bulk_create(
        Municipality(slug=f"town-{n}", name=f"Town {n}") for n in range(towns)
    )
    numbers = [row.pk for row in rows]
    columns = (
        "municipality_id, day, device_number, cost_centre_number, kind, media, is_duplex, "
        "impressions_mono, impressions_colour, sheets, impressions_estimated"
    )
    # Tables and columns are constants.
    insert = f"INSERT INTO printing_sheettotal ({columns}) VALUES ({', '.join(['%s'] * 11)})"  # noqa: S608
    count = 0
    batch: list[tuple[Any, ...]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        for row in day_sums(numbers, entries, random.Random(7)):  # noqa: S311 - the same figures each time
            batch.append(row)
            if len(batch) == _BATCH:
                cursor.executemany(insert, batch)
                count += len(batch)
                batch.clear()
        cursor.executemany(insert, batch)
        count += len(batch)
        month = "date(day, 'start of month')"
        if connection.vendor == "postgresql":
            month = "date_trunc('month', day)::date"
        cursor.execute(
            f"INSERT INTO printing_sheetmonth ({columns.replace(' day,', ' month,')}) "  # noqa: S608
            f"SELECT municipality_id, {month}, device_number, cost_centre_number, kind, media, is_duplex, "
            "SUM(impressions_mono), SUM(impressions_colour), SUM(sheets), 0 FROM printing_sheettotal "
            "GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        cursor.execute(
            "INSERT INTO printing_sheettownmonth (municipality_id, month, kind, media, is_duplex, "
            "impressions_mono, impressions_colour, sheets, impressions_estimated) "
            "SELECT municipality_id, month, kind, media, is_duplex, SUM(impressions_mono), SUM(impressions_colour), "
            "SUM(sheets), 0 FROM printing_sheetmonth GROUP BY 1, 2, 3, 4, 5"
        )
        cursor.execute("ANALYZE")
    return numbers, count


def queries(district: int, town: int) -> dict[str, Callable[[], Any]]:
    from allmende.printing.api import sum_sheets, sum_sheets_of_towns  # noqa: PLC0415

    year = (date(2026, 1, 1), date(2026, 12, 31))
    odd = (date(2025, 11, 12), date(2026, 11, 11))
    every = (FIRST, LAST)
    month = (date(2026, 11, 1), date(2026, 11, 30))
    return {
        "town, a year by month": lambda: sum_sheets(town, *year, ("month",)),
        "town, a year by device and month": lambda: sum_sheets(town, *year, ("device", "month")),
        "town, a month by day": lambda: sum_sheets(town, *month, ("day",)),
        "town, a year by day": lambda: sum_sheets(town, *year, ("day",)),
        "district, three years by month": lambda: sum_sheets(district, *every, ("month",)),
        "district, a year by cost centre": lambda: sum_sheets(district, *year, ("cost_centre",)),
        "district, a year by device, month, duplex": lambda: sum_sheets(
            district, *year, ("device", "month", "duplex")
        ),
        "district, a year from the middle of a month": lambda: sum_sheets(district, *odd, ("device",)),
        "district, a month by day": lambda: sum_sheets(district, *month, ("day",)),
        "district, a year by day": lambda: sum_sheets(district, *year, ("day",)),
        "all towns, a year": lambda: sum_sheets_of_towns(*year),
        "all towns, a year by month": lambda: sum_sheets_of_towns(*year, ("month",)),
        "all towns, a year from the middle of a month": lambda: sum_sheets_of_towns(*odd),
        "all towns, three years by month and duplex": lambda: sum_sheets_of_towns(
            *every, ("month", "duplex")
        ),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=300)
    parser.add_argument("--entries", type=int, default=10_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="allmende-bench-") as home:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")
        os.environ["ALLMENDE_HOME"] = home
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0, run_syncdb=True)
        begun = time.monotonic()
        towns, rows = fill(arguments.towns, arguments.entries)
        print(
            f"{arguments.entries:,} entries of {len(towns)} towns: {rows:,} sums per day, made in {time.monotonic() - begun:.0f} s"
        )
        slowest = 0.0
        for name, query in queries(towns[0], towns[len(towns) // 2]).items():
            seconds = []
            for _round in range(3):
                begun = time.monotonic()
                groups = len(query())
                seconds.append(time.monotonic() - begun)
            middle = statistics.median(seconds)
            slowest = max(slowest, middle)
            print(f"{middle * 1000:8.0f} ms  {groups:6,} groups  {name}")
    print(f"slowest: {slowest * 1000:.0f} ms, allowed: {LIMIT_SECONDS * 1000:.0f} ms")
    return 0 if slowest < LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
