# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading the ledger: sums for reports, and the way from a sum down to its rows.

Sums come from `rollups` alone: whole months from the sums per month, the days at the edges from those per day, so that a report over years reads
thousands of rows and not millions. Titles are nowhere; people are only in what `sum_sheets_of_person` and
`entries_of_person` answer, which are for the person themselves and for a report that two people asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from allmende.printing.ledger.rollups import COUNTS, SheetMonth, SheetTotal, SheetTownMonth
from allmende.printing.ledger.sheets import SheetEntry

#: What sums can be told apart by, and the column of both sums that has it (day and month aside).
BY: Final = {
    "day": "day",
    "month": "month",
    "device": "device_number",
    "cost_centre": "cost_centre_number",
    "media": "media",
    "kind": "kind",
    "duplex": "is_duplex",
}


@dataclass(frozen=True, slots=True)
class SheetSum:
    """Counts of one group. What was not asked for in `by` is None; a device or cost centre that is not known is None too.

    `media` is a4, a3 or other, `kind` print, copy or scan, `month` its first day. `impressions_estimated` is the part of the
    impressions whose count is ours and not the device's.
    """

    municipality_id: int
    day: date | None = None
    month: date | None = None
    device_id: int | None = None
    cost_centre_id: int | None = None
    media: str | None = None
    kind: str | None = None
    is_duplex: bool | None = None
    impressions_mono: int = 0
    impressions_colour: int = 0
    sheets: int = 0
    impressions_estimated: int = 0

    @property
    def impressions(self) -> int:
        return self.impressions_mono + self.impressions_colour


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One row of the ledger, without its person."""

    id: int
    at: datetime
    day: date
    device_id: int | None
    cost_centre_id: int | None
    job_number: int | None
    kind: str
    media: str
    is_duplex: bool
    impressions_mono: int
    impressions_colour: int
    sheets: int
    is_estimate: bool
    reason: str
    reverses_id: int | None
    note: str


def sum_sheets(
    municipality_id: int,
    since: date,
    until: date,
    by: Sequence[str] = (),
    *,
    device_ids: Iterable[int] | None = None,
    cost_centre_ids: Iterable[int] | None = None,
) -> list[SheetSum]:
    """What came out in a town from `since` to `until` (both days included), told apart by keys of `BY`, in their order.

    Groups in which nothing was ever counted are missing. Raises KeyError for an unknown word in `by`.
    """
    chosen = Q(municipality_id=municipality_id)
    if device_ids is not None:
        chosen &= Q(device_number__in=list(device_ids))
    if cost_centre_ids is not None:
        chosen &= Q(cost_centre_number__in=list(cost_centre_ids))
    of_some = device_ids is not None or cost_centre_ids is not None
    return _sum(chosen, since, until, by, of_some=of_some)


def sum_sheets_of_towns(since: date, until: date, by: Sequence[str] = ()) -> list[SheetSum]:
    """The same for every town at once, each with its number: for the cooperative's office alone."""
    return _sum(Q(), since, until, by)


def sum_sheets_of_person(municipality_id: int, person_id: int, since: date, until: date) -> SheetSum:
    """From the entries themselves, as far back as people are kept in them. Whoever calls this has to be allowed to, and to log it."""
    rows = SheetEntry.objects.filter(
        municipality_id=municipality_id, person_id=person_id, day__gte=since, day__lte=until
    )
    estimated = Q(is_estimate=True)
    found = rows.aggregate(
        mono=Sum("impressions_mono", default=0),
        colour=Sum("impressions_colour", default=0),
        paper=Sum("sheets", default=0),
        estimated_mono=Sum("impressions_mono", filter=estimated, default=0),
        estimated_colour=Sum("impressions_colour", filter=estimated, default=0),
    )
    return SheetSum(
        municipality_id,
        impressions_mono=found["mono"],
        impressions_colour=found["colour"],
        sheets=found["paper"],
        impressions_estimated=found["estimated_mono"] + found["estimated_colour"],
    )


def entries_of_device(
    municipality_id: int,
    device_id: int,
    since: date,
    until: date,
    *,
    before_id: int | None = None,
    limit: int = 100,
) -> list[SheetLine]:
    """The rows behind a device's figure, newest first; the next page begins `before_id` of the last row's id."""
    rows = SheetEntry.objects.filter(
        municipality_id=municipality_id, device_id=device_id, day__gte=since, day__lte=until
    )
    return _page(rows, before_id, limit)


def entries_of_person(
    municipality_id: int, person_id: int, *, before_id: int | None = None, limit: int = 100
) -> list[SheetLine]:
    """All that the ledger still knows of a person, newest first."""
    rows = SheetEntry.objects.filter(municipality_id=municipality_id, person_id=person_id)
    return _page(rows, before_id, limit)


def _page(rows: QuerySet[SheetEntry], before_id: int | None, limit: int) -> list[SheetLine]:
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    names = [field.name for field in fields(SheetLine)]
    found = rows.order_by("-id").values(*names)[:limit]
    return [SheetLine(**row) for row in found]


def _sum(chosen: Q, since: date, until: date, by: Sequence[str], *, of_some: bool = False) -> list[SheetSum]:
    """`of_some`: `chosen` names devices or cost centres."""
    columns = [BY[name] for name in by]
    months, edges = split_into_months(since, until) if "day" not in by else (None, [(since, until)])
    sums: dict[tuple[Any, ...], list[int]] = {}
    for first, last in edges:
        rows: QuerySet[Any] = SheetTotal.objects.filter(chosen, day__gte=first, day__lte=last)
        if "month" in by:
            rows = rows.annotate(month=TruncMonth("day"))
        _add_up(rows, columns, sums)
    if months is not None:
        # Without devices and cost centres there is a still shorter way.
        whole: QuerySet[Any] = SheetTownMonth.objects.all()
        if of_some or {"device", "cost_centre"} & set(by):
            whole = SheetMonth.objects.all()
        whole = whole.filter(chosen, month__gte=months[0], month__lte=months[1])
        _add_up(whole, columns, sums)
    return [_as_sum(columns, key, counts) for key, counts in sorted(sums.items(), key=lambda item: item[0])]


def _add_up(rows: QuerySet[Any], columns: list[str], sums: dict[tuple[Any, ...], list[int]]) -> None:
    grouped = rows.order_by().values_list("municipality_id", *columns)
    # Named otherwise than the columns that are summed, as Django asks.
    for row in grouped.annotate(**{f"sum_{name}": Sum(name) for name in COUNTS}):
        key, counts = row[: -len(COUNTS)], row[-len(COUNTS) :]
        kept = sums.setdefault(key, [0] * len(COUNTS))
        for index, count in enumerate(counts):
            kept[index] += int(count)


def split_into_months(since: date, until: date) -> tuple[tuple[date, date] | None, list[tuple[date, date]]]:
    """A span of days as (first and last whole month, by their first days) and the spans of days left at its edges."""
    first = since if since.day == 1 else _next_month(since)
    after = until + timedelta(days=1)
    end = after.replace(day=1)
    if first >= end:
        return None, [(since, until)] if since <= until else []
    edges = []
    if since < first:
        edges.append((since, first - timedelta(days=1)))
    if end <= until:
        edges.append((end, until))
    return (first, (end - timedelta(days=1)).replace(day=1)), edges


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _as_sum(columns: list[str], key: tuple[Any, ...], counts: list[int]) -> SheetSum:
    values: dict[str, Any] = dict(zip(columns, key[1:], strict=True))
    for column, name in (("device_number", "device_id"), ("cost_centre_number", "cost_centre_id")):
        if column in values:
            values[name] = values.pop(column) or None
    values |= zip(COUNTS, counts, strict=True)
    return SheetSum(key[0], **values)
