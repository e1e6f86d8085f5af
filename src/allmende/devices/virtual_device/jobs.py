# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A job in the device: its documents, and how far it has been printed."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from allmende import ipp
from allmende.ipp.ticket import Ticket

#: Beyond this a document's bytes are counted and hashed, but not kept.
HELD_BYTES: Final = 128 * 1024 * 1024


@dataclass(slots=True)
class VirtualDocument:
    format: str
    name: str = ""
    size: int = 0
    chunks: list[bytes] = field(default_factory=list)
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.hash.update(chunk)
        if self.size <= HELD_BYTES:
            self.chunks.append(chunk)
        else:
            self.chunks.clear()

    @property
    def is_held(self) -> bool:
        return self.size <= HELD_BYTES

    @property
    def sha256(self) -> str:
        return self.hash.hexdigest()


@dataclass(slots=True)
class VirtualJob:
    id: int
    uri: str
    name: str
    user: str
    ticket: Ticket
    state: ipp.JobState = ipp.JobState.PENDING
    reasons: tuple[str, ...] = ("job-incoming",)
    documents: list[VirtualDocument] = field(default_factory=list)
    is_incoming: bool = True
    """Not closed: its last document has not arrived."""
    is_cancelled: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    processing: datetime | None = None
    completed: datetime | None = None
    impressions: int | None = None
    impressions_completed: int = 0
    sheets: int | None = None
    sheets_completed: int = 0

    @property
    def is_finished(self) -> bool:
        return self.state.is_terminating

    @property
    def is_duplex(self) -> bool:
        return (self.ticket.sides or "one-sided") != "one-sided"

    def finish(self, state: ipp.JobState, *reasons: str) -> None:
        self.state = state
        self.reasons = reasons
        self.is_incoming = False
        self.completed = datetime.now(UTC)
        for document in self.documents:
            document.chunks.clear()
