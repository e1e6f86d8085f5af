# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Worker processes that read hostile documents, seen from asyncio.

- A worker is another Python (`worker.py`) in a jail of its own making (`worker_jail.py`), fed over pipes. It
  gets no environment, no open file, no secret of the service; its messages are dropped, not logged, because
  they may hold a document's words.
- One worker has one job at a time. It goes back to the idle ones only after a clean end; whatever else
  happens (death, silence, nonsense, a caller who goes away) it is killed, and the next job gets a new one.
- A pool belongs to one event loop.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Final

import allmende
from allmende.documents import worker_frames as frames
from allmende.documents.errors import InspectionFailedError, UnreadableDocumentError, UnreadableReason

Document = bytes | bytearray | memoryview | Sequence[bytes | bytearray | memoryview]

#: Above this a worker could not hold the document beside its own needs.
DEFAULT_MAX_BYTES: Final = 256 * 1024 * 1024
_SOURCE_ROOT: Final = str(Path(allmende.__file__).resolve().parent.parent)
_START_SECONDS: Final = 30.0


class _Worker:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.documents = 0

    @classmethod
    async def start(cls) -> "_Worker":
        # No preexec_fn: between fork and exec of a process with threads nothing but exec is safe.
        environment = {
            "PYTHONPATH": os.pathsep.join([_SOURCE_ROOT, *filter(None, sys.path)]),
            "LANG": "C.UTF-8",
        }
        for name in ("SYSTEMROOT", "PATH"):  # Windows can't start a program without them
            if name in os.environ:
                environment[name] = os.environ[name]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-B",
            "-s",
            "-m",
            "allmende.documents.worker",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
            limit=frames.CHUNK_BYTES * 2,
        )
        return cls(process)

    async def send(self, job: dict[str, Any], chunks: Sequence[memoryview]) -> None:
        writer = self.process.stdin
        assert writer is not None  # noqa: S101 -- PIPE above
        header = json.dumps(job).encode()
        writer.write(frames.JOB_HEADER.pack(len(header)) + header)
        for chunk in chunks:
            for start in range(0, len(chunk), frames.CHUNK_BYTES):
                writer.write(chunk[start : start + frames.CHUNK_BYTES])
                await writer.drain()
        await writer.drain()

    async def receive(self) -> tuple[bytes, bytes]:
        reader = self.process.stdout
        assert reader is not None  # noqa: S101 -- PIPE above
        kind, size = frames.FRAME_HEADER.unpack(await reader.readexactly(frames.FRAME_HEADER.size))
        if kind not in frames.KINDS or size > frames.MAX_FRAME:
            raise InspectionFailedError("died")
        return kind, await reader.readexactly(size)

    def alive(self) -> bool:
        return self.process.returncode is None

    def kill(self) -> None:
        if self.alive():
            try:
                self.process.kill()
            except ProcessLookupError:
                return

    async def bury(self) -> None:
        """Wait for the end of a killed worker, reading away what it still had to say."""
        reader = self.process.stdout
        assert reader is not None  # noqa: S101 -- PIPE above
        # Unread output would keep the pipe's transport paused, and its descriptor open.
        while await reader.read(frames.CHUNK_BYTES):
            pass
        await self.process.wait()


class WorkerPool:
    """Up to `max_workers` workers, started when first needed, at most `max_idle` kept waiting."""

    def __init__(
        self,
        *,
        max_workers: int = 2,
        max_idle: int | None = None,
        documents_per_worker: int = 200,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self.max_bytes = max_bytes
        self._documents_per_worker = documents_per_worker
        self._max_idle = max_workers if max_idle is None else max_idle
        self._slots = asyncio.Semaphore(max_workers)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._reaping: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def busy_process_ids(self) -> list[int]:
        """The processes that have a job just now."""
        return [worker.process.pid for worker in self._busy]

    async def run(
        self,
        operation: str,
        parameters: dict[str, Any],
        document: Document,
        *,
        frame_seconds: float,
        total_seconds: float | None = None,
    ) -> AsyncGenerator[tuple[bytes, bytes]]:
        """Yield the frames (kind, payload) that a worker answers with, without the closing one.

        `frame_seconds`: how long the worker may take to its next frame while somebody waits for it;
        `total_seconds`: how long in all, from the worker's start of work. Raises
        `UnreadableDocumentError` or `InspectionFailedError`.
        """
        chunks = _chunks(document)
        size = sum(map(len, chunks))
        if size == 0:
            raise UnreadableDocumentError(UnreadableReason.EMPTY)
        if size > self.max_bytes:
            raise InspectionFailedError("too-large")
        async with self._slots:
            if self._closed:
                raise InspectionFailedError("closed")
            job = {
                "operation": operation,
                "parameters": parameters,
                "size": size,
                "cpu_seconds": total_seconds or 3600.0,
            }
            worker = await self._take()
            clean = False
            try:
                deadline = None if total_seconds is None else time.monotonic() + total_seconds
                async with asyncio.timeout(_allowance(deadline, max(frame_seconds, _START_SECONDS))):
                    await worker.send(job, chunks)
                while True:
                    async with asyncio.timeout(_allowance(deadline, frame_seconds)):
                        kind, payload = await worker.receive()
                    if kind == frames.DONE:
                        clean = True
                        return
                    _raise_verdict(kind, payload)
                    yield kind, payload
            except UnreadableDocumentError:
                clean = True
                raise
            except TimeoutError:
                raise InspectionFailedError("timeout") from None
            except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
                raise InspectionFailedError(self._cause_of_death()) from None
            finally:
                self._give_back(worker, clean=clean)

    async def aclose(self) -> None:
        """Kill all workers, also in mid-job, and wait until they are gone."""
        self._closed = True
        for worker in self._idle:
            self._reap(worker)
        self._idle.clear()
        busy = list(self._busy)
        for worker in busy:  # whoever runs the job notices, and gives the worker back to be buried
            worker.kill()
        for worker in busy:
            await worker.process.wait()
        while self._reaping:
            await asyncio.wait(self._reaping)

    def _cause_of_death(self) -> str:
        return "closed" if self._closed else "died"

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive():
                break
            self._reap(worker)
        else:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    worker = await _Worker.start()
            except TimeoutError:
                raise InspectionFailedError("timeout") from None
            except OSError:  # no more processes or memory on this machine
                raise InspectionFailedError("died") from None
            if self._closed:  # while it was starting
                worker.kill()
                await worker.bury()
                raise InspectionFailedError("closed")
        self._busy.add(worker)
        worker.documents += 1
        return worker

    def _give_back(self, worker: _Worker, *, clean: bool) -> None:
        self._busy.discard(worker)
        spent = worker.documents >= self._documents_per_worker
        if clean and not spent and not self._closed and len(self._idle) < self._max_idle:
            self._idle.append(worker)
        else:
            self._reap(worker)

    def _reap(self, worker: _Worker) -> None:
        worker.kill()
        task = asyncio.ensure_future(worker.bury())
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)


def _chunks(document: Document) -> list[memoryview]:
    whole = isinstance(document, bytes | bytearray | memoryview)
    parts: Sequence[bytes | bytearray | memoryview] = [document] if whole else document  # type: ignore[list-item,assignment]
    return [memoryview(part).cast("B") for part in parts if len(part)]


def _allowance(deadline: float | None, seconds: float) -> float:
    return seconds if deadline is None else max(0.0, min(seconds, deadline - time.monotonic()))


def _raise_verdict(kind: bytes, payload: bytes) -> None:
    if kind == frames.UNREADABLE:
        try:
            reason = UnreadableReason(payload.decode("ascii"))
        except ValueError:
            raise InspectionFailedError("died") from None
        raise UnreadableDocumentError(reason)
    if kind == frames.FAILED:
        raise InspectionFailedError("memory" if payload == b"memory" else "internal")
