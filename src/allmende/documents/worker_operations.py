# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a worker can be asked: document and parameters in, frames out."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from allmende.documents import worker_frames as frames
from allmende.documents.formats import JPEG, PDF, PNG
from allmende.documents.image_pages import image_thumbnail, image_to_pdf, inspect_image
from allmende.documents.media_sizes import MediaSize
from allmende.documents.pdf_pages import inspect_pdf, pdf_thumbnails
from allmende.documents.pdf_selection import select_pdf_pages
from allmende.documents.raster_drawing import convert_to_raster, target_from
from allmende.documents.raster_pages import inspect_raster, raster_pages, thumbnail
from allmende.documents.worker import Answers, Operation


def inspect(document: bytearray, parameters: dict[str, Any]) -> Answers:
    document_format = parameters["format"]
    if document_format == PDF:
        facts, preview = inspect_pdf(document, parameters)
    elif document_format in {JPEG, PNG}:
        facts, preview = inspect_image(document, document_format, parameters)
    else:
        facts, preview = inspect_raster(document, document_format, parameters)
    yield frames.PREVIEW, preview
    yield frames.FACTS, facts.to_json().encode()


def convert(document: bytearray, parameters: dict[str, Any]) -> Answers:
    target = target_from(parameters["target"])
    for piece in convert_to_raster(document, parameters["format"], target, parameters["max_pages"]):
        yield from _in_chunks(piece)


def select_pages(document: bytearray, parameters: dict[str, Any]) -> Answers:
    ranges = [(first, last) for first, last in parameters["page_ranges"]]
    yield from _in_chunks(select_pdf_pages(document, ranges))


def pdf_of_image(document: bytearray, parameters: dict[str, Any]) -> Answers:
    yield from _in_chunks(image_to_pdf(document, parameters["format"], MediaSize(**parameters["media"])))


def render_pages(document: bytearray, parameters: dict[str, Any]) -> Answers:
    for page in islice(_thumbnails(document, parameters), parameters["max_pages"]):
        yield frames.CHUNK, page


def _thumbnails(document: bytearray, parameters: dict[str, Any]) -> Iterator[bytes]:
    document_format, height = parameters["format"], parameters["height"]
    if document_format == PDF:
        return pdf_thumbnails(document, height)
    if document_format in {JPEG, PNG}:
        return iter((image_thumbnail(document, document_format, height),))
    return (thumbnail(page, height) for page in raster_pages(document, document_format))


def _in_chunks(data: bytes) -> Answers:
    for start in range(0, len(data), frames.CHUNK_BYTES):
        yield frames.CHUNK, data[start : start + frames.CHUNK_BYTES]


OPERATIONS: Final[dict[str, Operation]] = {
    "inspect": inspect,
    "convert": convert,
    "select_pages": select_pages,
    "image_to_pdf": pdf_of_image,
    "render_pages": render_pages,
}
