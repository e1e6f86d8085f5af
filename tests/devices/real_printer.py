# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Debian's `ippeveprinter` as a device that none of us wrote."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

from devices.avahi import private_avahi, running
from devices.programs import free_port, listens, require_program, wait_until


@contextlib.asynccontextmanager
async def real_printer(folder: Path, *options: str) -> AsyncIterator[str]:
    """Its URI. What it prints stays in `folder`."""
    program = require_program("ippeveprinter")
    port = free_port()
    command = [
        program, "-r", "off", "-k", "-d", str(folder), "-K", str(folder), "-n", "localhost", "-p", str(port),
        "-c", "/bin/true", "-f", "image/jpeg,application/pdf,image/pwg-raster", *options, "Test",
    ]  # fmt: skip
    async with private_avahi(folder) as environment:
        for _ in range(20):
            async with running(*command, env=environment) as process:
                # It gives up at once where the daemon is not ready yet.
                await wait_until(functools.partial(_settled, process, port))
                if process.returncode is None:
                    yield f"ipp://127.0.0.1:{port}/ipp/print"
                    return
        raise RuntimeError("ippeveprinter does not start")


def _settled(process: asyncio.subprocess.Process, port: int) -> bool:
    return process.returncode is not None or listens(port)
