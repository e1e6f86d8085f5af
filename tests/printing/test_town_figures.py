# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town's figures, also over the night in which the clocks change."""

from __future__ import annotations

import datetime as dt

import pytest

from allmende.printing.administration import town_figures
from allmende.printing.administration.town_figures import count_jobs
from allmende.printing.job_states import State
from makers import make_job, make_person, make_town

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 10, 25, 11, 30, tzinfo=dt.UTC)


def test_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town_figures, "_OUT_OF_ORDER", 1)
    town, other = make_town(), make_town("coswig")
    person = make_person(town)
    hour = dt.timedelta(hours=1)
    for days in range(9, 1, -1):
        make_job(
            town,
            person,
            state=State.PRINTED,
            created_at=NOON - dt.timedelta(days=days),
            finished_at=NOON - dt.timedelta(days=days),
        )
    make_job(town, person, state=State.HELD, created_at=NOON - 13 * hour)
    make_job(town, person, state=State.PRINTED, created_at=NOON - 3 * hour, finished_at=NOON - hour, pages=3)
    make_job(
        town,
        person,
        state=State.PRINTED,
        created_at=NOON - 2 * hour,
        finished_at=NOON - hour,
        pages=3,
        impressions_completed=6,
    )
    make_job(town, person, state=State.ABORTED, created_at=NOON - hour, finished_at=NOON - hour)
    make_job(
        town, person, state=State.DELIVERING, created_at=NOON - hour, released_at=NOON - 2 * hour, holder="x"
    )
    make_job(town, None, state=State.QUARANTINED, created_at=NOON)
    make_job(other, make_person(other), created_at=NOON)
    figures = count_jobs(town, NOON)
    assert (figures.held, figures.quarantined, figures.in_flight, figures.stuck) == (1, 1, 1, 1)
    assert (figures.arrived_today, figures.printed_today, figures.pages_today, figures.failed_today) == (
        6,
        2,
        9,
        1,
    )
    assert len(figures.by_hour) == 24
    assert sum(jobs for _hour, jobs in figures.by_hour) == 6
    assert figures.by_hour[-1][1] == 1
    # Summer time ends on this night: two o'clock is there twice, as two hours.
    hours = [hour.hour for hour, _jobs in figures.by_hour]
    assert hours.count(2) == 2
    assert hours[-1] == 12


def test_an_empty_town() -> None:
    figures = count_jobs(make_town())
    assert figures.arrived_today == 0
    assert {jobs for _hour, jobs in figures.by_hour} == {0}
