# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The client to devices that speak IPP: `DeviceClient(uri, pinned_sha256=…).request(message, document=…)`.

How a request goes
==================

    DeviceClient.request
        │  a warm connection from DeviceConnections, or a fresh one (Wire: TCP, TLS, the certificate's pin)
        ▼
    Dialogue.exchange ── writes head, message, document, chunk by chunk ──▶ device
        ▲                                                                     │
        └───────── reads at the same time: 100, a refusal, the reply ─────────┘

Every way in which this can end is either a `Reply` (the device's IPP answer, also a refusing one) or one of
`device_errors`, which tell how far the document came. Nothing here repeats anything that could put ink on paper: only
a request that was sent on a connection kept from before, got no answer, and either is harmless twice
(`_REPEATABLE`) or whose document was not begun, is sent again, once, on a fresh connection.
"""

import itertools
from collections.abc import AsyncIterator
from typing import Final

from allmende import ipp
from allmende.devices.device_addresses import AddressPolicy, DeviceAddress, parse_device_uri
from allmende.devices.device_connections import DeviceConnections
from allmende.devices.device_dialogue import DeviceLimits, Dialogue, Reply
from allmende.devices.device_errors import (
    CertificateChangedError,
    DeviceCutError,
    DeviceError,
    DeviceNonsenseError,
    DeviceRefusedError,
    DeviceSilentError,
    DeviceUnreachableError,
    DocumentBrokeError,
    UnreachableReason,
)

__all__ = [
    "AddressPolicy",
    "CertificateChangedError",
    "DeviceAddress",
    "DeviceClient",
    "DeviceConnections",
    "DeviceCutError",
    "DeviceError",
    "DeviceLimits",
    "DeviceNonsenseError",
    "DeviceRefusedError",
    "DeviceSilentError",
    "DeviceUnreachableError",
    "DocumentBrokeError",
    "Reply",
    "UnreachableReason",
    "next_request_id",
    "parse_device_uri",
]

# A second Create-Job leaves an empty job behind at worst, which the device drops after its multiple-operation-time-out.
_REPEATABLE: Final = frozenset(
    {
        ipp.Operation.GET_PRINTER_ATTRIBUTES,
        ipp.Operation.GET_JOB_ATTRIBUTES,
        ipp.Operation.GET_JOBS,
        ipp.Operation.VALIDATE_JOB,
        ipp.Operation.CREATE_JOB,
        ipp.Operation.CANCEL_JOB,
        ipp.Operation.CLOSE_JOB,
        ipp.Operation.IDENTIFY_PRINTER,
    }
)
_request_ids = itertools.count(1)


def next_request_id() -> int:
    """1 to 2**31 - 1, then from 1 again (RFC 8011 §4.1.1)."""
    return (next(_request_ids) - 1) % 0x7FFF_FFFF + 1


class DeviceClient:
    """Asks one device. Many requests may run at the same time, each on a connection of its own.

    `uri` is ipp or ipps; raises DeviceUnreachableError (forbidden-address) for others. `pinned_sha256` is the SHA-256 of
    the certificate (DER, hex) that the device showed at first use; None accepts any and leaves what was seen in
    `certificate_sha256`, for the caller to store. Without `connections` the client keeps its own.
    """

    def __init__(
        self,
        uri: str,
        *,
        pinned_sha256: str | None = None,
        limits: DeviceLimits = DeviceLimits(),  # noqa: B008
        connections: DeviceConnections | None = None,
        policy: AddressPolicy | None = None,
    ) -> None:
        self.connections: Final = connections or DeviceConnections(policy=policy or AddressPolicy())
        self.address: Final = parse_device_uri(uri, policy or self.connections.policy)
        if self.address.scheme == "socket":
            raise DeviceUnreachableError(UnreachableReason.FORBIDDEN_ADDRESS, "not an IPP address")
        self.limits: Final = limits
        self.certificate_sha256: str | None = None
        self._pinned_sha256 = pinned_sha256 or None

    @property
    def uri(self) -> str:
        return str(self.address)

    async def connect(self) -> None:
        """Makes sure that a connection is warm, e.g. as soon as somebody stands at the device.

        Raises DeviceUnreachableError, CertificateChangedError.
        """
        dialogue, _ = await self._connection()
        self.connections.give_back(self.address, self._pinned_sha256, dialogue)

    async def request(
        self,
        message: ipp.Message,
        *,
        document: AsyncIterator[bytes] | None = None,
        document_size: int | None = None,
        expect_continue: bool = False,
        limits: DeviceLimits | None = None,
    ) -> Reply:
        """The device's IPP answer, whatever its status. Raises DeviceError.

        The document goes in chunks of HTTP/1.1; with `document_size` (bytes) it goes with a Content-Length, which devices of
        HTTP/1.0 need. An empty chunk is skipped. The source is not closed here.
        """
        octets = ipp.encode(message)
        dialogue, warm = await self._connection(limits)
        while True:
            try:
                reply = await dialogue.exchange(
                    self.address,
                    octets,
                    document,
                    document_size=document_size,
                    expect_continue=expect_continue,
                )
            except DeviceCutError:
                if not warm or not _can_be_repeated(message, dialogue):
                    raise
                dialogue, warm = await self._fresh(limits), False
                continue
            self.connections.give_back(self.address, self._pinned_sha256, dialogue)
            return reply

    def close(self) -> None:
        """Closes the idle connections of the pool; leave it alone where the pool is shared."""
        self.connections.close()

    async def _connection(self, limits: DeviceLimits | None = None) -> tuple[Dialogue, bool]:
        dialogue = self.connections.take_warm(self.address, self._pinned_sha256)
        if dialogue is None:
            return await self._fresh(limits), False
        dialogue.limits = limits or self.limits
        return dialogue, True

    async def _fresh(self, limits: DeviceLimits | None) -> Dialogue:
        dialogue = await self.connections.open(self.address, self._pinned_sha256, limits or self.limits)
        self.certificate_sha256 = dialogue.wire.certificate_sha256
        return dialogue


def _can_be_repeated(message: ipp.Message, dialogue: Dialogue) -> bool:
    progress = dialogue.progress
    if progress.reply_begun or progress.document_begun or progress.body_complete:
        return False
    return progress.has_document or message.code in _REPEATABLE
