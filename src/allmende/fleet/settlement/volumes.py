# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What devices counted in a period, with the readings it stands on.

Always holds: a count begins where the last closed settlement of the device ended, at the very same moment and figure, so that readings which
arrive later neither lose nor repeat a side. Where a reading was interpolated across more than two days the count is marked as an
estimate; where readings do not reach the period's ends, this is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from django.utils import timezone

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.spans import How, MeterSpan, SpanEnd, UsedReading, counts_between
from allmende.fleet.prices import ONE_DAY, ImpressionClass
from allmende.fleet.settlement.arithmetic import Counted, Days
from allmende.fleet.settlement.settlements import SettlementLine

#: Between readings that lie this close together a straight line is as good as a reading at midnight.
EXACT_ENOUGH: Final = timedelta(hours=48)


class Problem(StrEnum):
    #: No two readings: nothing is settled but the rent.
    NO_READING = "no_reading"
    #: Readings begin later or end earlier than the period, by more than two days.
    STARTS_LATE = "starts_late"
    ENDS_EARLY = "ends_early"
    #: The counter began anew in the period; what was printed between two readings is not known.
    SWAPPED = "swapped"
    #: The last settlement counted further than today's readings do.
    SETTLED_TOO_FAR = "settled_too_far"
    #: Only the total is known: counted as mono.
    NO_COLOUR_COUNT = "no_colour_count"
    INTERPOLATED = "interpolated"


#: With these, impressions of the device are missing from the settlement.
MISSING: Final = frozenset({Problem.NO_READING, Problem.SETTLED_TOO_FAR})


@dataclass(frozen=True, slots=True)
class Volume:
    """`counted` is None where nothing can be settled. `evidence` is JSON: both ends with their readings."""

    device_id: int
    days: Days
    counted: Counted | None
    evidence: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()


def midnight(day: date) -> datetime:
    """The town's midnight at which the day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


def count_volumes(contract_id: int, wanted: Iterable[tuple[int, Days]]) -> list[Volume]:
    """One for each device and days."""
    return [_count(contract_id, device_id, days) for device_id, days in wanted]


def _count(contract_id: int, device_id: int, days: Days) -> Volume:
    since, until = midnight(days.first_day), midnight(days.last_day + ONE_DAY)
    settled = _settled_end(contract_id, device_id, days.first_day)
    if settled is not None:
        since = settled[0]
    if since >= until:
        return Volume(device_id, days, None, {}, (Problem.SETTLED_TOO_FAR,))
    span = counts_between(device_id, since, until)
    if span is None:
        return Volume(device_id, days, None, {}, (Problem.NO_READING,))
    counts = span.counts
    if settled is not None and span.start.at == settled[0]:
        counts = counts.plus(span.start.counts).minus(settled[1])
    impressions, has_colour = split_by_class(counts)
    evidence = _evidence(span, is_carried=settled is not None, settled=settled[1] if settled else None)
    if impressions is None:
        return Volume(device_id, days, None, evidence, (Problem.NO_READING,))
    if min(impressions.values()) < 0:
        return Volume(device_id, days, None, evidence, (Problem.SETTLED_TOO_FAR,))
    problems = tuple(_problems(span, since, until, has_colour=has_colour))
    is_estimate = Problem.INTERPOLATED in problems
    return Volume(device_id, days, Counted(device_id, days, impressions, is_estimate), evidence, problems)


def split_by_class(counts: Counts) -> tuple[dict[ImpressionClass, int] | None, bool]:
    """Impressions by class, and whether colour is known. A3 of unknown colour is taken as mono as far as there is mono."""
    mono, colour = counts.mono, counts.colour
    has_colour = mono is not None and colour is not None
    if mono is None:
        mono = counts.total if colour is None or counts.total is None else counts.total - colour
    if mono is None:
        return None, False
    colour = colour or 0
    a3 = counts.a3 or 0
    a3_colour = counts.a3_colour if counts.a3_colour is not None else max(0, a3 - max(mono, 0))
    a3_mono = a3 - a3_colour
    return {
        ImpressionClass.MONO: mono - a3_mono,
        ImpressionClass.COLOUR: colour - a3_colour,
        ImpressionClass.MONO_A3: a3_mono,
        ImpressionClass.COLOUR_A3: a3_colour,
    }, has_colour


def _settled_end(contract_id: int, device_id: int, first_day: date) -> tuple[datetime, Counts] | None:
    """Where the closed settlement of the days before stopped counting this device."""
    line = (
        SettlementLine.objects.filter(
            settlement__contract_id=contract_id,
            settlement__reversed_by__isnull=True,
            device_id=device_id,
            last_day=first_day - ONE_DAY,
            is_reversal=False,
            evidence__has_key="end",
        )
        .order_by("position")
        .first()
    )
    if line is None:
        return None
    end = line.evidence["end"]
    return datetime.fromisoformat(end["at"]), Counts(**end["counts"])


def _problems(span: MeterSpan, since: datetime, until: datetime, *, has_colour: bool) -> Iterable[Problem]:
    if span.start.at - since > EXACT_ENOUGH:
        yield Problem.STARTS_LATE
    if until - span.end.at > EXACT_ENOUGH:
        yield Problem.ENDS_EARLY
    if span.swaps:
        yield Problem.SWAPPED
    if any(end.how is How.INTERPOLATED and end.gap > EXACT_ENOUGH for end in (span.start, span.end)):
        yield Problem.INTERPOLATED
    if not has_colour:
        yield Problem.NO_COLOUR_COUNT


def _evidence(span: MeterSpan, *, is_carried: bool, settled: Counts | None) -> dict[str, Any]:
    start = _end(span.start)
    if settled is not None:
        start["counts"] = settled.as_dict()
    return {
        "start": start,
        "end": _end(span.end),
        "swaps": [[_reading(swap.last_before), _reading(swap.first_after)] for swap in span.swaps],
        "is_carried": is_carried,
    }


def _end(end: SpanEnd) -> dict[str, Any]:
    return {
        "at": end.at.isoformat(),
        "how": end.how.value,
        "counts": end.counts.as_dict(),
        "readings": [_reading(reading) for reading in end.readings],
    }


def _reading(reading: UsedReading) -> dict[str, Any]:
    return {
        "id": reading.id,
        "at": reading.at.isoformat(),
        "source": reading.source,
        "serial_number": reading.serial_number,
        "counts": reading.counts.as_dict(),
    }
