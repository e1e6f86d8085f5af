# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong on the way to a device, and how far the document had come by then.

The caller decides from `DeviceError.may_have_printed` alone whether the document can be sent again without asking anybody:
a sheet on paper can't be taken back.
"""

from enum import StrEnum


class DeviceError(Exception):
    """A dialogue with a device that ended without an answer of use.

    `bytes_of_document_sent` is an upper bound of what the device can have: the document's bytes that were handed to the
    operating system or were next in line. `body_complete`: the end of the document was among them.
    """

    def __init__(self, message: str, *, bytes_of_document_sent: int = 0, body_complete: bool = False) -> None:
        super().__init__(message)
        self.bytes_of_document_sent = bytes_of_document_sent
        self.body_complete = body_complete

    @property
    def may_have_printed(self) -> bool:
        """Whether the device can have got anything that it could put on paper."""
        return self.bytes_of_document_sent > 0 or self.body_complete


class UnreachableReason(StrEnum):
    """Why no connection came about; for the surface to translate."""

    NO_SUCH_HOST = "no-such-host"
    REFUSED = "refused"
    NO_ROUTE = "no-route"
    TIMEOUT = "timeout"
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden-address"
    """The address is one that this service does not connect to (see `device_addresses`)."""


class DeviceUnreachableError(DeviceError):
    """No connection came about; nothing was sent."""

    def __init__(self, reason: UnreachableReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class CertificateChangedError(DeviceError):
    """The device shows another certificate than at first use; nothing was sent."""

    def __init__(self, seen_sha256: str) -> None:
        super().__init__(f"the device's certificate changed, it is now {seen_sha256}")
        self.seen_sha256 = seen_sha256


class DeviceRefusedError(DeviceError):
    """The device answered on the level of HTTP, with `status` 300 to 599 (IPP's own refusals are replies)."""

    def __init__(self, status: int, *, bytes_of_document_sent: int = 0, body_complete: bool = False) -> None:
        super().__init__(
            f"the device answered with HTTP {status}",
            bytes_of_document_sent=bytes_of_document_sent,
            body_complete=body_complete,
        )
        self.status = status


class DeviceCutError(DeviceError):
    """The connection ended before the device had answered."""


class DeviceSilentError(DeviceError):
    """The device took no more bytes, or did not answer, in the time it was given."""


class DeviceNonsenseError(DeviceError):
    """What the device sent is not HTTP, not IPP, or beyond the bounds."""


class DocumentBrokeError(DeviceError):
    """The document's own source failed (the cause is chained); the device got no end of body."""
