# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's figures of now and of today: what waits, what is stuck, how much came out, when.

Counts come from the jobs' own rows, and no question reads more of them than an index, or the jobs of the last day: numbers grow with
time, so the first job of a day is found by halving.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from allmende.directory.municipalities import Municipality
from allmende.printing.job_states import IN_FLIGHT, WAITING, State
from allmende.printing.jobs import Job, jobs_in_flight

#: A job that a device has in its hands for longer wants somebody to look.
LONG_DELIVERY: Final = dt.timedelta(hours=1)
#: So many jobs may have got their numbers in another order than their times, because several processes write.
_OUT_OF_ORDER: Final = 1000
_QUICK_SECONDS: Final = 0.2
_OLDEST_SECONDS: Final = 600.0

#: By town: until when (monotonic) the figures may be shown.
_counted: dict[int, tuple[float, TownFigures]] = {}


@dataclass(frozen=True, slots=True)
class TownFigures:
    """`stuck`: delivering for more than an hour. `by_hour`: (local hour, jobs that arrived) of the last 24 hours, oldest first."""

    held: int
    uncertain: int
    quarantined: int
    in_flight: int
    stuck: int
    arrived_today: int
    printed_today: int
    pages_today: int
    failed_today: int
    by_hour: tuple[tuple[dt.datetime, int], ...]


def recent_figures(municipality: Municipality) -> TownFigures:
    """The figures, at most so old that counting them takes a hundredth of the time; where that is quick, of now."""
    known = _counted.get(municipality.pk)
    if known is not None and time.monotonic() < known[0]:
        return known[1]
    begun = time.monotonic()
    figures = count_jobs(municipality)
    ended = time.monotonic()
    if ended - begun > _QUICK_SECONDS:
        _counted[municipality.pk] = (ended + min(_OLDEST_SECONDS, 100 * (ended - begun)), figures)
    return figures


def count_jobs(municipality: Municipality, now: dt.datetime | None = None) -> TownFigures:
    now = timezone.localtime(now)
    jobs = Job.objects.filter(municipality=municipality)
    open_states = [state.value for state in (*WAITING, *IN_FLIGHT)]
    waiting = {
        row["state"]: int(row["jobs"])
        for row in jobs.filter(state__in=open_states).values("state").annotate(jobs=Count("pk")).order_by()
    }

    def waiting_in(state: State) -> int:
        return waiting.get(state.value, 0)

    stuck = jobs_in_flight().filter(
        municipality=municipality, state=State.DELIVERING.value, released_at__lt=now - LONG_DELIVERY
    )
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = {
        row["state"]: (row["jobs"], row["pages"] or 0)
        for row in jobs.filter(finished_at__gte=midnight)
        .values("state")
        .annotate(jobs=Count("pk"), pages=Sum(Coalesce("impressions_completed", "pages")))
        .order_by()
    }
    printed, pages = ended.get(State.PRINTED.value, (0, 0))
    # Counted in UTC and shown in local time: on the night of the change of the clocks no hour is lost or doubled.
    this_hour = now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    first = this_hour - dt.timedelta(hours=23)
    # Row after row by number: a day's jobs found by their town one at a time would take many times as long.
    recent = Job.objects.alias(town=F("municipality_id") + 0).filter(
        town=municipality.pk, pk__gte=_first_job_since(min(first, midnight))
    )
    hours = [first + dt.timedelta(hours=each) for each in range(24)]
    arrived = recent.aggregate(
        today=Count("pk", filter=Q(created_at__gte=midnight)),
        **{
            f"hour_{number}": Count(
                "pk", filter=Q(created_at__gte=hour, created_at__lt=hour + dt.timedelta(hours=1))
            )
            for number, hour in enumerate(hours)
        },
    )
    return TownFigures(
        held=waiting_in(State.HELD),
        uncertain=waiting_in(State.UNCERTAIN),
        quarantined=waiting_in(State.QUARANTINED),
        in_flight=sum(waiting_in(state) for state in IN_FLIGHT),
        stuck=stuck.count(),
        arrived_today=arrived["today"],
        printed_today=printed,
        pages_today=int(pages),
        failed_today=ended.get(State.ABORTED.value, (0, 0))[0],
        by_hour=tuple(
            (timezone.localtime(hour), arrived[f"hour_{number}"]) for number, hour in enumerate(hours)
        ),
    )


def _first_job_since(moment: dt.datetime) -> int:
    """A number at or shortly below that of the first job, of all towns, that arrived then or later."""
    last = Job.objects.aggregate(last=Max("pk"))["last"] or 0
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        found = Job.objects.filter(pk__gte=middle).order_by("pk").values_list("created_at", flat=True).first()
        if found is not None and found < moment:
            low = middle + 1
        else:
            high = middle
    return low - _OUT_OF_ORDER
