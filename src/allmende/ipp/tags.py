# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tags that stand before groups and values (RFC 8010 §3.5, IANA "IPP Registrations").

Decoded messages carry tags as plain integers, because a peer may send tags that no registry knows; these
enums compare equal to them.
"""

from enum import IntEnum


class GroupTag(IntEnum):
    """Delimiter tags (RFC 8010 §3.5.1; RFC 3995; PWG 5100.5, 5100.18, 5100.22)."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    SUBSCRIPTION = 0x06
    EVENT_NOTIFICATION = 0x07
    RESOURCE = 0x08
    DOCUMENT = 0x09
    SYSTEM = 0x0A


class ValueTag(IntEnum):
    """Value tags (RFC 8010 §3.5.2; RFC 3380 for the last three out-of-band values)."""

    UNSUPPORTED = 0x10
    DEFAULT = 0x11
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    NOT_SETTABLE = 0x15
    DELETE_ATTRIBUTE = 0x16
    ADMIN_DEFINE = 0x17
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTET_STRING = 0x30
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE_OF_INTEGER = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    URI_SCHEME = 0x46
    CHARSET = 0x47
    NATURAL_LANGUAGE = 0x48
    MIME_MEDIA_TYPE = 0x49
    MEMBER_ATTRIBUTE_NAME = 0x4A
    EXTENSION = 0x7F


STRING_TAGS = frozenset(range(ValueTag.TEXT, ValueTag.MIME_MEDIA_TYPE + 1)) - {0x43}
"""Tags whose value is a plain character string."""
