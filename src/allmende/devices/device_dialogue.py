# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One request and its reply over a connection: HTTP/1.1 by h11, the IPP message first, the document behind it.

The reply is read while the document is still being sent: a device that refuses early is heard at once, and one that
says "ok" early still gets the rest. Sources: RFC 8010 §4, RFC 9112.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import h11

from allmende import ipp
from allmende.devices.device_addresses import DeviceAddress
from allmende.devices.device_errors import (
    DeviceCutError,
    DeviceError,
    DeviceNonsenseError,
    DeviceRefusedError,
    DeviceSilentError,
    DocumentBrokeError,
)
from allmende.devices.device_wire import Wire


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """What a device may cost us. Times in seconds, sizes in bytes.

    `stalled`: it takes no byte of the document, as out of paper with its memory full; `silent`: it sends no byte after
    all was sent; `reply`: from the end of our request to the end of its reply; `total`: everything (None: no
    bound, for a large document on a slow device that `stalled` watches over).
    """

    connect: float = 5.0
    stalled: float = 60.0
    silent: float = 30.0
    reply: float = 60.0
    total: float | None = None
    continue_wait: float = 1.0
    head_size: int = 65_536
    reply_size: int = 4 * 1024 * 1024
    informational_replies: int = 8

    @property
    def message_limits(self) -> ipp.Limits:
        return ipp.Limits(size=self.reply_size)


@dataclass(frozen=True, slots=True)
class Reply:
    """The device's IPP answer. `body_complete`: it came after the end of the document, not before."""

    message: ipp.Message
    bytes_of_document_sent: int = 0
    body_complete: bool = False

    @property
    def status(self) -> int:
        return self.message.code

    @property
    def is_successful(self) -> bool:
        return self.message.code < 0x0100


@dataclass(slots=True)
class _Progress:
    has_document: bool = False
    document_begun: bool = False
    document_bytes: int = 0
    all_sent: bool = False
    reply_begun: bool = False

    @property
    def body_complete(self) -> bool:
        """Whether the device may have the end of a *document*; a request without one can print nothing."""
        return self.has_document and self.all_sent


@dataclass(slots=True)
class Dialogue:
    """One connection's h11 state; serves one request after another while the device keeps the connection."""

    wire: Wire
    limits: DeviceLimits
    http: h11.Connection = field(init=False)
    progress: _Progress = field(init=False, default_factory=_Progress)
    _go_on: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=self.limits.head_size)

    @property
    def can_serve_another(self) -> bool:
        return self.http.our_state is h11.IDLE and not self.wire.is_stale

    async def exchange(
        self,
        address: DeviceAddress,
        message: bytes,
        document: AsyncIterator[bytes] | None,
        *,
        document_size: int | None = None,
        expect_continue: bool = False,
    ) -> Reply:
        """Raises DeviceError. Afterwards the connection can serve another request, or it is closed."""
        self.progress = _Progress(has_document=document is not None)
        try:
            async with asyncio.timeout(self.limits.total):
                if document is None:
                    reply = await self._ask(address, message)
                else:
                    self._go_on.clear()
                    size = None if document_size is None else len(message) + document_size
                    head = self._head(address, size, expect_continue=expect_continue)
                    reply = await self._deliver(head, message, document, expect_continue=expect_continue)
        except TimeoutError:
            self.wire.abort()
            raise self._error(DeviceSilentError, "the device took too long") from None
        except BaseException:
            self.wire.abort()
            raise
        both_done = self.http.our_state is h11.DONE and self.http.their_state is h11.DONE
        # Bytes behind the reply would be taken for the answer to the next request.
        if both_done and not self.http.trailing_data[0]:
            self.http.start_next_cycle()
        else:
            self.wire.close()
        return reply

    async def _ask(self, address: DeviceAddress, message: bytes) -> Reply:
        try:
            self.wire.write(
                (
                    self.http.send(self._head(address, len(message))) or b"",
                    self.http.send(h11.Data(message)) or b"",
                    self.http.send(h11.EndOfMessage()) or b"",
                )
            )
        except OSError as error:
            raise self._error(DeviceCutError, str(error)) from error
        self.progress.all_sent = True
        async with asyncio.timeout(self.limits.reply):
            return self._read_message(await self._receive())

    async def _deliver(
        self, head: h11.Request, message: bytes, document: AsyncIterator[bytes], *, expect_continue: bool
    ) -> Reply:
        receiving = asyncio.create_task(self._receive())
        sending = asyncio.create_task(self._send(head, message, document, wait=expect_continue))
        try:
            await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
            if receiving.done() and not sending.done():
                early = receiving.result()  # raises what the device did
                reply = self._read_message(early)
                if not reply.is_successful:
                    return reply
                # "ok" before it has everything: it reads on, so it gets the rest.
                await sending
                return self._read_message(early)
            if sending.exception() is not None:
                return await self._hear_last_words(sending, receiving)
            async with asyncio.timeout(self.limits.reply):
                return self._read_message(await receiving)
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)

    async def _hear_last_words(
        self, sending: "asyncio.Task[None]", receiving: "asyncio.Task[bytes]"
    ) -> Reply:
        """Sending failed: if the device had answered before it hung up, that answer says more than the broken pipe."""
        problem = sending.exception()
        if isinstance(problem, DeviceCutError):
            try:
                async with asyncio.timeout(1):
                    reply = self._read_message(await receiving)
            except (DeviceCutError, DeviceNonsenseError, DeviceSilentError, TimeoutError):
                raise problem from None
            if not reply.is_successful:
                return reply
        assert problem is not None  # noqa: S101 - for the type checker
        raise problem

    async def _send(
        self, head: h11.Request, message: bytes, document: AsyncIterator[bytes], *, wait: bool
    ) -> None:
        progress = self.progress
        waiting: list[bytes] = [self.http.send(head) or b""]
        if wait:
            await self._write(waiting)
            waiting = []
            try:
                async with asyncio.timeout(self.limits.continue_wait):
                    await self._go_on.wait()
            except TimeoutError:
                pass  # RFC 9110 §10.1.1: a client need not wait for ever
        waiting += self._data(message)
        source = aiter(document)
        while True:
            try:
                chunk = await anext(source, None)
            except DeviceError:
                raise
            except Exception as error:
                raise self._error(DocumentBrokeError, "the document's source failed") from error
            if chunk is None:
                break
            if not chunk:
                continue
            progress.document_begun = True
            progress.document_bytes += len(chunk)
            waiting += self._data(chunk)
            await self._write(waiting)
            waiting = []
        try:
            waiting.append(self.http.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError as error:
            raise self._error(DocumentBrokeError, "the document is shorter than announced") from error
        # From here on the device may have the end: set before the write, so that a cut in it counts as complete.
        progress.all_sent = True
        await self._write(waiting)

    def _data(self, octets: bytes) -> list[bytes]:
        try:
            return self.http.send_with_data_passthrough(h11.Data(octets)) or []
        except h11.LocalProtocolError as error:
            raise self._error(DocumentBrokeError, "the document is longer than announced") from error

    async def _write(self, parts: list[bytes]) -> None:
        try:
            async with asyncio.timeout(self.limits.stalled):
                self.wire.write(parts)
                await self.wire.drain()
        except TimeoutError:
            raise self._error(DeviceSilentError, "the device takes no more bytes") from None
        except OSError as error:
            raise self._error(DeviceCutError, str(error)) from error

    async def _receive(self) -> bytes:
        """The reply's body. A refusal by HTTP is raised."""
        body = bytearray()
        informational = 0
        while True:
            event = self._next_event()
            if event is h11.NEED_DATA:
                await self._read_more()
            elif isinstance(event, h11.InformationalResponse):
                self._go_on.set()
                informational += 1
                if informational > self.limits.informational_replies:
                    raise self._error(DeviceNonsenseError, "endless informational replies")
            elif isinstance(event, h11.Response):
                if event.status_code >= 300:
                    raise self._refusal(event.status_code)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self.limits.reply_size:
                    raise self._error(DeviceNonsenseError, "the reply is too long")
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)
            else:
                raise self._error(DeviceCutError, "the device closed the connection")

    def _next_event(self) -> object:
        try:
            return self.http.next_event()
        except h11.RemoteProtocolError as error:
            # h11 reports a connection that ends within a reply, or before it, as a fault of the protocol.
            if self.http.trailing_data[1]:
                raise self._error(DeviceCutError, "the device closed the connection") from None
            raise self._error(DeviceNonsenseError, f"not HTTP: {error}") from None

    async def _read_more(self) -> None:
        try:
            # While the document is on its way the device may stay silent as long as it takes bytes.
            async with asyncio.timeout(self.limits.silent if self.progress.all_sent else None):
                data = await self.wire.read()
        except TimeoutError:
            raise self._error(DeviceSilentError, "the device does not answer") from None
        except OSError as error:
            raise self._error(DeviceCutError, str(error)) from error
        if data:
            self.progress.reply_begun = True
        self.http.receive_data(data)

    def _read_message(self, body: bytes) -> Reply:
        try:
            message, _ = ipp.decode(body, self.limits.message_limits)
        except ipp.IppError as error:
            raise self._error(DeviceNonsenseError, f"not IPP: {error}") from None
        return Reply(message, self.progress.document_bytes, self.progress.body_complete)

    def _head(
        self, address: DeviceAddress, size: int | None, *, expect_continue: bool = False
    ) -> h11.Request:
        headers = [
            ("Host", address.authority),
            ("User-Agent", "allmende"),
            ("Content-Type", "application/ipp"),
            ("Transfer-Encoding", "chunked") if size is None else ("Content-Length", str(size)),
        ]
        if expect_continue:
            headers.append(("Expect", "100-continue"))
        return h11.Request(method="POST", target=address.path, headers=headers)

    def _refusal(self, status: int) -> DeviceRefusedError:
        return DeviceRefusedError(
            status,
            bytes_of_document_sent=self.progress.document_bytes,
            body_complete=self.progress.body_complete,
        )

    def _error(self, kind: type[DeviceError], message: str) -> DeviceError:
        return kind(
            message,
            bytes_of_document_sent=self.progress.document_bytes,
            body_complete=self.progress.body_complete,
        )
