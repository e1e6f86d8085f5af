# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Debian's `ippeveprinter` as a device that none of us wrote."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest


def require_program(name: str) -> str:
    """The program's path; a skip where it is not installed, which CI does not accept."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def real_printer(folder: Path, *options: str) -> AsyncIterator[str]:
    """Its URI. What it prints stays in `folder`."""
    program = require_program("ippeveprinter")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        program, "-r", "off", "-k", "-d", folder, "-K", folder, "-n", "localhost", "-p", str(port),
        "-f", "image/jpeg,application/pdf,image/pwg-raster", *options, "Test",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield f"ipp://127.0.0.1:{port}/ipp/print"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
