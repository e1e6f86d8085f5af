# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import (
    ArgonParameters,
    ChipSecrets,
    Identity,
    SealError,
    SealFault,
    derive_chip_secrets,
    derive_pin_key,
    key_from_token,
    same_secret,
    token_lookup,
    unwrap_identity,
    wrap_identity,
)

# Cheap on purpose: these tests are about what goes in and out, not about the cost.
CHEAP = ArgonParameters(memory_kib=8, iterations=1)
SALT, PEPPER = b"s" * 16, b"p" * 32
IDENTITY = Identity.generate()


def secrets_of(
    number: bytes = b"\x04\xa2\xb3\xc4", *, salt: bytes = SALT, pepper: bytes = PEPPER
) -> ChipSecrets:
    return derive_chip_secrets(number, salt=salt, pepper=pepper, parameters=CHEAP)


def test_known_answer() -> None:
    """Stored look-up values and wraps must outlive every release: this may never change."""
    secrets = secrets_of()
    assert secrets.lookup.hex() == "ab00c0ea2926e0e11635ebcdbc7d00a52cf408cbf950a9fb8a640219138a63a1"
    assert secrets.wrapping_key.hex() == "fafd92ce38d469060ef364ada30135f0027c2f20dd7171a7a19877fe7380f531"
    assert (
        derive_pin_key(secrets, "1234", salt=SALT, pepper=PEPPER, parameters=CHEAP).hex()
        == "78d95f21fca1a5860663672bc5095f5c4a73ef8169263d847b072acdf9b860d3"
    )
    assert (
        key_from_token(b"t" * 16, "visit").hex()
        == "7883c6fa91c0d9d8baf20ea7c69d25fe74b60321cd10e0f910f56ce76eeac3ab"
    )
    assert token_lookup(b"t" * 16).hex() == "ccdf2080250785e4f45f204febe1ae6287d7444bfb04553d14aa9f8293fdcc8a"


def test_the_same_chip_gives_the_same() -> None:
    assert secrets_of() == secrets_of()


def test_everything_counts() -> None:
    all_secrets = [
        secrets_of(),
        secrets_of(b"\x04\xa2\xb3\xc5"),
        secrets_of(salt=b"S" * 16),
        secrets_of(pepper=b"P" * 32),
        derive_chip_secrets(
            b"\x04\xa2\xb3\xc4",
            salt=SALT,
            pepper=PEPPER,
            parameters=ArgonParameters(memory_kib=8, iterations=2),
        ),
        derive_chip_secrets(
            b"\x04\xa2\xb3\xc4",
            salt=SALT,
            pepper=PEPPER,
            parameters=ArgonParameters(memory_kib=16, iterations=1),
        ),
    ]
    values = [value for secrets in all_secrets for value in (secrets.lookup, secrets.wrapping_key)]
    assert len(set(values)) == 2 * len(all_secrets)
    assert {len(value) for value in values} == {32}


def test_a_pin_gives_another_key() -> None:
    secrets = secrets_of()

    def pin_key(pin: str, of: ChipSecrets = secrets) -> bytes:
        return derive_pin_key(of, pin, salt=SALT, pepper=PEPPER, parameters=CHEAP)

    keys = {
        secrets.wrapping_key,
        pin_key("1234"),
        pin_key("1235"),
        pin_key("01234"),
        pin_key("1234", secrets_of(b"abcd")),
    }
    assert len(keys) == 5
    assert pin_key(" 1234\n") == pin_key("1234")
    # Full-width digits, as some input methods give.
    assert pin_key("１２３４") == pin_key("1234")
    for pin in ("", "123", "   1 ", "1" * 65):
        with pytest.raises(SealError):
            pin_key(pin)
    assert pin_key("\ud83d1234") != pin_key("1234")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=60))
def test_wrap_round_trip(key: bytes, context: bytes) -> None:
    wrapped = wrap_identity(IDENTITY, key, context)
    assert unwrap_identity(wrapped, key, context) == IDENTITY
    assert IDENTITY.to_bytes() not in wrapped
    assert wrap_identity(IDENTITY, key, context) != wrapped


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_wrap_does_not_open(place: int, flip: int) -> None:
    wrapped = bytearray(wrap_identity(IDENTITY, bytes(32), b"zerbst/7"))
    wrapped[place] ^= flip
    with pytest.raises(SealError) as caught:
        unwrap_identity(bytes(wrapped), bytes(32), b"zerbst/7")
    assert caught.value.fault is SealFault.WRAP


def test_a_wrap_opens_only_in_its_place() -> None:
    wrapped = wrap_identity(IDENTITY, bytes(32), b"zerbst/7")
    for key, context in ((b"\1" * 32, b"zerbst/7"), (bytes(32), b"zerbst/8"), (bytes(32), b"")):
        with pytest.raises(SealError) as caught:
            unwrap_identity(wrapped, key, context)
        assert caught.value.fault is SealFault.WRAP


@given(st.binary(max_size=70))
def test_any_bytes_raise_the_one_error(wrapped: bytes) -> None:
    for candidate in (wrapped, b"\x01" + wrapped[:60].ljust(60)):
        with pytest.raises(SealError):
            unwrap_identity(candidate, bytes(32), b"")


def test_a_visit() -> None:
    token = b"random token, long enough"
    wrapped = wrap_identity(IDENTITY, key_from_token(token, "visit"), b"zerbst/7")
    assert unwrap_identity(wrapped, key_from_token(token, "visit"), b"zerbst/7") == IDENTITY
    derived = {
        key_from_token(token, "visit"),
        key_from_token(token, "enrolment"),
        key_from_token(token, ""),
        token_lookup(token),
    }
    assert len(derived) == 4
    for derive in (token_lookup, lambda short: key_from_token(short, "visit")):
        with pytest.raises(SealError):
            derive(b"short")


def test_same_secret() -> None:
    assert same_secret(b"abc", bytes(bytearray(b"abc")))
    assert not same_secret(b"abc", b"abd")
    assert not same_secret(b"abc", b"abcd")


@pytest.mark.parametrize(
    ("memory_kib", "iterations", "lanes"),
    [(7, 1, 1), (8, 1, 2), (8, 0, 1), (8, 65, 1), (8, 1, 0), (8, 1, 17), (2**23, 1, 1)],
)
def test_parameters_are_bounded(memory_kib: int, iterations: int, lanes: int) -> None:
    with pytest.raises(SealError):
        ArgonParameters(memory_kib, iterations, lanes)


@pytest.mark.parametrize(
    ("number", "salt", "pepper"),
    [(b"", SALT, PEPPER), (b"x" * 65, SALT, PEPPER), (b"x", b"s" * 15, PEPPER), (b"x", SALT, b"")],
)
def test_inputs_are_bounded(number: bytes, salt: bytes, pepper: bytes) -> None:
    with pytest.raises(SealError):
        secrets_of(number, salt=salt, pepper=pepper)


def test_secrets_do_not_show() -> None:
    secrets = secrets_of()
    for value in (secrets.lookup, secrets.wrapping_key):
        assert value.hex() not in repr(secrets)
        assert repr(value) not in repr([secrets])


def test_other_threads_run_meanwhile() -> None:
    """A tap must not stop the service: the GIL is free while Argon2id works."""
    costly = ArgonParameters(memory_kib=65536, iterations=8)
    done = threading.Event()
    moments: list[float] = []

    def work() -> None:
        derive_chip_secrets(b"chip", salt=SALT, pepper=PEPPER, parameters=costly)
        done.set()

    thread = threading.Thread(target=work)
    begun = time.perf_counter()
    thread.start()
    while not done.is_set():
        moments.append(time.perf_counter())
        done.wait(0.001)
    took = time.perf_counter() - begun
    thread.join()
    # If the GIL were held, this thread would have been let in once at the start and once at the end.
    assert len([m for m in moments if 0.2 * took < m - begun < 0.8 * took]) > 5
