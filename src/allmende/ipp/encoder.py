# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A `Message` in, bytes out (RFC 8010 §3): the decoder's exact inverse.

A server that answers the same attributes thousands of times a second encodes them once with
`encode_attributes` and joins the pieces with `join_message`.
"""

import struct
from collections.abc import Iterable
from datetime import datetime

from allmende.ipp.codes import Status
from allmende.ipp.date_times import write_date_time
from allmende.ipp.errors import IppError
from allmende.ipp.message import (
    Attribute,
    Collection,
    Data,
    Extension,
    LanguageText,
    Message,
    Range,
    Resolution,
)
from allmende.ipp.tags import STRING_TAGS, GroupTag, ValueTag


def encode(message: Message) -> bytes:
    """Raises IppError (server-error-internal-error) for what the format can't hold."""
    return join_message(
        message.version,
        message.code,
        message.request_id,
        [(group.tag, encode_attributes(group.attributes)) for group in message.groups],
    )


def join_message(
    version: tuple[int, int], code: int, request_id: int, groups: Iterable[tuple[int, bytes]]
) -> bytes:
    """A message of groups that are encoded already, each given as its tag and `encode_attributes`' bytes."""
    try:
        parts = [_HEADER.pack(*version, code, request_id)]
    except struct.error as error:
        raise _unfit(f"the header: {error}") from error
    for tag, attributes in groups:
        if not 0 < tag < 0x10 or tag == GroupTag.END:
            raise _unfit(f"group tag {tag}")
        parts.append(_OCTET[tag])
        parts.append(attributes)
    parts.append(b"\x03")
    return b"".join(parts)


def encode_attributes(attributes: Iterable[Attribute]) -> bytes:
    """The attributes' bytes, without a delimiter tag. Raises IppError as `encode` does."""
    parts: list[bytes] = []
    try:
        for name, values in attributes:
            if not values or not name:
                raise _unfit(f"attribute {name!r} needs a name and a value")
            field = name.encode("utf-8", "surrogateescape")
            field = _size(len(field)) + field
            for tag, data in values:
                parts.append(_OCTET[tag])
                parts.append(field)
                _write_value(parts, tag, data)
                field = b"\x00\x00"
    except _MISFITS as error:
        raise _unfit(str(error)) from error
    return b"".join(parts)


def _write_value(parts: list[bytes], tag: int, data: Data) -> None:
    """Append the value's length and octets; for a collection, its whole content up to endCollection."""
    if tag in STRING_TAGS and isinstance(data, str):
        octets = data.encode("utf-8", "surrogateescape")
        size = len(octets)
        parts.append(_SIZES[size] if size < 256 else _size(size))
        parts.append(octets)
    elif tag in _INTEGERS and isinstance(data, int):
        parts.append(_INTEGER(4, data))
    elif isinstance(data, Collection):
        _write_collection(parts, tag, data)
    elif tag < 0x10 or tag in _STRUCTURE:
        raise _unfit(f"value tag {tag:#x}")
    else:
        octets = data if isinstance(data, bytes) else _octets(tag, data)
        parts.append(_size(len(octets)))
        parts.append(octets)


def _write_collection(parts: list[bytes], tag: int, collection: Collection) -> None:
    if tag != ValueTag.BEGIN_COLLECTION:
        raise _unfit(f"a collection under value tag {tag:#x}")
    parts.append(b"\x00\x00")
    for name, values in collection.attributes:
        if not values or not name:
            raise _unfit(f"member {name!r} needs a name and a value")
        octets = name.encode("utf-8", "surrogateescape")
        parts.append(b"\x4a\x00\x00")
        parts.append(_size(len(octets)))
        parts.append(octets)
        for value_tag, data in values:
            parts.append(_FIRST[value_tag])
            _write_value(parts, value_tag, data)
    parts.append(b"\x37\x00\x00\x00\x00")


def _octets(tag: int, data: Data) -> bytes:
    """The octets of all that is neither a plain string, an integer nor a collection."""
    match data:
        case None if tag < 0x20:
            return b""
        case bool() if tag == ValueTag.BOOLEAN:
            return b"\x01" if data else b"\x00"
        case datetime() if tag == ValueTag.DATE_TIME:
            return write_date_time(data)
        case Resolution() if tag == ValueTag.RESOLUTION:
            return _RESOLUTION.pack(*data)
        case Range() if tag == ValueTag.RANGE_OF_INTEGER:
            return _RANGE.pack(*data)
        case LanguageText(language, text) if tag in _WITH_LANGUAGE:
            first = language.encode("utf-8", "surrogateescape")
            second = text.encode("utf-8", "surrogateescape")
            return _size(len(first)) + first + _size(len(second)) + second
        case Extension(real_tag, octets) if tag == ValueTag.EXTENSION:
            return real_tag.to_bytes(4, "big") + octets
        case _:
            raise _unfit(f"{type(data).__name__} under value tag {tag:#x}")


def _size(size: int) -> bytes:
    if size > 0xFFFF:
        raise _unfit(f"{size} octets in one field")
    return size.to_bytes(2, "big")


def _unfit(message: str) -> IppError:
    return IppError(Status.SERVER_ERROR_INTERNAL_ERROR, f"can't encode {message}")


_MISFITS = (struct.error, OverflowError, UnicodeEncodeError, ValueError, TypeError, IndexError)
_HEADER = struct.Struct(">BBHi")
_RANGE = struct.Struct(">ii")
_RESOLUTION = struct.Struct(">iib")
_INTEGER = struct.Struct(">Hi").pack
_OCTET = [bytes([n]) for n in range(256)]
_FIRST = [bytes([n, 0, 0]) for n in range(256)]
_SIZES = [n.to_bytes(2, "big") for n in range(256)]
_INTEGERS = frozenset({ValueTag.INTEGER, ValueTag.ENUM})
_WITH_LANGUAGE = frozenset({ValueTag.TEXT_WITH_LANGUAGE, ValueTag.NAME_WITH_LANGUAGE})
_STRUCTURE = frozenset({ValueTag.BEGIN_COLLECTION, ValueTag.END_COLLECTION, ValueTag.MEMBER_ATTRIBUTE_NAME})
