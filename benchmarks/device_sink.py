# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A printer on the loopback address that throws every document away and notes when its first byte came.

`IppDevice` speaks as much IPP as delivery needs (RFC 8011; it claims to be idle and every job is completed at once);
`SocketDevice` is a port 9100 without even that. Times are `time.monotonic()`.
"""

from __future__ import annotations

import contextlib
import io
import queue
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from print_messages import (
    BOOLEAN,
    CHARSET,
    COLLECTION,
    ENUM,
    INTEGER,
    JOB_GROUP,
    KEYWORD,
    LANGUAGE,
    MIME_TYPE,
    NAME,
    OPERATION_GROUP,
    PRINTER_GROUP,
    RESOLUTION,
    TEXT,
    URI,
    Attribute,
    Group,
    end_of_attributes,
    ipp_message,
)

#: Seconds without a byte after which a connection is given up.
_SILENCE = 60.0
_VALIDATE_JOB, _PRINT_JOB, _CREATE_JOB, _SEND_DOCUMENT = 0x0004, 0x0002, 0x0005, 0x0006
_CANCEL_JOB, _GET_JOB, _GET_JOBS, _GET_PRINTER = 0x0008, 0x0009, 0x000A, 0x000B
_OPERATIONS = [
    _PRINT_JOB,
    _VALIDATE_JOB,
    _CREATE_JOB,
    _SEND_DOCUMENT,
    _CANCEL_JOB,
    _GET_JOB,
    _GET_JOBS,
    _GET_PRINTER,
]

#: 600 in both directions, in dots per inch (RFC 8010 §3.9).
_600_DPI = struct.pack(">iib", 600, 600, 3)
_A4: list[Attribute] = [(INTEGER, "x-dimension", [21000]), (INTEGER, "y-dimension", [29700])]

_A4_PAPER: list[Attribute] = [
    (COLLECTION, "media-size", [_A4]),
    *((INTEGER, f"media-{edge}-margin", [420]) for edge in ("top", "bottom", "left", "right")),
]


class _Device(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    scheme = ""

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._first_bytes: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def note_first_byte(self) -> None:
        self._first_bytes.put(time.monotonic())

    def wait_for_first_byte(self, patience: float) -> float:
        """When the next document's first byte came; TimeoutError where none comes in `patience` seconds."""
        try:
            return self._first_bytes.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError("no document came to the device") from None


class SocketDevice(_Device):
    """Takes bytes until the other side has no more."""

    scheme = "socket"

    def __init__(self) -> None:
        super().__init__(_SocketConnection)

    @property
    def uri(self) -> str:
        # Without this, CUPS asks the device's SNMP agent for its supplies before it sends.
        return f"socket://127.0.0.1:{self.port}/?snmp=false"


class _SocketConnection(socketserver.BaseRequestHandler):
    server: SocketDevice
    request: socket.socket

    def handle(self) -> None:
        self.request.settimeout(_SILENCE)
        with contextlib.suppress(OSError):
            if self.request.recv(1 << 16):
                self.server.note_first_byte()
            while self.request.recv(1 << 16):
                pass


class IppDevice(_Device):
    """A printer at /ipp/print that takes PDF, JPEG and PWG raster."""

    scheme = "ipp"

    def __init__(self) -> None:
        self.job_id = 0
        super().__init__(_IppConnection)

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"


class _IppConnection(socketserver.StreamRequestHandler):
    server: IppDevice
    timeout = _SILENCE
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while self._answer_one():
                pass

    def _answer_one(self) -> bool:
        if not self.rfile.readline(4096):
            return False
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(4096)).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        message = bytearray()
        begin: int | None = None
        seen = False
        for piece in _body_pieces(self.rfile, headers):
            if begin is None:
                message += piece
                begin = end_of_attributes(message)
                has_document = begin is not None and len(message) > begin
            else:
                has_document = True
            if has_document and not seen:
                self.server.note_first_byte()
                seen = True
        reply = self._reply(bytes(message))
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n%s"
            % (len(reply), reply)
        )
        return headers.get("connection", "").lower() != "close"

    def _reply(self, message: bytes) -> bytes:
        operation = int.from_bytes(message[2:4], "big")
        groups: list[Group] = [
            (
                OPERATION_GROUP,
                [
                    (CHARSET, "attributes-charset", ["utf-8"]),
                    (LANGUAGE, "attributes-natural-language", ["en"]),
                ],
            )
        ]
        if operation in {_PRINT_JOB, _CREATE_JOB}:
            self.server.job_id += 1
        if operation in {_PRINT_JOB, _CREATE_JOB, _SEND_DOCUMENT, _GET_JOB}:
            groups.append((JOB_GROUP, _job_attributes(self.server)))
        elif operation == _GET_PRINTER:
            groups.append((PRINTER_GROUP, _printer_attributes(self.server)))
        return ipp_message(0x0000, int.from_bytes(message[4:8], "big"), groups)


def _body_pieces(stream: io.BufferedIOBase, headers: dict[str, str]) -> Iterator[bytes]:
    """The body as it comes in, its framing taken off; ValueError where a chunk's size is none."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        yield from _counted_pieces(stream, int(headers.get("content-length", "0")))
        return
    while size := int(stream.readline(64).split(b";")[0], 16):
        yield from _counted_pieces(stream, size)
        stream.readline(64)
    stream.readline(64)


def _counted_pieces(stream: io.BufferedIOBase, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = stream.read1(min(size, 1 << 16))
        if not piece:
            raise OSError("cut in mid-body")
        size -= len(piece)
        yield piece


def _job_attributes(device: IppDevice) -> list[Attribute]:
    return [
        (INTEGER, "job-id", [device.job_id]),
        (URI, "job-uri", [f"{device.uri}/{device.job_id}"]),
        (ENUM, "job-state", [9]),
        (KEYWORD, "job-state-reasons", ["job-completed-successfully"]),
        (INTEGER, "job-impressions-completed", [1]),
        (INTEGER, "job-media-sheets-completed", [1]),
    ]


def _printer_attributes(device: IppDevice) -> list[Attribute]:
    return [
        (URI, "printer-uri-supported", [device.uri]),
        (KEYWORD, "uri-security-supported", ["none"]),
        (KEYWORD, "uri-authentication-supported", ["none"]),
        (NAME, "printer-name", ["sink"]),
        (TEXT, "printer-make-and-model", ["Benchmark sink"]),
        (URI, "printer-uuid", ["urn:uuid:4b3c6a2e-6d0f-4a57-9a50-0d5bb7a4e7a1"]),
        (ENUM, "printer-state", [3]),
        (KEYWORD, "printer-state-reasons", ["none"]),
        (BOOLEAN, "printer-is-accepting-jobs", [True]),
        (INTEGER, "queued-job-count", [0]),
        (INTEGER, "printer-up-time", [max(1, int(time.monotonic()))]),
        (KEYWORD, "ipp-versions-supported", ["1.1", "2.0"]),
        (KEYWORD, "ipp-features-supported", ["ipp-everywhere"]),
        (ENUM, "operations-supported", _OPERATIONS),
        (BOOLEAN, "multiple-document-jobs-supported", [False]),
        (CHARSET, "charset-configured", ["utf-8"]),
        (CHARSET, "charset-supported", ["utf-8"]),
        (LANGUAGE, "natural-language-configured", ["en"]),
        (LANGUAGE, "generated-natural-language-supported", ["en"]),
        (MIME_TYPE, "document-format-default", ["application/pdf"]),
        (MIME_TYPE, "document-format-supported", ["application/pdf", "image/jpeg", "image/pwg-raster"]),
        (KEYWORD, "compression-supported", ["none"]),
        (KEYWORD, "pdl-override-supported", ["attempted"]),
        (BOOLEAN, "color-supported", [True]),
        (KEYWORD, "print-color-mode-supported", ["auto", "color", "monochrome"]),
        (KEYWORD, "sides-supported", ["one-sided", "two-sided-long-edge", "two-sided-short-edge"]),
        (KEYWORD, "sides-default", ["one-sided"]),
        (KEYWORD, "media-supported", ["iso_a4_210x297mm"]),
        (KEYWORD, "media-default", ["iso_a4_210x297mm"]),
        (COLLECTION, "media-size-supported", [_A4]),
        (COLLECTION, "media-col-default", [_A4_PAPER]),
        (COLLECTION, "media-col-database", [_A4_PAPER]),
        (RESOLUTION, "printer-resolution-default", [_600_DPI]),
        (RESOLUTION, "printer-resolution-supported", [_600_DPI]),
        (RESOLUTION, "pwg-raster-document-resolution-supported", [_600_DPI]),
        (KEYWORD, "pwg-raster-document-sheet-back", ["normal"]),
        (KEYWORD, "pwg-raster-document-type-supported", ["sgray_8", "srgb_8"]),
        *((INTEGER, f"media-{edge}-margin-supported", [420]) for edge in ("top", "bottom", "left", "right")),
        (
            KEYWORD,
            "job-creation-attributes-supported",
            ["copies", "document-format", "job-name", "media", "print-color-mode", "sides"],
        ),
    ]
