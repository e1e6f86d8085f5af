# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one ASGI application: `/ipp/…` goes to the gateway, all else to Django.

The print path must not pass through Django (a view costs more than sealing and storing a document). Django itself runs
as the synchronous framework it is, on a fixed pool of threads whose database connections live as long as they do.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from typing import Any, Final, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

_django: Final = get_wsgi_application()

from allmende.printing.gateway import Gateway  # noqa: E402
from allmende.printing.print_service import PrintService, set_running_service  # noqa: E402
from allmende.server.body_limit import (  # noqa: E402
    BodyGoneError,
    BodyKeeper,
    Receive,
    RefusedBodyError,
    Scope,
    Send,
    refuse,
)
from allmende.server.keepers import Keeper, make_keepers  # noqa: E402

log = logging.getLogger(__name__)

#: Requests that Django handles at the same time; each may hold one database connection.
WEB_THREADS: Final = 8
#: Pieces of an answer that wait for its client to read: all of a page or a file of ours, so that no thread waits for a slow reader.
PIECES_AHEAD: Final = 256


class Application:
    """Starts and stops the print service with the server's lifespan, and divides the addresses."""

    def __init__(self) -> None:
        self._web = WSGIMiddleware(cast("Any", _django), workers=WEB_THREADS, send_queue_size=PIECES_AHEAD)
        self._bodies = BodyKeeper()
        self._service: PrintService | None = None
        self._gateway: Gateway | None = None
        self._loading: asyncio.Future[None] | None = None
        self._keepers: tuple[Keeper, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # In any case of letters, as the gateway reads the rest of the path.
            if scope["path"][:5].lower() == "/ipp/" and self._gateway is not None:
                await self._gateway(scope, receive, send)
            else:
                await self._answer_page(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._bodies.take(scope, receive) as whole:
                await self._web(cast("Any", scope), cast("Any", whole), cast("Any", send))
        except RefusedBodyError as error:
            await refuse(send, error.status)
        except BodyGoneError:
            return  # there is nobody to answer

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._service = PrintService.from_settings()
                await self._service.start()
                set_running_service(self._service)
                self._gateway = Gateway(self._service)
                if settings.ALLMENDE_BACKGROUND:
                    self._keepers = make_keepers()
                    for keeper in self._keepers:
                        keeper.start()
                await send({"type": "lifespan.startup.complete"})
                self._loading = asyncio.get_running_loop().run_in_executor(None, _load_pages)
            elif message["type"] == "lifespan.shutdown":
                for keeper in self._keepers:
                    keeper.stop()
                if self._service is not None:
                    set_running_service(None)
                    await self._service.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _load_pages() -> None:
    """Import all pages now: else the first tap after a start would wait a second for it. Print jobs need none of it."""
    try:
        get_resolver().url_patterns  # noqa: B018 - loads them
    except Exception:
        log.exception("the pages can't be loaded")
    # What is loaded stays: the collector need not look through half a million objects again and again while jobs arrive.
    gc.collect()
    gc.freeze()


application = Application()
