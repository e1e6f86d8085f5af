# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""uvicorn's HTTP protocol with bounds on a request's head: how long it may take, and how much it may be.

uvicorn bounds the pause between two requests, neither a head that arrives a byte a minute nor one that never ends and is kept in
memory; the body's pace and size are bounded where it is read (the gateway's receive). What always holds: a half-open or slow client
costs one socket for some seconds; of what is not a document at most `MAX_HEAD_BYTES` and one read of the socket are kept.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

#: Seconds from the first byte of a request to the end of its head.
HEAD_SECONDS: Final = 20.0
#: Seconds in which the rest of a body may still arrive that was answered already (a refused upload): a browser reads the answer only then.
REST_SECONDS: Final = 120.0
#: Of one request line with its headers; also of the trailers and of what stands between the chunks of a body.
MAX_HEAD_BYTES: Final = 64 * 1024


class _WholeAnswers:
    """A transport on which an answer's head waits for the first piece of its body, so that both leave in one packet.

    uvicorn writes them one after the other; a packet of its own for the head costs as much as decoding a request.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._write = transport.write
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100 "):
            self._head = data
            return
        self._write(data)

    def let_go(self) -> None:
        """No body follows."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.let_go()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class PatientProtocol(HttpToolsProtocol):
    _head_timer: TimerHandle | None = None
    _rest_timer: TimerHandle | None = None
    _body_arrives = False
    #: Bytes since the last whole head or piece of a body: what the parser keeps for us and nobody has bounded yet.
    _unbounded = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport: Any = _WholeAnswers(transport)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self._is_between_requests():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)
        self._unbounded += len(data)
        super().data_received(data)
        if self._unbounded > MAX_HEAD_BYTES:
            self._give_up()

    def on_body(self, body: bytes) -> None:
        self._unbounded = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unbounded = 0
        self._body_arrives = False
        super().on_message_complete()
        if self._rest_timer is not None:
            # uvicorn's own clock for the next request stood still since the rest of the body began.
            self._rest_timer.cancel()
            self._rest_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def on_headers_complete(self) -> None:
        self._unbounded = 0
        self._body_arrives = True
        self._stop_timers()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self.transport.let_go()
        super().on_response_complete()
        # `cycle` is the next one already where a client sends its requests ahead.
        if self._body_arrives and self.cycle.response_complete and not self.transport.is_closing():
            self._rest_timer = self.loop.call_later(REST_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or (cycle.response_complete and not self._body_arrives)

    def _stop_timers(self) -> None:
        for timer in (self._head_timer, self._rest_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._rest_timer = None

    def _give_up(self) -> None:
        self._stop_timers()
        if not self.transport.is_closing():
            self.transport.close()
