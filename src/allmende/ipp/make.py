# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes attributes: ``make.keyword("sides", "one-sided")``. Several values make a 1setOf.

Values are not checked here beyond their type; the encoder refuses what does not fit the format.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from allmende.ipp.message import Attribute, Collection, Data, LanguageText, Range, Resolution, Value
from allmende.ipp.tags import ValueTag


def integer(name: str, *values: int) -> Attribute:
    return _attribute(ValueTag.INTEGER, name, values)


def enum(name: str, *values: int) -> Attribute:
    # int(): so that an IntEnum's member compares, hashes and prints as what a peer decodes.
    return _attribute(ValueTag.ENUM, name, [int(value) for value in values])


def boolean(name: str, value: bool) -> Attribute:
    return _attribute(ValueTag.BOOLEAN, name, (value,))


def keyword(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.KEYWORD, name, values)


def text(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.TEXT, name, values)


def name(attribute: str, *values: str) -> Attribute:
    return _attribute(ValueTag.NAME, attribute, values)


def text_with_language(name: str, language: str, value: str) -> Attribute:
    return _attribute(ValueTag.TEXT_WITH_LANGUAGE, name, (LanguageText(language, value),))


def name_with_language(name: str, language: str, value: str) -> Attribute:
    return _attribute(ValueTag.NAME_WITH_LANGUAGE, name, (LanguageText(language, value),))


def uri(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.URI, name, values)


def uri_scheme(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.URI_SCHEME, name, values)


def mime(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.MIME_MEDIA_TYPE, name, values)


def charset(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.CHARSET, name, values)


def language(name: str, *values: str) -> Attribute:
    return _attribute(ValueTag.NATURAL_LANGUAGE, name, values)


def octets(name: str, *values: bytes) -> Attribute:
    return _attribute(ValueTag.OCTET_STRING, name, values)


def date_time(name: str, *values: datetime) -> Attribute:
    """Aware times; cut to tenths of a second and whole minutes of offset, which is all that IPP carries."""
    return _attribute(ValueTag.DATE_TIME, name, [_coarse(value) for value in values])


def resolution(name: str, *values: Resolution) -> Attribute:
    return _attribute(ValueTag.RESOLUTION, name, values)


def range_of_integer(name: str, *values: tuple[int, int]) -> Attribute:
    return _attribute(ValueTag.RANGE_OF_INTEGER, name, [Range(*value) for value in values])


def collection(name: str, *values: Iterable[Attribute]) -> Attribute:
    return _attribute(ValueTag.BEGIN_COLLECTION, name, [Collection(value) for value in values])


def no_value(name: str) -> Attribute:
    return _attribute(ValueTag.NO_VALUE, name, (None,))


def unknown(name: str) -> Attribute:
    return _attribute(ValueTag.UNKNOWN, name, (None,))


def unsupported(name: str) -> Attribute:
    """For the unsupported group: the printer does not know this attribute (RFC 8011 §4.1.7)."""
    return _attribute(ValueTag.UNSUPPORTED, name, (None,))


def _attribute(tag: ValueTag, name: str, values: Iterable[Data]) -> Attribute:
    plain = int(tag)
    return Attribute(name, tuple(Value(plain, value) for value in values))


def _coarse(value: datetime) -> datetime:
    offset = value.utcoffset()
    if offset is None:
        raise ValueError("a dateTime needs a zone")
    minutes = int(offset.total_seconds()) // 60
    zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
    return value.replace(microsecond=value.microsecond // 100_000 * 100_000, tzinfo=zone)
