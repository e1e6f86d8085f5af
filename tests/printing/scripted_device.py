# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer that does what the test says at each point of the dialogue, and remembers what it got.

By itself it is a good printer: it takes a job, counts one page for each document that arrived whole, and completes it. `misdeeds`
replaces an operation's answer: a list for each operation, one deed for each time it is asked, the last one for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from allmende import ipp
from allmende.ipp import Group, GroupTag, JobState, Message, Operation, make
from devices.programs import free_port
from devices.scripted_device import Peer, http_reply, ipp_reply

FORMATS = ("application/pdf", "image/pwg-raster", "application/octet-stream")
OPERATIONS = (
    Operation.PRINT_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_PRINTER_ATTRIBUTES,
)


@dataclass
class DeviceJob:
    id: int
    name: str
    state: int = JobState.PENDING
    impressions: int | None = 0
    sheets: int | None = 0
    reasons: tuple[str, ...] = ("none",)
    document: bytes = b""
    complete: bool = False


Deed = Callable[["ScriptedPrinter", Peer, Message], Awaitable[bytes | None]]


@dataclass
class ScriptedPrinter:
    port: int = field(default_factory=free_port)
    misdeeds: dict[Operation, list[Deed]] = field(default_factory=dict)
    #: The device hangs up after so many bytes of a document.
    cut_after: int | None = None
    #: What it makes of a whole document, before it is asked.
    print_it: Callable[[DeviceJob], None] = field(default=lambda job: complete(job))  # noqa: PLW0108 - defined below
    operations: tuple[int, ...] = OPERATIONS
    formats: tuple[str, ...] = FORMATS
    extra: tuple[ipp.Attribute, ...] = ()
    copies: int = 99
    tls: ssl.SSLContext | None = None
    asked: list[Operation] = field(default_factory=list)
    jobs: list[DeviceJob] = field(default_factory=list)
    last_request: Message | None = None
    _server: asyncio.Server | None = None
    _place: socket.socket | None = None

    @property
    def uri(self) -> str:
        return f"{'ipps' if self.tls else 'ipp'}://127.0.0.1:{self.port}/ipp/print"

    @property
    def printed(self) -> list[bytes]:
        """Documents of which a sheet came out."""
        return [job.document for job in self.jobs if job.impressions]

    def times_asked(self, operation: Operation) -> int:
        return self.asked.count(operation)

    async def open(self) -> None:
        if self._place is None:
            self._place = socket.socket()
            self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._place.bind(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, reuse_address=True, ssl=self.tls
        )

    async def close(self) -> None:
        """Nobody answers any more; the port stays ours, so that no other test's device is taken for this one."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def leave(self) -> None:
        if self._place is not None:
            self._place.close()
            self._place = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while self._server is not None:
                head = await peer.read_head()
                message, document = await self._read(peer, head)
                if self._server is None:
                    break
                answer = await self._answer(peer, message, document)
                if answer is None:
                    break
                peer.send(answer)
                await writer.drain()
        peer.reset()

    async def _read(self, peer: Peer, head: str) -> tuple[Message, bytes]:
        """The message and the document; hangs up in the middle where told so."""
        decoder = ipp.Decoder(ipp.REQUEST_LIMITS)
        message: Message | None = None
        document = bytearray()
        async for piece in _body(peer, head):
            if message is None:
                message = decoder.feed(piece)
                document += decoder.remainder if message is not None else b""
            else:
                document += piece
            if (
                message is not None
                and document
                and self.cut_after is not None
                and len(document) >= self.cut_after
            ):
                self._take(message, bytes(document[: self.cut_after]), complete=False)
                self.asked.append(Operation(message.code))
                raise OSError("cut")
        assert message is not None
        return message, bytes(document)

    async def _answer(self, peer: Peer, message: Message, document: bytes) -> bytes | None:
        operation = Operation(message.code)
        self.asked.append(operation)
        self.last_request = message
        deeds = self.misdeeds.get(operation)
        if operation in {Operation.SEND_DOCUMENT, Operation.PRINT_JOB}:
            job = self._take(message, document, complete=True)
            if not deeds:
                self.print_it(job)
        if deeds:
            deed = deeds.pop(0) if len(deeds) > 1 else deeds[0]
            return await deed(self, peer, message)
        return self.good_answer(message)

    def good_answer(self, message: Message) -> bytes:
        operation = Operation(message.code)
        if operation is Operation.GET_PRINTER_ATTRIBUTES:
            return http_reply(ipp_reply(0, self._description(), request_id=message.request_id))
        if operation is Operation.CREATE_JOB:
            self.jobs.append(DeviceJob(len(self.jobs) + 1, message.operation_group.text("job-name") or ""))
            return http_reply(ipp_reply(0, self._status(self.jobs[-1])))
        if operation is Operation.CANCEL_JOB:
            job = self._job(message)
            if job is not None and job.state < JobState.CANCELED:
                job.state = JobState.CANCELED
            return http_reply(ipp_reply(0 if job else 0x0406))
        job = self._job(message)
        return http_reply(ipp_reply(0, self._status(job)) if job else ipp_reply(0x0406))

    def _take(self, message: Message, document: bytes, *, complete: bool) -> DeviceJob:
        if message.code == Operation.PRINT_JOB:
            self.jobs.append(DeviceJob(len(self.jobs) + 1, message.operation_group.text("job-name") or ""))
        job = self._job(message) or self.jobs[-1]
        job.document += document
        job.complete = complete
        return job

    def _job(self, message: Message) -> DeviceJob | None:
        if message.code == Operation.PRINT_JOB:
            return self.jobs[-1]
        job_id = message.operation_group.integer("job-id")
        return next((job for job in self.jobs if job.id == job_id), None)

    def _description(self) -> Group:
        return Group(
            GroupTag.PRINTER,
            [
                make.mime("document-format-supported", *self.formats),
                make.enum("operations-supported", *self.operations),
                make.boolean("printer-is-accepting-jobs", True),
                make.range_of_integer("copies-supported", (1, self.copies)),
                make.keyword("sides-supported", "one-sided", "two-sided-long-edge"),
                make.keyword("print-color-mode-supported", "color", "monochrome"),
                *self.extra,
            ],
        )

    def _status(self, job: DeviceJob) -> Group:
        attributes = [
            make.integer("job-id", job.id),
            make.name("job-name", job.name),
            make.enum("job-state", job.state),
            make.keyword("job-state-reasons", *job.reasons),
        ]
        if job.impressions is not None:
            attributes.append(make.integer("job-impressions-completed", job.impressions))
        if job.sheets is not None:
            attributes.append(make.integer("job-media-sheets-completed", job.sheets))
        return Group(GroupTag.JOB, attributes)


@contextlib.asynccontextmanager
async def scripted_printer(**script: object) -> AsyncIterator[ScriptedPrinter]:
    printer = ScriptedPrinter(**script)  # type: ignore[arg-type]
    await printer.open()
    try:
        yield printer
    finally:
        await printer.close()
        printer.leave()


def complete(job: DeviceJob, pages: int = 1) -> None:
    job.state, job.impressions, job.sheets = JobState.COMPLETED, pages, pages


def work_on(
    state: JobState = JobState.PROCESSING,
    impressions: int | None = 0,
    sheets: int | None = 0,
    *reasons: str,
) -> Callable[[DeviceJob], None]:
    """The device takes the document and stays like this."""

    def begin(job: DeviceJob) -> None:
        job.state, job.impressions, job.sheets = state, impressions, sheets
        job.reasons = reasons or ("none",)

    return begin


async def cut(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
    return None


async def stay_silent(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
    await peer.reader.read()
    return None


async def talk_nonsense(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
    return http_reply(b"\x02\x00\x00\x00\x00\x00\x00\x01\x01\x47\xff\xff\xff\xff")


async def answer_truly(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
    return printer.good_answer(message)


def refuse(status: int) -> Deed:
    async def deed(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
        return http_reply(ipp_reply(status))

    return deed


def refuse_http(status: str) -> Deed:
    async def deed(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
        return http_reply(b"", status=status)

    return deed


def answer_with(*attributes: ipp.Attribute) -> Deed:
    async def deed(printer: ScriptedPrinter, peer: Peer, message: Message) -> bytes | None:
        return http_reply(ipp_reply(0, Group(GroupTag.JOB, attributes)))

    return deed


async def _body(peer: Peer, head: str) -> AsyncIterator[bytes]:
    head = head.lower()
    if "transfer-encoding: chunked" not in head:
        yield await peer.reader.readexactly(int(head.split("content-length:")[1].split()[0]))
        return
    while size := int(await peer.reader.readline(), 16):
        while size:
            piece = await peer.reader.read(min(size, 65536))
            if not piece:
                raise OSError("the client hung up")
            size -= len(piece)
            yield piece
        await peer.reader.readexactly(2)
    await peer.reader.readexactly(2)
