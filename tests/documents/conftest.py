# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import asyncio
import os
import shutil
from collections.abc import AsyncIterator

import pytest

from allmende.documents import Converter, Inspector
from allmende.documents.worker_pool import WorkerPool


@pytest.fixture
async def inspector() -> AsyncIterator[Inspector]:
    pool = Inspector(max_workers=1)
    yield pool
    await pool.aclose()


@pytest.fixture
async def converter() -> AsyncIterator[Converter]:
    pool = Converter(max_workers=2)
    yield pool
    await pool.aclose()


def require_program(*candidates: str) -> str:
    """The first of the programs that is there; else skip, but never in CI."""
    for candidate in candidates:
        if found := shutil.which(candidate):
            return found
    if "CI" in os.environ:
        pytest.fail(f"{candidates[0]} is not installed")
    pytest.skip(f"{candidates[0]} is not installed")


async def busy_worker(pool: Inspector | WorkerPool) -> int:
    """The process that has the pool's only job, as soon as it has it."""
    while not pool.busy_process_ids:  # noqa: ASYNC110 -- the pool has no event for this, only tests want it
        await asyncio.sleep(0)
    (pid,) = pool.busy_process_ids
    return pid
