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

The files, from the bytes upward: `tags` and `codes` are the registries; `message` the data, `make` its
constructors; `decoder` and `encoder` the wire format (RFC 8010). Above them the operations' rules (RFC 8011 and
the PWG's extensions): `requests` says which requests may be acted on, `responses` how to answer,
`attribute_groups` which attributes a client asked for. `ticket` is how a job shall be printed (its parts:
`ticket_fields`, `ticket_media`, `media_sizes`); `printer_profile` and `printer_description` tell what a printer
is, `job_description` what has become of a job.
"""

from allmende.ipp import make
from allmende.ipp.attribute_groups import select_attributes
from allmende.ipp.codes import JobState, Operation, PrinterState, Status
from allmende.ipp.decoder import DEFAULT_LIMITS, REQUEST_LIMITS, Decoder, Limits, decode
from allmende.ipp.encoder import encode, encode_attributes, join_message
from allmende.ipp.errors import IppError
from allmende.ipp.job_description import JobStateReason, JobView, describe_job, describe_job_state
from allmende.ipp.media_sizes import MediaSize, read_media_name
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
from allmende.ipp.printer_description import PrinterConditions, describe_printer, describe_printer_state
from allmende.ipp.printer_profile import BASIC_OPERATIONS, PrinterAddress, PrinterProfile, Supply
from allmende.ipp.requests import CheckedRequest, check_request
from allmende.ipp.responses import operation_attributes, reply_version, respond, respond_to_error
from allmende.ipp.tags import GroupTag, ValueTag
from allmende.ipp.ticket import Ticket, TicketReading, fit_ticket, read_ticket, ticket_attributes

__all__ = [
    "BASIC_OPERATIONS",
    "DEFAULT_LIMITS",
    "REQUEST_LIMITS",
    "Attribute",
    "AttributeSet",
    "CheckedRequest",
    "Collection",
    "Data",
    "Decoder",
    "Extension",
    "Group",
    "GroupTag",
    "IppError",
    "JobState",
    "JobStateReason",
    "JobView",
    "LanguageText",
    "Limits",
    "MediaSize",
    "Message",
    "Operation",
    "PrinterAddress",
    "PrinterConditions",
    "PrinterProfile",
    "PrinterState",
    "Range",
    "Resolution",
    "Status",
    "Supply",
    "Ticket",
    "TicketReading",
    "Value",
    "ValueTag",
    "check_request",
    "decode",
    "describe_job",
    "describe_job_state",
    "describe_printer",
    "describe_printer_state",
    "encode",
    "encode_attributes",
    "fit_ticket",
    "join_message",
    "make",
    "operation_attributes",
    "read_media_name",
    "read_ticket",
    "reply_version",
    "respond",
    "respond_to_error",
    "select_attributes",
    "ticket_attributes",
]
