# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A worker process: one document after the other from standard input, frames to standard output.

Run as `python -m allmende.documents.worker` by `WorkerPool`, never by hand. Errors leave as a code out of a
closed list: an exception's text may hold a document's words.
"""

import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from allmende.documents import worker_frames as frames
from allmende.documents.errors import UnreadableDocumentError
from allmende.documents.worker_jail import hide_file_system, limit_cpu, limit_resources

Answers = Iterator[tuple[bytes, bytes]]
Operation = Callable[[bytearray, dict[str, Any]], Answers]


def main() -> None:
    limit_resources()
    operations = _load_operations()
    hide_file_system()
    gc.freeze()  # the libraries' own objects stay: each later collection then takes microseconds
    source, sink = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    while (job := _read_job(source)) is not None:
        go_on = _answer(sink, operations[job["operation"]], _read_document(source, job["size"]), job)
        sink.flush()
        if not go_on:
            sys.exit(1)
        gc.collect()


def _load_operations() -> dict[str, Operation]:
    # Imported only now, under the limits: an import runs code, and these libraries are large.
    from allmende.documents.worker_operations import OPERATIONS  # noqa: PLC0415

    return OPERATIONS


def _read_job(source: BinaryIO) -> dict[str, Any] | None:
    header = source.read(frames.JOB_HEADER.size)
    if len(header) < frames.JOB_HEADER.size:
        return None
    (size,) = frames.JOB_HEADER.unpack(header)
    job: dict[str, Any] = json.loads(source.read(size))
    limit_cpu(job["cpu_seconds"])
    return job


def _read_document(source: BinaryIO, size: int) -> bytearray:
    document = bytearray(size)
    view = memoryview(document)
    done = 0
    while done < size:
        count = source.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            sys.exit(1)
        done += count
    return document


def _answer(sink: BinaryIO, operation: Operation, document: bytearray, job: dict[str, Any]) -> bool:
    """Write the answer's frames; False when this process should not be trusted with another document."""
    try:
        for kind, payload in operation(document, job["parameters"]):
            _write(sink, kind, payload)
    except UnreadableDocumentError as error:
        _write(sink, frames.UNREADABLE, error.reason.value.encode())
        return True
    except MemoryError:
        _write(sink, frames.FAILED, b"memory")
        return False
    except Exception:
        _write(sink, frames.FAILED, b"internal")
        return False
    else:
        _write(sink, frames.DONE, b"")
        return True
    finally:
        # The next document's worker may be taken over by it: leave nothing of this one in memory.
        _wipe(document)


def _write(sink: BinaryIO, kind: bytes, payload: bytes) -> None:
    sink.write(frames.FRAME_HEADER.pack(kind, len(payload)))
    sink.write(payload)
    if kind == frames.CHUNK:
        sink.flush()


def _wipe(document: bytearray) -> None:
    place: Final = (ctypes.c_char * len(document)).from_buffer(document)
    ctypes.memset(place, 0, len(document))


if __name__ == "__main__":
    main()
