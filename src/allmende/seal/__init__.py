# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sealing a document to a person, and opening it with that person's chip.

How it works
    A document gets its own random 16-byte *file key* and is encrypted under it in chunks of 64 KiB, as it arrives.
    The file key is wrapped once for each *recipient*, a public key, in a short text *header* before the encrypted *body*.
    Both together are a plain age file (https://age-encryption.org/v1): the `age` program opens it, given the *identity*,
    which is the recipient's private half.

        document ──Sealer──▶ header │ nonce, chunk, chunk, …, last chunk
                                │                    ▲
        identity ──unseal_file_key──▶ file key ──Unsealer──▶ document
           ▲                             └──seal_note/open_note: title, preview
        wrapped identity + key of a chip, a PIN, a visit (`openers`)

    A person's identity is never stored, only wrapped: once for each chip, under a key that Argon2id makes of the chip's number.
    Re-sealing to other people (enrolment, delegation) writes a new header for the same file key; the body stays.

What always holds
    - Bytes in, bytes out: no file, no socket, no thread of its own, no Django. Every call may run in any thread.
    - All that is wrong with sealed bytes or keys raises `SealError`; what is wrong with a typed chip number `ChipNumberError`.
    - No byte leaves `Unsealer` before its chunk was authenticated; only `finish` says that the document is whole.
    - Secrets don't show in `repr`, in errors, in logs.
    - Input from outside is bounded: a header has at most 64 KiB and 512 stanzas, a push is copied at most once.

What it does not do
    Passphrases (scrypt), armour, SSH keys, plug-ins and the post-quantum recipients of newer age versions: such stanzas are passed
    over as the format demands. Python can't wipe memory: a secret lives until its object is collected, and maybe longer.
"""

from allmende.seal.chip_numbers import (
    ChipNumberError,
    ChipNumberFault,
    NumberFormat,
    NumberKind,
    read_chip_number,
)
from allmende.seal.documents import Sealer, seal, seal_bytes, unseal_bytes, unseal_pieces
from allmende.seal.errors import SealError, SealFault
from allmende.seal.header import MAX_HEADER_LENGTH, Header, Stanza, read_header
from allmende.seal.key_wrapping import rewrap_header, unseal_file_key
from allmende.seal.keys import FileKey, Identity, Recipient
from allmende.seal.notes import open_note, seal_note
from allmende.seal.openers import (
    DEFAULT_ARGON_PARAMETERS,
    ArgonParameters,
    ChipSecrets,
    derive_chip_secrets,
    derive_pin_key,
    key_from_token,
    normalise_pin,
    same_secret,
    token_lookup,
    unwrap_identity,
    wrap_identity,
)
from allmende.seal.payload import Unsealer, sealed_length

__all__ = [
    "DEFAULT_ARGON_PARAMETERS",
    "MAX_HEADER_LENGTH",
    "ArgonParameters",
    "ChipNumberError",
    "ChipNumberFault",
    "ChipSecrets",
    "FileKey",
    "Header",
    "Identity",
    "NumberFormat",
    "NumberKind",
    "Recipient",
    "SealError",
    "SealFault",
    "Sealer",
    "Stanza",
    "Unsealer",
    "derive_chip_secrets",
    "derive_pin_key",
    "key_from_token",
    "normalise_pin",
    "open_note",
    "read_chip_number",
    "read_header",
    "rewrap_header",
    "same_secret",
    "seal",
    "seal_bytes",
    "seal_note",
    "sealed_length",
    "token_lookup",
    "unseal_bytes",
    "unseal_file_key",
    "unseal_pieces",
    "unwrap_identity",
    "wrap_identity",
]
