# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Programs outside the virtual environment, free ports, and waiting for what they do."""

import asyncio
import itertools
import os
import random
import shutil
import socket
from collections.abc import Callable
from typing import Final

import pytest

# Below the ports that the kernel gives to clients and to those who ask for any, and apart for each of the processes of one run:
# who still knocks at a device that is gone must not reach another test's.
_FIRST_PORT: Final = 12_000
_PORTS_EACH: Final = 2_500
_SHARES: Final = 8
_share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
_numbers = itertools.count(random.SystemRandom().randrange(_PORTS_EACH))


def require_program(name: str) -> str:
    """The program's path; a skip where it is not installed, which CI does not accept."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return path


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of the loopback address where nobody listens; it comes again after 2,500 others."""
    return free_ports(1, kind)[0]


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> range:
    """Free ports next to each other."""
    for _ in range(_PORTS_EACH):
        start = next(_numbers) % _PORTS_EACH
        ports = range(first := _FIRST_PORT + _share * _PORTS_EACH + start, first + count)
        if start + count <= _PORTS_EACH and all(_is_free(port, kind) for port in ports):
            for _ in ports[1:]:
                next(_numbers)
            return ports
    raise RuntimeError("no free ports")


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes have no events of ours
            await asyncio.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
