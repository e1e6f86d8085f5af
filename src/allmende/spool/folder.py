# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The spool as a folder of files.

Layout: `<root>/documents/<slug>/<ab>/<uuid>` for what is committed, `<root>/incoming/<uuid>.<random>` for what is not.
Always holds:
- a document appears under its key whole and on stable storage, or not at all: written and fsynced under `incoming`, linked
  to its key without replacing (`link`, so two writers of one key can't harm each other), then the folders fsynced;
- folders are 0700, files 0600;
- an upload that was killed leaves a file under `incoming` only, which `sweep` (at every start) removes; a failed one nothing.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self, final

from allmende.spool.base import (
    PIECE_LENGTH,
    Bytes,
    SpoolError,
    SpoolFullError,
    SpoolMissingError,
    SpoolWriter,
)
from allmende.spool.keys import check_key, is_key, new_key

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
# A file is created a moment before it is locked; within this time an unlocked one is not yet taken for dead.
_SWEEP_AFTER_SECONDS = 60
# So much is written before the system is asked to begin bringing it to the disk.
_WRITE_BACK = 8 * 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_HARD_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}


def _raise(error: OSError, what: str) -> NoReturn:
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        raise SpoolFullError(f"{what}: {reason}") from error
    raise SpoolError(f"{what}: {reason}") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    """Create with parents, each entry on stable storage: a synced file in an unsynced folder is lost with it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=_FOLDER_MODE)
    _sync_folder(folder.parent)


def _begin_write_back(handle: int, offset: int, length: int) -> None:
    """Ask Linux to begin writing these octets to the disk, without waiting: less is left for `fsync` at the end.

    Only a hint, see sync_file_range(2); a failure shows in `fsync`.
    """
    if _sync_file_range is not None:
        _sync_file_range(handle, offset, length, _SYNC_FILE_RANGE_WRITE)


def _find_sync_file_range() -> Callable[[int, int, int, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return function


_SYNC_FILE_RANGE_WRITE: Final = 2
_sync_file_range: Final = _find_sync_file_range()


@final
class FolderWriter:
    """A `SpoolWriter` on a file under `incoming`."""

    def __init__(self, spool: "FolderSpool", key: str) -> None:
        self._target = spool.path_of(key)
        self.key = key
        self.written = 0
        #: Up to here the system was asked to begin writing to the disk.
        self._begun = 0
        self._temporary = spool.incoming / f"{self._target.name}.{secrets.token_hex(4)}"
        self._handle: int | None = None
        try:
            self._handle = os.open(
                self._temporary,
                os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW,
                _FILE_MODE,
            )
            # Says to every process's `sweep` that somebody is at work here; a kill -9 lets go of it.
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except OSError as error:
            self.abort()
            _raise(error, "the spool folder can't take a document")

    def write(self, data: Bytes) -> None:
        handle = self._require_open()
        try:
            with memoryview(data) as view:
                position = 0
                while position < len(view):
                    position += os.write(handle, view[position:])
        except OSError as error:
            self.abort()
            _raise(error, "writing a document failed")
        self.written += len(data)
        if self.written - self._begun >= _WRITE_BACK:
            _begin_write_back(handle, self._begun, self.written - self._begun)
            self._begun = self.written

    def commit(self) -> None:
        handle = self._require_open()
        try:
            # Its age counts from here, however long the upload took: the sweep of orphans goes by it.
            os.utime(handle)
            os.fsync(handle)
            _make_folder(self._target.parent)
            os.link(self._temporary, self._target)
        except FileExistsError:
            self.abort()
            raise SpoolError("there is a document under this key already") from None
        except OSError as error:
            self.abort()
            _raise(error, "committing a document failed")
        try:
            _sync_folder(self._target.parent)
        except OSError as error:
            # Not known to be on disk, so it must not be there either.
            with contextlib.suppress(OSError):
                self._target.unlink()
            self.abort()
            _raise(error, "committing a document failed")
        self.abort()

    def abort(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with contextlib.suppress(OSError):
            os.close(handle)
        with contextlib.suppress(OSError):
            self._temporary.unlink()

    def _require_open(self) -> int:
        if self._handle is None:
            raise SpoolError("this document is committed or aborted already")
        return self._handle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


@final
class FolderSpool:
    """A `Spool` in a folder; it is made if it isn't there. Several processes of one machine may share it.

    A network file system is fine where it keeps `link` atomic and `fsync` honest (NFS does with `sync`).
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.documents = self.root / "documents"
        self.incoming = self.root / "incoming"
        try:
            for folder in (self.documents, self.incoming):
                _make_folder(folder)
        except OSError as error:
            _raise(error, f"the spool folder {self.root} can't be made")
        self.sweep()

    def __repr__(self) -> str:
        return f"FolderSpool({str(self.root)!r})"

    def path_of(self, key: str) -> Path:
        return self.documents / check_key(key)

    def create(self, key: str) -> SpoolWriter:
        return FolderWriter(self, key)

    def read(self, key: str, offset: int = 0) -> Iterator[bytes]:
        if offset < 0:
            raise SpoolError("an offset below zero")
        path = self.path_of(key)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise SpoolMissingError("no document under this key") from None
        except OSError as error:
            _raise(error, "opening a document failed")
        return _Pieces(handle, offset)

    def size(self, key: str) -> int:
        try:
            return self.path_of(key).stat().st_size
        except FileNotFoundError:
            raise SpoolMissingError("no document under this key") from None
        except OSError as error:
            _raise(error, "looking up a document failed")

    def delete(self, key: str) -> None:
        try:
            self.path_of(key).unlink(missing_ok=True)
        except OSError as error:
            _raise(error, "deleting a document failed")

    def keys(self, older_than: datetime | None = None) -> Iterator[str]:
        limit = older_than.timestamp() if older_than else None
        for key, entry in _walk(self.documents):
            try:
                if limit is None or entry.stat(follow_symlinks=False).st_mtime < limit:
                    yield key
            except FileNotFoundError:
                continue

    def copy_into(self, folder: Path) -> int:
        count = 0
        try:
            for key, entry in _walk(self.documents):
                count += _link_or_copy(Path(entry.path), folder / key)
        except OSError as error:
            _raise(error, f"copying the spool into {folder} failed")
        return count

    def restore_from(self, folder: Path) -> int:
        count = 0
        for key, entry in _walk(folder):
            if self.path_of(key).exists():
                continue
            with self.create(key) as writer:
                try:
                    with open(entry.path, "rb") as source:  # noqa: PTH123 - a DirEntry
                        while piece := source.read(PIECE_LENGTH):
                            writer.write(piece)
                except OSError as error:
                    _raise(error, f"reading the backup {folder} failed")
                writer.commit()
            count += 1
        return count

    def free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self.root).free
        except OSError as error:
            _raise(error, "the spool's file system doesn't answer")

    def sweep(self) -> int:
        count = 0
        limit = time.time() - _SWEEP_AFTER_SECONDS
        try:
            for entry in _entries(self.incoming):
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_mtime < limit:
                        count += _remove_if_dead(entry.path)
        except OSError as error:
            _raise(error, "sweeping the spool failed")
        return count

    def check(self) -> None:
        key, probe = new_key("check"), secrets.token_bytes(64)
        try:
            with self.create(key) as writer:
                writer.write(probe)
                writer.commit()
            if b"".join(self.read(key)) != probe:
                raise SpoolError(f"the spool folder {self.root} gives back other bytes than were written")
        finally:
            self.delete(key)


def _remove_if_dead(path: str) -> bool:
    """Remove an unfinished upload unless its writer, of whatever process, still holds its lock."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)  # noqa: PTH108 - a DirEntry's path
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


class _Pieces(Iterator[bytes]):
    """Reads an open file lazily; an object rather than a generator, so that the file is open from the call on.

    That way a document deleted in the middle of its delivery is still read to the end.
    """

    def __init__(self, handle: int, offset: int) -> None:
        self._handle: int | None = handle
        self._offset = offset

    def __next__(self) -> bytes:
        if self._handle is None:
            raise StopIteration
        try:
            piece = os.pread(self._handle, PIECE_LENGTH, self._offset)
        except OSError as error:
            self.close()
            _raise(error, "reading a document failed")
        if not piece:
            self.close()
            raise StopIteration
        self._offset += len(piece)
        return piece

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        self.close()


def _walk(root: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """(key, entry) of every document, with only one folder's entries open at a time per level."""
    for slug in _entries(root):
        for shard in _entries(slug.path):
            for entry in _entries(shard.path):
                key = f"{slug.name}/{shard.name}/{entry.name}"
                if is_key(key) and entry.is_file(follow_symlinks=False):
                    yield key, entry


def _entries(folder: "Path | str") -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _link_or_copy(source: Path, target: Path) -> bool:
    """Hard link where one can (documents never change, so a link is a copy). False if the document is gone by now."""
    target.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    if target.exists():
        return True
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        try:
            shutil.copy2(source, target)
        except FileNotFoundError:
            return False
    return True
