# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which readings can't be true: rules over a device's whole series. Pure: values in, reasons out.

Always holds: the answer depends on the set of readings, not on the order in which they arrived. Each reading is held against the last
one before it that is believed; it is doubted itself when the two that follow it agree with each other and with what was before, and
not with it (a counter that jumped up for a night). A person's verdict outweighs every rule. Nothing is judged by what comes later
than those two, so what was settled stays settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from allmende.devices.meters.counts import KINDS, Counts

#: Sides that may be printed in no time: clocks that differ, a job that ran while the counters were read.
SLACK_SIDES: Final = 200
#: A device's own speed is measured at best; the clocks on both sides are not the same.
SPEED_FACTOR: Final = 1.25
#: From so long a span on, the average is looked at too.
AVERAGE_FROM: Final = timedelta(days=7)
#: Makers' duty cycles are what a month may hold at most; twice that on average is no office.
DUTY_FACTOR: Final = 2
#: Sides a year and device: less than this over a whole fleet is forgotten, not printed; more is a print shop.
AVERAGE_YEAR: Final = (1_000, 600_000)


class Reason(StrEnum):
    GOES_BACK = "goes-back"
    JUMP = "jump"
    AVERAGE = "average"
    OTHER_DEVICE = "other-device"
    CONTRADICTED = "contradicted"
    NO_TOTAL = "no-total"


class Says(StrEnum):
    """What a person said of a reading; the values of `readings.Verdict`."""

    NOTHING = ""
    CONFIRMED = "confirmed"
    NEW_LIFE = "new-life"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the device can do: sides a minute, and sides a month (None: not known)."""

    per_minute: int = 120
    per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A reading as the rules see it; readings that were replaced are left out by the caller."""

    id: int
    at: datetime
    counts: Counts
    serial_number: str = ""
    says: Says = Says.NOTHING


def order_of(point: Point) -> tuple[datetime, bool, int, int]:
    """By time; at the same moment the lower count first, so that the order of arrival does not matter."""
    return (point.at, point.says is Says.NEW_LIFE, point.counts.total or 0, point.id)


def judge_series(
    points: Iterable[Point], limits: Limits, believed_before: Point | None = None
) -> dict[int, Reason | None]:
    """For each reading why it can't be true, None where it can. `believed_before`: the last believed one before all these."""
    line = sorted(points, key=order_of)
    found: dict[int, Reason | None] = {}
    last = believed_before
    for index, point in enumerate(line):
        fault = _fault_alone(point) or _fault_after(last, point, limits)
        if fault is None and last is not None and point.says is Says.NOTHING:
            fault = _fault_before(last, point, line[index + 1 :], limits)
        found[point.id] = fault
        if point.says in {Says.CONFIRMED, Says.NEW_LIFE} or (fault is None and point.says is Says.NOTHING):
            last = point
    return found


def is_counted_among_followers(point: Point) -> bool:
    """Whether a reading can bear witness against the one before it."""
    return point.says is not Says.REJECTED and _fault_alone(point) is None


def judge_average(sides: int, devices: int, span: timedelta) -> Reason | None:
    """Of a whole fleet: "40,000 pages a year from 100 printers" is nobody's volume. None below a week or without devices."""
    if devices <= 0 or span < AVERAGE_FROM:
        return None
    a_year = sides / devices * (timedelta(days=365) / span)
    return None if AVERAGE_YEAR[0] <= a_year <= AVERAGE_YEAR[1] else Reason.AVERAGE


def _fault_alone(point: Point) -> Reason | None:
    return Reason.NO_TOTAL if point.counts.total is None else None


def _fault_after(last: Point | None, point: Point, limits: Limits) -> Reason | None:
    """What is wrong with `point` if `last` is true."""
    if last is None:
        return None
    if last.serial_number and point.serial_number and last.serial_number != point.serial_number:
        return Reason.OTHER_DEVICE
    printed = point.counts.minus(last.counts).as_dict()
    if any(printed[kind] < 0 for kind in KINDS if kind in printed):
        return Reason.GOES_BACK
    span = point.at - last.at
    sides = printed.get("total", 0)
    if sides > SLACK_SIDES + limits.per_minute * SPEED_FACTOR * (span / timedelta(minutes=1)):
        return Reason.JUMP
    if (
        limits.per_month is not None
        and span >= AVERAGE_FROM
        and sides > limits.per_month * DUTY_FACTOR * (span / timedelta(days=30))
    ):
        return Reason.AVERAGE
    return None


def _fault_before(last: Point, point: Point, after: Sequence[Point], limits: Limits) -> Reason | None:
    """What is wrong with `point` if the next two are true."""
    witnesses: list[Point] = []
    for following in after:
        if is_counted_among_followers(following):
            witnesses.append(following)
            if len(witnesses) == 2:
                break
    if len(witnesses) < 2 or any(each.says is Says.NEW_LIFE for each in witnesses):
        return None
    first, second = witnesses
    against = all(_fault_after(point, each, limits) is Reason.GOES_BACK for each in witnesses)
    agree = _fault_after(last, first, limits) is None and _fault_after(first, second, limits) is None
    return Reason.CONTRADICTED if against and agree else None
