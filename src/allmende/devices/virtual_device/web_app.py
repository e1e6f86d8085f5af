# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The device's web door: an ASGI app on one port for IPP, the output tray's page and the control panel.

A browser on another site must not jam the printer: changes are refused when the browser says that they come from elsewhere
(the Origin header). Request bodies of the control panel are bounded; documents are bounded in what is kept of them.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from allmende import ipp
from allmende.devices.virtual_device.faults import Fault, FaultKind, read_fault
from allmende.devices.virtual_device.icon import icon_png
from allmende.devices.virtual_device.ipp_service import DocumentExpected, IppService
from allmende.devices.virtual_device.printer import Printer
from allmende.devices.virtual_device.tray_pages import render_tray_page
from allmende.documents import DecompressionError, Decompressor
from allmende.ipp.responses import respond_to_error

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_FORM_BYTES: Final = 10_000
_DOCUMENT_BYTES: Final = 1 << 34


class DroppableProtocol(HttpToolsProtocol):
    """Tells the app how to drop its connection, which ASGI has no word for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"allmende.drop": {"drop": self.transport.abort}}


class _GoneError(Exception):
    """The client left, or was dropped."""


class VirtualDeviceApp:
    def __init__(self, printer: Printer, service: IppService, title: str) -> None:
        self._printer = printer
        self._service = service
        self._title = title
        self._drops: set[Callable[[], None]] = set()
        printer.on_offline.append(self._drop_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            if scope["method"] == "POST" and _content_type(scope) == "application/ipp":
                await self._serve_ipp(scope, receive, send)
            else:
                await self._serve_page(scope, receive, send)
        except _GoneError:
            return

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                self._printer.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._printer.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    # IPP

    async def _serve_ipp(self, scope: Scope, receive: Receive, send: Send) -> None:
        drop = scope.get("extensions", {}).get("allmende.drop", {}).get("drop", lambda: None)
        if self._printer.is_offline:
            drop()
            raise _GoneError
        self._drops.add(drop)
        try:
            reply = await self._answer(receive, drop)
        finally:
            self._drops.discard(drop)
        await _reply(send, 200, "application/ipp", ipp.encode(reply))

    def _drop_all(self) -> None:
        for drop in list(self._drops):
            drop()

    async def _answer(self, receive: Receive, drop: Callable[[], None]) -> ipp.Message:
        decoder = ipp.Decoder(ipp.REQUEST_LIMITS)
        message = None
        more = True
        try:
            while message is None:
                if not more:
                    decoder.finish()
                chunk, more = await _next_chunk(receive)
                message = decoder.feed(chunk)
            return self._service.answer(message)
        except ipp.IppError as error:
            return respond_to_error(error)
        except DocumentExpected as expected:
            return await self._take_document(expected, decoder.remainder, more, receive, drop)

    async def _take_document(
        self, expected: DocumentExpected, chunk: bytes, more: bool, receive: Receive, drop: Callable[[], None]
    ) -> ipp.Message:
        job, document = expected.job, expected.document
        decompressor = None
        if expected.compression in {"gzip", "deflate"}:
            decompressor = Decompressor(expected.compression, max_output=_DOCUMENT_BYTES)  # type: ignore[arg-type]
        received = 0
        try:
            while True:
                if chunk:
                    if not received:
                        self._printer.note_first_byte(job)
                    received += len(chunk)
                    for piece in decompressor.feed(chunk) if decompressor else (chunk,):
                        document.add(piece)
                    self._cut_if_told(received, drop)
                if job.is_finished:
                    return respond_to_error(
                        ipp.IppError(ipp.Status.SERVER_ERROR_JOB_CANCELED, "the job has ended meanwhile")
                    )
                if not more:
                    break
                chunk, more = await _next_chunk(receive)
            if decompressor and received:
                decompressor.finish()
        except DecompressionError:
            self._printer.abort_job(job, "compression-error")
            return respond_to_error(
                ipp.IppError(ipp.Status.CLIENT_ERROR_COMPRESSION_ERROR, "not the compression that was named")
            )
        except (_GoneError, asyncio.CancelledError):
            # A document without its end is never printed.
            self._printer.abort_job(job, "aborted-by-system")
            raise
        return expected.finish()

    def _cut_if_told(self, received: int, drop: Callable[[], None]) -> None:
        fault = self._printer.fault
        if fault.kind is FaultKind.CUT and received >= fault.after_bytes:
            self._printer.set_fault(Fault())
            drop()
            raise _GoneError

    # pages

    async def _serve_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST":
            await self._change(path, scope, receive, send)
            return
        if method not in {"GET", "HEAD"}:
            await _reply(send, 405, "text/plain", b"GET or POST\n")
        elif path in {"/", "/ipp/print"}:
            query = dict(parse_qsl(scope["query_string"].decode("ascii", "replace")))
            wanted = query.get("lang") or dict(scope["headers"]).get(b"accept-language", b"").decode(
                "latin-1"
            )
            language = "en" if wanted.lower().startswith("en") else "de"
            page = render_tray_page(self._printer, self._title, language)
            await _reply(send, 200, "text/html; charset=utf-8", page.encode())
        elif path == "/tray.json":
            await _reply_json(send, [page.to_json() for page in self._printer.tray.pages])
        elif path == "/jobs.json":
            await _reply_json(send, [_job_facts(job) for job in self._printer.jobs.values()])
        elif path == "/timings.json":
            await _reply_json(send, list(self._printer.timings))
        elif path.startswith("/icon-") and path.endswith(".png"):
            await _reply(send, 200, "image/png", icon_png(512 if "512" in path else 128))
        elif (
            path.startswith("/tray/") and path.endswith(".png") and path[6:-4].isdecimal() and len(path) < 30
        ):
            image = self._printer.tray.image(int(path[6:-4]))
            await _reply(send, 200 if image else 404, "image/png", image or b"")
        else:
            await _reply(send, 404, "text/plain", b"not found\n")

    async def _change(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin not in {None, b"null"} and origin.partition(b"://")[2] != headers.get(b"host"):
            await _reply(send, 403, "text/plain", b"not from another site\n")
            return
        body = await _read_form(receive)
        if body is None:
            await _reply(send, 413, "text/plain", b"too large\n")
            return
        is_json = _content_type(scope) == "application/json"
        form: object = None
        try:
            form = json.loads(body) if is_json and body else dict(parse_qsl(body.decode("utf-8", "replace")))
            if path == "/faults":
                self._printer.set_fault(read_fault(form))
            elif path == "/tray/empty":
                self._printer.tray.empty()
            else:
                await _reply(send, 404, "text/plain", b"not found\n")
                return
        except (ValueError, TypeError, RecursionError) as error:
            await _reply(send, 400, "text/plain", f"{error}\n".encode("utf-8", "replace"))
            return
        if is_json or not body:
            await _reply_json(send, {"fault": self._printer.fault.kind.value})
        else:
            language = "en" if isinstance(form, dict) and form.get("lang") == "en" else "de"
            await _reply(send, 303, "text/plain", b"", location=f"/?lang={language}")


def _job_facts(job: Any) -> dict[str, Any]:
    return {
        "job": job.id,
        "name": job.name,
        "state": job.state.keyword,
        "reasons": job.reasons,
        "impressions": job.impressions,
        "impressions_completed": job.impressions_completed,
        "sheets_completed": job.sheets_completed,
        "sha256": [document.sha256 for document in job.documents],
    }


def _content_type(scope: Scope) -> str:
    found = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return str(found.decode("latin-1").partition(";")[0].strip().lower())


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    event = await receive()
    if event["type"] == "http.disconnect":
        raise _GoneError
    return event.get("body", b""), event.get("more_body", False)


async def _read_form(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        chunk, more = await _next_chunk(receive)
        body += chunk
        if len(body) > _FORM_BYTES:
            return None
    return body


async def _reply_json(send: Send, data: object) -> None:
    await _reply(send, 200, "application/json", json.dumps(data, ensure_ascii=False).encode())


async def _reply(send: Send, status: int, content_type: str, body: bytes, *, location: str = "") -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (
            b"content-security-policy",
            b"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'",
        ),
    ]
    if location:
        headers.append((b"location", location.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
