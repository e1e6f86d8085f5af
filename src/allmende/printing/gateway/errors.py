# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ends a request early, and which status a refusal of the intake is for a client (RFC 8011 Appendix B)."""

from __future__ import annotations

from typing import Final

from allmende.ipp import IppError, Status
from allmende.printing.arrival.quotas import Refusal, RefusedError


class ClientGoneError(Exception):
    """The client closed the connection, or was silent for too long, before its request was whole."""


class SignInError(Exception):
    """A name and password were sent, and are wrong: HTTP 401."""


_STATUSES: Final = {
    Refusal.TOO_MANY_JOBS: (Status.SERVER_ERROR_TOO_MANY_JOBS, "Too many of your jobs are waiting."),
    Refusal.TOO_MANY_BYTES: (
        Status.CLIENT_ERROR_ACCOUNT_LIMIT_REACHED,
        "Your waiting jobs take up too much room.",
    ),
    Refusal.TOO_MANY_UPLOADS: (Status.SERVER_ERROR_BUSY, "Too many uploads at the same time."),
    Refusal.TOO_LARGE: (Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, "The document is too large."),
    Refusal.DISK_FULL: (Status.SERVER_ERROR_TEMPORARY_ERROR, "There is no room for new documents just now."),
    Refusal.NOT_ENROLLED: (Status.CLIENT_ERROR_NOT_AUTHORIZED, "Enrol a chip before you print."),
    Refusal.FORMAT: (
        Status.CLIENT_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED,
        "The document is neither PDF, JPEG, PNG, PWG raster nor Apple raster.",
    ),
    Refusal.EMPTY: (Status.CLIENT_ERROR_BAD_REQUEST, "There is no document."),
    Refusal.STORE: (Status.SERVER_ERROR_TEMPORARY_ERROR, "The document can't be stored just now."),
    Refusal.JOB_GONE: (Status.CLIENT_ERROR_NOT_POSSIBLE, "The job is cancelled or complete."),
}


def refused(error: RefusedError) -> IppError:
    status, text = _STATUSES[error.refusal]
    return IppError(status, text)


def not_found(what: str = "There is no such job.") -> IppError:
    return IppError(Status.CLIENT_ERROR_NOT_FOUND, what)
