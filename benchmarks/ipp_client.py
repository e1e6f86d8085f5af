# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Single requests to a print server: a question, a job, one very large document.

Every wait is bounded by `PATIENCE`, and a reply that is not a successful one is an error.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from pathlib import Path

from print_messages import (
    PrintTarget,
    http_head,
    http_request,
    is_successful,
    print_job,
    reply_integer,
    reply_status,
)

#: Seconds that one step of a dialogue may take.
PATIENCE = 120.0
#: What desktop clients put into one chunk, more or less.
_CHUNK = 64 * 1024


class RequestFailedError(Exception):
    """The server answered with something else than success."""


def exchange(target: PrintTarget, message: bytes, patience: float = PATIENCE) -> bytes:
    """Send one IPP request on a connection of its own; return the reply's IPP part.

    OSError where nobody answers, `RequestFailedError` where the answer is a refusal.
    """
    with socket.create_connection((target.host, target.port), timeout=patience) as connection:
        connection.sendall(http_request(target, message))
        return _read_reply(connection)


def print_one(target: PrintTarget, document: bytes) -> int:
    """Print a small document; return its job-id."""
    return reply_integer(exchange(target, print_job(target) + document), "job-id")


def print_file(target: PrintTarget, path: Path, *, chunked: bool) -> float:
    """Print a file as one job; return the seconds from the connection to the server's reply.

    With a Content-Length the kernel sends the file; chunked is how CUPS' own clients send, and costs this side more.
    """
    opening = print_job(target)
    length = path.stat().st_size
    with path.open("rb") as file:
        begin = time.monotonic()
        with socket.create_connection((target.host, target.port), timeout=PATIENCE) as connection:
            if chunked:
                connection.sendall(http_head(target, None) + b"%x\r\n%s\r\n" % (len(opening), opening))
                _send_chunks(connection, file)
            else:
                connection.sendall(http_head(target, len(opening) + length) + opening)
                connection.sendfile(file)
            _read_reply(connection)
        return time.monotonic() - begin


def _send_chunks(connection: socket.socket, file: io.BufferedReader) -> None:
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while size := file.readinto(buffer):
        pieces: list[bytes | memoryview] = [b"%x\r\n" % size, view[:size], b"\r\n"]
        total = sum(len(piece) for piece in pieces)
        sent = connection.sendmsg(pieces)
        if sent < total:
            connection.sendall(b"".join(pieces)[sent:])
    connection.sendall(b"0\r\n\r\n")


def _read_reply(connection: socket.socket) -> bytes:
    with http.client.HTTPResponse(connection, method="POST") as response:
        response.begin()
        body = response.read()
    status = reply_status(body) if response.status == http.client.OK else -1
    if not is_successful(status):
        raise RequestFailedError(f"HTTP {response.status}, IPP status {status & 0xFFFF:#06x}")
    return body
