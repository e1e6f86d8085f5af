# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one port, spoken to with real sockets: plain and TLS, slow, silent and too many."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from allmende.server import http_protocol, http_server
from allmende.server.http_server import Companion, make_server, open_listeners
from allmende.server.tls_certificate import ensure_self_signed, load_tls_context

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy], ids=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    policy: asyncio.AbstractEventLoopPolicy = request.param()
    return policy


async def answer_scheme(scope: Any, receive: Any, send: Any) -> None:
    """Says by which scheme and from which address it was asked."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    while scope["path"] != "/early" and (await receive()).get("more_body"):
        pass
    body = f"{scope['scheme']} {scope['client'][0]}".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def running(
    tmp_path: Path, *, trusted_proxies: str = "", companion: Companion | None = None
) -> AsyncIterator[int]:
    context = load_tls_context(*ensure_self_signed(tmp_path, ["localhost", "127.0.0.1"]))
    server = make_server(
        trusted_proxies=trusted_proxies, context=context, application=answer_scheme, companion=companion
    )
    listeners = open_listeners("127.0.0.1", 0)
    port = listeners[0].getsockname()[1]
    task = asyncio.create_task(server._serve(listeners))
    while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, not an event
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 20)


async def ask(port: int, *, tls: ssl.SSLContext | None = None, request: bytes = REQUEST) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = await asyncio.wait_for(reader.readexactly(length), 10)
    writer.close()
    return body


async def is_closed_by_server(reader: asyncio.StreamReader, seconds: float = 10) -> bool:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), seconds) == b""
    return True


async def test_http_and_https_share_the_port(tmp_path: Path) -> None:
    async with running(tmp_path) as port:
        tls = ssl.create_default_context(cafile=str(tmp_path / "tls" / "certificate.pem"))
        assert await ask(port) == b"http 127.0.0.1"
        assert await ask(port, tls=tls) == b"https 127.0.0.1"


async def test_head_and_body_leave_in_one_piece(tmp_path: Path) -> None:
    async with running(tmp_path) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            for _ in range(20):
                await loop.sock_sendall(connection, REQUEST)
                piece = await asyncio.wait_for(loop.sock_recv(connection, 65_536), 10)
                assert piece.startswith(b"HTTP/1.1 200 OK\r\n")
                assert piece.endswith(b"\r\n\r\nhttp 127.0.0.1")


@pytest.mark.parametrize(
    ("request_head", "end"),
    [
        (b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"content-length: 14\r\n\r\n"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", b"100 Continue\r\n\r\n"),
        (b"nonsense\r\n\r\n", b"Invalid HTTP request received."),
    ],
    ids=["no body", "not the answer yet", "refused"],
)  # fmt: skip
async def test_a_head_without_a_body_is_not_kept_back(
    tmp_path: Path, request_head: bytes, end: bytes
) -> None:
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_head)
        await asyncio.wait_for(reader.readuntil(end), 10)
        writer.close()


async def test_a_silent_client_holds_up_nobody_and_is_shown_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "FIRST_BYTE_SECONDS", 0.3)
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await ask(port) == b"http 127.0.0.1"
        assert await is_closed_by_server(reader)
        writer.close()


async def test_a_head_that_never_ends_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.3)
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: local")
        assert await ask(port) == b"http 127.0.0.1"
        assert await is_closed_by_server(reader)
        writer.close()


async def test_a_second_head_that_never_ends_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.3)
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await reader.readuntil(b"127.0.0.1")
        writer.write(b"GET / HT")
        assert await is_closed_by_server(reader)
        writer.close()


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Many: 1\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;extension=",
    ],
    ids=["address", "one-header", "many-headers", "trailers", "chunk-extension"],
)
async def test_a_head_without_measure_is_not_kept(tmp_path: Path, start: bytes) -> None:
    more = b"a" * 1024 if not start.endswith(b"\r\n") else b"X: 1\r\n" * 128
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(32 * http_protocol.MAX_HEAD_BYTES // len(more)):
                writer.write(more)
                await writer.drain()
        assert await is_closed_by_server(reader)
        writer.close()


async def test_a_long_body_is_no_head(tmp_path: Path) -> None:
    body = b"a" * (4 * http_protocol.MAX_HEAD_BYTES)
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"400\r\n" + body[:1024] + b"\r\n" for _ in range(256)) + b"0\r\n\r\n"
    async with running(tmp_path) as port:
        assert await ask(port, request=head + body) == b"http 127.0.0.1"
        assert await ask(port, request=chunked + chunks) == b"http 127.0.0.1"


EARLY = b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + b"a" * 50


async def test_a_body_that_was_answered_early_may_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.0)
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(EARLY)
        await reader.readuntil(b"127.0.0.1")
        writer.write(b"a" * 25)
        assert await ask(port) == b"http 127.0.0.1"
        writer.write(b"a" * 25 + REQUEST)
        await asyncio.wait_for(reader.readuntil(b"127.0.0.1"), 10)
        writer.close()


@pytest.mark.parametrize(("rest", "clock"), [(b"", "REST_SECONDS"), (b"a" * 50, "HEAD_SECONDS")])
async def test_what_follows_an_early_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: bytes, clock: str
) -> None:
    monkeypatch.setattr(http_protocol, clock, 0.0)
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(EARLY)
        await reader.readuntil(b"127.0.0.1")
        writer.write(rest)
        assert await is_closed_by_server(reader)
        writer.close()


async def test_garbage_instead_of_tls_harms_only_itself(tmp_path: Path) -> None:
    async with running(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x16\x03\x01\xff\xff" + b"\x00" * 100)
        writer.write_eof()
        assert await is_closed_by_server(reader)
        assert await ask(port) == b"http 127.0.0.1"
        writer.close()


async def test_one_address_does_not_get_all_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "CONNECTIONS_PER_ADDRESS", 2)
    async with running(tmp_path) as port:
        first = await asyncio.open_connection("127.0.0.1", port)
        second = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await is_closed_by_server(reader)
        for _, used in (first, second):
            used.close()
            await used.wait_closed()
        async with asyncio.timeout(10):
            while True:  # the places are free again as soon as the server has seen the ends
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    assert await ask(port) == b"http 127.0.0.1"
                    break
        writer.close()


@pytest.mark.parametrize(("trusted", "seen"), [("", b"http 127.0.0.1"), ("127.0.0.1", b"http 10.9.8.7")])
async def test_only_a_trusted_proxy_names_the_client(tmp_path: Path, trusted: str, seen: bytes) -> None:
    request = REQUEST.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 10.9.8.7\r\n\r\n")
    async with running(tmp_path, trusted_proxies=trusted) as port:
        assert await ask(port, request=request) == seen


def test_a_taken_port_is_an_error_with_its_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        open_listeners("127.0.0.1", taken.getsockname()[1])


async def test_a_companion_lives_as_long_as_the_server_listens(tmp_path: Path) -> None:
    seen = []

    class Witness:
        async def start(self) -> None:
            seen.append("start")

        async def stop(self) -> None:
            seen.append("stop")

    async with running(tmp_path, companion=Witness()) as port:
        assert await ask(port) == b"http 127.0.0.1"
        assert seen == ["start"]
    assert seen == ["start", "stop"]
