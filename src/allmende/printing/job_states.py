# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one state table of print jobs.

    incoming ──▶ held ──▶ released ──▶ delivering ──▶ printed
        │         ▲ ▲         │            │
        │         │ └─────────┴────────────┤  nothing came out: back to held
        │  quarantined                     └──▶ uncertain   something may have come out: the owner decides
        └─▶ aborted          held, quarantined, uncertain ──▶ cancelled | expired

What always holds: every change of a job's state is a row of this table, is made by a conditional update (`WHERE state = old`),
and appends one `JobEvent` in the same transaction. A state outside the table can't be reached, and two processes can't
both win the same change.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    INCOMING = "incoming"  #: the client announced the job; its document is not complete
    QUARANTINED = "quarantined"  #: complete, but nobody knows whose it is
    HELD = "held"  #: waits for its owner's chip
    RELEASED = "released"  #: waits for its turn at a device; a process holds its key in memory
    DELIVERING = "delivering"  #: bytes may have reached the device
    UNCERTAIN = "uncertain"  #: something may be on paper; only the owner can say
    PRINTED = "printed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ABORTED = "aborted"


class Change(StrEnum):
    COMPLETE = "complete"  #: the document is whole and durable
    COMPLETE_UNKNOWN = "complete-unknown"  #: the same, with no owner known
    ABORT = "abort"  #: the upload broke off, or the document can't be taken
    CLAIM = "claim"  #: its owner claimed it at a device
    RELEASE = "release"  #: the owner wants it at a device
    TAKE_OVER = "take-over"  #: the same job, at another device, before it began
    BEGIN = "begin"  #: about to send the first byte of the document
    RETURN = "return"  #: it is certain that nothing was printed: held as before
    LOSE_SIGHT = "lose-sight"  #: it can't be known whether something was printed
    FINISH = "finish"  #: the device reports the end
    CONFIRM = "confirm"  #: the owner says: it did come out
    RETRY = "retry"  #: the owner says: print it (again)
    CANCEL = "cancel"
    EXPIRE = "expire"


TABLE: Final[dict[tuple[State, Change], State]] = {
    (State.INCOMING, Change.COMPLETE): State.HELD,
    (State.INCOMING, Change.COMPLETE_UNKNOWN): State.QUARANTINED,
    (State.INCOMING, Change.ABORT): State.ABORTED,
    (State.INCOMING, Change.CANCEL): State.CANCELLED,
    (State.QUARANTINED, Change.CLAIM): State.HELD,
    (State.QUARANTINED, Change.CANCEL): State.CANCELLED,
    (State.QUARANTINED, Change.EXPIRE): State.EXPIRED,
    (State.HELD, Change.RELEASE): State.RELEASED,
    (State.HELD, Change.CANCEL): State.CANCELLED,
    (State.HELD, Change.EXPIRE): State.EXPIRED,
    (State.RELEASED, Change.TAKE_OVER): State.RELEASED,
    (State.RELEASED, Change.BEGIN): State.DELIVERING,
    (State.RELEASED, Change.RETURN): State.HELD,
    (State.RELEASED, Change.CANCEL): State.CANCELLED,
    (State.DELIVERING, Change.FINISH): State.PRINTED,
    (State.DELIVERING, Change.RETURN): State.HELD,
    (State.DELIVERING, Change.LOSE_SIGHT): State.UNCERTAIN,
    (State.DELIVERING, Change.CANCEL): State.CANCELLED,
    (State.UNCERTAIN, Change.CONFIRM): State.PRINTED,
    (State.UNCERTAIN, Change.RETRY): State.HELD,
    (State.UNCERTAIN, Change.CANCEL): State.CANCELLED,
    (State.UNCERTAIN, Change.EXPIRE): State.EXPIRED,
}

#: In these the document is gone for good.
TERMINAL: Final = frozenset({State.PRINTED, State.CANCELLED, State.EXPIRED, State.ABORTED})
#: In these a document waits for somebody.
WAITING: Final = frozenset({State.QUARANTINED, State.HELD, State.UNCERTAIN})
#: In these a process holds the key in memory; after that process's death they must be recovered.
IN_FLIGHT: Final = frozenset({State.RELEASED, State.DELIVERING})


class ForbiddenChangeError(Exception):
    """The table has no such change from this state, or another actor was faster."""

    def __init__(self, state: str, change: Change) -> None:
        super().__init__(f"no change {change!r} from state {state!r}")
        self.state = state
        self.change = change


def next_state(state: State, change: Change) -> State:
    """The state after `change`; raises ForbiddenChangeError where the table has none."""
    try:
        return TABLE[state, change]
    except KeyError:
        raise ForbiddenChangeError(state, change) from None
