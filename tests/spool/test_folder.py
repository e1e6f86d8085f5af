# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import errno
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allmende.spool import SpoolError, SpoolFullError, new_key
from allmende.spool.folder import FolderSpool


@pytest.fixture
def spool(tmp_path: Path) -> FolderSpool:
    return FolderSpool(tmp_path / "deep" / "spool")


def files_in(spool: FolderSpool) -> list[Path]:
    return [path for path in spool.root.rglob("*") if path.is_file()]


def put(spool: FolderSpool, data: bytes = b"x") -> str:
    with spool.create(new_key("zerbst")) as writer:
        writer.write(data)
        writer.commit()
    return writer.key


def test_only_the_service_may_look(spool: FolderSpool) -> None:
    old = os.umask(0)
    try:
        put(spool)
        unfinished = spool.create(new_key("zerbst"))
        for path in [spool.root, *spool.root.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.is_file() else 0o700), path
        unfinished.abort()
    finally:
        os.umask(old)


def test_synced_before_it_is_told(spool: FolderSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this order: the file's bytes, its new name, the folder that holds the name."""
    told: list[tuple[str, str]] = []
    real_fsync, real_link = os.fsync, os.link

    def fsync(handle: int) -> None:
        told.append(("fsync", str(Path(f"/proc/self/fd/{handle}").readlink())))
        real_fsync(handle)

    def link(source: Path, target: Path) -> None:
        told.append(("link", str(target)))
        real_link(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    target = spool.path_of(put(spool))
    linked = told.index(("link", str(target)))
    assert told[0][0] == "fsync"
    assert told[0][1].startswith(str(spool.incoming))
    assert told[-1] == ("fsync", str(target.parent))
    assert linked == len(told) - 2
    # The new folders' own entries came before.
    assert {("fsync", str(folder)) for folder in (spool.documents, spool.documents / "zerbst")} <= set(
        told[:linked]
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fsync", "link"])
def test_a_failing_disk_leaves_nothing(
    spool: FolderSpool, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    writer = spool.create(new_key("zerbst"))
    writer.write(b"the first half")

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(SpoolError) as caught:  # noqa: PT012 - whichever fails first
        writer.write(b"the second half")
        writer.commit()
    assert isinstance(caught.value, SpoolFullError) == (number != errno.EIO)
    monkeypatch.undo()
    assert files_in(spool) == []
    with pytest.raises(SpoolError):
        writer.commit()


def test_a_folder_that_cannot_be_synced_holds_no_document(
    spool: FolderSpool, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(spool)
    kept = files_in(spool)
    key = kept[0].relative_to(spool.documents).as_posix()[:-4] + "ffff"
    writer = spool.create(key)
    real_fsync = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "lost")
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(SpoolError):
        writer.commit()
    monkeypatch.undo()
    assert files_in(spool) == kept


def test_a_large_file_beyond_the_limit(tmp_path: Path) -> None:
    """A real EFBIG from the kernel, in the middle of a document."""
    script = """
import resource, signal, sys
from pathlib import Path
from allmende.spool import SpoolFullError, new_key
from allmende.spool.folder import FolderSpool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
spool = FolderSpool(Path(sys.argv[1]))
writer = spool.create(new_key("zerbst"))
try:
    for _ in range(3):
        writer.write(bytes(1_000_000))
except SpoolFullError:
    print(sum(path.is_file() for path in spool.root.rglob("*")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "s")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


def age(path: Path, minutes: int) -> None:
    moment = (datetime.now(UTC) - timedelta(minutes=minutes)).timestamp()
    os.utime(path, (moment, moment))


def test_a_start_sweeps_dead_uploads_only(spool: FolderSpool) -> None:
    key = put(spool)
    living, fresh = spool.create(new_key("zerbst")), spool.incoming / "fresh"
    living.write(b"slow")
    dead = spool.incoming / "dead"
    for path in (dead, fresh):
        path.write_bytes(b"left over")
    for path in (dead, *(p for p in spool.incoming.iterdir() if p != fresh)):
        age(path, 5)
    other = FolderSpool(spool.root)
    assert not dead.exists()
    assert fresh.exists()
    living.commit()
    assert set(other.keys()) == {key, living.key}
    age(fresh, 5)
    assert other.sweep() == 1
    assert other.sweep() == 0


def test_a_slow_upload_is_young_when_it_is_committed(spool: FolderSpool) -> None:
    """Otherwise the sweep of orphans would take it before its row is written."""
    writer = spool.create(new_key("zerbst"))
    writer.write(b"slow")
    age(next(spool.incoming.iterdir()), 120)
    writer.commit()
    assert list(spool.keys(datetime.now(UTC) - timedelta(minutes=60))) == []


def test_deleted_in_mid_delivery_is_still_read_to_the_end(spool: FolderSpool) -> None:
    key = put(spool, bytes(3_000_000))
    pieces = spool.read(key)
    first = next(pieces)
    spool.delete(key)
    assert len(first) + sum(map(len, pieces)) == 3_000_000


def test_files_are_closed(spool: FolderSpool) -> None:
    key = put(spool, bytes(3_000_000))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        next(spool.read(key))
        list(spool.read(key))
    spool.create(new_key("zerbst")).abort()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_backup_costs_no_room(spool: FolderSpool, tmp_path: Path) -> None:
    key = put(spool)
    spool.copy_into(tmp_path / "backup")
    assert (tmp_path / "backup" / key).samefile(spool.path_of(key))
    spool.delete(key)
    assert (tmp_path / "backup" / key).read_bytes() == b"x"


def test_a_backup_on_another_disk_is_copied(
    spool: FolderSpool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(spool)

    def link(*_: object) -> None:
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(os, "link", link)
    assert spool.copy_into(tmp_path / "backup") == 1
    assert (tmp_path / "backup" / key).read_bytes() == b"x"
    assert not (tmp_path / "backup" / key).samefile(spool.path_of(key))


def test_foreign_files_and_links_are_no_documents(spool: FolderSpool, tmp_path: Path) -> None:
    key = put(spool)
    (spool.documents / "lost+found").mkdir()
    (spool.documents / "README").write_text("x")
    (spool.documents / "zerbst" / "ab").mkdir(exist_ok=True)
    link = spool.documents / "zerbst" / "ab" / ("ab" * 16)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link.symlink_to(secret)
    assert list(spool.keys()) == [key]
    with pytest.raises(SpoolError):
        spool.read("zerbst/ab/" + "ab" * 16)


def test_free_bytes(spool: FolderSpool) -> None:
    free = spool.free_bytes()
    assert free is not None
    assert free > 0


def test_check_names_the_folder(spool: FolderSpool) -> None:
    spool.incoming.rmdir()
    spool.incoming.write_text("in the way")
    with pytest.raises(SpoolError, match="can't take a document"):
        spool.check()
    with pytest.raises(SpoolError, match="spool"):
        FolderSpool(spool.root / "incoming")
