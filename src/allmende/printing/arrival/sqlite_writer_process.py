# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process that writes groups of jobs to SQLite, so that sealing and flushing happen side by side.

    service ──rows over a Unix socket──▶ writer ──▶ SQLite        numbers come back when they are on stable storage
    service ───────────────────────────▶ (several services may share one writer: their rows then share a flush)

A frame is a length (4 bytes, big endian) and Python's `marshal` of plain values: both ends are the same program, and the socket lies in a
folder that only its owner may enter. Documents in it are sealed. A frame of rows is answered by one of outcomes, in order.

Always holds: what was answered is on stable storage; the process knows no key and no Django, and takes some 15 MiB; it ends when its standard input does,
which is its service's life line, and finishes the group that it has begun.
"""

from __future__ import annotations

import contextlib
import logging
import marshal
import selectors
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from allmende.printing.arrival.sqlite_writer import (
    GROUP_LIMIT,
    LOG_PAGES,
    Checkpointer,
    Outcome,
    Row,
    SqliteWriter,
    Statements,
)

#: What a socket holds for a writer that is flushing. Bytes.
SOCKET_BUFFER: Final = 4 * 1024 * 1024
_READ_BYTES: Final = 1024 * 1024
_LENGTH: Final = 4


def pack_frame(value: Any) -> tuple[bytes, bytes]:
    """In two pieces: documents are not copied once more for four bytes."""
    payload = marshal.dumps(value)
    return len(payload).to_bytes(_LENGTH, "big"), payload


class Frames:
    """Whole frames out of bytes in pieces of any size."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        pending = self._pending
        pending += data
        at = 0
        while len(pending) - at >= _LENGTH:
            end = at + _LENGTH + int.from_bytes(pending[at : at + _LENGTH], "big")
            if len(pending) < end:
                break
            with memoryview(pending) as view:
                value = marshal.loads(view[at + _LENGTH : end])  # noqa: S302 - our own process' words
            yield value
            at = end
        del pending[:at]


class _Service:
    """One service's connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.frames = Frames()


class WriterProcess:
    def __init__(self, listener: socket.socket, life_line: int, path: str, statements: Statements) -> None:
        self._writer = SqliteWriter(path, statements)
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._checkpointer = Checkpointer(path, self._note_checkpoint)
        self._listener = listener
        self._life_line = life_line
        listener.setblocking(False)
        self._selector.register(life_line, selectors.EVENT_READ)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, self._rest)

    def run(self) -> None:
        """Until the life line ends."""
        self._checkpointer.start()
        try:
            while True:
                ready = [key for key, _ in self._selector.select()]
                if any(key.fd == self._life_line for key in ready):
                    return
                services = [key.data for key in ready if isinstance(key.data, _Service)]
                for key in ready:
                    if not isinstance(key.data, _Service):
                        key.data()
                self._serve(services)
        finally:
            self._checkpointer.end()
            self._writer.close()

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            connection, _ = self._listener.accept()
            self._selector.register(connection, selectors.EVENT_READ, _Service(connection))

    def _note_checkpoint(self) -> None:
        self._writer.rest_of_checkpoint = True
        self._wake.send(b".")

    def _rest(self) -> None:
        self._woken.recv(64)
        self._writer.finish_checkpoint()

    def _serve(self, services: Sequence[_Service]) -> None:
        """Write what they have sent, in groups that may hold rows of several."""
        asked: list[tuple[_Service, list[Row]]] = []
        for service in services:
            try:
                data = service.connection.recv(_READ_BYTES)
            except OSError:
                data = b""
            if not data:
                self._selector.unregister(service.connection)
                service.connection.close()
            asked += [(service, rows) for rows in service.frames.feed(data)]
        while asked:
            group: list[Row] = []
            taken = 0
            for _, rows in asked:
                group += rows
                taken += 1
                if len(group) >= GROUP_LIMIT:
                    break
            outcomes = iter(self._writer.write(group))
            for service, rows in asked[:taken]:
                self._answer(service, list(islice(outcomes, len(rows))))
            del asked[:taken]
        if self._writer.log_pages > LOG_PAGES:
            self._writer.log_pages = 0
            self._checkpointer.begin()

    def _answer(self, service: _Service, outcomes: list[Outcome]) -> None:
        # It may be gone: then it asks the database what became of its rows.
        with contextlib.suppress(OSError):
            service.connection.sendall(b"".join(pack_frame(outcomes)))


def listen(address: Path) -> socket.socket:
    """A listening socket that appears at its address only when it listens, in the place of an older one."""
    draft = address.with_name(address.name + ".draft")
    draft.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(draft))
    listener.listen(64)
    draft.rename(address)
    return listener


def main() -> None:
    """`python -m … ADDRESS DATABASE`; the first frame on standard input tells the statements."""
    # A terminal's Ctrl-C and a service manager's SIGTERM reach us too: we go when the service that we serve has gone.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    given = sys.stdin.buffer
    length = int.from_bytes(given.read(_LENGTH), "big")
    statements = Statements(*marshal.loads(given.read(length)))  # noqa: S302 - from our own service
    address, path = Path(sys.argv[1]), sys.argv[2]
    listener = listen(address)
    own = address.stat().st_ino
    try:
        WriterProcess(listener, given.fileno(), path, statements).run()
    finally:
        with contextlib.suppress(OSError):
            if address.stat().st_ino == own:  # not that of a successor
                address.unlink()
                address.parent.rmdir()


if __name__ == "__main__":
    main()
