# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A running delivery for tests, and waiting for what it does to a job."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from allmende.devices.device_client import AddressPolicy
from allmende.printing.delivery.delivery import Delivery
from allmende.printing.delivery.watch import DeliveryTimes
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import State
from allmende.printing.jobs import Job

#: Every wait cut short, so that a test sees its end.
QUICK = DeliveryTimes(
    connect=1.0,
    answer=0.4,
    patience=0.6,
    retry_first=0.05,
    retry_last=0.2,
    ask=0.6,
    stopped=1.0,
    no_progress=1.5,
    ending=0.5,
    poll_first=0.02,
    poll_last=0.1,
    note=0.05,
)
THREADS = 2


@contextlib.asynccontextmanager
async def delivering(times: DeliveryTimes = QUICK, **options: Any) -> AsyncIterator[Delivery]:
    threads = ThreadPoolExecutor(THREADS)
    loop = asyncio.get_running_loop()

    async def run(function: Callable[..., Any], *arguments: Any) -> Any:
        return await loop.run_in_executor(threads, lambda: function(*arguments))

    delivery = Delivery(run, job_spool(), times=times, policy=AddressPolicy(loopback=True), **options)
    try:
        await delivery.start()
        yield delivery
    finally:
        await delivery.stop()
        await asyncio.gather(*(loop.run_in_executor(threads, _close) for _ in range(THREADS)))
        threads.shutdown()


def _close() -> None:
    connection.close()


async def wait_for_state(job_id: int, *states: State, seconds: float = 20) -> Job:
    """The job's row as soon as it is in one of these states; fails with the state that it is in instead."""
    job = await Job.objects.aget(pk=job_id)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while job.state not in states:
                await asyncio.sleep(0.02)
                job = await Job.objects.aget(pk=job_id)
    assert job.state in states, (job.state, job.reason)
    return job
