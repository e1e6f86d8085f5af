# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the device can be told to suffer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SLOW_SECONDS: Final = 5.0


class FaultKind(StrEnum):
    NONE = "none"
    JAM = "jam"
    OUT_OF_PAPER = "out-of-paper"
    DOOR_OPEN = "door-open"
    SLOW = "slow"
    OFFLINE = "offline"
    """Every IPP connection is dropped, new ones too; what is printing goes on, as with a pulled network cable."""
    BUSY = "busy"
    """New jobs are refused with server-error-busy."""
    CUT = "cut"
    """The connection is dropped after so many bytes of a document, once."""


_REASONS = {
    FaultKind.JAM: "media-jam-error",
    FaultKind.OUT_OF_PAPER: "media-empty-error",
    FaultKind.DOOR_OPEN: "door-open-error",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`after_pages`: how many pages still come out before the machine stops (jam, paper, door).

    `aborts_job`: the job that is printing ends there instead of waiting. `after_bytes` belongs to a cut,
    `seconds_per_page` to slowness.
    """

    kind: FaultKind = FaultKind.NONE
    after_pages: int = 0
    aborts_job: bool = False
    after_bytes: int = 0
    seconds_per_page: float = SLOW_SECONDS

    @property
    def stops_paper(self) -> bool:
        return self.kind in _REASONS

    @property
    def state_reason(self) -> str | None:
        """For printer-state-reasons (RFC 8011 §5.4.12)."""
        return _REASONS.get(self.kind)


def read_fault(data: object) -> Fault:
    """From JSON or a form: {"fault": kind, "after_pages": n, …}. Raises ValueError."""
    if not isinstance(data, dict):
        raise ValueError("an object is needed")  # noqa: TRY004
    kind = FaultKind(str(data.get("fault", "")))
    after_pages = int(data.get("after_pages") or 0)
    after_bytes = int(data.get("after_bytes") or 0)
    seconds = float(data.get("seconds_per_page") or SLOW_SECONDS)
    if not (0 <= after_pages <= 100_000 and 0 <= after_bytes <= 2**40 and 0 <= seconds <= 3600):
        raise ValueError("out of bounds")
    aborts_job = str(data.get("aborts_job", "")).lower() in {"true", "1", "on"}
    return Fault(kind, after_pages, aborts_job, after_bytes, seconds)
