# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Port 9100, the last resort: bytes go in and nothing comes out.

Such a device can't say what it understands or what became of a job. It gets one copy of the document, without a ticket. The pages of a PDF are
chosen here; copies, and sides or colour that the person changed at the device, are refused, because they would be ignored. When the device took all bytes the job is printed, with the reason
`end-not-known`; what broke after the first byte is uncertain, always.
"""

from __future__ import annotations

import asyncio
from typing import Final

from allmende.devices.device_addresses import AddressPolicy, parse_device_uri
from allmende.devices.device_client import DeviceError
from allmende.devices.device_wire import Wire
from allmende.documents import JPEG, PDF, PWG_RASTER, DocumentError
from allmende.ipp import AttributeSet, make
from allmende.printing.delivery.documents import CountedPieces, DocumentAwayError, DocumentGoneError
from allmende.printing.delivery.host import DeliveryHost
from allmende.printing.delivery.plans import CannotPrintError
from allmende.printing.delivery.records import Verdict
from allmende.printing.delivery.rules import REASONS, Happening, happening_of
from allmende.printing.job_states import Change

END_NOT_KNOWN: Final = "end-not-known"
_CONNECT_SECONDS: Final = 10.0
#: Most devices with such a port take PDF, JPEG and what their language is; nothing can be asked.
_FORMATS: Final = frozenset({PDF, JPEG, PWG_RASTER, "application/postscript", "application/octet-stream"})


async def deliver_raw(host: DeliveryHost, uri: str, policy: AddressPolicy) -> Verdict:
    """The whole document through a bare connection. Never raises what the device or the document can cause."""
    if host.changes_looks:
        return Verdict(Change.RETURN, "changes-not-supported")
    if host.document_format not in _FORMATS:
        return Verdict(Change.RETURN, "format-not-supported")
    try:
        plan = await host.plan(_what_is_certain(host.document_format))
    except CannotPrintError as error:
        return Verdict(Change.RETURN, error.reason)
    try:
        wire = await Wire.connect(
            parse_device_uri(uri, policy), pinned_sha256=None, policy=policy, seconds=_CONNECT_SECONDS
        )
    except DeviceError as error:
        return Verdict(Change.RETURN, REASONS[happening_of(error)])
    try:
        pieces = await host.open_document(plan)
        await pieces.prepare()
    except (DocumentGoneError, DocumentError) as error:
        wire.abort()
        return Verdict(Change.RETURN, _reason(error))
    try:
        if not await host.begin(0):
            return Verdict(None)
        return await _send(wire, pieces, host.times.stopped)
    finally:
        wire.abort()
        await pieces.aclose()


def _what_is_certain(document_format: str) -> AttributeSet:
    """What such a device would say of itself: it takes the bytes, and makes no copies and no choice of pages."""
    return AttributeSet(
        [
            make.mime("document-format-supported", document_format),
            make.range_of_integer("copies-supported", (1, 1)),
            make.boolean("page-ranges-supported", False),
        ]
    )


async def _send(wire: Wire, pieces: CountedPieces, stalled: float) -> Verdict:
    try:
        async for piece in pieces:
            async with asyncio.timeout(stalled):
                wire.write([piece])
                await wire.drain()
        wire.end_writing()
        async with asyncio.timeout(stalled):
            # The device closes when it has read everything; what it says on the way is nobody's language.
            while await wire.read():
                pass
    except (DocumentGoneError, DocumentError) as error:
        reason = _reason(error)
    except TimeoutError:
        reason = "device-silent"
    except OSError:
        reason = "connection-cut"
    else:
        return Verdict(Change.FINISH, END_NOT_KNOWN)
    return Verdict(Change.LOSE_SIGHT if pieces.handed_over else Change.RETURN, reason)


def _reason(error: Exception) -> str:
    return REASONS[Happening.SPOOL if isinstance(error, DocumentAwayError) else Happening.DOCUMENT]
