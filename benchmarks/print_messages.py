# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The few IPP messages a benchmark needs, as bytes.

Deliberately not the product's own codec: what is measured must not also be the measuring stick. Only what
a reply's first bytes and well-known integers say is read (RFC 8010 §3.1, §3.4); nothing here is a general parser.
"""

from __future__ import annotations

import dataclasses
import struct
import urllib.parse
from collections.abc import Sequence
from typing import Union

PRINT_JOB = 0x0002
GET_JOB_ATTRIBUTES = 0x0009
GET_PRINTER_ATTRIBUTES = 0x000B
RELEASE_JOB = 0x000D

OPERATION_GROUP = 0x01
JOB_GROUP = 0x02
END = 0x03
PRINTER_GROUP = 0x04

INTEGER = 0x21
BOOLEAN = 0x22
ENUM = 0x23
TEXT = 0x41
NAME = 0x42
KEYWORD = 0x44
URI = 0x45
CHARSET = 0x47
LANGUAGE = 0x48
MIME_TYPE = 0x49
RESOLUTION = 0x32
COLLECTION = 0x34
_MEMBER_NAME = 0x4A
_END_COLLECTION = 0x37

#: A collection is given as its members, a resolution as its octets.
Value = Union[str, int, bool, bytes, Sequence["Attribute"]]  # noqa: UP007 - it names itself
Attribute = tuple[int, str, Sequence[Value]]
Group = tuple[int, Sequence[Attribute]]


@dataclasses.dataclass(frozen=True)
class PrintTarget:
    """Where a job goes: the HTTP address it is posted to, the URI named inside it, and who says to be printing."""

    url: str
    printer_uri: str
    user: str

    @property
    def host(self) -> str:
        return urllib.parse.urlsplit(self.url).hostname or "127.0.0.1"

    @property
    def port(self) -> int:
        return urllib.parse.urlsplit(self.url).port or 631

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path or "/"


def ipp_message(code: int, request_id: int, groups: Sequence[Group]) -> bytes:
    """One IPP/2.0 request (`code` is an operation) or reply (`code` is a status), without a document."""
    parts = [struct.pack(">BBHI", 2, 0, code, request_id)]
    for group, attributes in groups:
        parts.append(bytes((group,)))
        parts += [_attribute_octets(*attribute) for attribute in attributes]
    parts.append(bytes((END,)))
    return b"".join(parts)


def _attribute_octets(tag: int, name: str, values: Sequence[Value]) -> bytes:
    parts: list[bytes] = []
    for value in values:
        parts.append(
            _field(tag, name if not parts else "", b"" if tag == COLLECTION else _value_octets(value))
        )
        if tag == COLLECTION and not isinstance(value, str | int | bytes):
            for member_tag, member, member_values in value:
                parts.append(_field(_MEMBER_NAME, "", member.encode()))
                parts += [_attribute_octets(member_tag, "", [each]) for each in member_values]
            parts.append(_field(_END_COLLECTION, "", b""))
    return b"".join(parts)


def _field(tag: int, name: str, octets: bytes) -> bytes:
    label = name.encode()
    return struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(octets)) + octets


def _value_octets(value: Value) -> bytes:
    if isinstance(value, bool):
        return bytes((value,))
    if isinstance(value, int):
        return struct.pack(">i", value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    raise TypeError("a collection is no plain value")


def request_opening(printer_uri: str, user: str) -> list[Attribute]:
    """The operation attributes that begin every request (RFC 8011 §4.1.4, §4.1.5)."""
    return [
        (CHARSET, "attributes-charset", ["utf-8"]),
        (LANGUAGE, "attributes-natural-language", ["de-de"]),
        (URI, "printer-uri", [printer_uri]),
        (NAME, "requesting-user-name", [user]),
    ]


def print_job(target: PrintTarget, job_name: str = "Haushaltsplan.pdf") -> bytes:
    """A Print-Job as a desktop client sends it, ten attributes long; the PDF follows it in the same body."""
    operation = [
        *request_opening(target.printer_uri, target.user),
        (NAME, "job-name", [job_name]),
        (MIME_TYPE, "document-format", ["application/pdf"]),
    ]
    job: list[Attribute] = [
        (INTEGER, "copies", [1]),
        (KEYWORD, "sides", ["two-sided-long-edge"]),
        (KEYWORD, "media", ["iso_a4_210x297mm"]),
        (KEYWORD, "print-color-mode", ["monochrome"]),
    ]
    return ipp_message(PRINT_JOB, 1, [(OPERATION_GROUP, operation), (JOB_GROUP, job)])


def release_job(target: PrintTarget, job_id: int) -> bytes:
    operation = [*request_opening(target.printer_uri, target.user), (INTEGER, "job-id", [job_id])]
    return ipp_message(RELEASE_JOB, 1, [(OPERATION_GROUP, operation)])


def get_printer_attributes(target: PrintTarget, names: Sequence[str]) -> bytes:
    operation = [*request_opening(target.printer_uri, target.user), (KEYWORD, "requested-attributes", names)]
    return ipp_message(GET_PRINTER_ATTRIBUTES, 1, [(OPERATION_GROUP, operation)])


def http_head(target: PrintTarget, length: int | None) -> bytes:
    """The HTTP request's head; a `length` of None means that the body comes in chunks."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        f"POST {target.path} HTTP/1.1\r\n"
        f"Host: {target.host}:{target.port}\r\n"
        "User-Agent: benchmark IPP/2.0\r\n"
        "Content-Type: application/ipp\r\n"
        f"{framing}\r\n\r\n"
    ).encode()


def http_request(target: PrintTarget, ipp: bytes, document: bytes = b"") -> bytes:
    """Head and body in one piece, so that one send carries them."""
    return http_head(target, len(ipp) + len(document)) + ipp + document


def reply_status(reply: bytes) -> int:
    """The IPP status code of a reply's body; -1 where it is too short to have one."""
    return int.from_bytes(reply[2:4], "big") if len(reply) >= 8 else -1


def is_successful(status: int) -> bool:
    """successful-ok or successful-ok-ignored-or-substituted-attributes (RFC 8011 §B.1.2)."""
    return status in {0x0000, 0x0001}


def reply_integer(reply: bytes, name: str) -> int:
    """The first value of the integer or enum attribute `name`; LookupError where the reply has none."""
    label = struct.pack(">H", len(name)) + name.encode() + b"\x00\x04"
    for tag in (INTEGER, ENUM):
        place = reply.find(bytes((tag,)) + label)
        if place >= 0:
            begin = place + 1 + len(label)
            return int.from_bytes(reply[begin : begin + 4], "big", signed=True)
    raise LookupError(name)


def end_of_attributes(message: bytes | bytearray) -> int | None:
    """Where a message's document begins; None while the attributes are not complete (RFC 8010 §3.1.1)."""
    place = 8
    while place < len(message):
        tag = message[place]
        place += 1
        if tag == END:
            return place
        if tag < 0x10:
            continue
        for _ in ("name", "value"):
            if place + 2 > len(message):
                return None
            place += 2 + int.from_bytes(message[place : place + 2], "big")
    return None
