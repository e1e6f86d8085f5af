# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import Header, Identity, SealError, Stanza, read_header, seal
from allmende.seal.header import MAX_HEADER_LENGTH, MAX_STANZAS, begin_header, finish_header

IDENTITY = Identity.generate()
V1 = b"age-encryption.org/v1\n"
MAC = b"--- " + b"A" * 42 + b"A\n"
BODY = b"B" * 42 + b"A"

stanzas = st.builds(
    Stanza,
    st.lists(
        st.binary(min_size=1, max_size=9).map(lambda b: bytes(33 + x % 94 for x in b)), min_size=1, max_size=4
    )
    .map(tuple)
    .filter(lambda arguments: arguments[0] != b"scrypt"),
    st.one_of(st.binary(max_size=200), st.integers(0, 4).map(lambda n: bytes(48 * n))),
)


def parse_bytewise(data: bytes) -> Header | None:
    for end in range(len(data) + 1):
        header = read_header(data[:end])
        if header is not None:
            return header
    return None


def outcome(data: bytes, *, bytewise: bool) -> Header | str | None:
    try:
        return parse_bytewise(data) if bytewise else read_header(data)
    except SealError:
        return "error"


@given(st.lists(stanzas, min_size=1, max_size=5), st.binary(min_size=32, max_size=32), st.binary(max_size=50))
def test_round_trip(written: list[Stanza], mac: bytes, rest: bytes) -> None:
    data = finish_header(begin_header([stanza.to_bytes() for stanza in written]), mac)
    header = read_header(data + rest)
    assert header is not None
    assert list(header.stanzas) == written
    assert header.mac == mac
    assert header.length == len(data)
    assert header.to_bytes() == data
    assert parse_bytewise(data) == header
    assert all(read_header(data[:end]) is None for end in range(len(data)))


pieces = st.sampled_from(
    [
        V1,
        MAC,
        b"-> X25519 ",
        b"-> ",
        b"->",
        BODY,
        b"\n",
        b" ",
        b"--- ",
        b"A" * 64,
        b"scrypt",
        b"=",
        b"\r\n",
        b"\x00",
        b"B",
    ]
)


@given(st.lists(st.one_of(pieces, st.binary(max_size=3)), max_size=12).map(b"".join))
def test_any_bytes_give_the_same_whole_or_byte_by_byte(data: bytes) -> None:
    for candidate in (data, V1 + data, V1 + b"-> X25519 " + data):
        whole = outcome(candidate, bytewise=False)
        assert outcome(candidate, bytewise=True) == whole
        if isinstance(whole, Header):
            assert candidate.startswith(whole.to_bytes())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"age-encryption.org/v2\n-> a\n\n" + MAC, id="another version"),
        pytest.param(b"age-encryption.org/v1\r\n-> a\n\n" + MAC, id="CRLF after the version"),
        pytest.param(b"\n" + V1 + b"-> a\n\n" + MAC, id="something before"),
        pytest.param(b"-----BEGIN AGE ENCRYPTED FILE-----\n", id="armour"),
        pytest.param(V1 + MAC, id="no stanza"),
        pytest.param(V1 + b"->\n\n" + MAC, id="no argument"),
        pytest.param(V1 + b"-> \n\n" + MAC, id="empty argument"),
        pytest.param(V1 + b"-> a  b\n\n" + MAC, id="two blanks"),
        pytest.param(V1 + b"-> a \n\n" + MAC, id="blank at the end"),
        pytest.param(V1 + b"->a\n\n" + MAC, id="no blank"),
        pytest.param(V1 + b"-> \xc3\xa4\n\n" + MAC, id="not ASCII"),
        pytest.param(V1 + b"-> a\x7f\n\n" + MAC, id="a control character"),
        pytest.param(V1 + b"-> a\r\n\n" + MAC, id="CR after the arguments"),
        pytest.param(V1 + b"-> a\nQUFB\r\n" + MAC, id="CR after the body"),
        pytest.param(V1 + b"-> a\n" + MAC, id="no body"),
        pytest.param(V1 + b"-> a\n" + b"A" * 64 + b"\n" + MAC, id="no final line"),
        pytest.param(V1 + b"-> a\n" + b"A" * 65 + b"\n\n" + MAC, id="a long line"),
        pytest.param(V1 + b"-> a\nAAAA\nAAAA\n" + MAC, id="two short lines"),
        pytest.param(V1 + b"-> a\nQUE=\n" + MAC, id="padding"),
        pytest.param(V1 + b"-> a\nQUF\n" + MAC, id="bits left over"),
        pytest.param(V1 + b"-> a\nQUFBQ\n" + MAC, id="an impossible length"),
        pytest.param(V1 + b"-> a\nQU-_\n" + MAC, id="the URL alphabet"),
        pytest.param(V1 + b"-> a\nQU FB\n" + MAC, id="a blank in the body"),
        pytest.param(V1 + b"-> a\n\n---\n", id="no MAC"),
        pytest.param(V1 + b"-> a\n\n---" + b"A" * 43 + b"\n", id="no blank before the MAC"),
        pytest.param(V1 + b"-> a\n\n---  " + b"A" * 43 + b"\n", id="two blanks before the MAC"),
        pytest.param(V1 + b"-> a\n\n--- " + b"A" * 43 + b" \n", id="a blank after the MAC"),
        pytest.param(V1 + b"-> a\n\n--- " + b"A" * 42 + b"\n", id="a short MAC"),
        pytest.param(V1 + b"-> a\n\n--- " + b"A" * 42 + b"B\n", id="a MAC with bits left over"),
        pytest.param(V1 + b"-> a\n\n--- " + b"A" * 43 + b"=\n", id="a padded MAC"),
        pytest.param(V1 + b"-> a\n\n--- " + b"A" * 44 + b"\n", id="a long MAC"),
        pytest.param(V1 + b"-> a\n\nrubbish\n", id="rubbish instead of the end"),
        pytest.param(V1 + b"-> scrypt c2FsdA 18\n\n-> a\n\n" + MAC, id="scrypt with another"),
        pytest.param(V1 + b"-> a\n\n-> scrypt c2FsdA 18\n\n" + MAC, id="scrypt after another"),
        pytest.param(V1 + b"-> a\n\n" * (MAX_STANZAS + 1) + MAC, id="too many stanzas"),
        pytest.param(V1 + b"-> " + b"a" * MAX_HEADER_LENGTH, id="an endless line"),
        pytest.param(V1 + b"-> a\n" + (b"A" * 64 + b"\n") * 1100 + b"\n" + MAC, id="too long"),
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(SealError):
        read_header(data)


@pytest.mark.parametrize(
    "kind", [b"scrypt c2FsdA 18", b"ssh-ed25519 abc def", b"xy-grease ~!", b"example.com/enigma"]
)
def test_foreign_stanzas_are_read(kind: bytes) -> None:
    header = read_header(V1 + b"-> " + kind + b"\n" + BODY + b"\n" + MAC)
    assert header is not None
    assert header.stanzas[0].arguments == tuple(kind.split(b" "))


def test_a_body_of_full_lines_needs_an_empty_one() -> None:
    header = read_header(V1 + b"-> a\n" + b"A" * 64 + b"\n\n" + MAC)
    assert header is not None
    assert header.stanzas[0].body == bytes(48)


def test_the_bound_is_exact() -> None:
    room = MAX_HEADER_LENGTH - len(V1) - len(b"-> \n\n") - len(MAC)
    fits = V1 + b"-> " + b"a" * room + b"\n\n" + MAC
    assert len(fits) == MAX_HEADER_LENGTH
    assert read_header(fits) is not None
    with pytest.raises(SealError):
        read_header(V1 + b"-> " + b"a" * (room + 1) + b"\n\n" + MAC)


def test_what_follows_is_not_looked_at() -> None:
    _, written, body = seal([IDENTITY.recipient], b"x")
    header = read_header(written + body)
    assert header is not None
    assert header.length == len(written)
