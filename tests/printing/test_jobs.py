# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Questions that are asked again and again read an index, also among very many held jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from allmende.printing.arrival.quotas import count_waiting
from allmende.printing.delivery.recovery import recover_dead, waiting_direct_jobs
from allmende.printing.jobs import Job
from allmende.printing.retention import abort_stale_uploads, expire_jobs, reseal_leftovers, scrub_titles
from makers import make_job, make_person, make_queue
from printing.standing import stand

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (waiting_direct_jobs, "job_under_enrolment"),
        (reseal_leftovers, "job_under_enrolment"),
        (lambda: recover_dead("this", "this"), "job_in_flight"),
        (lambda: abort_stale_uploads(timezone.now()), "job_in_flight"),
        (lambda: expire_jobs(timezone.now()), "job_expiry"),
        (lambda: scrub_titles(timezone.now()), "job_finished"),
        (lambda: count_waiting(1, 1), "job_by_person"),
    ],
)
def test_it_reads_its_index(ask: Callable[[], Any], index: str) -> None:
    standing = stand(jobs=3)
    make_job(standing.town, None, queue=make_queue(standing.town, standing.device))
    _hold_many(Job.objects.get(pk=standing.job_ids[0]))
    with CaptureQueriesContext(connection) as asked:
        ask()
    questions = [each["sql"] for each in asked.captured_queries if 'FROM "printing_job"' in each["sql"]]
    assert questions
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # With the parameters beside the text, as they really are: SQLite plans otherwise with them inside.
            plans = [_plan(ask)]
        else:
            # Its planner chooses by what it knows of the rows: without this, by whatever an earlier test left.
            cursor.execute("ANALYZE printing_job")
            plans = []
            for question in questions:
                cursor.execute(f"EXPLAIN {question}")
                plans.append("\n".join(str(row[0]) for row in cursor.fetchall()))
    assert any(index in plan for plan in plans), plans


def _hold_many(like: Job) -> None:
    """Very many held jobs of one other person, beside the few that are asked for."""
    other = make_person(like.municipality, "many-jobs")
    columns = {field.attname: getattr(like, field.attname) for field in Job._meta.concrete_fields}
    columns |= {"id": None, "person_id": other.pk}
    Job.objects.bulk_create(Job(**columns) for _ in range(3000))


def _plan(ask: Callable[[], Any]) -> str:
    """How SQLite answers what `ask` asks of jobs."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and 'FROM "printing_job"' in sql:
            text = "EXPLAIN QUERY PLAN " + (sql % tuple("?" for _ in params))
            raw = context["connection"].connection
            plans.extend(str(row[-1]) for row in sqlite3.Connection.execute(raw, text, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        ask()
    return "\n".join(plans)
