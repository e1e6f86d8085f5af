# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import asyncio
import os

import pytest

from allmende.documents import InspectionFailedError, UnreadableDocumentError
from allmende.documents.worker_pool import WorkerPool
from documents.conftest import busy_worker
from documents.sample_documents import make_bomb_pdf, make_pdf

PARAMETERS = {"format": "application/pdf", "height": 50, "max_pages": 1000}


async def thumbnails(pool: WorkerPool, document: bytes) -> int:
    return len([kind async for kind, _ in pool.run("render_pages", PARAMETERS, document, frame_seconds=20)])


async def process_id(pool: WorkerPool) -> int:
    answers = pool.run("render_pages", PARAMETERS, make_pdf(1), frame_seconds=20)
    await anext(answers)
    (pid,) = pool.busy_process_ids
    assert [kind async for kind, _ in answers] == []
    return pid


async def test_a_worker_is_used_again_and_replaced_after_its_share() -> None:
    pool = WorkerPool(max_workers=1, documents_per_worker=2)
    try:
        first, second, third = [await process_id(pool) for _ in range(3)]
    finally:
        await pool.aclose()
    assert first == second != third


async def test_an_unreadable_document_does_not_cost_the_worker() -> None:
    pool = WorkerPool(max_workers=1)
    try:
        first = await process_id(pool)
        with pytest.raises(UnreadableDocumentError):
            await thumbnails(pool, b"%PDF-")
        assert await process_id(pool) == first
    finally:
        await pool.aclose()


async def test_who_stops_listening_gets_the_worker_killed() -> None:
    pool = WorkerPool(max_workers=1)
    try:
        answers = pool.run("render_pages", PARAMETERS, make_pdf(500), frame_seconds=20)
        await anext(answers)
        (pid,) = pool.busy_process_ids
        await answers.aclose()
        assert await process_id(pool) != pid
    finally:
        await pool.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_cancelled_caller_frees_the_place() -> None:
    pool = WorkerPool(max_workers=1)
    try:
        task = asyncio.ensure_future(thumbnails(pool, make_bomb_pdf(100)))
        await busy_worker(pool)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await thumbnails(pool, make_pdf(2)) == 2
    finally:
        await pool.aclose()


async def test_a_closed_pool_takes_nothing_and_leaves_no_process() -> None:
    pool = WorkerPool(max_workers=2)
    job = asyncio.ensure_future(thumbnails(pool, make_bomb_pdf(100)))
    pid = await busy_worker(pool)
    await pool.aclose()
    with pytest.raises(InspectionFailedError, match="closed"):
        await job
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(InspectionFailedError, match="closed"):
        await thumbnails(pool, make_pdf())


async def test_more_jobs_than_workers_wait_their_turn() -> None:
    pool = WorkerPool(max_workers=2)
    try:
        counts = await asyncio.gather(*(thumbnails(pool, make_pdf(n)) for n in range(1, 9)))
    finally:
        await pool.aclose()
    assert counts == list(range(1, 9))


async def test_closing_while_a_worker_starts_leaves_no_process() -> None:
    pool = WorkerPool(max_workers=1)
    job = asyncio.ensure_future(thumbnails(pool, make_pdf()))
    await asyncio.sleep(0)
    await pool.aclose()
    with pytest.raises(InspectionFailedError, match="closed"):
        await job
    assert pool.busy_process_ids == []
