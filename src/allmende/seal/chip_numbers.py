# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From what a card reader types to one canonical number, so that every reader of a town sees the same chip.

Readers send the same four to ten bytes as hex or decimal, in either byte order, with separators, leading zeros, a
prefix or a suffix; some only the last three bytes in Wiegand's style (one byte facility, two bytes number). The
canonical form is the chip's own bytes in the order in which it sends them (ISO/IEC 14443-3's UID0 first).

Always holds: the number never stands in an error's text, so it can't reach a log that way.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_RAW_LENGTH = 128
MIN_BYTES = 3
MAX_BYTES = 16


class NumberKind(StrEnum):
    HEX = "hex"
    DECIMAL = "decimal"
    WIEGAND26 = "wiegand26"
    """Facility (0 to 255) and number (0 to 65535) in decimal: `123,45678`, or eight digits `12345678`."""


class ChipNumberFault(StrEnum):
    """For the surface to translate; each names what an administrator can change in the reader's format."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    PREFIX_MISSING = "prefix_missing"
    SUFFIX_MISSING = "suffix_missing"
    NOT_HEX = "not_hex"
    NOT_DECIMAL = "not_decimal"
    NOT_WIEGAND = "not_wiegand"
    OUT_OF_RANGE = "out_of_range"
    WRONG_LENGTH = "wrong_length"
    ALL_ZERO = "all_zero"
    """What many readers send when they failed to read; it must never become somebody's chip."""


class ChipNumberError(ValueError):
    def __init__(self, fault: ChipNumberFault) -> None:
        super().__init__(f"chip number: {fault.value}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How one kind of reader writes a number.

    `reversed`: the reader sends the last byte first. `byte_length`: the chip's length, to which dropped leading zeros
    are filled up; needed for decimal (4 if not given), and for hex only when the reader drops zeros. `keep_last`: only
    the last so many canonical bytes count, for a town where readers of three bytes (Wiegand) work beside full ones.
    """

    kind: NumberKind = NumberKind.HEX
    reversed: bool = False
    strip_prefix: str = ""
    strip_suffix: str = ""
    byte_length: int | None = None
    keep_last: int | None = None

    def __post_init__(self) -> None:
        for length in (self.byte_length, self.keep_last):
            if length is not None and not MIN_BYTES <= length <= MAX_BYTES:
                raise ValueError(f"a chip number has {MIN_BYTES} to {MAX_BYTES} bytes")


_SEPARATORS = re.compile(r"[\s:.\-]+", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+", re.ASCII)
_WIEGAND = re.compile(r"([0-9]{1,3})[,:/ \-]([0-9]{1,5})", re.ASCII)


def read_chip_number(raw: str, number_format: NumberFormat) -> bytes:
    """The chip's canonical bytes, 3 to 16 of them. Raises `ChipNumberError`."""
    if len(raw) > MAX_RAW_LENGTH:
        raise ChipNumberError(ChipNumberFault.TOO_LONG)
    text = _without_frame(raw, number_format)
    if not text:
        raise ChipNumberError(ChipNumberFault.EMPTY)
    number = _READERS[number_format.kind](text, number_format.byte_length)
    if number_format.reversed:
        number = number[::-1]
    if number_format.keep_last is not None:
        if len(number) < number_format.keep_last:
            raise ChipNumberError(ChipNumberFault.WRONG_LENGTH)
        number = number[-number_format.keep_last :]
    if not any(number):
        raise ChipNumberError(ChipNumberFault.ALL_ZERO)
    if not MIN_BYTES <= len(number) <= MAX_BYTES:
        raise ChipNumberError(ChipNumberFault.WRONG_LENGTH)
    return number


def _without_frame(raw: str, number_format: NumberFormat) -> str:
    # Blanks and line ends around the number depend on the form it was typed into, so they can't be part of the frame.
    text = raw.strip()
    prefix, suffix = number_format.strip_prefix.strip(), number_format.strip_suffix.strip()
    if not text.lower().startswith(prefix.lower()):
        raise ChipNumberError(ChipNumberFault.PREFIX_MISSING)
    text = text[len(prefix) :]
    if not text.lower().endswith(suffix.lower()):
        raise ChipNumberError(ChipNumberFault.SUFFIX_MISSING)
    return text[: len(text) - len(suffix)].strip()


def _read_hex(text: str, byte_length: int | None) -> bytes:
    digits = _SEPARATORS.sub("", text.removeprefix("0x").removeprefix("0X"))
    if not _HEX.fullmatch(digits):
        raise ChipNumberError(ChipNumberFault.NOT_HEX)
    if byte_length is None:
        if len(digits) % 2:
            raise ChipNumberError(ChipNumberFault.WRONG_LENGTH)
        return bytes.fromhex(digits)
    return _fill(int(digits, 16), byte_length)


def _read_decimal(text: str, byte_length: int | None) -> bytes:
    digits = _SEPARATORS.sub("", text)
    if not _DECIMAL.fullmatch(digits):
        raise ChipNumberError(ChipNumberFault.NOT_DECIMAL)
    return _fill(int(digits), byte_length or 4)


def _fill(value: int, byte_length: int) -> bytes:
    try:
        return value.to_bytes(byte_length, "big")
    except OverflowError:
        raise ChipNumberError(ChipNumberFault.WRONG_LENGTH) from None


def _read_wiegand26(text: str, byte_length: int | None) -> bytes:
    if match := _WIEGAND.fullmatch(text):
        facility, number = int(match[1]), int(match[2])
    elif _DECIMAL.fullmatch(text) and len(text) <= 10:
        # Eight digits, three and five; readers that fill ten put zeros in front.
        facility, number = divmod(int(text), 100_000)
    else:
        raise ChipNumberError(ChipNumberFault.NOT_WIEGAND)
    if facility > 0xFF or number > 0xFFFF:
        raise ChipNumberError(ChipNumberFault.OUT_OF_RANGE)
    three = bytes((facility, number >> 8, number & 0xFF))
    return three if byte_length is None else _fill(int.from_bytes(three, "big"), byte_length)


_READERS = {
    NumberKind.HEX: _read_hex,
    NumberKind.DECIMAL: _read_decimal,
    NumberKind.WIEGAND26: _read_wiegand26,
}
