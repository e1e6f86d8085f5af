# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest

from allmende.ipp import (
    Attribute,
    Collection,
    Extension,
    Group,
    GroupTag,
    IppError,
    Message,
    Range,
    Status,
    Value,
    decode,
    encode,
    encode_attributes,
    join_message,
    make,
)


@pytest.mark.parametrize(
    "attribute",
    [
        make.integer("too-large", 2**31),
        make.keyword("too-long", "x" * 65536),
        make.keyword("x" * 65536, "name too long"),
        make.keyword("lone-surrogate", "\ud800"),
        make.keyword("", "no name"),
        Attribute("no-values", ()),
        Attribute("integer-as-keyword", (Value(0x44, 1),)),
        Attribute("keyword-as-integer", (Value(0x21, "one"),)),
        Attribute("range-as-integer", (Value(0x21, Range(1, 2)),)),
        Attribute("nothing", (Value(0x21, None),)),
        Attribute("delimiter", (Value(0x03, b""),)),
        Attribute("tag-beyond", (Value(0x100, b""),)),
        Attribute("member", (Value(0x4A, b"x"),)),
        Attribute("end", (Value(0x37, b""),)),
        Attribute("begin", (Value(0x34, b""),)),
        Attribute("collection-as-integer", (Value(0x21, Collection()),)),
        Attribute("extension", (Value(0x7F, Extension(2**32, b"")),)),
        make.collection("member-without-name", [make.integer("", 1)]),
        make.collection("member-without-value", [Attribute("m", ())]),
    ],
    ids=lambda attribute: attribute.name[:30] or "empty",
)
def test_what_the_format_can_not_hold_is_refused(attribute: Attribute) -> None:
    with pytest.raises(IppError) as caught:
        encode_attributes([attribute])
    assert caught.value.status == Status.SERVER_ERROR_INTERNAL_ERROR


@pytest.mark.parametrize("tag", [0x00, 0x03, 0x10])
def test_group_tags_that_are_none_are_refused(tag: int) -> None:
    with pytest.raises(IppError):
        encode(Message((2, 0), 0, 1, (Group(tag),)))


@pytest.mark.parametrize("header", [((2, 256), 0, 1), ((2, 0), 65536, 1), ((2, 0), 0, 2**31)])
def test_headers_that_do_not_fit_are_refused(header: tuple[tuple[int, int], int, int]) -> None:
    with pytest.raises(IppError):
        encode(Message(*header, ()))


def test_encoded_pieces_join_to_the_same_message() -> None:
    operation = [make.charset("attributes-charset", "utf-8")]
    printer = [make.keyword("media-supported", "iso_a4_210x297mm", "iso_a3_297x420mm")]
    message = Message((2, 0), 0, 7, (Group(GroupTag.OPERATION, operation), Group(GroupTag.PRINTER, printer)))
    cached = encode_attributes(printer)
    joined = join_message(
        (2, 0),
        0,
        7,
        [
            (GroupTag.OPERATION, encode_attributes(operation)),
            (GroupTag.PRINTER, encode_attributes([]) + cached),
        ],
    )
    assert joined == encode(message)
    assert decode(joined) == (message, len(joined))
