# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Generated IPP messages: every value type, nested collections, duplicates, unknown tags."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from allmende.ipp import (
    Attribute,
    Collection,
    Extension,
    Group,
    LanguageText,
    Message,
    Range,
    Resolution,
    Value,
    ValueTag,
)
from allmende.ipp.tags import STRING_TAGS

int32 = st.integers(-(2**31), 2**31 - 1)
# Octets that are not UTF-8 come as lone surrogates, and stay what they are.
strings = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=20).map(lambda octets: octets.decode("utf-8", "surrogateescape")),
)
names = strings.filter(bool)
zones = st.one_of(
    st.just(UTC),
    st.integers(-14 * 60, 14 * 60).filter(bool).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
date_times = st.datetimes(timezones=zones, allow_imaginary=False).map(
    lambda time: time.replace(microsecond=time.microsecond // 100_000 * 100_000)
)
UNKNOWN_TAGS = [0x20, 0x24, 0x2F, 0x38, 0x40, 0x43, 0x4B, 0x5F, 0x60, 0x7E, 0x80, 0xFF]


def _tagged(tag: int, data: st.SearchStrategy[object]) -> st.SearchStrategy[Value]:
    return data.map(lambda datum: Value(int(tag), datum))  # type: ignore[arg-type]


plain_values = st.one_of(
    st.sampled_from(sorted(STRING_TAGS)).flatmap(lambda tag: _tagged(tag, strings)),
    _tagged(ValueTag.INTEGER, int32),
    _tagged(ValueTag.ENUM, int32),
    _tagged(ValueTag.BOOLEAN, st.one_of(st.booleans(), st.just(b"\x02"))),
    _tagged(ValueTag.OCTET_STRING, st.binary(max_size=30)),
    _tagged(ValueTag.DATE_TIME, date_times),
    _tagged(ValueTag.RESOLUTION, st.builds(Resolution, int32, int32, st.integers(-128, 127))),
    _tagged(ValueTag.RANGE_OF_INTEGER, st.builds(Range, int32, int32)),
    st.sampled_from([0x35, 0x36]).flatmap(
        lambda tag: _tagged(tag, st.builds(LanguageText, strings, strings))
    ),
    _tagged(ValueTag.EXTENSION, st.builds(Extension, st.integers(0, 2**32 - 1), st.binary(max_size=9))),
    st.integers(0x10, 0x1F).flatmap(
        lambda tag: _tagged(tag, st.one_of(st.none(), st.binary(min_size=1, max_size=4)))
    ),
    st.sampled_from(UNKNOWN_TAGS).flatmap(lambda tag: _tagged(tag, st.binary(max_size=9))),
)


def _attributes(values: st.SearchStrategy[Value]) -> st.SearchStrategy[list[Attribute]]:
    attribute = st.builds(Attribute, names, st.lists(values, min_size=1, max_size=4).map(tuple))
    return st.lists(attribute, max_size=4)


values = st.recursive(
    plain_values,
    lambda inner: _attributes(inner).map(
        lambda members: Value(int(ValueTag.BEGIN_COLLECTION), Collection(members))
    ),
    max_leaves=8,
)
groups = st.builds(Group, st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9, 10, 15]), _attributes(values))
messages = st.builds(
    Message,
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
    st.integers(0, 0xFFFF),
    int32,
    st.lists(groups, max_size=4).map(tuple),
)

a_time = datetime(2026, 11, 22, 13, 30, 15, 200_000, timezone(timedelta(hours=1)))
