# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Small notes under a document's own file key: its title, its preview.

Whoever can open the document can read them, and nobody else; `rewrap_header` carries them along. Layout: one byte of
version (1), 12 bytes of random nonce, ChaCha20-Poly1305 of (4 bytes length, big endian; the text; zeros up to a
multiple of 32), so that a title's length is known only roughly. The key is HKDF-SHA-256(file key, empty salt,
`allmende/note/` + label): age itself uses this key only with the infos `header` and `payload`.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from allmende.seal.errors import SealError, SealFault
from allmende.seal.keys import FileKey, derive

MAX_NOTE_LENGTH = 16 * 1024 * 1024
_VERSION = b"\x01"
_NONCE_LENGTH = 12
_LENGTH_BYTES = 4
_STEP = 32


def _cipher(file_key: FileKey, label: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive(file_key.to_bytes(), info=b"allmende/note/" + label.encode()))


def seal_note(file_key: FileKey, label: str, plaintext: bytes) -> bytes:
    """The sealed note; `label` ("title", "preview") keeps one from being passed off as another."""
    if len(plaintext) > MAX_NOTE_LENGTH:
        raise SealError(SealFault.WRAP, f"a note has at most {MAX_NOTE_LENGTH} bytes")
    framed = len(plaintext).to_bytes(_LENGTH_BYTES, "big") + plaintext
    framed += bytes(-len(framed) % _STEP)
    nonce = os.urandom(_NONCE_LENGTH)
    return _VERSION + nonce + _cipher(file_key, label).encrypt(nonce, framed, _VERSION)


def open_note(file_key: FileKey, label: str, sealed: bytes) -> bytes:
    """The note's plaintext. Raises `SealError` (wrap) for another key, another label or a changed byte."""
    if sealed[:1] != _VERSION:
        raise SealError(SealFault.WRAP, "not a sealed note")
    nonce, body = sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
    try:
        framed = _cipher(file_key, label).decrypt(nonce, body, _VERSION)
    except (InvalidTag, ValueError):
        raise SealError(SealFault.WRAP, "the note doesn't open with this key") from None
    length = int.from_bytes(framed[:_LENGTH_BYTES], "big")
    if length > len(framed) - _LENGTH_BYTES:
        raise SealError(SealFault.WRAP, "a note longer than itself")
    return framed[_LENGTH_BYTES : _LENGTH_BYTES + length]
