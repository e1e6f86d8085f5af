# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What opens a person's identity: a chip, a chip with PIN, or the token of a visit.

One Argon2id (RFC 9106) per tap turns the chip's number into two independent values through HKDF: the *look-up* value,
by which the database finds the chip's row, and the *wrapping key*, which is stored nowhere and opens the identity that
is stored wrapped in that row.

Always holds:
- the chip's number is stored nowhere, and the look-up value tells nothing of the wrapping key;
- the same number in two municipalities gives unrelated values (salt), and without the pepper, which lies outside the
  database, nobody can try numbers at all;
- a wrapped identity opens only in the context (municipality, person) it was wrapped for.

The limit, said plainly: many chips have only 2**24 to 2**32 possible numbers, and they can be read by whoever holds the chip
for a moment. Salt *and* pepper in wrong hands leave only Argon2id's cost between an attacker and such a number.
A PIN raises that, a second Argon2id deep.
"""

import hmac
import os
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from allmende.seal.errors import SealError, SealFault
from allmende.seal.keys import KEY_LENGTH, Identity, derive

MIN_SALT_LENGTH = 16
MIN_PEPPER_LENGTH = 16
MIN_TOKEN_LENGTH = 16
MIN_PIN_LENGTH = 4
MAX_PIN_LENGTH = 64
MAX_CHIP_NUMBER_LENGTH = 64
_VERSION = b"\x01"
_NONCE_LENGTH = 12
_TAG_LENGTH = 16
WRAPPED_IDENTITY_LENGTH = len(_VERSION) + _NONCE_LENGTH + KEY_LENGTH + _TAG_LENGTH


@dataclass(frozen=True, slots=True)
class ArgonParameters:
    """The cost of one try. The defaults are OWASP's second choice: 19 MiB, two passes, one lane.

    Stored per municipality beside the salt: changing them changes all look-up values, so chips must then be enrolled anew.
    """

    memory_kib: int = 19456
    iterations: int = 2
    lanes: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.iterations <= 64 or not 1 <= self.lanes <= 16:
            raise SealError(SealFault.KEY, "Argon2id takes 1 to 64 iterations and 1 to 16 lanes here")
        if not 8 * self.lanes <= self.memory_kib <= 4 * 1024 * 1024:
            raise SealError(SealFault.KEY, "Argon2id takes 8 KiB per lane to 4 GiB of memory")


DEFAULT_ARGON_PARAMETERS = ArgonParameters()


@dataclass(frozen=True, slots=True, repr=False)
class ChipSecrets:
    """What a chip's number gives; both have 32 bytes."""

    lookup: bytes
    """Goes into the database."""
    wrapping_key: bytes
    """Never leaves memory."""

    def __repr__(self) -> str:
        return "<ChipSecrets, hidden>"


def _stretch(material: bytes, salt: bytes, pepper: bytes, parameters: ArgonParameters) -> bytes:
    if len(salt) < MIN_SALT_LENGTH or len(pepper) < MIN_PEPPER_LENGTH:
        raise SealError(SealFault.KEY, f"salt and pepper have at least {MIN_SALT_LENGTH} bytes each")
    return Argon2id(
        salt=salt,
        length=KEY_LENGTH,
        iterations=parameters.iterations,
        lanes=parameters.lanes,
        memory_cost=parameters.memory_kib,
        secret=pepper,
    ).derive(material)


def derive_chip_secrets(
    chip_number: bytes,
    *,
    salt: bytes,
    pepper: bytes,
    parameters: ArgonParameters = DEFAULT_ARGON_PARAMETERS,
) -> ChipSecrets:
    """The two secrets of a canonical chip number (`chip_numbers.read_chip_number`).

    Takes about 20 ms of one core and `memory_kib` of memory, with the GIL freed: call it in a worker thread, and bound
    how many run at once. Raises `SealError` (key).
    """
    if not 1 <= len(chip_number) <= MAX_CHIP_NUMBER_LENGTH:
        raise SealError(SealFault.KEY, "a chip number of an impossible length")
    stretched = _stretch(b"chip\0" + chip_number, salt, pepper, parameters)
    return ChipSecrets(
        lookup=derive(stretched, info=b"allmende/chip/lookup"),
        wrapping_key=derive(stretched, info=b"allmende/chip/wrapping"),
    )


def normalise_pin(pin: str) -> str:
    """As it is reckoned with. Raises `SealError` (key) for one that is too short or too long."""
    normalised = unicodedata.normalize("NFKC", pin).strip()
    if not MIN_PIN_LENGTH <= len(normalised) <= MAX_PIN_LENGTH:
        raise SealError(SealFault.KEY, f"a PIN has {MIN_PIN_LENGTH} to {MAX_PIN_LENGTH} characters")
    return normalised


def derive_pin_key(
    secrets: ChipSecrets,
    pin: str,
    *,
    salt: bytes,
    pepper: bytes,
    parameters: ArgonParameters = DEFAULT_ARGON_PARAMETERS,
) -> bytes:
    """The 32-byte wrapping key of chip *and* PIN, in place of `secrets.wrapping_key`: one more Argon2id.

    Blanks around the PIN don't count, and what looks alike is alike (NFKC). Tries must be counted by the caller: a
    four-digit PIN falls to 10,000 of them. Raises `SealError` (key).
    """
    normalised = normalise_pin(pin)
    stretched = _stretch(
        b"pin\0" + secrets.wrapping_key + normalised.encode("utf-8", "surrogatepass"),
        salt,
        pepper,
        parameters,
    )
    return derive(stretched, info=b"allmende/chip/pin")


def key_from_token(token: bytes, purpose: str) -> bytes:
    """A 32-byte wrapping key from a random token (of a visit, an enrolment), which must be high in entropy itself."""
    if len(token) < MIN_TOKEN_LENGTH:
        raise SealError(SealFault.KEY, f"a token has at least {MIN_TOKEN_LENGTH} bytes")
    return derive(token, info=b"allmende/token/" + purpose.encode())


def token_lookup(token: bytes) -> bytes:
    """32 bytes by which the database finds a token it doesn't know; independent of all `key_from_token`."""
    if len(token) < MIN_TOKEN_LENGTH:
        raise SealError(SealFault.KEY, f"a token has at least {MIN_TOKEN_LENGTH} bytes")
    return derive(token, info=b"allmende/token-lookup")


def same_secret(one: bytes, other: bytes) -> bool:
    """Equality in a time that doesn't tell where two secrets differ."""
    return hmac.compare_digest(one, other)


def _bound(context: bytes) -> bytes:
    return b"allmende/identity\0" + _VERSION + context


def wrap_identity(identity: Identity, wrapping_key: bytes, context: bytes) -> bytes:
    """The identity as it may lie in the database, 61 bytes.

    `context` binds it to its place: municipality, person and kind of opener, written without ambiguity.
    """
    nonce = os.urandom(_NONCE_LENGTH)
    return _VERSION + nonce + _cipher(wrapping_key).encrypt(nonce, identity.to_bytes(), _bound(context))


def unwrap_identity(wrapped: bytes, wrapping_key: bytes, context: bytes) -> Identity:
    """The identity back. Raises `SealError` (wrap) for another key, another context or a changed byte."""
    if len(wrapped) != WRAPPED_IDENTITY_LENGTH or wrapped[:1] != _VERSION:
        raise SealError(SealFault.WRAP, "not a wrapped identity")
    nonce, body = wrapped[1 : 1 + _NONCE_LENGTH], wrapped[1 + _NONCE_LENGTH :]
    try:
        return Identity(_cipher(wrapping_key).decrypt(nonce, body, _bound(context)))
    except InvalidTag:
        raise SealError(SealFault.WRAP, "the identity doesn't open with this key") from None


def _cipher(wrapping_key: bytes) -> ChaCha20Poly1305:
    if len(wrapping_key) != KEY_LENGTH:
        raise SealError(SealFault.KEY, f"a wrapping key has {KEY_LENGTH} bytes")
    return ChaCha20Poly1305(wrapping_key)
