# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bodies over real sockets, to the running service: large, chunked, announced twice, cut off, with `Expect`."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator

import pytest

from allmende.ipp import GroupTag, Operation, Status, decode, encode
from printing.gateway.ipp_client import PDF, request
from printing.gateway.running_town import RunningTown, running_town

PATH = "/ipp/print/rosslau"
MEGABYTE = 1024 * 1024
LARGE = 128


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    with running_town(tmp_path_factory.mktemp("town")) as town:
        yield town


def connect(town: RunningTown, *headers: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", town.port), timeout=60)
    lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/ipp", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def chunk(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


def read_reply(connection: socket.socket) -> tuple[int, bytes]:
    """HTTP status and body; waits for the end that Content-Length tells."""
    received = b""
    while True:
        head, found, body = received.partition(b"\r\n\r\n")
        if found:
            status = int(head.split()[1])
            if status == 100:
                received = body
                continue
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            if len(body) >= int(fields.get(b"content-length", b"0")):
                return status, body
        piece = connection.recv(65536)
        if not piece:
            return (int(received.split()[1]) if received else 0), b""
        received += piece


def count_jobs(town: RunningTown) -> int:
    with sqlite3.connect(town.home / "town.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM printing_job").fetchone()[0])


def spooled_files(town: RunningTown) -> list[str]:
    return [path.name for path in (town.home / "spool").rglob("*") if path.is_file()]


def print_message() -> bytes:
    return encode(request(Operation.PRINT_JOB, PATH, user="erika"))


def test_a_large_document_costs_no_memory(town: RunningTown) -> None:
    with connect(town, "Transfer-Encoding: chunked") as warm:
        warm.sendall(chunk(print_message() + PDF) + b"0\r\n\r\n")
        assert read_reply(warm)[0] == 200
    before = town.peak_memory()
    block = chunk(b"%PDF-1.4 " + bytes(MEGABYTE))
    with connect(town, "Transfer-Encoding: chunked") as connection:
        connection.sendall(chunk(print_message()))
        for _ in range(LARGE):
            connection.sendall(block)
        connection.sendall(b"0\r\n\r\n")
        status, body = read_reply(connection)
    reply = decode(body)[0]
    assert (status, reply.code) == (200, Status.SUCCESSFUL_OK)
    assert reply.group(GroupTag.JOB).integer("job-id")
    assert town.peak_memory() - before < 64 * MEGABYTE


def test_an_aborted_chunked_upload_leaves_nothing(town: RunningTown) -> None:
    jobs, files = count_jobs(town), spooled_files(town)
    connection = connect(town, "Transfer-Encoding: chunked")
    connection.sendall(chunk(print_message() + PDF))
    for _ in range(4):
        connection.sendall(chunk(bytes(MEGABYTE)))
    wait_until(lambda: len(spooled_files(town)) > len(files))
    connection.close()
    wait_until(lambda: spooled_files(town) == files)
    assert count_jobs(town) == jobs


def test_a_body_announced_in_two_ways_is_refused(town: RunningTown) -> None:
    jobs = count_jobs(town)
    with connect(town, "Content-Length: 5", "Transfer-Encoding: chunked") as connection:
        connection.sendall(chunk(print_message() + PDF) + b"0\r\n\r\n")
        assert read_reply(connection)[0] in {0, 400}
    assert count_jobs(town) == jobs


def test_expect_is_answered_before_the_body(town: RunningTown) -> None:
    body = print_message() + PDF
    with connect(town, f"Content-Length: {len(body)}", "Expect: 100-continue") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        status, reply = read_reply(connection)
    assert (status, decode(reply)[0].code) == (200, Status.SUCCESSFUL_OK)


def test_half_open_clients_hinder_nobody(town: RunningTown) -> None:
    silent = [connect(town, "Content-Length: 100000") for _ in range(20)]
    for connection in silent[:10]:
        connection.sendall(print_message() + PDF[:100])
    body = print_message() + PDF
    with connect(town, f"Content-Length: {len(body)}") as connection:
        connection.sendall(body)
        assert read_reply(connection)[0] == 200
    for connection in silent:
        connection.close()


def wait_until(condition: object) -> None:
    """Another process has no event of ours."""
    assert callable(condition)
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
