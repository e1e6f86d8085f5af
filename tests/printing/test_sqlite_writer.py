# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The writer process of the job store on SQLite: shared, killed, frozen, kept from others."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from allmende.printing.arrival.job_store import NewJob
from allmende.printing.arrival.job_store_sqlite import SqliteJobStore
from allmende.printing.arrival.sqlite_writer_process import Frames, pack_frame
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, JobDocument, JobEvent
from printing.test_job_store import arrival_of, is_linked, job, wait_until, writer_address
from server.service_process import writers_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"), reason="the writer is SQLite's"
    ),
]
__all__ = ["job", "writer_address"]  # fixtures


@pytest.fixture
async def store(transactional_db: None, writer_address: Path) -> AsyncIterator[SqliteJobStore]:
    path = str(connection.settings_dict["NAME"])
    store = SqliteJobStore(path, writer_address=writer_address, keeps_writer=True)
    await store.start()
    await wait_until(lambda: is_linked(store))
    yield store
    await store.stop()


def jobs_like(job: NewJob, count: int) -> list[NewJob]:
    return [dataclasses.replace(job, size=size, header=f"header {size}".encode()) for size in range(count)]


@sync_to_async
def sizes_by_number() -> dict[int, int]:
    return dict(Job.objects.values_list("pk", "size"))


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 7))
def test_frames_in_pieces_of_any_size(values: list[bytes], size: int) -> None:
    whole = b"".join(b"".join(pack_frame([value, None, 1])) for value in values)
    frames = Frames()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert [frame for piece in pieces for frame in frames.feed(piece)] == [[v, None, 1] for v in values]


async def test_jobs_go_through_the_process(store: SqliteJobStore, job: NewJob, writer_address: Path) -> None:
    """And not around it: while it stands still nobody hears of a job."""
    (process,) = writers_of(writer_address)
    os.kill(process, signal.SIGSTOP)
    try:
        waiting = [asyncio.ensure_future(store.insert_job(one)) for one in jobs_like(job, 3)]
        done, _ = await asyncio.wait(waiting, timeout=0.3)
        assert not done
    finally:
        os.kill(process, signal.SIGCONT)
    numbers = await asyncio.gather(*waiting)
    assert [(await sizes_by_number())[number] for number in numbers] == [0, 1, 2]


@pytest.mark.parametrize("killed_after", [0, 1, 40])
async def test_a_killed_writer_loses_nothing_and_doubles_nothing(
    store: SqliteJobStore, job: NewJob, writer_address: Path, killed_after: int
) -> None:
    (process,) = writers_of(writer_address)
    waiting = [asyncio.ensure_future(store.insert_job(one)) for one in jobs_like(job, 120)]
    if killed_after:
        await asyncio.wait(waiting[:killed_after])
    else:
        await asyncio.sleep(0)
    more = [asyncio.ensure_future(store.insert_job(one)) for one in jobs_like(job, 240)[120:]]
    await asyncio.sleep(0)
    os.kill(process, signal.SIGKILL)
    numbers = await asyncio.gather(*waiting, *more)
    sizes = await sizes_by_number()
    assert [sizes[number] for number in numbers] == list(range(240))
    assert len(sizes) == 240
    assert await sync_to_async(JobDocument.objects.count)() == 240
    assert await sync_to_async(JobEvent.objects.count)() == 240

    await wait_until(lambda: is_linked(store))
    assert writers_of(writer_address) != [process]
    assert await store.insert_job(job) > max(numbers)


async def test_what_a_killed_writer_had_written_is_not_written_again(
    store: SqliteJobStore, job: NewJob, writer_address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer wrote, and was killed before it could say so."""
    announced = dataclasses.replace(job, state=State.INCOMING, sealed=None, header=b"", change="create")
    open_job = await store.insert_job(announced)
    (process,) = writers_of(writer_address)
    monkeypatch.setattr("allmende.printing.arrival.sqlite_writer_link.Frames.feed", lambda *_: ())
    new = asyncio.ensure_future(store.insert_job(dataclasses.replace(job, header=b"header of its own")))
    arrived = asyncio.ensure_future(store.complete_job(arrival_of(open_job, job, b"header of what arrived")))
    await wait_until(lambda: is_written(b"header of its own") and is_written(b"header of what arrived"))
    os.kill(process, signal.SIGKILL)
    number = await new
    await arrived
    assert await sync_to_async(lambda: list(Job.objects.order_by("pk").values_list("pk", "state")))() == [
        (open_job, "held"),
        (number, "held"),
    ]
    assert await sync_to_async(JobEvent.objects.filter(change="complete").count)() == 2


def is_written(header: bytes) -> bool:
    with contextlib.closing(sqlite3.connect(str(connection.settings_dict["NAME"]))) as other:
        found = other.execute("SELECT 1 FROM printing_job WHERE header = ?", (header,)).fetchone()
    return found is not None


async def test_two_services_share_one_writer(
    store: SqliteJobStore, job: NewJob, writer_address: Path
) -> None:
    other = SqliteJobStore(str(connection.settings_dict["NAME"]), writer_address=writer_address)
    await other.start()
    await wait_until(lambda: is_linked(other))
    try:
        jobs = jobs_like(job, 60)
        numbers = await asyncio.gather(
            *((store, other)[number % 2].insert_job(one) for number, one in enumerate(jobs))
        )
        sizes = await sizes_by_number()
        assert [sizes[number] for number in numbers] == list(range(60))

        await store.stop()  # who kept it takes it along
        await wait_until(lambda: not is_linked(other))
        assert await other.insert_job(job) > max(numbers)
    finally:
        await other.stop()


async def test_a_folder_that_is_open_to_others_gets_no_socket(
    writer_address: Path, job: NewJob, caplog: pytest.LogCaptureFixture
) -> None:
    writer_address.parent.mkdir(mode=0o755)
    store = SqliteJobStore(
        str(connection.settings_dict["NAME"]), writer_address=writer_address, keeps_writer=True
    )
    await store.start()
    assert await store.insert_job(job) > 0
    await wait_until(lambda: "is open to others" in caplog.text)
    assert not is_linked(store)
    await store.stop()


async def test_it_ends_with_its_service_and_leaves_no_socket(
    store: SqliteJobStore, writer_address: Path
) -> None:
    assert writer_address.is_socket()  # noqa: ASYNC240 - instantly
    await store.stop()
    assert not writer_address.parent.exists()
