# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The three keys of a sealed document: who may read (`Recipient`), who can (`Identity`), and its own (`FileKey`).

Always holds: `repr` and `str` of an `Identity` or a `FileKey` never show the secret, so neither does a traceback or a
log line that prints them. Source: C2SP age, "The X25519 recipient type"; RFC 7748.
"""

import hmac
import os
from typing import Self, final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from allmende.seal import bech32
from allmende.seal.errors import SealError, SealFault

KEY_LENGTH = 32
FILE_KEY_LENGTH = 16
_RECIPIENT_PREFIX = "age"
_IDENTITY_PREFIX = "AGE-SECRET-KEY-"


def derive(key_material: bytes, *, info: bytes, salt: bytes | None = None) -> bytes:
    """32 bytes of HKDF-SHA-256 (RFC 5869), the only key derivation that age knows besides passwords."""
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key_material)


@final
class FileKey:
    """The 16 bytes that one document is encrypted under. Whoever holds it can read document, title and preview."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != FILE_KEY_LENGTH:
            raise SealError(SealFault.KEY, f"a file key has {FILE_KEY_LENGTH} bytes, not {len(secret)}")
        self._secret = bytes(secret)

    @classmethod
    def generate(cls) -> Self:
        return cls(os.urandom(FILE_KEY_LENGTH))

    def to_bytes(self) -> bytes:
        return self._secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileKey) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash((FileKey, self._secret))

    def __repr__(self) -> str:
        return "<FileKey, hidden>"


@final
class Recipient:
    """A public key, 32 bytes or `age1…`: documents can be sealed to it. Hashable, cheap to make twice."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_LENGTH:
            raise SealError(SealFault.KEY, f"a recipient has {KEY_LENGTH} bytes, not {len(raw)}")
        self._raw = bytes(raw)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        return cls(raw)

    @classmethod
    def from_text(cls, text: str) -> Self:
        prefix, raw = bech32.decode(text)
        if prefix != _RECIPIENT_PREFIX:
            raise SealError(SealFault.KEY, "a recipient begins with age1")
        return cls(raw)

    def to_bytes(self) -> bytes:
        return self._raw

    def to_text(self) -> str:
        return bech32.encode(_RECIPIENT_PREFIX, self._raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipient) and self._raw == other._raw

    def __hash__(self) -> int:
        return hash((Recipient, self._raw))

    def __repr__(self) -> str:
        return f"Recipient.from_text({self.to_text()!r})"


@final
class Identity:
    """A person's private key, 32 bytes or `AGE-SECRET-KEY-1…`; `recipient` is its public half.

    Lives in memory for one visit only; on disk it exists only wrapped (`openers.wrap_identity`).
    """

    __slots__ = ("_secret", "private_key", "recipient")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_LENGTH:
            raise SealError(SealFault.KEY, f"an identity has {KEY_LENGTH} bytes, not {len(secret)}")
        self._secret = bytes(secret)
        self.private_key = X25519PrivateKey.from_private_bytes(self._secret)
        self.recipient = Recipient(self.private_key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        return cls(os.urandom(KEY_LENGTH))

    @classmethod
    def from_bytes(cls, secret: bytes) -> Self:
        return cls(secret)

    @classmethod
    def from_text(cls, text: str) -> Self:
        prefix, secret = bech32.decode(text)
        if prefix != _IDENTITY_PREFIX:
            raise SealError(SealFault.KEY, "an identity begins with AGE-SECRET-KEY-1, in capitals")
        return cls(secret)

    def to_bytes(self) -> bytes:
        return self._secret

    def to_text(self) -> str:
        return bech32.encode(_IDENTITY_PREFIX.lower(), self._secret).upper()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash((Identity, self.recipient))

    def __repr__(self) -> str:
        return f"<Identity of {self.recipient.to_text()}, hidden>"
