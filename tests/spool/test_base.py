# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What `base.Spool` promises, of both back ends."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.spool import PIECE_LENGTH, Spool, SpoolError, SpoolMissingError, new_key, open_spool

PART = 5 * 1024 * 1024
SIZES = [0, 1, PIECE_LENGTH, PIECE_LENGTH + 1, PART, PART + 1, 2 * PART + 77]


def document(length: int) -> bytes:
    return (os.urandom(4096) * (length // 4096 + 1))[:length]


def put(spool: Spool, data: bytes, key: str | None = None) -> str:
    key = key or new_key("zerbst")
    with spool.create(key) as writer:
        writer.write(data)
        writer.commit()
    return key


@pytest.mark.parametrize("length", SIZES)
def test_what_goes_in_comes_out(spool: Spool, length: int) -> None:
    data = document(length)
    key = new_key("zerbst")
    with spool.create(key) as writer:
        for start in range(0, length, 777_777):
            writer.write(memoryview(data)[start : start + 777_777])
        assert list(spool.keys()) == []
        writer.commit()
        assert writer.written == length
        assert writer.key == key
    pieces = list(spool.read(key))
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= PIECE_LENGTH for piece in pieces)
    assert spool.size(key) == length
    assert list(spool.keys()) == [key]


@pytest.mark.parametrize("offset", [0, 1, PIECE_LENGTH, 3_000_000, PART + 10, PART + 11, PART + 1000])
def test_reads_from_an_offset(spool: Spool, offset: int) -> None:
    data = document(PART + 11)
    assert b"".join(spool.read(put(spool, data), offset)) == data[offset:]


def test_no_offset_below_zero(spool: Spool) -> None:
    with pytest.raises(SpoolError):
        spool.read(put(spool, b"x"), -1)


@given(pieces=st.lists(st.binary(max_size=300), max_size=8), offset=st.integers(0, 2000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces(spool: Spool, pieces: list[bytes], offset: int) -> None:
    key = new_key("zerbst")
    with spool.create(key) as writer:
        for piece in pieces:
            writer.write(bytearray(piece))
        writer.commit()
    assert b"".join(spool.read(key, offset)) == b"".join(pieces)[offset:]


@pytest.mark.parametrize("length", [10, 3 * PART])
def test_not_committed_is_not_there(spool: Spool, length: int) -> None:
    key = new_key("zerbst")
    with spool.create(key) as writer:
        writer.write(document(length))
    with pytest.raises(SpoolMissingError):
        spool.read(key)
    with pytest.raises(RuntimeError), spool.create(key) as writer:  # noqa: PT012 - the block is the story
        writer.write(document(length))
        raise RuntimeError
    assert list(spool.keys()) == []
    with pytest.raises(SpoolError):
        writer.write(b"more")
    with pytest.raises(SpoolError):
        writer.commit()
    writer.abort()


@pytest.mark.parametrize("length", [10, 2 * PART])
def test_a_document_is_never_replaced(spool: Spool, length: int) -> None:
    key = put(spool, b"first")
    with pytest.raises(SpoolError), spool.create(key) as writer:  # noqa: PT012 - the block is the story
        writer.write(document(length))
        writer.commit()
    assert b"".join(spool.read(key)) == b"first"


def test_a_missing_document_is_told_at_the_call(spool: Spool) -> None:
    key = new_key("zerbst")
    with pytest.raises(SpoolMissingError):
        spool.read(key)
    with pytest.raises(SpoolMissingError):
        spool.size(key)


def test_delete_is_idempotent(spool: Spool) -> None:
    key, other = put(spool, b"x"), put(spool, b"y")
    spool.delete(key)
    spool.delete(key)
    spool.delete(new_key("elsewhere"))
    assert list(spool.keys()) == [other]


def test_keys_by_age(spool: Spool) -> None:
    keys = {put(spool, b"x") for _ in range(3)} | {put(spool, b"x", new_key("dessau"))}
    now = datetime.now(UTC)
    assert set(spool.keys()) == keys
    assert set(spool.keys(now + timedelta(minutes=1))) == keys
    assert set(spool.keys(now - timedelta(minutes=1))) == set()


@pytest.mark.parametrize(
    "key", ["../etc/passwd", "zerbst/ab/../x", "", "zerbst", "/abs/ab/" + "ab" * 16, "zerbst/aa/" + "ab" * 16]
)
def test_foreign_keys_are_refused(spool: Spool, key: str) -> None:
    for attempt in (spool.create, spool.read, spool.size, spool.delete):
        with pytest.raises(SpoolError) as caught:
            attempt(key)
        assert not isinstance(caught.value, SpoolMissingError)


def test_backup_and_restore(spool: Spool, tmp_path: Path) -> None:
    documents = {put(spool, data): data for data in (b"", b"small", document(PART + 5))}
    backup = tmp_path / "backup"
    assert spool.copy_into(backup) == 3
    gone = next(iter(documents))
    spool.delete(gone)
    other = open_spool((tmp_path / "other").as_uri())
    assert other.restore_from(backup) == 3
    assert spool.restore_from(backup) == 1
    assert spool.restore_from(backup) == 0
    for restored in (spool, other):
        assert {key: b"".join(restored.read(key)) for key in restored.keys()} == documents  # noqa: SIM118
    # A second backup into the same folder only adds.
    put(spool, b"later")
    assert spool.copy_into(backup) == 4


def test_many_writers_at_once(spool: Spool) -> None:
    """Some of them stalled in the middle of a large document: the others must not wait for them."""
    stalled = [spool.create(new_key("zerbst")) for _ in range(6)]
    for writer in stalled:
        writer.write(document(2 * PART))
    written: dict[str, bytes] = {}

    def work(number: int) -> None:
        data = b"document %d" % number
        written[put(spool, data)] = data

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(written) == 8
    assert {key: b"".join(spool.read(key)) for key in spool.keys()} == written  # noqa: SIM118
    stalled[0].commit()
    for writer in stalled[1:]:
        writer.abort()
    assert set(spool.keys()) == {*written, stalled[0].key}


def test_check_leaves_nothing(spool: Spool) -> None:
    spool.check()
    assert list(spool.keys()) == []


_KILLED = """
import sys
from allmende.spool import open_spool
writer = open_spool(sys.argv[1]).create(sys.argv[2])
for _ in range(12):
    writer.write(bytes(1024 * 1024))
print("written", flush=True)
sys.stdin.read()
"""


def test_kill_in_the_middle_leaves_no_document(spool: Spool, spool_url: str) -> None:
    key = new_key("zerbst")
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, spool_url, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.kill()
    assert list(spool.keys()) == []
    with pytest.raises(SpoolMissingError):
        spool.size(key)
    # Its place can still be taken.
    put(spool, b"again", key)


_LARGE = """
import resource, sys
from allmende.spool import new_key, open_spool
spool = open_spool(sys.argv[1])
spool.check()
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
piece = bytes(range(256)) * 4096
with spool.create(new_key("zerbst")) as writer:
    for _ in range(200):
        writer.write(piece)
    writer.commit()
total = 0
for part in spool.read(writer.key):
    total += len(part)
assert total == 200 * len(piece), total
print(peak() - before)
"""


def test_large_documents_in_constant_memory(spool_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LARGE, spool_url], capture_output=True, check=True, text=True
    )
    assert int(done.stdout) < 64, f"the peak grew by {done.stdout} MiB"
