# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service's end of the writer process (`sqlite_writer_process`): starts it where it is ours, connects, and connects again.

Always holds: what is sent is answered in its order; what a connection that ended had not answered is given back, once; a writer that dies is
started again, not more often than each `PAUSE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, cast

import allmende
from allmende.printing.arrival.sqlite_writer import Outcome, Row, Statements
from allmende.printing.arrival.sqlite_writer_process import SOCKET_BUFFER, Frames, pack_frame

log = logging.getLogger(__name__)

_MODULE: Final = "allmende.printing.arrival.sqlite_writer_process"
_SOURCE_ROOT: Final = str(Path(allmende.__file__).resolve().parent.parent)
PAUSE_SECONDS: Final = 1.0
#: The same after a start in vain.
_LONG_PAUSE_SECONDS: Final = 10.0
#: Between two attempts to connect, and how long they are made.
_RETRY_SECONDS: Final = 0.02
_START_SECONDS: Final = 10.0
_END_SECONDS: Final = 10.0

S = TypeVar("S")


class WriterLink(Generic[S]):
    """Belongs to one event loop. `start_with`: the database's path and statements, where the writer is ours to start and to end.

    S is what a sender wants to have back with the outcomes of its rows.
    """

    def __init__(
        self,
        address: Path,
        start_with: tuple[str, Statements] | None,
        *,
        on_outcomes: Callable[[S, Sequence[Outcome]], None],
        on_lost: Callable[[Sequence[S]], None],
    ) -> None:
        self._address = address
        self._start_with = start_with
        self._on_outcomes = on_outcomes
        self._on_lost = on_lost
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._sent: deque[S] = deque()

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    @property
    def waits(self) -> bool:
        """Whether something has no answer yet."""
        return bool(self._sent)

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)

    def send(self, sender: S, rows: list[Row]) -> None:
        """While `is_connected`."""
        assert self._transport is not None  # noqa: S101 - the caller has looked
        self._sent.append(sender)
        self._transport.writelines(pack_frame(rows))

    async def _keep(self) -> None:
        while True:
            begun = time.monotonic()
            pause = PAUSE_SECONDS
            try:
                await self._start_process()
                await self._stay(await self._connect())
            except OSError as error:
                log.warning("no writer process, jobs are written without it: %s", error)
                pause = _LONG_PAUSE_SECONDS
            await asyncio.sleep(max(0.0, begun + pause - time.monotonic()))

    async def _start_process(self) -> None:
        if self._start_with is None or (self._process is not None and self._process.poll() is None):
            return
        self._process = await asyncio.to_thread(_start, self._address, self._start_with)

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                _, connection = await loop.create_unix_connection(
                    lambda: _Connection(self._take_outcomes), str(self._address)
                )
            except (FileNotFoundError, ConnectionRefusedError):
                # It has not come up yet.
                if self._process is not None and self._process.poll() is not None:
                    raise ChildProcessError(f"it ended with status {self._process.returncode}") from None
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return connection

    async def _stay(self, connection: _Connection) -> None:
        self._transport = transport = connection.transport
        connected: socket.socket = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        try:
            await connection.ended
        finally:
            self._transport = None
            transport.abort()
            lost = list(self._sent)
            self._sent.clear()
            self._on_lost(lost)

    def _take_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        self._on_outcomes(self._sent.popleft(), outcomes)


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, on_frame: Callable[[Any], None]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_frame = on_frame
        self._frames = Frames()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            self._on_frame(frame)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _start(address: Path, start_with: tuple[str, Statements]) -> subprocess.Popen[bytes]:
    path, statements = start_with
    _ensure_private(address.parent)
    environment = {"PYTHONPATH": os.pathsep.join([_SOURCE_ROOT, *filter(None, sys.path)]), "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", _MODULE, str(address), path],
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - PIPE above
    with contextlib.suppress(BrokenPipeError):  # its end is noticed by who waits for it
        process.stdin.writelines(pack_frame(tuple(statements)))
        process.stdin.flush()
    return process


def _ensure_private(folder: Path) -> None:
    """Who can enter it can write jobs. Raises PermissionError where it is not ours alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is open to others")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its standard input is its life line."""
    assert process.stdin is not None  # noqa: S101 - PIPE above
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
