# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The file key, wrapped once for each recipient, and the MAC that binds the header to it.

Always holds: a new ephemeral secret for every stanza; no file key is handed out before the header's MAC was checked.
Source: C2SP age, "X25519 recipient stanza", "Header MAC".
"""

import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base
from nacl.exceptions import RuntimeError as SodiumError

from allmende.seal.errors import SealError, SealFault
from allmende.seal.header import (
    MAX_STANZAS,
    Header,
    Stanza,
    begin_header,
    finish_header,
    from_base64,
    to_base64,
)
from allmende.seal.keys import FILE_KEY_LENGTH, KEY_LENGTH, FileKey, Identity, Recipient, derive

_TYPE = b"X25519"
_INFO = b"age-encryption.org/v1/X25519"
# The wrapping key is used once, so a fixed nonce is safe (and prescribed).
_NONCE = bytes(12)
_TAG_LENGTH = 16


def _wrap(file_key: FileKey, recipient: Recipient) -> bytes:
    # libsodium: it makes a public key in a third of OpenSSL's time, and each document needs a new one.
    ephemeral = os.urandom(KEY_LENGTH)
    share = crypto_scalarmult_base(ephemeral)
    try:
        shared = crypto_scalarmult(ephemeral, recipient.to_bytes())
    except SodiumError:
        raise SealError(SealFault.KEY, "a recipient that is no usable public key (low order)") from None
    key = derive(shared, salt=share + recipient.to_bytes(), info=_INFO)
    body = ChaCha20Poly1305(key).encrypt(_NONCE, file_key.to_bytes(), None)
    return b"".join((b"-> X25519 ", to_base64(share), b"\n", to_base64(body), b"\n"))


def _unwrap(stanza: Stanza, identity: Identity) -> FileKey | None:
    if len(stanza.arguments) != 2:
        raise SealError(SealFault.HEADER, "an X25519 stanza with a wrong number of arguments")
    share = from_base64(stanza.arguments[1])
    if len(share) != KEY_LENGTH or len(stanza.body) != FILE_KEY_LENGTH + _TAG_LENGTH:
        raise SealError(SealFault.HEADER, "an X25519 stanza with a wrong length")
    try:
        shared = identity.private_key.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:
        raise SealError(SealFault.HEADER, "an X25519 stanza with a share of low order") from None
    key = derive(shared, salt=share + identity.recipient.to_bytes(), info=_INFO)
    try:
        return FileKey(ChaCha20Poly1305(key).decrypt(_NONCE, stanza.body, None))
    except InvalidTag:
        return None


def _mac(file_key: FileKey, authenticated: bytes) -> bytes:
    return hmac.digest(derive(file_key.to_bytes(), info=b"header"), authenticated, "sha256")


def rewrap_header(file_key: FileKey, recipients: Iterable[Recipient]) -> bytes:
    """A complete new header for the same file key: put before the unchanged body, it re-seals the document.

    For enrolment (from the municipality's key to the person's), delegation, and the end of one. Note its limit: who
    has *seen* the file key, or kept a copy of the old header, can still read the document. Raises `SealError` (key).
    """
    stanzas = [_wrap(file_key, recipient) for recipient in recipients]
    if not 1 <= len(stanzas) <= MAX_STANZAS:
        raise SealError(SealFault.KEY, f"1 to {MAX_STANZAS} recipients, not {len(stanzas)}")
    authenticated = begin_header(stanzas)
    return finish_header(authenticated, _mac(file_key, authenticated))


def unseal_file_key(header: Header, identity: Identity) -> FileKey:
    """The file key, if one of the stanzas is for `identity` and the header is unchanged.

    Stanzas of other types are passed over, as the format demands. Raises `SealError`: no match, mac, or header (a
    malformed X25519 stanza).
    """
    found: FileKey | None = None
    for stanza in header.stanzas:
        if stanza.arguments[0] == _TYPE:
            # Every stanza is looked at, also after the match: whether a file is well-formed must not depend on who opens it.
            found = _unwrap(stanza, identity) or found
    if found is None:
        raise SealError(SealFault.NO_MATCH, "not sealed to this identity")
    if not hmac.compare_digest(_mac(found, header.authenticated), header.mac):
        raise SealError(SealFault.MAC, "the header was changed after sealing")
    return found
