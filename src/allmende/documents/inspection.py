# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Inspecting documents on arrival: what `DocumentFacts` they have, asked of worker processes."""

from contextlib import aclosing

from allmende.documents import worker_frames as frames
from allmende.documents.errors import InspectionFailedError, UnreadableDocumentError, UnreadableReason
from allmende.documents.facts import DocumentFacts
from allmende.documents.formats import READABLE_FORMATS, SNIFF_BYTES, sniff_format
from allmende.documents.worker_pool import DEFAULT_MAX_BYTES, Document, WorkerPool


class Inspector:
    """A pool of workers that tell a document's facts; belongs to one event loop.

    `max_bytes`: larger documents fail with `InspectionFailedError("too-large")` unread. `max_pages`: more is
    unreadable. `seconds`: wall clock per document, not counting the wait for a free worker.
    `colour_pages` and `colour_seconds` bound the search for colour; beyond, colour is estimated.
    """

    def __init__(
        self,
        *,
        max_workers: int = 2,
        documents_per_worker: int = 200,
        max_bytes: int = DEFAULT_MAX_BYTES,
        max_pages: int = 20_000,
        seconds: float = 20.0,
        colour_pages: int = 200,
        colour_seconds: float = 2.0,
        preview_height: int = 400,
    ) -> None:
        self._pool = WorkerPool(
            max_workers=max_workers, documents_per_worker=documents_per_worker, max_bytes=max_bytes
        )
        self._seconds = seconds
        self._parameters = {
            "max_pages": max_pages,
            "colour_pages": colour_pages,
            "colour_seconds": colour_seconds,
            "preview_height": preview_height,
        }

    async def inspect(
        self, document: Document, declared_format: str | None = None, name: str | None = None
    ) -> DocumentFacts:
        """Tell the facts; `UnreadableDocumentError` (say so to the sender) or `InspectionFailedError`.

        The format is sniffed from the content, `declared_format` and `name` are hints for it.
        """
        document_format = sniff_format(_head(document), declared_format, name)
        if document_format not in READABLE_FORMATS:
            empty = not len(document)
            raise UnreadableDocumentError(
                UnreadableReason.EMPTY if empty else UnreadableReason.UNSUPPORTED_FORMAT
            )
        facts = preview = None
        parameters = {**self._parameters, "format": document_format}
        async with aclosing(
            self._pool.run(
                "inspect", parameters, document, frame_seconds=self._seconds, total_seconds=self._seconds
            )
        ) as answers:
            async for kind, payload in answers:
                if kind == frames.PREVIEW:
                    preview = payload
                elif kind == frames.FACTS:
                    facts = payload
        try:
            return DocumentFacts.from_json(facts or b"", preview)
        except (ValueError, TypeError):
            raise InspectionFailedError("internal") from None

    @property
    def busy_process_ids(self) -> list[int]:
        """The worker processes that have a document just now."""
        return self._pool.busy_process_ids

    async def aclose(self) -> None:
        """Kill all workers and wait until they are gone; jobs in flight fail."""
        await self._pool.aclose()


def _head(document: Document) -> bytes:
    if isinstance(document, bytes | bytearray | memoryview):
        return bytes(document[:SNIFF_BYTES])
    head = b""
    for chunk in document:
        head += bytes(memoryview(chunk)[: SNIFF_BYTES - len(head)])
        if len(head) >= SNIFF_BYTES:
            break
    return head
