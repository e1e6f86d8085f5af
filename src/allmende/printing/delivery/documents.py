# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sealed document on its way to a device: read, opened and handed on piece by piece, in memory only.

Reading and opening happen in worker threads, one piece ahead of the device. The header before the stored body is passed over
unchecked: who holds the file key needs none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from allmende.printing.jobs import Job, JobDocument
from allmende.seal import FileKey, SealError, unseal_pieces
from allmende.spool import Spool, SpoolError, SpoolMissingError

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class DocumentGoneError(Exception):
    """The stored document can't be read or isn't what was sealed."""


class DocumentAwayError(DocumentGoneError):
    """The store of documents does not give it out at the moment: nothing is wrong with the document."""


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """Where it lies: small ones came with the row."""

    sealed: bytes = field(repr=False)
    spool_key: str


def find_document(job: Job) -> SealedDocument:
    """One query for a small document, none for a spooled one. Raises DocumentGoneError."""
    if job.spool_key:
        return SealedDocument(b"", job.spool_key)
    document = JobDocument.objects.filter(job_id=job.pk).first()
    if document is None:
        raise DocumentGoneError
    return SealedDocument(bytes(document.sealed), "")


async def read_document(document: SealedDocument, file_key: FileKey, spool: Spool) -> AsyncGenerator[bytes]:
    """The document in clear, in pieces of up to 1 MiB. Raises DocumentGoneError; a piece that came is genuine."""
    if not document.spool_key:
        # Some 64 KiB at most: opening them takes less than a change of thread.
        for opened in _guard(lambda: list(unseal_pieces([document.sealed], file_key))):
            yield bytes(opened)
        return
    pieces = await _in_thread(lambda: unseal_pieces(spool.read(document.spool_key), file_key))
    ahead: asyncio.Task[bytes | None] = asyncio.ensure_future(_next(pieces))
    try:
        while (piece := await ahead) is not None:
            ahead = asyncio.ensure_future(_next(pieces))
            yield piece
    finally:
        ahead.cancel()


async def _next(pieces: Iterator[bytes | bytearray]) -> bytes | None:
    piece = await _in_thread(lambda: next(pieces, None))
    return None if piece is None else bytes(piece)


async def _in_thread(work: Callable[[], _T]) -> _T:
    return await asyncio.to_thread(_guard, work)


def _guard(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except (SealError, SpoolMissingError) as error:
        raise DocumentGoneError from error
    except SpoolError as error:
        log.warning("a document can't be fetched: %s", error)
        raise DocumentAwayError from error


@dataclass(slots=True)
class CountedPieces:
    """Pieces with the first one fetched ahead, so that a broken document is noticed before the device is asked to print."""

    source: AsyncGenerator[bytes]
    first: bytes | None = None
    handed_over: int = 0

    async def prepare(self) -> None:
        self.first = await anext(self.source, None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.first is not None:
            piece, self.first = self.first, None
            self.handed_over += len(piece)
            yield piece
        async for piece in self.source:
            self.handed_over += len(piece)
            yield piece

    async def aclose(self) -> None:
        self.first = None
        await self.source.aclose()
