# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one error of this room, with a machine-readable reason."""

from enum import StrEnum


class SealFault(StrEnum):
    """What went wrong, as far as a caller may act on it. Never says more than the bytes themselves do."""

    KEY = "key"
    """A key, recipient, token or parameter is malformed."""
    HEADER = "header"
    """The header breaks the grammar or a bound, or a stanza that is meant for us is malformed."""
    NO_MATCH = "no match"
    """The header is well-formed, but none of its stanzas opens with this identity."""
    MAC = "mac"
    """The file key was found, but the header was changed after sealing."""
    PAYLOAD = "payload"
    """A chunk was changed, is missing, or something follows the last one."""
    WRAP = "wrap"
    """A wrapped identity or a sealed note doesn't open with this key and context."""


class SealError(ValueError):
    """Sealed bytes, or the key for them, are not what they should be. Holds no secret in its text."""

    def __init__(self, fault: SealFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
