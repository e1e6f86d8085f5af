# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""uvicorn's HTTP protocol with a bound on how long a request's head may take.

uvicorn bounds the pause between two requests, not a head that arrives a byte a minute; the body's pace is bounded where
it is read (the gateway's receive). A half-open or slow client thus costs one socket for some seconds, and nobody else anything.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

#: Seconds from the first byte of a request to the end of its head.
HEAD_SECONDS: Final = 20.0


class PatientProtocol(HttpToolsProtocol):
    _head_timer: TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self._is_between_requests():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()
