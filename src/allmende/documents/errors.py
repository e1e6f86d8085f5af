# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with a document, and who is told what.

A reason is a short code out of a closed list: it goes to clients, logs and event rows, so it never
carries a word of the document.
"""

from enum import StrEnum


class UnreadableReason(StrEnum):
    """Why a document can't be printed as it is."""

    BROKEN = "broken"
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    TOO_MANY_PAGES = "too-many-pages"
    TOO_LARGE = "too-large"
    UNSUPPORTED_FORMAT = "unsupported-format"
    NO_SUCH_PAGE = "no-such-page"


class DocumentError(Exception):
    """The root of all errors of this room."""


class UnreadableDocumentError(DocumentError):
    """The document itself is at fault: the sender must be told, trying again does not help."""

    def __init__(self, reason: UnreadableReason | str) -> None:
        self.reason = UnreadableReason(reason)
        super().__init__(self.reason.value)


class DecompressionError(UnreadableDocumentError):
    """A compressed body is broken, or swells beyond its cap."""


class RasterError(UnreadableDocumentError):
    """The one error of the two raster readers (PWG and Apple)."""

    def __init__(self, message: str, reason: UnreadableReason = UnreadableReason.BROKEN) -> None:
        super().__init__(reason)
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class InspectionFailedError(DocumentError):
    """The worker gave no verdict: killed, out of memory or time, or the document is over the size cap.

    Says nothing sure about the document. `cause` is one of `died`, `timeout`, `memory`, `too-large`,
    `internal`, `closed`.
    """

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class ConversionFailedError(InspectionFailedError):
    """As `InspectionFailedError`, in mid-conversion: what came out so far is not the whole document."""
