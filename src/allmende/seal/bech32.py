# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bech32 without a length limit, as age writes its keys (BIP 173; C2SP age, "Conventions").

Always holds: `decode` accepts exactly what `encode` can produce, in one case throughout.
"""

from allmende.seal.errors import SealError, SealFault

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6
# Ours are 62 and 74 characters; the bound only keeps a hostile paste from costing time.
_MAX_LENGTH = 4096


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= generator
    return checksum


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def encode(prefix: str, data: bytes) -> str:
    """Text in lower case; `prefix` must be lower case already."""
    bits = len(data) * 8
    padded = -bits % 5
    number = int.from_bytes(data, "big") << padded
    count = (bits + padded) // 5
    values = [number >> 5 * (count - 1 - i) & 31 for i in range(count)]
    checksum = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM_LENGTH]) ^ 1
    tail = [checksum >> 5 * (_CHECKSUM_LENGTH - 1 - i) & 31 for i in range(_CHECKSUM_LENGTH)]
    return prefix + "1" + "".join(_ALPHABET[value] for value in [*values, *tail])


def decode(text: str) -> tuple[str, bytes]:
    """(prefix, data) of a text in one case; the prefix keeps the text's case.

    Raises `SealError` (key) for mixed case, foreign characters, a wrong checksum or non-zero padding. The message
    never holds the text: it may be a secret key.
    """
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise SealError(SealFault.KEY, "not a bech32 text")
    lowered = text.lower()
    if text not in (lowered, text.upper()):
        raise SealError(SealFault.KEY, "a bech32 text in mixed case")
    prefix, separator, body = lowered.rpartition("1")
    if not separator or not prefix or len(body) < _CHECKSUM_LENGTH:
        raise SealError(SealFault.KEY, "not a bech32 text")
    if any(not 33 <= ord(c) <= 126 for c in prefix):
        raise SealError(SealFault.KEY, "a bech32 prefix with foreign characters")
    try:
        values = [_VALUES[c] for c in body]
    except KeyError:
        raise SealError(SealFault.KEY, "a bech32 text with foreign characters") from None
    if _polymod(_expand(prefix) + values) != 1:
        raise SealError(SealFault.KEY, "a bech32 text with a wrong checksum: mistyped?")
    values = values[:-_CHECKSUM_LENGTH]
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    if spare > 4 or number & (1 << spare) - 1:
        raise SealError(SealFault.KEY, "a bech32 text with wrong padding")
    data = (number >> spare).to_bytes(len(values) * 5 // 8, "big")
    return text[: len(prefix)], data
