# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from datetime import UTC, datetime, timedelta, timezone

import pytest

from allmende.ipp import (
    Attribute,
    Group,
    JobState,
    LanguageText,
    Message,
    Range,
    Resolution,
    decode,
    encode,
    make,
)

EVERYTHING = [
    make.integer("integer", 1, -1),
    make.enum("enum", JobState.PENDING_HELD),
    make.boolean("boolean", value=True),
    make.keyword("keyword", "a", "b"),
    make.text("text", "Grüße"),
    make.name("name", "Anna"),
    make.text_with_language("text-with-language", "de", "Größe"),
    make.name_with_language("name-with-language", "de", "Größe"),
    make.uri("uri", "ipp://a/"),
    make.uri_scheme("uri-scheme", "ipp"),
    make.mime("mime", "application/pdf"),
    make.charset("charset", "utf-8"),
    make.language("language", "de"),
    make.octets("octets", b"\x00"),
    make.date_time(
        "date-time", datetime(2026, 1, 2, 3, 4, 5, 678_901, timezone(timedelta(hours=-3, minutes=-30)))
    ),
    make.resolution("resolution", Resolution(600, 300)),
    make.range_of_integer("range", (1, 5), (7, 7)),
    make.collection("collection", [make.integer("member", 1)], []),
    make.no_value("no-value"),
    make.unknown("unknown"),
    make.unsupported("unsupported"),
]


@pytest.mark.parametrize("attribute", EVERYTHING, ids=lambda attribute: attribute.name)
def test_what_is_made_comes_back_equal(attribute: Attribute) -> None:
    message = Message((2, 0), 0, 1, (Group(2, [attribute]),))
    decoded, _ = decode(encode(message))
    assert decoded == message
    assert repr(decoded) == repr(message)


def test_types_are_those_that_accessors_give() -> None:
    group = decode(encode(Message((2, 0), 0, 1, (Group(2, EVERYTHING),))))[0].groups[0]
    assert group.integers("integer") == (1, -1)
    assert group.integer("enum") == 4
    assert group.boolean("boolean") is True
    assert group.keywords("keyword") == ("a", "b")
    assert group.text("text") == "Grüße"
    assert group.text("name-with-language") == "Größe"
    assert group.values("text-with-language")[0].data == LanguageText("de", "Größe")
    assert group.string("mime") == "application/pdf"
    assert group.uri("uri") == "ipp://a/"
    assert group.octets("octets") == b"\x00"
    assert group.date_time("date-time") == datetime(2026, 1, 2, 6, 34, 5, 600_000, UTC)
    assert group.resolutions("resolution") == (Resolution(600, 300, 3),)
    assert group.ranges("range") == (Range(1, 5), Range(7, 7))
    assert group.ranges("integer") == (Range(1, 1), Range(-1, -1))
    collections = group.collections("collection")
    assert collections is not None
    assert [c.integer("member") for c in collections] == [1, None]


def test_accessors_give_none_for_another_type_and_for_nothing() -> None:
    group = Group(2, EVERYTHING)
    accessors = {
        "text": group.text,
        "keyword": group.keyword,
        "uri": group.uri,
        "integer": group.integer,
        "boolean": group.boolean,
        "range": group.ranges,
        "resolution": group.resolutions,
        "date-time": group.date_time,
        "octets": group.octets,
        "collection": group.collection,
        "string": group.string,
    }
    for kind, accessor in accessors.items():
        assert accessor("absent") is None
        assert accessor("no-value") is None
        assert accessor("boolean" if kind != "boolean" else "integer") is None
    assert group.values("absent") == ()
    assert group.get("absent") is None
    assert "integer" in group
    assert "absent" not in group


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        make.date_time("date-time", datetime(2026, 1, 1))  # noqa: DTZ001
