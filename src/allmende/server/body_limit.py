# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a request to the web side may bring, before anybody looks at it: how much, and how slowly.

Django reads a form's whole body to check its CSRF token, also of somebody who is not signed in, and on one of few threads. So what always
holds: a form gets a thread when it is here whole, and a client that sends half of one holds up nobody. Only the upload of a document may be
large; it bounds and streams its body itself, so uploads get some of the threads and never all, and a silent one is ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Room for the largest form, the import of a town's people.
MAX_FORM_BYTES: Final = 4 * 1024 * 1024
#: What every form may have; what is longer shares `LARGE_FORMS_BYTES` with the other long ones.
SMALL_FORM_BYTES: Final = 64 * 1024
LARGE_FORMS_BYTES: Final = 64 * 1024 * 1024
#: Seconds from a form's head to its end, and between two pieces of an upload.
FORM_SECONDS: Final = 60.0
UPLOAD_IDLE_SECONDS: Final = 60.0
#: Documents that arrive by the web at the same time; further ones wait, without a thread. One person has fewer (`arrival.upload`).
UPLOADS: Final = 4
#: Where a document is uploaded.
UPLOAD_PATH: Final = "/drucken/"

_TEXTS: Final = {
    HTTPStatus.REQUEST_TIMEOUT: "Die Anfrage kam nicht vollständig an. / The request did not arrive whole.\n",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Die Anfrage ist zu groß. / The request is too large.\n",
    HTTPStatus.SERVICE_UNAVAILABLE: "Bitte versuchen Sie es gleich noch einmal. / Please try again soon.\n",
}


class RefusedBodyError(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class BodyGoneError(Exception):
    """The client went before its body was whole."""


class BodyKeeper:
    """Takes the bodies of requests to the web side; one for all requests of a process."""

    def __init__(self) -> None:
        self._large = 0
        self._uploads = asyncio.Semaphore(UPLOADS)

    @asynccontextmanager
    async def take(self, scope: Scope, receive: Receive) -> AsyncIterator[Receive]:
        """The `receive` that a thread may wait for. Raises RefusedBodyError and BodyGoneError."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if scope["path"] == UPLOAD_PATH and scope["method"] == "POST":
            async with self._uploads:
                yield _impatient(receive)
        elif not length.isdigit() or int(length) > MAX_FORM_BYTES:
            raise RefusedBodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif int(length) or b"transfer-encoding" in headers:
            body = bytearray()
            try:
                await self._fill(body, receive)
                yield _replay(bytes(body))
            finally:
                self._large -= _large_part(len(body))
        else:
            yield receive

    async def _fill(self, body: bytearray, receive: Receive) -> None:
        try:
            async with asyncio.timeout(FORM_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise BodyGoneError
                    before, chunk = len(body), message.get("body", b"")
                    body += chunk
                    self._large += _large_part(len(body)) - _large_part(before)
                    if len(body) > MAX_FORM_BYTES:
                        raise RefusedBodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                    if self._large > LARGE_FORMS_BYTES and len(body) > SMALL_FORM_BYTES:
                        raise RefusedBodyError(HTTPStatus.SERVICE_UNAVAILABLE)
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            raise RefusedBodyError(HTTPStatus.REQUEST_TIMEOUT) from None


async def refuse(send: Send, status: HTTPStatus) -> None:
    text = _TEXTS[status].encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _large_part(size: int) -> int:
    return size if size > SMALL_FORM_BYTES else 0


def _replay(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _impatient(receive: Receive) -> Receive:
    """`receive` for a body that streams: a client that says nothing counts as gone."""

    async def receive_soon() -> MutableMapping[str, Any]:
        try:
            async with asyncio.timeout(UPLOAD_IDLE_SECONDS):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive_soon
