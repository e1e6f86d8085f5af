# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.ipp import (
    Collection,
    Decoder,
    Extension,
    Group,
    GroupTag,
    IppError,
    LanguageText,
    Limits,
    Message,
    Operation,
    Status,
    Value,
    ValueTag,
    decode,
    encode,
)
from ipp.ipp_strategies import messages


def record(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


def message_of(*parts: bytes, end: bytes = b"\x03") -> bytes:
    return b"\x01\x01\x00\x0b\x00\x00\x00\x01" + b"".join(parts) + end


HEADER = b"\x01\x01\x00\x02\x00\x00\x00\x01"
CHARSET = record(0x47, b"attributes-charset", b"utf-8")
LANGUAGE = record(0x48, b"attributes-natural-language", b"en-us")

# RFC 8010 appendix A.1: a Print-Job request.
RFC_PRINT_JOB = (
    HEADER
    + b"\x01"
    + CHARSET
    + LANGUAGE
    + record(0x45, b"printer-uri", b"ipp://printer.example.com/ipp/print/pinetree")
    + record(0x42, b"job-name", b"foobar")
    + record(0x22, b"ipp-attribute-fidelity", b"\x01")
    + b"\x02"
    + record(0x21, b"copies", b"\x00\x00\x00\x14")
    + record(0x44, b"sides", b"two-sided-long-edge")
    + b"\x03"
)
# RFC 8010 appendix A.6: a Create-Job request with a collection.
RFC_CREATE_JOB_WITH_COLLECTION = (
    b"\x01\x01\x00\x05\x00\x00\x00\x01\x01"
    + CHARSET
    + LANGUAGE
    + record(0x45, b"printer-uri", b"ipp://printer.example.com/ipp/print/pinetree")
    + b"\x02"
    + record(0x34, b"media-col", b"")
    + record(0x4A, b"", b"media-size")
    + record(0x34, b"", b"")
    + record(0x4A, b"", b"x-dimension")
    + record(0x21, b"", b"\x00\x00\x52\x08")
    + record(0x4A, b"", b"y-dimension")
    + record(0x21, b"", b"\x00\x00\x74\x04")
    + record(0x37, b"", b"")
    + record(0x4A, b"", b"media-type")
    + record(0x44, b"", b"stationery")
    + record(0x37, b"", b"")
    + b"\x03"
)


def outcome(chunks: list[bytes], limits: Limits | None = None) -> tuple[object, bytes]:
    """What a decoder makes of chunks: its message or error, and what it left for the document."""
    decoder = Decoder(limits or Limits())
    try:
        for number, chunk in enumerate(chunks):
            message = decoder.feed(chunk)
            if message is not None:
                return message, decoder.remainder + b"".join(chunks[number + 1 :])
        decoder.finish()
    except IppError as error:
        return (error.status, str(error), error.version, error.request_id), b""
    raise AssertionError("finish() must raise for a message without end")


def test_print_job_of_the_rfc() -> None:
    message, offset = decode(RFC_PRINT_JOB + b"%PDF-1.7")
    assert offset == len(RFC_PRINT_JOB)
    assert (message.version, message.code, message.request_id) == ((1, 1), Operation.PRINT_JOB, 1)
    operation, job = message.groups
    assert operation.string("attributes-charset") == "utf-8"
    assert operation.uri("printer-uri") == "ipp://printer.example.com/ipp/print/pinetree"
    assert operation.text("job-name") == "foobar"
    assert operation.boolean("ipp-attribute-fidelity") is True
    assert job.tag == GroupTag.JOB
    assert job.integer("copies") == 20
    assert job.keywords("sides") == ("two-sided-long-edge",)
    assert encode(message) == RFC_PRINT_JOB


def test_collection_of_the_rfc() -> None:
    message, _ = decode(RFC_CREATE_JOB_WITH_COLLECTION)
    media = message.group(GroupTag.JOB).collection("media-col")
    assert media is not None
    size = media.collection("media-size")
    assert size is not None
    assert (size.integer("x-dimension"), size.integer("y-dimension")) == (21000, 29700)
    assert media.keyword("media-type") == "stationery"
    assert encode(message) == RFC_CREATE_JOB_WITH_COLLECTION


@pytest.mark.parametrize(
    ("tag", "octets", "data"),
    [
        (0x10, b"", None),
        (0x13, b"because", b"because"),
        (0x1F, b"", None),
        (0x21, b"\xff\xff\xff\xff", -1),
        (0x22, b"\x00", False),
        (0x22, b"\x02", b"\x02"),
        (0x23, b"\x00\x00\x00\x03", 3),
        (0x2F, b"later", b"later"),
        (0x30, b"\x00\xff", b"\x00\xff"),
        (0x31, b"\x07\xea\x06\x1e\x17\x3b\x3c\x00+\x00\x00", b"\x07\xea\x06\x1e\x17\x3b\x3c\x00+\x00\x00"),
        (0x35, b"\x00\x02de\x00\x05Stra\xdf", LanguageText("de", "Stra\udcdf")),
        (0x41, b"\xff", "\udcff"),
        (0x44, b"", ""),
        (0x7F, b"\x00\x00\x01\x00data", Extension(256, b"data")),
        (0x7F, b"\x00", b"\x00"),
        (0xFF, b"x", b"x"),
    ],
)
def test_odd_values_are_kept(tag: int, octets: bytes, data: object) -> None:
    data_in = message_of(b"\x04", record(tag, b"odd", octets))
    message, _ = decode(data_in)
    (value,) = message.group(GroupTag.PRINTER).values("odd")
    assert value == Value(tag, data)  # type: ignore[arg-type]
    assert type(value.data) is type(data)
    assert encode(message) == data_in


def test_order_duplicates_empty_groups_and_mixed_sets_are_kept() -> None:
    data = message_of(
        b"\x02",
        b"\x02",
        record(0x44, b"media", b"iso_a4_210x297mm"),
        record(0x42, b"", b"Briefbogen"),
        record(0x21, b"copies", b"\x00\x00\x00\x02"),
        record(0x21, b"copies", b"\x00\x00\x00\x03"),
        b"\x0f",
    )
    message, _ = decode(data)
    assert [group.tag for group in message.groups] == [2, 2, 15]
    job = message.groups[1]
    assert [tag for tag, _ in job.values("media")] == [ValueTag.KEYWORD, ValueTag.NAME]
    assert job.integer("copies") == 2
    assert [a.name for a in job.attributes] == ["media", "copies", "copies"]
    assert encode(message) == data


def test_lengths_are_unsigned() -> None:
    long = b"x" * 0xFFFF
    message, _ = decode(message_of(b"\x04", record(0x41, b"n" * 0x8001, long)))
    ((name, (value,)),) = message.groups[0].attributes
    assert len(name) == 0x8001
    assert value.data == long.decode()


COLLECTION = record(0x34, b"c", b"")
MEMBER = record(0x4A, b"", b"m")
INTEGER = record(0x21, b"", b"\x00\x00\x00\x01")
CLOSE = record(0x37, b"", b"")


@pytest.mark.parametrize(
    "parts",
    [
        [record(0x21, b"n", b"\x00\x00\x00\x01")],  # before any group
        [b"\x00"],
        [b"\x01", INTEGER],
        [b"\x01", record(0x21, b"n", b"\x00\x00\x01")],
        [b"\x01", record(0x21, b"n", b"")],
        [b"\x01", record(0x22, b"n", b"")],
        [b"\x01", record(0x31, b"n", b"\x00" * 10)],
        [b"\x01", record(0x32, b"n", b"\x00" * 8)],
        [b"\x01", record(0x33, b"n", b"\x00" * 9)],
        [b"\x01", record(0x35, b"n", b"\x00\x02de\x00\x09Text")],
        [b"\x01", record(0x36, b"n", b"\xff\xffde\x00\x04Text")],
        [b"\x01", record(0x36, b"n", b"\x00")],
        [b"\x01", record(0x4A, b"n", b"m")],
        [b"\x01", record(0x37, b"n", b"")],
        [b"\x01", CLOSE],
        [b"\x01", MEMBER, INTEGER],
        [b"\x01", record(0x34, b"c", b"x"), CLOSE],
        [b"\x01", COLLECTION],
        [b"\x01", COLLECTION, b"\x02"],
        [b"\x01", COLLECTION, INTEGER, CLOSE],
        [b"\x01", COLLECTION, record(0x34, b"", b""), CLOSE, CLOSE],
        [b"\x01", COLLECTION, MEMBER, CLOSE],
        [b"\x01", COLLECTION, MEMBER, MEMBER, INTEGER, CLOSE],
        [b"\x01", COLLECTION, record(0x4A, b"", b""), INTEGER, CLOSE],
        [b"\x01", COLLECTION, record(0x21, b"named", b"\x00\x00\x00\x01"), CLOSE],
        [b"\x01", COLLECTION, MEMBER, INTEGER, record(0x37, b"", b"x")],
        [b"\x01", record(0x21, b"n", b"\x00\x00\x00\x01"), CLOSE],
    ],
)
def test_what_a_message_could_not_hold_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(IppError) as caught:
        decode(message_of(*parts))
    assert caught.value.status == Status.CLIENT_ERROR_BAD_REQUEST
    assert (caught.value.version, caught.value.request_id) == ((1, 1), 1)


@pytest.mark.parametrize("size", range(len(RFC_CREATE_JOB_WITH_COLLECTION)))
def test_a_message_cut_short_is_refused(size: int) -> None:
    with pytest.raises(IppError, match="ends too early"):
        decode(RFC_CREATE_JOB_WITH_COLLECTION[:size])


def nested(depth: int) -> bytes:
    inner = b"".join([MEMBER + record(0x34, b"", b"")] * (depth - 1)) + CLOSE * depth
    return message_of(b"\x01", record(0x34, b"c", b""), inner)


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (nested(5), Limits(depth=5)),
        (message_of(b"\x01", record(0x21, b"n", b"\x00" * 4), INTEGER * 6), Limits(values=7)),
        (message_of(b"\x01", record(0x21, b"n", b"\x00" * 4) * 6), Limits(attributes=7)),
        (message_of(b"\x01" * 7), Limits(attributes=7)),
        (message_of(b"\x01", COLLECTION, (MEMBER + INTEGER) * 5, CLOSE), Limits(attributes=7)),
        (RFC_PRINT_JOB, Limits(size=len(RFC_PRINT_JOB))),
    ],
)
def test_limits_hold_to_the_last_one(data: bytes, limits: Limits) -> None:
    decode(data + b"document", limits)
    for less in (
        Limits(limits.size - 1, limits.attributes, limits.values, limits.depth)
        if limits.size == len(data)
        else None,
        Limits(limits.size, limits.attributes - 1, limits.values, limits.depth)
        if limits.attributes < 10
        else None,
        Limits(limits.size, limits.attributes, limits.values - 1, limits.depth)
        if limits.values < 10
        else None,
        Limits(limits.size, limits.attributes, limits.values, limits.depth - 1) if limits.depth < 8 else None,
    ):
        if less is not None:
            with pytest.raises(IppError) as caught:
                decode(data + b"document", less)
            assert caught.value.status == Status.CLIENT_ERROR_REQUEST_ENTITY_TOO_LARGE


def test_a_value_too_large_is_refused_before_it_has_arrived() -> None:
    decoder = Decoder(Limits(size=1000))
    with pytest.raises(IppError):
        decoder.feed(HEADER + b"\x01\x41\x00\x01n\xff\xff")


def test_nothing_may_be_fed_after_the_end() -> None:
    decoder = Decoder()
    assert decoder.feed(RFC_PRINT_JOB + b"%P") is not None
    assert decoder.remainder == b"%P"
    with pytest.raises(ValueError, match="ended"):
        decoder.feed(b"DF")


@given(messages, st.binary(max_size=20))
def test_decode_is_the_inverse_of_encode(message: Message, document: bytes) -> None:
    data = encode(message)
    decoded, offset = decode(data + document)
    assert decoded == message
    assert offset == len(data)
    assert encode(decoded) == data


@given(messages, st.binary(max_size=9), st.data())
def test_damaged_messages_decode_or_raise_and_come_back_identical(
    message: Message, splinter: bytes, data: st.DataObject
) -> None:
    octets = bytearray(encode(message))
    start = data.draw(st.integers(8, len(octets)))
    octets[start : start + data.draw(st.integers(0, 9))] = splinter
    limits = data.draw(st.sampled_from([Limits(), Limits(size=60), Limits(values=3), Limits(attributes=2)]))
    whole = outcome([bytes(octets)], limits)
    assert outcome([bytes(octets[n : n + 1]) for n in range(len(octets))], limits) == whole
    cut = data.draw(st.integers(0, len(octets)))
    assert outcome([bytes(octets[:cut]), bytes(octets[cut:])], limits) == whole
    if isinstance(whole[0], Message):
        assert encode(whole[0]) + whole[1] == octets


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_raise(octets: bytes) -> None:
    whole = outcome([octets])
    assert outcome([octets[n : n + 1] for n in range(len(octets))]) == whole
    if isinstance(whole[0], Message):
        assert encode(whole[0]) + whole[1] == octets


def processor_seconds(data: bytes, step: int) -> float:
    decoder = Decoder(Limits(size=10**7, attributes=10**6, values=10**6))
    start = time.process_time()
    for at in range(0, len(data), step):
        decoder.feed(data[at : at + step])
    return time.process_time() - start


@pytest.mark.parametrize(
    "part",
    [
        record(0x41, b"long", b"x" * 0xFFFF),
        record(0x21, b"short", b"\x00" * 4) * 4_000,
        record(0x21, b"set", b"\x00" * 4) + INTEGER * 6_000,
        b"\x01" * 10_000,
    ],
    ids=["one long value", "many attributes", "one long set", "empty groups"],
)
def test_time_grows_with_size_not_with_its_square(part: bytes) -> None:
    once = eight = float("inf")
    # A busy machine only adds time, so the least of some measurements tells; square growth stays 64-fold in each of them.
    for _ in range(12):
        once = min(once, processor_seconds(message_of(b"\x01", part), step=7))
        eight = min(eight, processor_seconds(message_of(b"\x01", part * 8), step=7))
        if eight < 24 * once:
            return
    pytest.fail(f"eight times the size took {eight / once:.1f} times as long")


def test_groups_and_collections_compare_by_content() -> None:
    message, _ = decode(RFC_CREATE_JOB_WITH_COLLECTION)
    again, _ = decode(RFC_CREATE_JOB_WITH_COLLECTION)
    assert message == again
    assert hash(message) == hash(again)
    assert message.groups[0] != Group(GroupTag.JOB, message.groups[0].attributes)
    assert Collection() != Group(GroupTag.JOB)
