# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import FileKey, SealError, SealFault, open_note, seal_note
from allmende.seal.notes import MAX_NOTE_LENGTH

KEY = FileKey.generate()


@given(st.text(max_size=20), st.binary(max_size=2000))
def test_round_trip(label: str, plaintext: bytes) -> None:
    sealed = seal_note(KEY, label, plaintext)
    assert open_note(KEY, label, sealed) == plaintext
    if len(plaintext) > 4:
        assert plaintext not in sealed


def test_the_length_shows_only_roughly() -> None:
    lengths = {len(seal_note(KEY, "title", b"x" * n)) for n in range(29)}
    assert len(lengths) == 1
    assert len(seal_note(KEY, "title", b"x" * 29)) - lengths.pop() == 32


@given(st.integers(0, 1000), st.integers(1, 255))
def test_every_changed_byte_is_noticed(place: int, flip: int) -> None:
    sealed = bytearray(seal_note(KEY, "title", b"Baugenehmigung"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(SealError):
        open_note(KEY, "title", bytes(sealed))


@given(st.binary(max_size=80))
def test_any_bytes_raise_the_one_error(sealed: bytes) -> None:
    for candidate in (sealed, b"\x01" + sealed):
        with pytest.raises(SealError) as caught:
            open_note(KEY, "title", candidate)
        assert caught.value.fault is SealFault.WRAP


def test_opens_only_under_its_own_key_and_label() -> None:
    sealed = seal_note(KEY, "title", b"x")
    for key, label in ((FileKey.generate(), "title"), (KEY, "preview")):
        with pytest.raises(SealError):
            open_note(key, label, sealed)


def test_a_note_is_small() -> None:
    with pytest.raises(SealError):
        seal_note(KEY, "preview", bytes(MAX_NOTE_LENGTH + 1))
