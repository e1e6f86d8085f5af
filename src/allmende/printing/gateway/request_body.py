# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A request's body as it arrives: the IPP message first, then the document.

Always holds: a client that is silent for `IDLE_SECONDS`, that takes longer than `MESSAGE_SECONDS` for its message, or that trickles a
document slower than `MIN_RATE`, loses its request; a closed connection is never taken for the end of a document.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from allmende.ipp import REQUEST_LIMITS, Decoder, IppError, Message, Status
from allmende.printing.gateway.errors import ClientGoneError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IDLE_SECONDS: Final = 60.0
MESSAGE_SECONDS: Final = 60.0
#: Bytes per second on average, asked for after the first `GRACE_SECONDS`.
MIN_RATE: Final = 256
GRACE_SECONDS: Final = 120.0


class RequestBody:
    """`read_message` first, then `read` until it gives b""."""

    def __init__(self, receive: Receive, length: int | None) -> None:
        self._receive = receive
        #: Of the whole body, where the client told it; None for a chunked one.
        self.length = length
        self.received = 0
        self._left = b""
        self._more = True
        self._began = time.monotonic()
        self._document_at = 0

    async def read_message(self) -> Message:
        """Raises IppError for what is no IPP, ClientGoneError when it never became whole."""
        decoder = Decoder(REQUEST_LIMITS)
        while True:
            chunk = await self._next()
            message = decoder.feed(chunk) if chunk else None
            if message is not None:
                self._left = decoder.remainder
                self._document_at = self.received - len(self._left)
                return message
            if not self._more:
                decoder.finish()
            if time.monotonic() - self._began > MESSAGE_SECONDS:
                raise ClientGoneError

    @property
    def document_size(self) -> int | None:
        """Bytes that follow the message, where that is known before they came."""
        if self.length is not None:
            return max(0, self.length - self._document_at)
        return None if self._more else len(self._left)

    @property
    def is_empty(self) -> bool:
        """Whether it is known that no document follows."""
        return self.document_size == 0

    async def read(self) -> bytes:
        """The document's next bytes, b"" at its end. Raises ClientGoneError."""
        if self._left:
            left, self._left = self._left, b""
            return left
        while self._more:
            chunk = await self._next()
            if chunk:
                return chunk
        return b""

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                event = await self._receive()
        except TimeoutError:
            raise ClientGoneError from None
        if event["type"] != "http.request":
            raise ClientGoneError
        chunk: bytes = event.get("body", b"")
        self._more = event.get("more_body", False)
        self.received += len(chunk)
        if self.length is not None and not self._more and self.received < self.length:
            raise ClientGoneError
        elapsed = time.monotonic() - self._began
        if self._more and elapsed > GRACE_SECONDS and self.received < elapsed * MIN_RATE:
            raise ClientGoneError
        return chunk


def content_length(headers: dict[bytes, bytes]) -> int | None:
    """Raises IppError for a nonsensical one."""
    raw = headers.get(b"content-length")
    if raw is None:
        return None
    if not raw.isdigit() or len(raw) > 18:
        raise IppError(Status.CLIENT_ERROR_BAD_REQUEST, "a Content-Length that is no number")
    return int(raw)
