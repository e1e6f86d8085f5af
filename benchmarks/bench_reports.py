# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: PLC0415 - Django is set up first
"""How long the standard reports take over ten million ledger rows: `python benchmarks/bench_reports.py [--entries 10000000]`.

Reports read the ledger's sums and never its rows, so the sums of so many rows are written here and not the rows themselves: three years, 250
working days each, 60 devices, 20 cost centres, of which five use a device; each device has so many different sums a day as its share of the entries can fill
(`--keys`). A database of its own in a temporary folder (SQLite), or what ALLMENDE_DATABASE_URL names, which must be empty. Prints seconds:
the first call, and the median of five. The bound is one second.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from datetime import date, timedelta

BOUND = 1.0
YEARS, DEVICES, CENTRES, CENTRES_OF_A_DEVICE = (2024, 2025, 2026), 60, 20, 5
COLUMNS = (
    "municipality_id",
    "device_number",
    "cost_centre_number",
    "kind",
    "media",
    "is_duplex",
    "impressions_mono",
    "impressions_colour",
    "sheets",
    "impressions_estimated",
)


def fill(entries: int, keys: int) -> int:
    """Write the sums; how many rows per day there are."""
    from allmende.devices.devices import Device
    from allmende.devices.sites import Site
    from allmende.directory.cost_centres import CostCentre
    from allmende.directory.municipalities import Municipality
    from allmende.directory.people import Person

    chance = random.Random(1)  # noqa: S311 - for figures to add up
    town = Municipality.objects.create(slug="messstadt", name="Messstadt")
    sites = [Site.objects.create(municipality=town, name=f"Haus {number}") for number in range(10)]
    devices = [
        Device.objects.create(municipality=town, slug=f"d{n}", name=f"Gerät {n}", site=sites[n % 10]).pk
        for n in range(DEVICES)
    ]
    centres = [CostCentre.objects.create(municipality=town, number=str(n)) for n in range(CENTRES)]
    for centre in centres:
        Person.objects.bulk_create(
            Person(
                municipality=town,
                login=f"p{centre.pk}-{n}",
                sign_in_name=f"p{centre.pk}-{n}@m",
                cost_centre=centre,
            )
            for n in range(chance.randint(3, 20))
        )
    numbers = [centre.pk for centre in centres]
    days = [day for year in YEARS for day in working_days(year)]
    each = max(1, -(-entries // (len(days) * DEVICES * keys)))
    near = {device: chance.sample(numbers, CENTRES_OF_A_DEVICE) for device in devices}
    months: dict[tuple[object, ...], list[int]] = {}
    count = 0
    for day in days:
        rows = []
        for device in devices:
            chosen = {
                (
                    device,
                    chance.choice(near[device]),
                    chance.choice(("print", "print", "print", "copy", "scan")),
                    "a3" if chance.random() < 0.1 else "a4",
                    chance.random() < 0.6,
                )
                for _ in range(keys)
            }
            for key in chosen:
                mono, colour = 4 * each, chance.randint(0, 2 * each)
                counts = (mono, colour, (mono + colour) // 2, 0)
                rows.append((town.pk, *key, *counts, day))
                kept = months.setdefault((town.pk, *key, day.replace(day=1)), [0, 0, 0, 0])
                for index, value in enumerate(counts):
                    kept[index] += value
        insert("printing_sheettotal", "day", rows)
        count += len(rows)
    insert("printing_sheetmonth", "month", [(*key[:-1], *counts, key[-1]) for key, counts in months.items()])
    add_up_towns()
    print(
        f"{len(days) * DEVICES * keys * each:,} entries stand behind {count:,} sums per day, {len(months):,} per month"
    )
    return count


def working_days(year: int) -> list[date]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range(365))
    return [day for day in days if day.weekday() < 5][:250]


def insert(table: str, column: str, rows: list[tuple[object, ...]]) -> None:
    from django.db import connection, transaction

    names = ", ".join((*COLUMNS, column))
    places = ", ".join(["%s"] * (len(COLUMNS) + 1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608 - constants


def add_up_towns() -> None:
    """The sums per month of the whole town, from those per device and cost centre."""
    from django.db import connection, transaction

    key = "municipality_id, kind, media, is_duplex, month"
    counts = ("impressions_mono", "impressions_colour", "sheets", "impressions_estimated")
    sums = ", ".join(f"SUM({name})" for name in counts)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO printing_sheettownmonth ({key}, {', '.join(counts)}) "  # noqa: S608 - constants
            f"SELECT {key}, {sums} FROM printing_sheetmonth GROUP BY {key}"
        )


def measure() -> bool:
    """Prints a line per report; whether all keep the bound."""
    from allmende.directory.municipalities import Municipality
    from allmende.fleet.dashboard import describe_situation
    from allmende.fleet.reports.kinds import Grain, ReportKind, Wish
    from allmende.fleet.reports.periods import Period
    from allmende.fleet.reports.standard_reports import build_report
    from allmende.fleet.reports.towns_report import build_towns_report
    from allmende.fleet.tables import to_html

    town = Municipality.objects.get(slug="messstadt")
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    # Begins and ends in the middle of months: the worst, because days at both edges are added to months.
    all_years = Period(date(2024, 1, 2), date(2026, 12, 30))
    calls = {
        f"{kind.value}, a year": (lambda k=kind: build_report(town, Wish(k, year))) for kind in ReportKind
    }
    calls["device, three years"] = lambda: build_report(town, Wish(ReportKind.DEVICE, all_years))
    quarter = Period(date(2026, 4, 1), date(2026, 6, 30))
    calls["time by day, a quarter"] = lambda: build_report(town, Wish(ReportKind.TIME, quarter, Grain.DAY))
    calls["time by year, all"] = lambda: build_report(town, Wish(ReportKind.TIME, all_years, Grain.YEAR))
    fine = True
    for name, call in calls.items():
        taken = [seconds_of(lambda call=call: show(call(), to_html)) for _ in range(6)]
        fine = report(name, taken) and fine
    fine = (
        report(
            "the mayor's page",
            [seconds_of(lambda: describe_situation(town, date(2026, 12, 15))) for _ in range(6)],
        )
        and fine
    )
    return (
        report("member towns, a year", [seconds_of(lambda: build_towns_report(year)) for _ in range(6)])
        and fine
    )


def show(made: object, to_html: object) -> None:
    made.draw()  # type: ignore[attr-defined]
    to_html(made.table)  # type: ignore[operator,attr-defined]


def seconds_of(call: object) -> float:
    begun = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - begun


def report(name: str, taken: list[float]) -> bool:
    worst = max(taken)
    print(
        f"{name:28} first {taken[0]:6.3f} s   median {statistics.median(taken[1:]):6.3f} s   {'' if worst < BOUND else 'TOO SLOW'}"
    )
    return worst < BOUND


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--keys", type=int, default=40, help="different sums of a device on a day, at most")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALLMENDE_HOME"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        fill(arguments.entries, arguments.keys)
        if not measure():
            raise SystemExit(1)


if __name__ == "__main__":
    main()
