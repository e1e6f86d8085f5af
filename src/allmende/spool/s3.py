# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The spool in an S3 bucket, through `obstore` (an extra of the package: only `opening` imports this, and late).

Always holds:
- up to one part (5 MiB) a document is one atomic PUT that refuses to replace; above that a multipart upload, which becomes visible
  at its end only, and is aborted when anything goes wrong before (a killed process can't: the bucket's lifecycle rule must);
- an upload or download holds a few parts in memory, whatever the document's size;
- reads go range by range, so a slow printer never keeps a connection waiting until it times out;
- errors are told in our words: the library's contain requests, and those may contain what is secret.
"""

import contextlib
import os
import re
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar, final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from allmende.spool.base import (
    PIECE_LENGTH,
    Bytes,
    SpoolError,
    SpoolFullError,
    SpoolMissingError,
    SpoolWriter,
)
from allmende.spool.keys import check_key, is_key, new_key

try:
    import obstore
    from obstore.exceptions import AlreadyExistsError, PermissionDeniedError, UnauthenticatedError
    from obstore.store import S3Store
except ImportError as missing:
    raise SpoolError("an S3 spool needs the extra allmende[s3]") from missing

_PART_LENGTH = 5 * 1024 * 1024
_PARTS_WAITING = 2
_PARALLEL_PARTS = 2
_QUERY = {"endpoint", "region", "virtual_hosted", "access_key_id", "secret_access_key"}
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_FULL = {"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "507"}
_T = TypeVar("_T")


def open_bucket(parts: SplitResult) -> "S3Spool":
    """See `opening.open_spool` for the URL's form."""
    query = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(query)
    if unknown := options.keys() - _QUERY:
        raise SpoolError(f"the S3 spool's URL has unknown options: {', '.join(sorted(unknown))}")
    if len(options) != len(query) or not parts.hostname or "@" in parts.netloc or parts.port:
        raise SpoolError("an S3 spool's URL looks like s3://bucket/prefix?endpoint=…&region=…")
    endpoint = options.get("endpoint")
    if endpoint is not None:
        target = urlsplit(endpoint)
        if target.scheme not in ("http", "https") or not target.hostname or "@" in target.netloc:
            raise SpoolError("an S3 endpoint looks like https://host:port, without a user")
    config: dict[str, Any] = {
        name: options[name]
        for name in ("endpoint", "region", "access_key_id", "secret_access_key")
        if name in options
    }
    store = S3Store(
        parts.hostname,
        virtual_hosted_style_request=options.get("virtual_hosted", "no") in ("yes", "true", "1"),
        client_options={
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
            "connect_timeout": "5s",
            "timeout": "120s",
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        **config,
    )
    return S3Spool(store, f"s3://{parts.hostname}", unquote(parts.path).strip("/"))


def _explain(error: BaseException, place: str) -> SpoolError:
    text = str(error)
    found = _CODE.search(text) or _STATUS.search(text)
    code = found[1] if found else ""
    if code in _FULL:
        return SpoolFullError(f"{place} is full ({code})")
    if code == "NoSuchBucket":
        return SpoolError(f"{place}: there is no such bucket")
    if isinstance(error, FileNotFoundError):
        return SpoolMissingError("no document under this key")
    if isinstance(error, AlreadyExistsError):
        return SpoolError("there is a document under this key already")
    refused = isinstance(error, (PermissionDeniedError, UnauthenticatedError))
    if refused or code in ("403", "401", "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"):
        return SpoolError(
            f"{place} refuses our key ({code or 'denied'}): wrong access key or secret, or no right"
        )
    if code:
        return SpoolError(f"{place} answered {code}")
    return SpoolError(f"{place} doesn't answer as an S3 server")


class _AbortedError(Exception):
    """Ends the upload's iterator, upon which obstore aborts the multipart upload."""


class _Parts:
    """A short queue of parts between the writer's thread and the upload's. Either side can end it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._complete = False
        self._aborted = False
        self._stopped = False

    def push(self, part: bytes) -> bool:
        """Waits for room; False when the upload has ended."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopped or len(self._waiting) < _PARTS_WAITING)
            self._waiting.append(part)
            self._condition.notify_all()
            return not self._stopped

    def end(self, *, aborted: bool) -> None:
        with self._condition:
            self._complete, self._aborted = True, aborted
            self._condition.notify_all()

    def stop(self) -> None:
        """The upload has ended, well or not."""
        with self._condition:
            self._stopped = True
            self._waiting.clear()
            self._condition.notify_all()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._condition:
            self._condition.wait_for(lambda: self._complete or self._waiting)
            if self._aborted:
                raise _AbortedError
            if not self._waiting:
                raise StopIteration
            part = self._waiting.popleft()
            self._condition.notify_all()
            return part


@final
class S3Writer:
    """A `SpoolWriter`: keeps small documents in memory until `commit`, streams larger ones through a thread."""

    def __init__(self, spool: "S3Spool", key: str) -> None:
        self._spool = spool
        self._path = spool.path_of(key)
        self.key = key
        self.written = 0
        self._buffer = bytearray()
        self._ended = False
        self._parts: _Parts | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def write(self, data: Bytes) -> None:
        self._require_open()
        self._buffer += data
        self.written += len(data)
        while len(self._buffer) > _PART_LENGTH:
            part = bytes(memoryview(self._buffer)[:_PART_LENGTH])
            del self._buffer[:_PART_LENGTH]
            self._push(part)

    def _push(self, part: bytes) -> None:
        if self._parts is None:
            self._refuse_existing()
            self._parts = _Parts()
            self._thread = threading.Thread(
                target=self._upload, args=(self._parts,), name="s3-upload", daemon=True
            )
            self._thread.start()
        if not self._parts.push(part):
            self.abort()
            raise self._failure()

    def _refuse_existing(self) -> None:
        # A multipart upload can't be made conditional; our keys are random, so this only catches a caller's fault.
        with contextlib.suppress(SpoolMissingError):
            self._spool.size(self.key)
            self.abort()
            raise SpoolError("there is a document under this key already")

    def _upload(self, parts: _Parts) -> None:
        try:
            obstore.put(
                self._spool.store, self._path, parts, chunk_size=_PART_LENGTH, max_concurrency=_PARALLEL_PARTS
            )
        except BaseException as error:
            self._error = error
        finally:
            parts.stop()

    def commit(self) -> None:
        self._require_open()
        if self._parts is None:
            self._ended = True
            data, self._buffer = bytes(self._buffer), bytearray()
            self._spool.call(lambda: obstore.put(self._spool.store, self._path, data, mode="create"))
            return
        if self._buffer:
            self._push(bytes(self._buffer))
        self._ended = True
        self._finish_thread(aborted=False)
        if self._error is not None:
            raise self._failure()

    def abort(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._finish_thread(aborted=True)

    def _finish_thread(self, *, aborted: bool) -> None:
        self._buffer = bytearray()
        if self._parts is not None and self._thread is not None:
            self._parts.end(aborted=aborted)
            self._thread.join()

    def _failure(self) -> SpoolError:
        return _explain(self._error or RuntimeError(), self._spool.place)

    def _require_open(self) -> None:
        if self._ended:
            raise SpoolError("this document is committed or aborted already")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


@final
class S3Spool:
    """A `Spool` in a bucket, under a prefix. Any number of processes and machines may share it."""

    def __init__(self, store: S3Store, bucket: str, prefix: str) -> None:
        self.store = store
        self.place = f"{bucket}/{prefix}".rstrip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def __repr__(self) -> str:
        return f"S3Spool({self.place!r})"

    def path_of(self, key: str) -> str:
        return self._prefix + check_key(key)

    def call(self, request: Callable[[], _T]) -> _T:
        """Run one request; its failure becomes a `SpoolError` without the library's own text."""
        try:
            return request()
        except Exception as error:
            explained = _explain(error, self.place)
        raise explained

    def create(self, key: str) -> SpoolWriter:
        return S3Writer(self, key)

    def read(self, key: str, offset: int = 0) -> Iterator[bytes]:
        if offset < 0:
            raise SpoolError("an offset below zero")
        path, size = self.path_of(key), self.size(key)
        return self._read_ranges(path, offset, size)

    def _read_ranges(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        # The first range is one piece, so that the first byte comes soon; the next are larger, so that few requests suffice.
        length = PIECE_LENGTH
        while offset < size:
            end = min(offset + length, size)
            data = self._get_range(path, offset, end)
            for start in range(0, len(data), PIECE_LENGTH):
                yield bytes(data[start : start + PIECE_LENGTH])
            offset, length = end, _PART_LENGTH

    def _get_range(self, path: str, start: int, end: int) -> memoryview:
        data = memoryview(self.call(lambda: obstore.get_range(self.store, path, start=start, end=end)))
        if len(data) != end - start:
            raise SpoolError(f"{self.place} sent fewer bytes than asked for")
        return data

    def size(self, key: str) -> int:
        path = self.path_of(key)
        return int(self.call(lambda: obstore.head(self.store, path))["size"])

    def delete(self, key: str) -> None:
        path = self.path_of(key)
        with contextlib.suppress(SpoolMissingError):
            self.call(lambda: obstore.delete(self.store, path))

    def keys(self, older_than: datetime | None = None) -> Iterator[str]:
        limit = older_than.astimezone(UTC) if older_than else None
        batches = iter(obstore.list(self.store, self._prefix.rstrip("/") or None, chunk_size=1000))
        while (batch := self.call(lambda: next(batches, None))) is not None:
            for entry in batch:
                key = entry["path"].removeprefix(self._prefix)
                if is_key(key) and (limit is None or entry["last_modified"] < limit):
                    yield key

    def copy_into(self, folder: Path) -> int:
        count = 0
        for key in self.keys():
            target = folder / key
            if not target.exists():
                try:
                    self._download(key, target)
                except SpoolMissingError:
                    continue
                except OSError as error:
                    self._raise_local(error, folder)
            count += 1
        return count

    def _download(self, key: str, target: Path) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with open(handle, "wb") as file:  # noqa: PTH123 - opened above, with its mode
                file.writelines(self.read(key))
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)

    def restore_from(self, folder: Path) -> int:
        present = set(self.keys())
        count = 0
        for source in folder.glob("*/*/*"):
            key = source.relative_to(folder).as_posix()
            if not is_key(key) or key in present or not source.is_file():
                continue
            with self.create(key) as writer:
                try:
                    with source.open("rb") as file:
                        while piece := file.read(PIECE_LENGTH):
                            writer.write(piece)
                except OSError as error:
                    self._raise_local(error, folder)
                writer.commit()
            count += 1
        return count

    def _raise_local(self, error: OSError, folder: Path) -> NoReturn:
        raise SpoolError(f"the backup folder {folder}: {error.strerror}") from error

    def free_bytes(self) -> int | None:
        return None

    def sweep(self) -> int:
        """Nothing to do from here: dead multipart uploads are invisible, and the bucket's lifecycle rule aborts them."""
        return 0

    def check(self) -> None:
        # Listing tells a missing bucket apart from a missing document, which a PUT doesn't on servers that make buckets.
        next(self.keys(), None)
        key, probe = new_key("check"), secrets.token_bytes(64)
        with self.create(key) as writer:
            writer.write(probe)
            writer.commit()
        try:
            if b"".join(self.read(key)) != probe:
                raise SpoolError(f"{self.place} gives back other bytes than were written")
        finally:
            self.delete(key)
