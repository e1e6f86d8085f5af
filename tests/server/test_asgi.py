# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The few threads of the web side, and clients that would keep them."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

import pytest

from allmende.server.asgi import WEB_THREADS, Application

_PATIENCE = 30.0


def scope(path: str, method: str = "GET", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8631),
    }


async def no_body() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def ask(application: Application) -> int:
    """The status of an answer that needs a thread."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await asyncio.wait_for(application(scope("/static/kern/kern.min.css"), no_body, send), _PATIENCE)
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", ["/ipp/print/zerbst", "/IPP/PRINT/ZERBST"])
async def test_printing_does_not_pass_through_the_pages(path: str) -> None:
    application, met = Application(), []

    async def gateway(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        met.append(scope["path"])

    application._gateway = cast("Any", gateway)
    await application(scope(path, "POST"), no_body, cast("Any", None))
    assert met == [path]


async def test_clients_that_never_read_keep_no_thread() -> None:
    application, reads = Application(), asyncio.Event()

    async def stuck(message: MutableMapping[str, Any]) -> None:
        await reads.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(2 * WEB_THREADS):
            group.create_task(application(scope("/static/kern/kern.min.css"), no_body, stuck))
        try:
            assert await ask(application) == 200
        finally:
            reads.set()


async def test_half_open_forms_keep_no_thread() -> None:
    """The token of a form is looked for in its body, also where nobody is signed in."""
    application = Application()
    half_open = scope(
        "/anmelden/",
        "POST",
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"1000"),
        (b"cookie", b"csrftoken=" + b"a" * 32),
    )
    gone = asyncio.Event()

    async def silent() -> MutableMapping[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def nowhere(message: MutableMapping[str, Any]) -> None:
        raise AssertionError

    async with asyncio.TaskGroup() as group:
        for _ in range(2 * WEB_THREADS):
            group.create_task(application(half_open, silent, nowhere))
        try:
            assert await ask(application) == 200
        finally:
            gone.set()
