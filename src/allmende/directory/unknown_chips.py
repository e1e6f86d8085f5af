# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Unknown chips at a device: how many different ones were tried, so that a stolen token can't try numbers.

Always holds: a device that has told of `UNKNOWN_CHIP_LIMIT.count` different numbers that they are unknown tells of no further one in that
time. The same chip again tells nothing new and is not counted again. A chip that somebody then enrols was no guess: its
attempt is given back, that very one and once. So a one-time code is worth one number, as it is without any tap, and nobody enrols more
than `ENROLMENT_LIMIT.count` of them in its time.

Which chips were counted is known by a hash of their look-up value (Argon2id under the pepper, as stored of an enrolled chip), until its time is over.
"""

from __future__ import annotations

import hashlib
from typing import Final

from allmende.directory.attempts import (
    UNKNOWN_CHIP_LIMIT,
    Limit,
    TooManyAttemptsError,
    forget_attempts,
    return_attempt,
    spend_attempt,
)

_COUNTED: Final = Limit("unknown-chip-counted", 1, UNKNOWN_CHIP_LIMIT.window)


def count_unknown_chip(device_id: int, lookup: bytes) -> None:
    """Raises TooManyAttemptsError where it is one too many."""
    try:
        spend_attempt(_COUNTED, _target(device_id, lookup))
    except TooManyAttemptsError:
        return
    spend_attempt(UNKNOWN_CHIP_LIMIT, device_id)


def return_unknown_chip(device_id: int, lookup: bytes) -> None:
    """The chip is somebody's now."""
    if forget_attempts(_COUNTED, _target(device_id, lookup)):
        return_attempt(UNKNOWN_CHIP_LIMIT, device_id)


def _target(device_id: int, lookup: bytes) -> int:
    digest = hashlib.sha256(b"unknown-chip|%d|" % device_id + lookup).digest()
    return int.from_bytes(digest[:8]) >> 1
