# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""IPP: the wire format and the operations' rules. Bytes in, values out.

How this room works
===================

Nothing here opens a socket, waits, or knows the time. Three callers stand around it: the gateway (answers
clients), the client (asks devices), the virtual device (plays one). Each moves the bytes itself::

    body's chunks ──▶ Decoder.feed ──▶ Message ──▶ check_request ──▶ the caller's work
                          └ remainder: the document's first bytes              │
    bytes ◀── encode ◀── Message ◀── respond ◀── attributes ◀── describe_… ◀──┘

A `Message` is a version, a code (an operation, or a status), a request's number and groups. A `Group` is a tag
and attributes; an `Attribute` is a name and values; a `Value` is a tag and data. All are immutable, order and
duplicates are kept, and whatever was decoded encodes to the very same bytes, also when it makes no sense. So a
reader of attributes asks through the group's accessors (`group.integer("copies")`), which give None when a peer
sent something else under that name. Attributes to send are made by `make`: ``make.integer("copies", 2)``.

There is one error, `IppError`, and it carries the status that the peer should be told. Peers of both sides are
hostile: `Limits` bounds what a message may make us hold.

The files: `tags` and `codes` are the registries; `message` the data; `decoder` and `encoder` the wire format
(RFC 8010); `make` the constructors.
"""

from allmende.ipp import make
from allmende.ipp.codes import JobState, Operation, PrinterState, Status
from allmende.ipp.decoder import DEFAULT_LIMITS, REQUEST_LIMITS, Decoder, Limits, decode
from allmende.ipp.encoder import encode, encode_attributes, join_message
from allmende.ipp.errors import IppError
from allmende.ipp.message import (
    Attribute,
    AttributeSet,
    Collection,
    Data,
    Extension,
    Group,
    LanguageText,
    Message,
    Range,
    Resolution,
    Value,
)
from allmende.ipp.tags import GroupTag, ValueTag

__all__ = [
    "DEFAULT_LIMITS",
    "REQUEST_LIMITS",
    "Attribute",
    "AttributeSet",
    "Collection",
    "Data",
    "Decoder",
    "Extension",
    "Group",
    "GroupTag",
    "IppError",
    "JobState",
    "LanguageText",
    "Limits",
    "Message",
    "Operation",
    "PrinterState",
    "Range",
    "Resolution",
    "Status",
    "Value",
    "ValueTag",
    "decode",
    "encode",
    "encode_attributes",
    "join_message",
    "make",
]
