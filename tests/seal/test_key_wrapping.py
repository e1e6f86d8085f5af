# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest

from allmende.seal import (
    FileKey,
    Header,
    Identity,
    Recipient,
    SealError,
    SealFault,
    read_header,
    rewrap_header,
    unseal_file_key,
)
from allmende.seal.header import begin_header, finish_header
from allmende.seal.key_wrapping import _mac

IDENTITY = Identity.generate()
KEY = FileKey.generate()


def header_with(*extra: bytes, first: bool = False) -> Header:
    """A genuine header for IDENTITY with more stanzas and a right MAC."""
    own = read_header(rewrap_header(KEY, [IDENTITY.recipient]))
    assert own is not None
    stanzas = [own.stanzas[0].to_bytes()]
    stanzas = [*extra, *stanzas] if first else [*stanzas, *extra]
    authenticated = begin_header(stanzas)
    header = read_header(finish_header(authenticated, _mac(KEY, authenticated)))
    assert header is not None
    return header


@pytest.mark.parametrize("first", [True, False])
def test_foreign_stanzas_are_passed_over(first: bool) -> None:
    header = header_with(
        b"-> ssh-rsa x\nQUFB\n", b"-> grease\n\n", b"-> x25519 case matters\n\n", first=first
    )
    assert unseal_file_key(header, IDENTITY) == KEY


@pytest.mark.parametrize(
    "stanza",
    [
        pytest.param(b"-> X25519\n" + b"A" * 43 + b"\n", id="no share"),
        pytest.param(b"-> X25519 " + b"A" * 43 + b" more\n" + b"A" * 43 + b"\n", id="an argument too many"),
        pytest.param(b"-> X25519 " + b"A" * 42 + b"\n" + b"A" * 43 + b"\n", id="a short share"),
        pytest.param(b"-> X25519 " + b"A" * 44 + b"\n" + b"A" * 43 + b"\n", id="a long share"),
        pytest.param(
            b"-> X25519 " + b"A" * 42 + b"B\n" + b"A" * 43 + b"\n", id="a share that is not canonical"
        ),
        pytest.param(b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n", id="a share of low order"),
        pytest.param(b"-> X25519 C" + b"A" * 42 + b"\n" + b"A" * 44 + b"\n", id="a long wrapped key"),
        pytest.param(b"-> X25519 C" + b"A" * 42 + b"\n\n", id="no wrapped key"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_malformed_stanza_of_our_type_is_refused_wherever_it_stands(stanza: bytes, first: bool) -> None:
    with pytest.raises(SealError) as caught:
        unseal_file_key(header_with(stanza, first=first), IDENTITY)
    assert caught.value.fault is SealFault.HEADER


def test_everyone_named_can_open_and_nobody_else() -> None:
    people = [Identity.generate() for _ in range(5)]
    header = read_header(rewrap_header(KEY, [person.recipient for person in people]))
    assert header is not None
    assert [unseal_file_key(header, person) for person in people] == [KEY] * 5
    with pytest.raises(SealError) as caught:
        unseal_file_key(header, IDENTITY)
    assert caught.value.fault is SealFault.NO_MATCH


def test_every_wrapping_is_new() -> None:
    header = read_header(rewrap_header(KEY, [IDENTITY.recipient, IDENTITY.recipient]))
    assert header is not None
    assert header.stanzas[0] != header.stanzas[1]


def test_a_recipient_of_low_order_is_refused() -> None:
    with pytest.raises(SealError):
        rewrap_header(KEY, [Recipient(bytes(32))])


@pytest.mark.parametrize("count", [0, 513])
def test_the_number_of_recipients_is_bounded(count: int) -> None:
    with pytest.raises(SealError):
        rewrap_header(KEY, [IDENTITY.recipient] * count)
