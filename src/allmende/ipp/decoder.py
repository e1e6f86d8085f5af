# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bytes in, a `Message` out (RFC 8010 §3).

What always holds:

- Any bytes either become a message or raise `IppError`, in time proportional to their number.
- The outcome depends on the bytes alone, not on how they were cut into chunks: the decoder reads record by
  record (one tag with its name and value) and stops, with its state kept, where a record is not yet whole.
- What was decoded encodes to the same bytes. So anything that `Message` could not hold is an error: wrong
  lengths of fixed-size values, values without a name, collections that do not close.
"""

import struct
from dataclasses import dataclass
from typing import Final

from allmende.ipp.codes import Status
from allmende.ipp.date_times import read_date_time
from allmende.ipp.errors import IppError
from allmende.ipp.message import (
    Attribute,
    Collection,
    Data,
    Extension,
    Group,
    LanguageText,
    Message,
    Range,
    Resolution,
    Value,
)
from allmende.ipp.tags import STRING_TAGS, GroupTag, ValueTag


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may make us hold. All counts are for one message.

    `depth` is that of nested collections; `attributes` counts groups and collections' members too.
    """

    size: int = 1_048_576
    attributes: int = 20_000
    values: int = 50_000
    depth: int = 8


DEFAULT_LIMITS: Final = Limits()
REQUEST_LIMITS: Final = Limits(size=131_072, attributes=2_000, values=5_000)
"""For requests: real ones have some dozens of attributes."""


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[Message, int]:
    """The message at the start of `data`, and the offset at which the document begins.

    Raises IppError, also when `data` ends before the message does.
    """
    decoder = Decoder(limits)
    message = decoder.feed(data)
    if message is None:
        decoder.finish()
        raise AssertionError  # finish() has raised
    return message, len(data) - len(decoder.remainder)


class Decoder:
    """Reads one message from chunks of any size.

    `feed` gives None until the message is whole; the octets after its end are then in `remainder`.
    """

    __slots__ = (
        "_attribute_count",
        "_attributes",
        "_group_tag",
        "_groups",
        "_header",
        "_limits",
        "_message",
        "_name",
        "_needed",
        "_offset",
        "_pending",
        "_stack",
        "_value_count",
        "_values",
        "remainder",
    )

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.remainder = b""
        self._limits = limits
        self._message: Message | None = None
        self._header: tuple[int, int, int, int] | None = None
        self._offset = 0  # octets of the message that have been read
        self._pending = bytearray()  # octets received, but less than a record
        self._needed = 8  # octets that must be pending before reading on makes sense
        self._groups: list[Group] = []
        self._group_tag: int | None = None
        # The attribute that is being read; its container (a group, or a collection) is `_attributes`, and
        # `_stack` holds the same three for the containers around it.
        self._attributes: list[Attribute] = []
        self._name: str | None = None
        self._values: list[Value] = []
        self._stack: list[tuple[list[Attribute], str, list[Value]]] = []
        self._attribute_count = 0
        self._value_count = 0

    def feed(self, chunk: bytes | bytearray | memoryview) -> Message | None:
        """Raises IppError; the decoder is then of no further use. ValueError after the message's end."""
        if not self._needed:
            raise ValueError("the message has ended; what follows is the document")
        pending = self._pending
        if pending:
            pending += chunk
            if len(pending) < self._needed:
                return None
            chunk = pending
        if type(chunk) is not bytes:
            chunk = bytes(chunk)
        try:
            consumed = self._read(chunk)
        except IppError as error:
            if self._header is not None:
                major, minor, _, request_id = self._header
                error.version, error.request_id = (major, minor), request_id
            raise
        message = self._message
        if message is not None:
            self.remainder = chunk[consumed:]
            self._needed = 0
            return message
        self._offset += consumed
        self._pending = bytearray(chunk[consumed:])
        return None

    def finish(self) -> None:
        """To be called when the peer has closed its side: raises IppError unless the message was whole."""
        if self._message is None:
            error = _bad("the message ends too early")
            if self._header is not None:
                major, minor, _, request_id = self._header
                error.version, error.request_id = (major, minor), request_id
            raise error

    def _read(self, data: bytes) -> int:
        """Read whole records; gives the number of octets used. The state is kept for the next chunk.

        One long loop on purpose: a call per record would double its time.
        """
        size = len(data)
        at = 0
        if self._header is None:
            if size < 8:
                return 0
            self._header = _HEADER.unpack_from(data)
            at = 8
        budget = self._limits.size - self._offset
        stop = min(size, budget)
        max_attributes, max_values, max_depth = (
            self._limits.attributes,
            self._limits.values,
            self._limits.depth,
        )
        attribute_count, value_count = self._attribute_count, self._value_count
        attributes, name, values = self._attributes, self._name, self._values
        group_tag, stack = self._group_tag, self._stack

        while True:
            # Five octets are the least that a value takes, and one is all that a delimiter takes.
            if at + 5 > stop and (at >= stop or data[at] >= 0x10):
                break
            tag = data[at]
            if tag < 0x10:
                at += 1
                if stack:
                    raise _bad("a group ends inside a collection")
                if name is not None:
                    attributes.append(_new(Attribute, (name, tuple(values))))
                    name = None
                if group_tag is not None:
                    self._groups.append(Group(group_tag, attributes))
                    attributes = []
                if tag == _END:
                    self._finish_message()
                    return at
                if tag == 0:
                    raise _bad("group tag 0 is reserved")
                group_tag = tag
                attribute_count += 1
                if attribute_count > max_attributes:
                    raise _too_large("attributes")
                continue

            name_size = data[at + 1] << 8 | data[at + 2]
            name_end = at + 3 + name_size
            if name_end + 2 > stop:
                break
            start = name_end + 2
            end = start + (data[name_end] << 8 | data[name_end + 1])
            if end > stop:
                break

            kind = _KINDS[tag]
            if name_size:
                if stack:
                    raise _bad("a name inside a collection")
                if group_tag is None:
                    raise _bad("an attribute before any group")
                if name is not None:
                    attributes.append(_new(Attribute, (name, tuple(values))))
                name = data[at + 3 : name_end].decode("utf-8", "surrogateescape")
                values = []
                attribute_count += 1
                if attribute_count > max_attributes:
                    raise _too_large("attributes")
            elif name is None and kind < _MEMBER:
                raise _bad("a value without a name")

            if kind == _STRING:
                datum: Data = data[start:end].decode("utf-8", "surrogateescape")
            elif kind == _INTEGER:
                if end - start != 4:
                    raise _bad("an integer that is not of four octets")
                (datum,) = _INT(data, start)
            elif kind == _OTHER:
                datum = _READERS.get(tag, bytes)(data[start:end])
            elif kind == _BEGIN:
                if end != start:
                    raise _bad("begCollection with a value")
                if len(stack) >= max_depth:
                    raise _too_large("nested collections")
                assert name is not None  # noqa: S101 -- checked above; for the type checker
                value_count += 1
                if value_count > max_values:
                    raise _too_large("values")
                stack.append((attributes, name, values))
                attributes, name, values = [], None, []
                at = end
                continue
            else:  # a member's name, or the collection's end
                if name_size or not stack:
                    raise _bad("a collection's part outside a collection")
                if name is not None:
                    if not values:
                        raise _bad("a collection's member without a value")
                    attributes.append(_new(Attribute, (name, tuple(values))))
                if kind == _MEMBER:
                    if end == start:
                        raise _bad("a collection's member without a name")
                    name = data[start:end].decode("utf-8", "surrogateescape")
                    values = []
                    attribute_count += 1
                    if attribute_count > max_attributes:
                        raise _too_large("attributes")
                else:
                    if end != start:
                        raise _bad("endCollection with a value")
                    collection = Collection(attributes)
                    attributes, name, values = stack.pop()
                    values.append(_new(Value, (tag - 3, collection)))
                at = end
                continue

            value_count += 1
            if value_count > max_values:
                raise _too_large("values")
            values.append(_new(Value, (tag, datum)))
            at = end

        needed = _record_size(data, at)
        if at + needed > budget:
            raise _too_large("octets")
        self._needed = needed
        self._attribute_count, self._value_count = attribute_count, value_count
        self._attributes, self._name, self._values = attributes, name, values
        self._group_tag = group_tag
        return at

    def _finish_message(self) -> None:
        assert self._header is not None  # noqa: S101 -- nothing is read before the header
        major, minor, code, request_id = self._header
        self._message = Message((major, minor), code, request_id, tuple(self._groups))


def _record_size(data: bytes, at: int) -> int:
    """How many octets of the record at `at` must be there before more is known of it: never too many.

    This depends on the received octets alone, so that chunks of any size meet the size limit at the same octet.
    """
    received = len(data) - at
    if received == 0:
        return 1
    if data[at] < 0x10:
        return 1
    if received < 3:
        return 3
    name_end = at + 3 + (data[at + 1] << 8 | data[at + 2])
    if len(data) < name_end + 2:
        return name_end + 2 - at
    return name_end + 2 - at + (data[name_end] << 8 | data[name_end + 1])


def _bad(message: str) -> IppError:
    return IppError(Status.CLIENT_ERROR_BAD_REQUEST, message)


def _too_large(what: str) -> IppError:
    return IppError(Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE, f"too many {what}")


def _read_boolean(octets: bytes) -> Data:
    if len(octets) != 1:
        raise _bad("a boolean that is not of one octet")
    return octets == b"\x01" if octets in (b"\x00", b"\x01") else octets


def _read_date_time(octets: bytes) -> Data:
    if len(octets) != 11:
        raise _bad("a dateTime that is not of eleven octets")
    return read_date_time(octets)


def _read_resolution(octets: bytes) -> Data:
    if len(octets) != 9:
        raise _bad("a resolution that is not of nine octets")
    return Resolution(*_RESOLUTION.unpack(octets))


def _read_range(octets: bytes) -> Data:
    if len(octets) != 8:
        raise _bad("a rangeOfInteger that is not of eight octets")
    return Range(*_RANGE.unpack(octets))


def _read_language_text(octets: bytes) -> Data:
    language_end = 2 + int.from_bytes(octets[:2], "big")
    text_start = language_end + 2
    if len(octets) < 4 or len(octets) < text_start:
        raise _bad("a text with language that is too short")
    if len(octets) != text_start + int.from_bytes(octets[language_end:text_start], "big"):
        raise _bad("a text with language whose lengths do not add up")
    return LanguageText(
        octets[2:language_end].decode("utf-8", "surrogateescape"),
        octets[text_start:].decode("utf-8", "surrogateescape"),
    )


def _read_extension(octets: bytes) -> Data:
    if len(octets) < 4:
        return octets
    return Extension(int.from_bytes(octets[:4], "big"), octets[4:])


def _read_out_of_band(octets: bytes) -> Data:
    return octets or None


_HEADER = struct.Struct(">BBHi")
_RANGE = struct.Struct(">ii")
_RESOLUTION = struct.Struct(">iib")
_INT = struct.Struct(">i").unpack_from
_END = int(GroupTag.END)
# Making a NamedTuple through tuple.__new__ takes half the time of calling its class.
_new = tuple.__new__

_STRING, _INTEGER, _OTHER, _BEGIN, _MEMBER, _END_COLLECTION = range(6)
_KINDS = bytearray([_OTHER]) * 256
for _tag in STRING_TAGS:
    _KINDS[_tag] = _STRING
_KINDS[ValueTag.INTEGER] = _KINDS[ValueTag.ENUM] = _INTEGER
_KINDS[ValueTag.BEGIN_COLLECTION] = _BEGIN
_KINDS[ValueTag.MEMBER_ATTRIBUTE_NAME] = _MEMBER
_KINDS[ValueTag.END_COLLECTION] = _END_COLLECTION
_READERS = {
    **dict.fromkeys(range(0x10, 0x20), _read_out_of_band),
    int(ValueTag.BOOLEAN): _read_boolean,
    int(ValueTag.DATE_TIME): _read_date_time,
    int(ValueTag.RESOLUTION): _read_resolution,
    int(ValueTag.RANGE_OF_INTEGER): _read_range,
    int(ValueTag.TEXT_WITH_LANGUAGE): _read_language_text,
    int(ValueTag.NAME_WITH_LANGUAGE): _read_language_text,
    int(ValueTag.EXTENSION): _read_extension,
}
