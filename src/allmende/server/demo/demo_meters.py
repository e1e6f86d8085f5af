# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The meters of the demo's year: they agree with the ledger, plus copies that were made without a chip; and one reading was mistyped.

Readings are marked as from a file, because nobody asked these devices. Supplies run down by what was printed; one is nearly empty.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from allmende.devices.meters.alerts import AlertKind, DeviceAlert
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.reading_keeping import enter_reading, judge_again
from allmende.devices.meters.readings import MeterReading, ReadingSource
from allmende.devices.meters.supplies import DeviceSupply, SupplyKind, SupplySample
from allmende.server.demo.demo_calendar import midnight
from allmende.server.demo.demo_fleet import KINDS, REPLACED, STANDS

if TYPE_CHECKING:
    from allmende.devices.devices import Device
    from allmende.directory.people import Person
    from allmende.server.demo.demo_calendar import DemoDays

_NOTE: Final = "Demo: erfundener Zählerstand"
_ZERO: Final = Counts(total=0, mono=0, colour=0, a3=0, a3_colour=0, sheets=0)
_EMPTY_SOON: Final = "bauhof"
_MISTYPED: Final = "jugend"
_CARTRIDGES: Final = (("black", "1"), ("cyan", "2"), ("magenta", "3"), ("yellow", "4"))


def write_readings(
    it: Person,
    devices: Mapping[str, Device],
    printed: Mapping[int, Mapping[date, Counts]],
    days: DemoDays,
    seed: random.Random,
) -> None:
    rows = []
    for slug, device in devices.items():
        walk_up = next((stand.walk_up for stand in STANDS if stand.slug == slug), 0.02)
        wanted = [day for day in days.reading_days if slug != "ordnungsamt" or day > days.swap_day]
        if slug == REPLACED:
            wanted = [day for day in wanted if day < days.swap_day]
        if slug in (REPLACED, "ordnungsamt"):
            wanted = sorted({*wanted, days.swap_day})
        start = _start(slug, seed)
        rows += _readings(it, device, wanted, start, printed=printed.get(device.pk, {}), walk_up=walk_up)
    MeterReading.objects.bulk_create(rows, batch_size=500)
    with transaction.atomic():
        for device in devices.values():
            judge_again(device, midnight(days.counted_from))
    _mistype(it, devices[_MISTYPED], days)


def _start(slug: str, seed: random.Random) -> Counts:
    """What its counters showed when Allmende began to count; a new device has its test prints."""
    if slug == "ordnungsamt":
        return Counts(total=24, mono=24, colour=0, a3=0, a3_colour=0, sheets=24)
    stand = next((stand for stand in STANDS if stand.slug == slug), None)
    mono, colour = seed.randrange(20_000, 90_000), 0
    if stand is not None and stand.colour:
        colour = seed.randrange(2_000, 9_000)
    a3 = mono // 40 if stand is not None and stand.a3 else 0
    return Counts(
        total=mono + colour,
        mono=mono,
        colour=colour,
        a3=a3,
        a3_colour=min(a3, colour) // 4,
        sheets=mono * 3 // 4,
    )


def _readings(
    it: Person,
    device: Device,
    wanted: Iterable[date],
    start: Counts,
    *,
    printed: Mapping[date, Counts],
    walk_up: float,
) -> list[MeterReading]:
    """At each midnight the start and all that came out on the days before."""
    rows, counts, pending = [], start, sorted(printed)
    for day in wanted:
        while pending and pending[0] < day:
            of_day = printed[pending.pop(0)]
            copies = round((of_day.total or 0) * walk_up)
            counts = counts.plus(of_day).plus(_ZERO.plus(_copies(copies)))
        rows.append(
            MeterReading(
                municipality_id=device.municipality_id,
                device=device,
                at=midnight(day),
                source=ReadingSource.IMPORT,
                serial_number=device.serial_number,
                entered_by=it,
                note=_NOTE,
                **counts.as_dict(),
            )
        )
    return rows


def _copies(count: int) -> Counts:
    return Counts(total=count, mono=count, colour=0, a3=0, a3_colour=0, sheets=count)


def _mistype(it: Person, device: Device, days: DemoDays) -> None:
    """Read off by hand with the last digit left out: a counter that goes back, which is not believed."""
    monday = midnight(days.reading_days[-3])
    last = MeterReading.objects.filter(device=device, at__lte=monday).order_by("-at")[0]
    total = (last.total or 0) // 10
    enter_reading(
        it, device, last.at + timedelta(hours=34), Counts(total=total), note="Abgelesen bei der Begehung"
    )


def write_supplies(devices: Mapping[str, Device], days: DemoDays, seed: random.Random) -> None:
    """Levels of the last eight weeks; one black toner has six percent left, which is told."""
    supplies, samples = [], []
    now = midnight(days.today)
    for stand in STANDS:
        device = devices[stand.slug]
        for colour, key in _CARTRIDGES if stand.colour else _CARTRIDGES[:1]:
            per_week = seed.randrange(2, 6)
            level = 6 if stand.slug == _EMPTY_SOON else seed.randrange(18, 60)
            supply = DeviceSupply(
                municipality_id=device.municipality_id,
                device=device,
                key=f"demo:{key}",
                kind=SupplyKind.TONER,
                colour=colour,
                name=f"Tonerkassette {KINDS[stand.kind].name}",
                level=level,
                seen_at=now,
            )
            supplies.append(supply)
            for week in range(8):
                at = now - timedelta(weeks=week)
                samples.append(SupplySample(supply=supply, at=at, level=min(100, level + week * per_week)))
    DeviceSupply.objects.bulk_create(supplies)
    for sample in samples:
        sample.supply_id = sample.supply.pk
    SupplySample.objects.bulk_create(samples)
    device = devices[_EMPTY_SOON]
    since = now - timedelta(days=2)
    DeviceAlert.objects.create(
        municipality_id=device.municipality_id,
        device=device,
        kind=AlertKind.TONER,
        subject="demo:1",
        detail=f"{DeviceSupply.objects.get(device=device, key='demo:1')}: 6 %",
        since=since,
        raised_at=since,
    )
