# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP half: paths, methods, headers, sign-in, and how a request ends. IPP's own errors travel in HTTP 200 (RFC 8010 §3.4.3)."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from allmende.ipp import IppError, Status, encode
from allmende.ipp.responses import respond_to_error
from allmende.printing.gateway.calls import GatewayParts, RecentJobs
from allmende.printing.gateway.dispatch import Dispatcher
from allmende.printing.gateway.errors import ClientGoneError, SignInError
from allmende.printing.gateway.open_jobs import OpenJobs
from allmende.printing.gateway.print_queues import QueuePath, read_queue_path
from allmende.printing.gateway.printer_attributes import OPEN_JOB_SECONDS, PrinterAnswers, PrinterPlace
from allmende.printing.gateway.request_body import RequestBody, content_length
from allmende.printing.gateway.requesters import Requesters
from allmende.printing.gateway.ticket_readings import TicketReadings
from allmende.printing.print_service import PrintService

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_AUTHORITY: Final = re.compile(
    rb"[A-Za-z0-9.\-_]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?"
)
_IPP: Final = b"application/ipp"


class Gateway:
    """The ASGI application behind `/ipp/`; belongs to one event loop, and ends with its service."""

    def __init__(self, service: PrintService, *, open_job_seconds: float = OPEN_JOB_SECONDS) -> None:
        self.parts = GatewayParts(
            service=service,
            requesters=Requesters(service.run_sync),
            printers=PrinterAnswers(),
            recent=RecentJobs(),
            open_jobs=OpenJobs(service, seconds=open_job_seconds),
            tickets=TicketReadings(),
        )
        self._dispatcher = Dispatcher(self.parts)
        service.before_stop.append(self.parts.open_jobs.stop)
        self._own_authority = urlsplit(settings.ALLMENDE_PUBLIC_URL).netloc or "localhost"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = read_queue_path(scope["path"])
        method = scope["method"]
        if path is None:
            await _send_text(send, 404, "There is no such queue.")
        elif method in {"GET", "HEAD"}:
            await _send_text(send, 303, "", [(b"location", b"/")])
        elif method != "POST":
            await _send_text(send, 405, "Only POST.", [(b"allow", b"GET, HEAD, POST")])
        else:
            await self._post(scope, receive, send, path)

    async def _post(self, scope: Scope, receive: Receive, send: Send, path: QueuePath) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _IPP:
            await _send_text(send, 415, "application/ipp is understood here.")
            return
        try:
            body = RequestBody(receive, content_length(headers))
            reply = await self._answer(scope, headers, path, body)
        except ClientGoneError:
            await _send_text(send, 408, "The request did not become whole.", [(b"connection", b"close")])
        except SignInError:
            await _send_text(
                send,
                401,
                "Name or password are wrong.",
                [(b"www-authenticate", b'Basic realm="Allmende", charset="UTF-8"')],
            )
        except IppError as error:  # a head that makes no sense
            await _send_text(send, 400, str(error))
        else:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", _IPP),
                        (b"content-length", b"%d" % len(reply)),
                    ],
                }
            )
            await send({"type": "http.response.body", "body": reply})

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], path: QueuePath, body: RequestBody
    ) -> bytes:
        try:
            message = await body.read_message()
        except IppError as error:
            return encode(respond_to_error(error))
        client = scope.get("client")
        try:
            return await self._dispatcher.dispatch(
                message,
                body,
                path,
                PrinterPlace(self._authority(headers), scope.get("scheme") == "https", path.base),
                authorization=headers.get(b"authorization"),
                address=client[0] if client else "",
            )
        except (ClientGoneError, SignInError):
            raise
        except Exception:
            log.exception("an IPP request failed (operation %#06x)", message.code)
            failure = IppError(
                Status.SERVER_ERROR_INTERNAL_ERROR,
                "Something went wrong here.",
                version=message.version,
                request_id=message.request_id,
            )
            return encode(respond_to_error(failure))

    def _authority(self, headers: dict[bytes, bytes]) -> str:
        """The name by which the client reaches us; only what looks like one is repeated to it."""
        host = headers.get(b"host", b"")
        return host.decode("ascii") if _AUTHORITY.fullmatch(host) else self._own_authority


async def _send_text(
    send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = text.encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(body)),
                *(headers or []),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
