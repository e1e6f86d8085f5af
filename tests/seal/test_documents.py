# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.seal import (
    FileKey,
    Identity,
    Sealer,
    SealError,
    SealFault,
    Unsealer,
    read_header,
    rewrap_header,
    seal,
    seal_bytes,
    sealed_length,
    unseal_bytes,
    unseal_file_key,
    unseal_pieces,
)
from allmende.seal.payload import Bytes

from . import age_program

BORDERS = [0, 1, 15, 16, 65535, 65536, 65537, 131071, 131072, 131073, 200_000]
IDENTITY = Identity.generate()


def document(length: int) -> bytes:
    return (b"Allmende %d " % length * (length // 8 + 1))[:length]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def push(sealer: Sealer, pieces: list[bytes]) -> bytes:
    return b"".join([*(sealer.update(piece) for piece in pieces), sealer.finish()])


@pytest.mark.system
@pytest.mark.parametrize("length", BORDERS)
def test_age_opens_what_we_seal(length: int, tmp_path: Path) -> None:
    others = [Identity.generate().recipient, Identity.generate().recipient]
    sealed = seal_bytes([others[0], IDENTITY.recipient, others[1]], document(length))
    assert age_program.decrypt(IDENTITY, sealed, tmp_path) == document(length)
    pushed = push(Sealer([IDENTITY.recipient]), cut(document(length), [1, 70_000, 131_072]))
    assert age_program.decrypt(IDENTITY, pushed, tmp_path) == document(length)


@pytest.mark.system
@pytest.mark.parametrize("length", BORDERS)
def test_we_open_what_age_seals(length: int) -> None:
    sealed = age_program.encrypt([Identity.generate().recipient, IDENTITY.recipient], document(length))
    assert unseal_bytes(IDENTITY, sealed) == document(length)


@pytest.mark.system
def test_age_opens_a_resealed_document(tmp_path: Path) -> None:
    file_key, header, body = seal([IDENTITY.recipient], document(70_000))
    heir = Identity.generate()
    resealed = rewrap_header(file_key, [heir.recipient]) + body
    assert age_program.decrypt(heir, resealed, tmp_path) == document(70_000)
    with pytest.raises(SealError) as caught:
        unseal_bytes(IDENTITY, resealed)
    assert caught.value.fault is SealFault.NO_MATCH
    assert header + body != resealed


@given(length=st.sampled_from(BORDERS), places=st.lists(st.integers(0, 200_000), max_size=6), data=st.data())
def test_any_cutting_gives_the_same(length: int, places: list[int], data: st.DataObject) -> None:
    plain = document(length)
    sealer = Sealer([IDENTITY.recipient])
    sealed = push(sealer, cut(plain, places))
    assert sealed.startswith(sealer.header)
    assert len(sealed) == len(sealer.header) + sealed_length(length)
    cuts = data.draw(st.lists(st.integers(0, len(sealed)), max_size=6))
    assert b"".join(unseal_pieces(cut(sealed, cuts), IDENTITY)) == plain
    assert b"".join(unseal_pieces(cut(sealed, cuts), sealer.file_key)) == plain


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("length", [10, 65536, 200_000])
def test_takes_any_kind_of_bytes(kind: type[Bytes], length: int) -> None:
    plain = document(length)
    assert unseal_bytes(IDENTITY, kind(seal_bytes([IDENTITY.recipient], kind(plain)))) == plain


def test_the_callers_buffer_may_be_used_again() -> None:
    buffer = bytearray(document(100_000))
    sealer = Sealer([IDENTITY.recipient])
    first = sealer.update(buffer)
    buffer[:] = bytes(len(buffer))
    assert unseal_bytes(IDENTITY, bytes(first) + sealer.finish()) == document(100_000)


@given(st.integers(0, 140_000), st.integers(1, 255))
def test_every_changed_byte_is_noticed(place: int, flip: int) -> None:
    sealed = bytearray(seal_bytes([IDENTITY.recipient], document(131_072)))
    place %= len(sealed)
    sealed[place] ^= flip
    with pytest.raises(SealError):
        unseal_bytes(IDENTITY, sealed)


@given(st.integers(0, 131_400))
def test_every_cut_is_noticed(length: int) -> None:
    sealed = seal_bytes([IDENTITY.recipient], document(131_072))
    length %= len(sealed)
    with pytest.raises(SealError):
        unseal_bytes(IDENTITY, sealed[:length])


@pytest.mark.parametrize("length", BORDERS)
def test_what_follows_the_end_is_noticed(length: int) -> None:
    sealed = seal_bytes([IDENTITY.recipient], document(length))
    for tail in (b"\0", bytes(16), bytes(17), bytes(70_000)):
        with pytest.raises(SealError) as caught:
            unseal_bytes(IDENTITY, sealed + tail)
        assert caught.value.fault is SealFault.PAYLOAD


def test_chunks_may_not_change_places() -> None:
    key, _, body = seal([IDENTITY.recipient], document(3 * 65536))
    chunk = 65536 + 16
    swapped = body[:16] + body[16 + chunk : 16 + 2 * chunk] + body[16 : 16 + chunk] + body[16 + 2 * chunk :]
    with pytest.raises(SealError):
        Unsealer(key).update(swapped)


def test_an_empty_last_chunk_is_refused() -> None:
    """A sender that seals 64 KiB and then an empty last chunk breaks the format's one-writing rule."""
    from allmende.seal.payload import chunk_nonce, payload_cipher

    key, nonce = FileKey.generate(), bytes(16)
    cipher = payload_cipher(key, nonce)
    first = cipher.encrypt(chunk_nonce(0, last=False), bytes(65536), None)
    unsealer = Unsealer(key)
    unsealer.update(nonce + first + cipher.encrypt(chunk_nonce(1, last=True), b"", None))
    with pytest.raises(SealError) as caught:
        unsealer.finish()
    assert caught.value.fault is SealFault.PAYLOAD


def test_a_broken_unsealer_stays_broken() -> None:
    unsealer = Unsealer(FileKey.generate())
    with pytest.raises(SealError):
        unsealer.update(bytes(200_000))
    with pytest.raises(SealError):
        unsealer.finish()
    with pytest.raises(SealError):
        unsealer.update(b"x")


def test_nothing_follows_finish() -> None:
    sealer = Sealer([IDENTITY.recipient])
    sealer.finish()
    with pytest.raises(SealError):
        sealer.update(b"late")
    with pytest.raises(SealError):
        sealer.finish()


def test_a_changed_header_is_noticed_by_its_mac() -> None:
    one, two = (seal([IDENTITY.recipient, Identity.generate().recipient], b"x") for _ in range(2))
    # Our stanza stays, the neighbour's is exchanged.
    lines, foreign = one[1].split(b"\n"), two[1].split(b"\n")
    header = read_header(b"\n".join([*lines[:3], *foreign[3:5], *lines[5:]]))
    assert header is not None
    with pytest.raises(SealError) as caught:
        unseal_file_key(header, IDENTITY)
    assert caught.value.fault is SealFault.MAC


def test_no_two_documents_share_anything() -> None:
    one, two = (seal([IDENTITY.recipient], b"same") for _ in range(2))
    assert one[0] != two[0]
    assert one[1] != two[1]
    assert one[2] != two[2]


def test_sealing_needs_a_recipient() -> None:
    with pytest.raises(SealError):
        Sealer([])
    with pytest.raises(SealError):
        seal_bytes([], b"x")
