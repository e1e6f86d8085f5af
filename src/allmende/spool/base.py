# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every spool promises; `folder` and `s3` keep it.

Synchronous on purpose: the calls block on a disk or a network, and belong into worker threads.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

PIECE_LENGTH = 1024 * 1024
Bytes = bytes | bytearray | memoryview


class SpoolError(Exception):
    """The spool can't do what was asked; the text says why, for an operator, and holds no secret."""


class SpoolFullError(SpoolError):
    """No room is left: refuse new documents, and try again later."""


class SpoolMissingError(SpoolError):
    """There is no document under this key."""


class SpoolWriter(Protocol):
    """One document on its way in. Nothing is visible under its key before `commit` returned.

    As a context manager it aborts unless it was committed. One thread at a time.
    """

    @property
    def key(self) -> str: ...

    @property
    def written(self) -> int:
        """Bytes so far."""

    def write(self, data: Bytes) -> None:
        """Raises `SpoolError`; the writer is then aborted and nothing of the document is left."""

    def commit(self) -> None:
        """When this returns the whole document is on stable storage. Raises `SpoolError`: then nothing is."""

    def abort(self) -> None:
        """Leave nothing behind. Idempotent, harmless after `commit`, and never raises."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Spool(Protocol):
    """A store of sealed documents, each written once and never changed. May be used from many threads and processes.

    All methods but `keys.new_key` raise `SpoolError`, also for a key that is not one of ours.
    """

    def create(self, key: str) -> SpoolWriter:
        """Begin a document. A document that is already there under this key is never touched: `commit` refuses."""

    def read(self, key: str, offset: int = 0) -> Iterator[bytes]:
        """The bytes from `offset` on, lazily, in pieces of at most 1 MiB.

        A missing document raises `SpoolMissingError` at the call, not at the first piece.
        """

    def size(self, key: str) -> int:
        """Bytes. Raises `SpoolMissingError`."""

    def delete(self, key: str) -> None:
        """Idempotent: a document that isn't there is deleted already."""

    def keys(self, older_than: datetime | None = None) -> Iterator[str]:
        """All keys, in no order; with `older_than` (aware) only those committed before it: the safe way to sweep orphans."""

    def copy_into(self, folder: Path) -> int:
        """Put every document into `folder` under its key, for a backup; answers how many.

        Documents that come while this runs may be left out; those that go may be in it. Copy the spool *after* the database and each
        of the database's documents that still exists is in the backup.
        """

    def restore_from(self, folder: Path) -> int:
        """The way back: every document of a `copy_into` folder that isn't there yet; answers how many."""

    def free_bytes(self) -> int | None:
        """Room left for documents, None where nobody can say."""

    def sweep(self) -> int:
        """Remove what uploads that died left behind; answers how many. Never touches one that still runs."""

    def check(self) -> None:
        """Write, read and delete a probe. Raises `SpoolError` with a reason that an operator can act on."""
