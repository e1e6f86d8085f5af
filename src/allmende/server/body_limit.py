# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How large a request to the web side may be, before anybody looks at it.

Django reads a form's whole body to check its CSRF token, also of somebody who is not signed in. Only the upload of a document may be large; it
bounds and streams its body itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Room for the largest form, the import of a town's people.
MAX_FORM_BYTES: Final = 4 * 1024 * 1024
#: Where a document is uploaded.
UPLOAD_PATH: Final = "/drucken/"

_TEXT: Final = "Die Anfrage ist zu groß. / The request is too large.\n".encode()


def is_too_large(scope: Scope) -> bool:
    """Whether the request itself says that it is."""
    if scope["path"] == UPLOAD_PATH:
        return False
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return not length.isdigit() or int(length) > MAX_FORM_BYTES


def limited(scope: Scope, receive: Receive) -> Receive:
    """`receive` for a body whose length is not told: past the limit its client counts as gone."""
    if scope["path"] == UPLOAD_PATH:
        return receive
    left = MAX_FORM_BYTES

    async def receive_some() -> MutableMapping[str, Any]:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                return {"type": "http.disconnect"}
        return message

    return receive_some


async def refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(_TEXT)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TEXT})
