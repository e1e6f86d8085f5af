# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How much a device printed between two moments: what contracts, the proof and the uncounted sheets stand on.

Always holds: only readings that are believed count. The count at a moment depends on that moment alone, so spans that follow each other add up to the
long one, to the side. Between two readings the count is interpolated in a straight line and this is said (`SpanEnd.how`). Before the first
and after the last reading nothing is assumed: the span is shorter then and says so. Where a counter began anew (another device,
another counter) the lives are added, and what was printed between the last reading of the one and the first of the other is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from allmende.devices.meters.counts import KINDS, Counts
from allmende.devices.meters.readings import MeterReading, Verdict, believed_readings


class How(StrEnum):
    #: A reading of that very moment.
    READING = "reading"
    #: A straight line between two readings.
    INTERPOLATED = "interpolated"
    #: There is no reading so early (so late): the first (the last) one stands here, at its own time.
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class UsedReading:
    """A reading as spans use it. `starts_life`: no difference is made to what was before."""

    id: int
    at: datetime
    source: str
    serial_number: str
    counts: Counts
    starts_life: bool = False


@dataclass(frozen=True, slots=True)
class SpanEnd:
    """One end of a span: `at` is the moment it really stands for; `readings` are the one or two it came from."""

    at: datetime
    how: How
    counts: Counts
    readings: tuple[UsedReading, ...]

    @property
    def gap(self) -> timedelta:
        """How far the readings lie apart that were interpolated between."""
        return self.readings[-1].at - self.readings[0].at


@dataclass(frozen=True, slots=True)
class Swap:
    """A counter that began anew inside the span; what was printed between the two readings is not known."""

    last_before: UsedReading
    first_after: UsedReading


@dataclass(frozen=True, slots=True)
class MeterSpan:
    """What was asked for (`since`, `until`), what it stands on, and the differences by kind (None: not known at both ends)."""

    device_id: int
    since: datetime
    until: datetime
    start: SpanEnd
    end: SpanEnd
    counts: Counts
    swaps: tuple[Swap, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the readings reach from `since` to `until`, and no counter began anew between."""
        return How.NEAREST not in {self.start.how, self.end.how} and not self.swaps

    @property
    def is_interpolated(self) -> bool:
        return How.INTERPOLATED in {self.start.how, self.end.how}


def counts_between(device_id: int, since: datetime, until: datetime) -> MeterSpan | None:
    """The span of one device; None where fewer than two moments of it are known. `since` and `until` are aware."""
    return span_of(device_id, used_readings(device_id, since, until), since, until)


def used_readings(device_id: int, since: datetime, until: datetime) -> list[UsedReading]:
    """Believed readings that a span needs: those within, and the nearest on either side; by time."""
    rows = believed_readings().filter(device_id=device_id).order_by("at", "id")
    before = rows.filter(at__lt=since).last()
    after = rows.filter(at__gt=until).first()
    within = list(rows.filter(at__gte=since, at__lte=until))
    return [use_reading(row) for row in ([before] if before else []) + within + ([after] if after else [])]


def use_reading(row: MeterReading) -> UsedReading:
    return UsedReading(
        row.pk, row.at, row.source, row.serial_number, row.counts, row.verdict == Verdict.NEW_LIFE
    )


def span_of(
    device_id: int, readings: Sequence[UsedReading], since: datetime, until: datetime
) -> MeterSpan | None:
    """Pure: the span out of believed readings in any order. Raises ValueError where `since` is after `until`."""
    if since > until:
        raise ValueError("a span that ends before it begins")
    line = sorted(readings, key=_order_of)
    if not line:
        return None
    start, end = _end_at(line, since, is_start=True), _end_at(line, until, is_start=False)
    if start.at >= end.at:
        return None
    counts, swaps = _difference(line, start, end)
    return MeterSpan(device_id, since, until, start, end, counts, swaps)


def _end_at(line: Sequence[UsedReading], moment: datetime, *, is_start: bool) -> SpanEnd:
    before = [reading for reading in line if reading.at <= moment]
    if not before:
        return _nearest(line[0])
    last = before[-1]
    if last.at == moment:
        return SpanEnd(moment, How.READING, last.counts, (last,))
    if len(before) == len(line):
        return _nearest(last)
    following = line[len(before)]
    if following.starts_life:
        return _nearest(following if is_start else last)
    return SpanEnd(moment, How.INTERPOLATED, _interpolate(last, following, moment), (last, following))


def _nearest(reading: UsedReading) -> SpanEnd:
    return SpanEnd(reading.at, How.NEAREST, reading.counts, (reading,))


def _interpolate(before: UsedReading, after: UsedReading, moment: datetime) -> Counts:
    """Whole sides, rounded down; parts that make up the total at both readings make it up here too."""
    part, whole = moment - before.at, after.at - before.at
    first, second = before.counts.as_dict(), after.counts.as_dict()
    counts = {
        kind: first[kind] + _share(second[kind] - first[kind], part, whole)
        for kind in KINDS
        if kind in first and kind in second
    }
    if all(_adds_up(known) for known in (first, second)):
        counts["total"] = counts["mono"] + counts["colour"]
    return Counts(**counts)


def _share(count: int, part: timedelta, whole: timedelta) -> int:
    microsecond = timedelta(microseconds=1)
    return count * (part // microsecond) // (whole // microsecond)


def _adds_up(counts: dict[str, int]) -> bool:
    return {"total", "mono", "colour"} <= counts.keys() and counts["mono"] + counts["colour"] == counts[
        "total"
    ]


def _difference(line: Sequence[UsedReading], start: SpanEnd, end: SpanEnd) -> tuple[Counts, tuple[Swap, ...]]:
    """Life by life from `start` to `end`, added up."""
    starts, ends = [start.counts], []
    swaps = []
    within = [reading for reading in line if start.at < reading.at <= end.at]
    # At one and the same moment the last reading is where a span starts: see `_end_at`.
    for before, reading in pairwise([start.readings[0], *within]):
        if reading.starts_life:
            known = before.counts if before.at > start.at else start.counts
            ends.append(known)
            starts.append(reading.counts)
            swaps.append(Swap(before, reading))
    ends.append(end.counts)
    total: Counts | None = None
    for first, last in zip(starts, ends, strict=True):
        piece = last.minus(first)
        total = piece if total is None else total.plus(piece)
    return total or Counts(), tuple(swaps)


def _order_of(reading: UsedReading) -> tuple[datetime, bool, int, int]:
    return (reading.at, reading.starts_life, reading.counts.total or 0, reading.id)
