# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a worker can be asked: name, document and parameters in, frames out."""

from typing import Any, Final

from allmende.documents import worker_frames as frames
from allmende.documents.formats import JPEG, PDF, PNG
from allmende.documents.image_pages import inspect_image
from allmende.documents.pdf_pages import inspect_pdf
from allmende.documents.raster_pages import inspect_raster
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


OPERATIONS: Final[dict[str, Operation]] = {"inspect": inspect}
