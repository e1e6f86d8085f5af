# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One port for everything: HTTP and HTTPS, IPP and IPPS.

The first byte of a connection tells which: 0x16 opens a TLS handshake, and no HTTP method begins with it. It is peeked at,
not read, so the connection then goes to uvicorn as it is. What always holds: a connection that says nothing costs one socket
for `FIRST_BYTE_SECONDS`; one address can't take all sockets.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from typing import Any, Final, Protocol

import uvicorn

from allmende.server.http_protocol import PatientProtocol

log = logging.getLogger(__name__)

FIRST_BYTE_SECONDS: Final = 15.0
TLS_HANDSHAKE_SECONDS: Final = 15.0
#: Connections of one address at the same time; a town behind one NAT still fits.
CONNECTIONS_PER_ADDRESS: Final = 1024
CONNECTIONS: Final = 8192
BACKLOG: Final = 2048
_TLS_HANDSHAKE: Final = b"\x16"
#: Of several processes that share the socket none takes all that wait: the others are woken for the next one.
_ACCEPTS_AT_ONCE, _ACCEPTS_AT_ONCE_AMONG_OTHERS = 64, 1


class _Doorkeeper:
    """Accepts connections of one listening socket and hands each to uvicorn, with TLS where it asks for it.

    Takes the place of an `asyncio.Server` in uvicorn's list of servers.
    """

    def __init__(
        self, listener: socket.socket, server: TownServer, context: ssl.SSLContext, accepts_at_once: int
    ) -> None:
        self._listener = listener
        self._accepts_at_once = accepts_at_once
        self._server = server
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._per_address: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        listener.setblocking(False)
        self._loop.add_reader(listener.fileno(), self._accept)

    def close(self) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(self._accepts_at_once):
            try:
                connection, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                log.warning("cannot accept a connection: %s", error)
                return
            host = str(address[0])
            if self._per_address[host] >= CONNECTIONS_PER_ADDRESS or self._per_address.total() >= CONNECTIONS:
                connection.close()
                continue
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._per_address[host] += 1
            task = self._loop.create_task(self._serve(connection, host))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, host: str) -> None:
        protocol: _CountedProtocol | None = None

        def leave() -> None:
            self._per_address[host] -= 1
            if not self._per_address[host]:
                del self._per_address[host]

        def make_protocol() -> _CountedProtocol:
            nonlocal protocol
            protocol = self._server.make_protocol()
            protocol.on_lost = leave
            return protocol

        try:
            first = await asyncio.wait_for(self._peek(connection), FIRST_BYTE_SECONDS)
            if not first:
                raise ConnectionResetError
            tls = first == _TLS_HANDSHAKE
            await self._loop.connect_accepted_socket(
                make_protocol,
                connection,
                ssl=self._context if tls else None,
                ssl_handshake_timeout=TLS_HANDSHAKE_SECONDS if tls else None,
            )
        except (OSError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
            connection.close()
            if protocol is None or not protocol.was_connected:
                leave()

    async def _peek(self, connection: socket.socket) -> bytes:
        ready: asyncio.Future[None] = self._loop.create_future()
        descriptor = connection.fileno()
        self._loop.add_reader(descriptor, _set_once, ready)
        try:
            await ready
        finally:
            self._loop.remove_reader(descriptor)
        return connection.recv(1, socket.MSG_PEEK)


def _set_once(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class _CountedProtocol(PatientProtocol):
    """Tells its doorkeeper when the connection is gone."""

    was_connected = False
    on_lost: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.was_connected = True
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()
            self.on_lost = None


class Companion(Protocol):
    """Something that lives as long as the server listens."""

    async def start(self) -> object: ...

    async def stop(self) -> None: ...


class TownServer(uvicorn.Server):
    """uvicorn's server behind the doorkeeper."""

    def __init__(
        self, config: uvicorn.Config, context: ssl.SSLContext, companion: Companion | None, *, alone: bool
    ) -> None:
        super().__init__(config)
        self._accepts_at_once = _ACCEPTS_AT_ONCE if alone else _ACCEPTS_AT_ONCE_AMONG_OTHERS
        self._context = context
        self._companion = companion

    def make_protocol(self) -> _CountedProtocol:
        return _CountedProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if sockets is None:
            raise ValueError("the listening sockets are opened before the server starts")
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(3)
        self.servers: list[Any] = [
            _Doorkeeper(sock, self, self._context, self._accepts_at_once) for sock in sockets
        ]
        self.started = True
        if self._companion is not None:
            await self._companion.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._companion is not None:
            await self._companion.stop()
        await super().shutdown(sockets)


def open_listeners(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address of `host`.

    Raises OSError where the address is taken or not this machine's.
    """
    listeners = []
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listeners.append(listener)
    return listeners


def make_server(
    *,
    trusted_proxies: str,
    context: ssl.SSLContext,
    application: Any = "allmende.server.asgi:application",
    companion: Companion | None = None,
    alone: bool = True,
) -> TownServer:
    """The town's server; where `trusted_proxies` is empty nobody's X-Forwarded-For counts.

    `alone`: no other process accepts from the same sockets.
    """
    config = uvicorn.Config(
        application,
        http=PatientProtocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        log_config=None,
    )
    return TownServer(config, context, companion, alone=alone)
