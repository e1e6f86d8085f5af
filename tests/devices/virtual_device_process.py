# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A virtual device as the process that it is, and what tests ask of its web door."""

import asyncio
import contextlib
import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.avahi import running
from devices.programs import free_port, listens, wait_until


@dataclass(frozen=True)
class VirtualDevice:
    port: int
    home: Path

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    async def get(self, path: str) -> Any:
        return json.loads(await self.fetch(path))

    async def fetch(self, path: str) -> bytes:
        return await asyncio.to_thread(_call, f"http://127.0.0.1:{self.port}{path}", None)

    async def set_fault(self, fault: str, **details: object) -> None:
        content = json.dumps({"fault": fault, **details}).encode()
        await asyncio.to_thread(_call, f"http://127.0.0.1:{self.port}/faults", content)

    async def empty_tray(self) -> None:
        await asyncio.to_thread(_call, f"http://127.0.0.1:{self.port}/tray/empty", b"")

    async def wait_for_job(self, job_id: int, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while True:
                jobs: dict[int, dict[str, Any]] = {j["job"]: j for j in await self.get("/jobs.json")}
                if job_id in jobs and condition(jobs[job_id]):
                    return jobs[job_id]
                await asyncio.sleep(0.02)

    async def wait_for_job_to_begin(self) -> None:
        async with asyncio.timeout(30):
            while not await self.get("/timings.json"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    def printed_sheets(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "printed.jsonl").read_text().splitlines()]


def _call(url: str, content: bytes | None) -> bytes:
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
        return bytes(reply.read())


@contextlib.asynccontextmanager
async def virtual_device(
    home: Path, *options: str, seconds_per_page: float = 0
) -> AsyncIterator[VirtualDevice]:
    device = VirtualDevice(free_port(), home)
    command = [
        sys.executable, "-m", "allmende.devices.virtual_device", "--name", "test", "--title", "Rathaus <EG>",
        "--port", str(device.port), "--home", str(home), "--log",
        "--seconds-per-page", str(seconds_per_page), *options,
    ]  # fmt: skip
    async with running(*command):
        await wait_until(lambda: listens(device.port))
        yield device
