# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import FileKey, Identity, Recipient, SealError

# C2SP age, "The X25519 recipient type": the specification's own example.
SPEC_IDENTITY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
SPEC_RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def test_the_specifications_example() -> None:
    identity = Identity.from_text(SPEC_IDENTITY)
    assert identity.to_bytes() == b"\x42" * 32
    assert identity.recipient.to_text() == SPEC_RECIPIENT
    assert identity.to_text() == SPEC_IDENTITY


@given(st.binary(min_size=32, max_size=32))
def test_round_trip(secret: bytes) -> None:
    identity = Identity.from_bytes(secret)
    assert Identity.from_text(identity.to_text()) == identity
    assert identity.to_bytes() == secret
    recipient = identity.recipient
    assert Recipient.from_text(recipient.to_text()) == recipient == Recipient.from_bytes(recipient.to_bytes())
    assert hash(Recipient.from_bytes(recipient.to_bytes())) == hash(recipient)


@given(st.integers(0, 61), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l1b !"))
def test_a_mistyped_recipient_is_noticed(place: int, letter: str) -> None:
    mistyped = SPEC_RECIPIENT[:place] + letter + SPEC_RECIPIENT[place + 1 :]
    if mistyped != SPEC_RECIPIENT:
        with pytest.raises(SealError):
            Recipient.from_text(mistyped)


@pytest.mark.parametrize(
    "text",
    ["", "age1", SPEC_RECIPIENT.upper(), SPEC_RECIPIENT[:-1], SPEC_RECIPIENT + "q", SPEC_IDENTITY, "ä" * 62],
)
def test_not_a_recipient(text: str) -> None:
    with pytest.raises(SealError):
        Recipient.from_text(text)


@pytest.mark.parametrize(
    "text", ["", SPEC_IDENTITY.lower(), SPEC_IDENTITY[:-1] + "x", SPEC_RECIPIENT, "1" * 5000]
)
def test_not_an_identity(text: str) -> None:
    with pytest.raises(SealError) as caught:
        Identity.from_text(text)
    assert SPEC_IDENTITY[20:40].lower() not in str(caught.value).lower()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_wrong_lengths(length: int) -> None:
    for make in (Identity.from_bytes, Recipient.from_bytes, FileKey):
        with pytest.raises(SealError):
            make(bytes(length))


def test_secrets_do_not_show() -> None:
    identity, file_key = Identity(b"\x42" * 32), FileKey(b"\x42" * 16)
    for shown in (repr(identity), str(identity), repr(file_key), f"{file_key}", repr([identity, file_key])):
        for secret in ("SECRET-KEY", "BBBB", "\\x42", "4242", "6666"):
            assert secret not in shown


def test_keys_differ() -> None:
    assert Identity.generate() != Identity.generate()
    assert FileKey.generate() != FileKey.generate()
    assert len({FileKey(bytes(16)), FileKey(bytes(16)), FileKey.generate()}) == 2
