# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of the demo's year: one entry for each working day, device and cost centre, and a few copies beside them.

The entries are sums of a day and name no job, so they can't be taken for papers that somebody printed. The ledger's sums are made of
them by its own means (`rebuild_totals`), hence `allmende ledger check` finds nothing.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from allmende.devices.meters.counts import Counts
from allmende.printing.administration.budget_administration import BudgetDetails, set_budget
from allmende.printing.budgets import BudgetPeriod, BudgetUnit, period_of
from allmende.printing.ledger.corrections import RightCount, correct_entry
from allmende.printing.ledger.figures import sum_sheets
from allmende.printing.ledger.sheets import MediaClass, SheetEntry, SheetKind
from allmende.server.demo.demo_calendar import midnight
from allmende.server.demo.demo_fleet import REPLACED, Stand
from allmende.server.demo.demo_people import town_of

if TYPE_CHECKING:
    from allmende.devices.devices import Device
    from allmende.directory.cost_centres import CostCentre
    from allmende.directory.people import Person
    from allmende.server.demo.demo_calendar import DemoDays

_YEAR: Final = timedelta(days=365)
_COPIES: Final = 0.12
_ESTIMATES: Final = 0.012
#: Of two-sided sheets so many have a last page alone.
_ONE_SIDE: Final = 0.15


@dataclass(frozen=True, slots=True)
class _Batch:
    day: date
    stand: Stand
    centre: str
    weight: float


def write_ledger(
    stands: Sequence[Stand],
    devices: Mapping[str, Device],
    centres: Mapping[str, CostCentre],
    days: DemoDays,
    *,
    sheets_a_year: int,
    seed: random.Random,
) -> list[SheetEntry]:
    """So many sheets in the 365 days until yesterday, to within rounding; the days before them at the same measure."""
    batches = list(_batches(stands, days, seed))
    in_year = sum(batch.weight for batch in batches if batch.day >= days.today - _YEAR)
    per_weight = sheets_a_year / in_year
    entries = []
    for batch in batches:
        sheets = round(batch.weight * per_weight)
        if sheets > 0:
            entries.append(_entry(batch, sheets, devices, centres, days=days, seed=seed))
    return SheetEntry.objects.bulk_create(entries, batch_size=1000)


def _batches(stands: Sequence[Stand], days: DemoDays, seed: random.Random) -> Iterator[_Batch]:
    for day, busy in days.working_days:
        for stand in stands:
            for centre, part in stand.centres:
                yield _Batch(day, stand, centre, busy * stand.weight * part * seed.uniform(0.6, 1.4))


def _entry(
    batch: _Batch,
    sheets: int,
    devices: Mapping[str, Device],
    centres: Mapping[str, CostCentre],
    *,
    days: DemoDays,
    seed: random.Random,
) -> SheetEntry:
    stand = batch.stand
    is_duplex = sheets > 1 and seed.random() < stand.duplex
    sides = 2 * sheets - math.ceil(sheets * _ONE_SIDE) if is_duplex else sheets
    colour = round(sides * stand.colour * seed.uniform(0.5, 1.5))
    is_a3 = seed.random() < stand.a3
    slug = REPLACED if stand.slug == "ordnungsamt" and batch.day < days.swap_day else stand.slug
    return SheetEntry(
        municipality_id=devices[slug].municipality_id,
        day=batch.day,
        at=midnight(batch.day) + timedelta(minutes=seed.randrange(8 * 60, 17 * 60)),
        device=devices[slug],
        cost_centre=centres[batch.centre],
        kind=SheetKind.COPY if seed.random() < _COPIES else SheetKind.PRINT,
        media=MediaClass.A3 if is_a3 else MediaClass.A4,
        is_duplex=is_duplex,
        impressions_mono=sides - colour,
        impressions_colour=colour,
        sheets=sheets,
        is_estimate=seed.random() < _ESTIMATES,
    )


def add_up_by_day(entries: Iterable[SheetEntry]) -> dict[int, dict[date, Counts]]:
    """By device and day, as the device's meter counts them."""
    sums: dict[int, dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0, 0]))
    for entry in entries:
        mine = sums[entry.device_id or 0][entry.day]
        is_a3 = entry.media == MediaClass.A3
        mine[0] += entry.impressions_mono
        mine[1] += entry.impressions_colour
        mine[2] += entry.impressions if is_a3 else 0
        mine[3] += entry.impressions_colour if is_a3 else 0
        mine[4] += entry.sheets
    return {
        device_id: {
            day: Counts(
                total=mono + colour, mono=mono, colour=colour, a3=a3, a3_colour=a3_colour, sheets=sheets
            )
            for day, (mono, colour, a3, a3_colour, sheets) in by_day.items()
        }
        for device_id, by_day in sums.items()
    }


def correct_one(finance: Person, device: Device, right: CostCentre) -> None:
    """The last batch at a device was put on the wrong cost centre: a counter-entry and the right one beside it."""
    entry = SheetEntry.objects.filter(device=device).exclude(cost_centre=right).order_by("-day", "-id")[0]
    count = RightCount(entry.impressions_mono, entry.impressions_colour, entry.sheets, right)
    correct_entry(finance, entry, count, "Aushang der Jugendhilfe, versehentlich auf Soziales gebucht")


def set_budgets(finance: Person, centres: Mapping[str, CostCentre], days: DemoDays) -> None:
    """One soft budget that is nearly used up, and a hard one with room."""
    town = town_of(finance)
    first, _last = period_of(BudgetPeriod.YEAR, days.today)
    used = {
        each.cost_centre_id: each.sheets
        for each in sum_sheets(town.pk, first, days.today, ("cost_centre",))
        if each.cost_centre_id is not None
    }
    wishes = (("6000", "0.96", False, "Frau Aydın, Kämmerei, Durchwahl 214"), ("5100", "0.55", True, ""))
    for number, share, is_hard, contact in wishes:
        # Round thousands, as people set budgets.
        limit = max(1, math.ceil(used.get(centres[number].pk, 0) / float(share) / 1000)) * 1000
        details = BudgetDetails(
            cost_centre=centres[number],
            person=None,
            period=BudgetPeriod.YEAR,
            unit=BudgetUnit.SHEETS,
            limit=Decimal(limit),
            is_hard=is_hard,
            contact=contact,
        )
        set_budget(finance, town, details, days.today)
