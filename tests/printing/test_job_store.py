# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The store of the database that the settings name: run on SQLite by default, on PostgreSQL with ALLMENDE_DATABASE_URL."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, models

from allmende.printing.arrival.job_rows import JobRows, sqlite_time
from allmende.printing.arrival.job_store import (
    ArrivedDocument,
    InspectedJob,
    JobGoneError,
    JobStore,
    NewJob,
    StoreError,
    open_job_store,
)
from allmende.printing.arrival.job_store_sqlite import SqliteJobStore
from allmende.printing.arrival.sqlite_writer import GROUP_LIMIT
from allmende.printing.job_states import Change, State
from allmende.printing.jobs import Job, JobDocument, JobEvent, JobPreview
from makers import make_person, make_queue, make_town

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 22, 10, 30, 0, 123456, tzinfo=UTC)
is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.fixture
def job() -> NewJob:
    town = make_town()
    person = make_person(town)
    return NewJob(
        municipality_id=town.pk,
        queue_id=make_queue(town).pk,
        person_id=person.pk,
        identity="claimed",
        claimed_name="anna",
        state=State.HELD,
        sealed_to="person",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        ticket='{"copies":2}',
        title_sealed=b"sealed title",
        document_format="application/pdf",
        size=3,
        header=b"header",
        sealed=b"header and body",
    )


@pytest.fixture
def writer_address() -> Iterator[Path]:
    """In a short folder: a socket's address has a hundred bytes."""
    folder = Path(tempfile.mkdtemp(prefix="allmende-", dir="/tmp"))
    yield folder / "sockets" / "writer"
    shutil.rmtree(folder)


@pytest.fixture(params=["by itself", "writer process"] if is_sqlite else ["postgresql"])
async def store(
    request: pytest.FixtureRequest, transactional_db: None, writer_address: Path
) -> AsyncIterator[JobStore]:
    store = open_store(request.param, writer_address)
    await store.start()
    if isinstance(store, SqliteJobStore) and request.param == "writer process":
        await wait_until(lambda: is_linked(store))
    yield store
    await store.stop()


def is_linked(store: SqliteJobStore) -> bool:
    """Whether its rows go to a writer process."""
    return store._link is not None and store._link.is_connected


def open_store(kind: str, writer_address: Path) -> JobStore:
    if not is_sqlite:
        return open_job_store()
    path = str(connection.settings_dict["NAME"])
    if kind == "by itself":
        return SqliteJobStore(path)
    return SqliteJobStore(path, writer_address=writer_address, keeps_writer=True)


async def wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


@sync_to_async
def rows_of(job_id: int) -> tuple[Job, bytes | None, list[JobEvent]]:
    document = JobDocument.objects.filter(job_id=job_id).first()
    events = list(JobEvent.objects.filter(job_id=job_id))
    return Job.objects.get(pk=job_id), bytes(document.sealed) if document else None, events


async def test_a_job_comes_back_as_django_sees_it(store: JobStore, job: NewJob) -> None:
    job_id = await store.insert_job(job)

    row, sealed, events = await rows_of(job_id)
    for field in dataclasses.fields(NewJob):
        if field.name not in {"sealed", "change"}:
            stored: Any = getattr(row, field.name)
            assert (bytes(stored) if isinstance(stored, memoryview) else stored) == getattr(job, field.name)
    assert sealed == b"header and body"
    assert [(e.change, e.state, e.at, e.municipality_id) for e in events] == [
        ("complete", "held", NOW, job.municipality_id)
    ]


async def test_every_column_of_the_model_is_filled(store: JobStore, job: NewJob) -> None:
    row, _, _ = await rows_of(await store.insert_job(job))
    given = {field.name for field in dataclasses.fields(NewJob)}
    for column in Job._meta.concrete_fields:
        if column.attname not in given and not isinstance(column, models.AutoField):
            assert getattr(row, column.attname) == column.get_default(), column.attname


def test_a_field_without_a_column_fails_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclasses.dataclass(frozen=True)
    class Drifted(NewJob):
        no_such_column: int = 0

    monkeypatch.setattr("allmende.printing.arrival.job_rows.NewJob", Drifted)
    with pytest.raises(ValueError, match="no_such_column"):
        JobRows(sqlite_time)


async def test_many_at_once_get_numbers_of_their_own(store: JobStore, job: NewJob) -> None:
    count = GROUP_LIMIT * 2 + 7
    numbers = await asyncio.gather(
        *(store.insert_job(dataclasses.replace(job, size=size)) for size in range(count))
    )
    assert len(set(numbers)) == count
    sizes = await sync_to_async(lambda: dict(Job.objects.values_list("pk", "size")))()
    assert [sizes[number] for number in numbers] == list(range(count))
    assert await sync_to_async(JobDocument.objects.count)() == count
    assert await sync_to_async(JobEvent.objects.count)() == count


@pytest.mark.parametrize(
    "fault",
    [{"queue_id": 10**9}, {"ticket": "\udcff"}, {"size": 2**70}],
    ids=["queue", "no UTF-8", "overflow"],
)
async def test_one_impossible_job_does_not_harm_its_group(
    store: JobStore, job: NewJob, fault: dict[str, Any]
) -> None:
    good, bad = job, dataclasses.replace(job, **fault)
    outcomes = await asyncio.gather(
        *(store.insert_job(entry) for entry in (good, bad, good)), return_exceptions=True
    )
    assert isinstance(outcomes[1], StoreError)
    assert isinstance(outcomes[0], int)
    assert isinstance(outcomes[2], int)
    assert await sync_to_async(Job.objects.count)() == 2
    assert await sync_to_async(JobDocument.objects.count)() == 2


async def test_a_number_is_never_used_twice(store: JobStore, job: NewJob) -> None:
    first = await store.insert_job(job)
    await sync_to_async(lambda: Job.objects.get(pk=first).delete())()
    assert await store.insert_job(job) > first


def arrival_of(job_id: int, job: NewJob, header: bytes) -> ArrivedDocument:
    return ArrivedDocument(
        job_id=job_id,
        municipality_id=job.municipality_id,
        state=State.HELD,
        change=Change.COMPLETE,
        at=NOW,
        title_sealed=b"title",
        document_format="image/jpeg",
        size=7,
        header=header,
        spool_key="",
        expires_at=NOW,
        sealed_to="person",
        ticket="{}",
        sealed=b"whole",
    )


async def test_an_announced_job_is_completed_once(store: JobStore, job: NewJob) -> None:
    announced = dataclasses.replace(
        job, state=State.INCOMING, sealed=None, header=b"", size=0, title_sealed=b"", change="create"
    )
    job_id = await store.insert_job(announced)
    arrived = arrival_of(job_id, job, b"new header")
    with pytest.raises(JobGoneError):
        await store.complete_job(dataclasses.replace(arrived, municipality_id=job.municipality_id + 1))
    await store.complete_job(arrived)
    with pytest.raises(JobGoneError):
        await store.complete_job(arrived)

    row, sealed, events = await rows_of(job_id)
    assert (row.state, row.size, bytes(row.header), row.document_format) == (
        "held",
        7,
        b"new header",
        "image/jpeg",
    )
    assert sealed == b"whole"
    assert [event.change for event in events] == ["create", "complete"]


async def test_an_inspection_fills_what_is_not_known_yet(store: JobStore, job: NewJob) -> None:
    job_id = await store.insert_job(job)
    found = InspectedJob(
        job_id,
        job.municipality_id,
        "ok",
        pages=3,
        colour_pages=1,
        media="iso_a4_210x297mm",
        preview_sealed=b"p",
    )
    assert not await store.record_inspection(
        dataclasses.replace(found, municipality_id=job.municipality_id + 1)
    )
    assert await store.record_inspection(found)
    assert not await store.record_inspection(dataclasses.replace(found, pages=9))

    row, _, _ = await rows_of(job_id)
    assert (row.pages, row.colour_pages, row.media, row.inspection) == (3, 1, "iso_a4_210x297mm", "ok")
    assert row.document_format == "application/pdf"
    preview = await sync_to_async(JobPreview.objects.get)(job_id=job_id)
    assert bytes(preview.sealed) == b"p"


async def test_after_the_end_nothing_is_taken(store: JobStore, job: NewJob) -> None:
    await store.stop()
    with pytest.raises(StoreError):
        await store.insert_job(job)


async def test_what_is_queued_is_written_before_the_end(store: JobStore, job: NewJob) -> None:
    waiting = [asyncio.ensure_future(store.insert_job(job)) for _ in range(20)]
    await asyncio.sleep(0)
    await store.stop()
    assert len({await task for task in waiting}) == 20


@pytest.mark.skipif(not is_sqlite, reason="SQLite has one writer at a time")
async def test_a_locked_database_is_waited_for(store: JobStore, job: NewJob) -> None:
    path = str(connection.settings_dict["NAME"])
    await store.insert_job(job)
    locked, leave = threading.Event(), threading.Event()

    def lock() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        leave.wait(10)
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=lock)
    thread.start()
    await asyncio.to_thread(locked.wait)
    waiting = asyncio.ensure_future(store.insert_job(job))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    leave.set()
    assert await waiting > 0
    thread.join()


@pytest.mark.skipif(not is_sqlite, reason="the writer is SQLite's")
async def test_a_database_that_stays_locked_is_an_error_not_a_lost_job(
    store: JobStore, job: NewJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allmende.printing.arrival.sqlite_writer.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError):
        await store.insert_job(job)
    other.execute("COMMIT")
    other.close()
    assert await store.insert_job(job) > 0


@pytest.mark.skipif(not is_sqlite, reason="the writer is SQLite's")
async def test_a_start_waits_for_who_has_the_database_alone(tmp_path: Path) -> None:
    """As another process does while it recovers the log after a crash, or closes the database."""
    path = str(tmp_path / "alone.sqlite3")
    other = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA locking_mode=EXCLUSIVE", "CREATE TABLE t (x)"):
        other.execute(statement)
    store = SqliteJobStore(path)
    starting = asyncio.ensure_future(store.start())
    done, _ = await asyncio.wait([starting], timeout=0.2)
    assert not done
    other.close()
    await starting
    await store.stop()


@pytest.mark.skipif(not is_sqlite, reason="the log is SQLite's")
async def test_the_log_begins_anew_under_load(store: JobStore, job: NewJob) -> None:
    path = str(connection.settings_dict["NAME"])
    with contextlib.closing(sqlite3.connect(path)) as other:  # what an earlier test made of the log
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    big = dataclasses.replace(job, sealed=bytes(60_000))
    for _ in range(40):
        await asyncio.gather(*(store.insert_job(big) for _ in range(32)))
    size = await asyncio.to_thread(os.path.getsize, path + "-wal")
    assert size < 60_000 * 40 * 32 / 2
