# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Taking pages out of a PDF with qpdf (pikepdf). In worker processes only."""

import io
from collections.abc import Sequence

import pikepdf

from allmende.documents.errors import UnreadableDocumentError, UnreadableReason
from allmende.documents.page_choice import chosen_pages


def select_pdf_pages(document: bytes | bytearray, page_ranges: Sequence[tuple[int, int]]) -> bytes:
    """A PDF with the chosen pages only; what no page needs any more is left out."""
    try:
        with pikepdf.open(io.BytesIO(document)) as pdf:
            pages = len(pdf.pages)
            if pages == 0:
                raise UnreadableDocumentError(UnreadableReason.EMPTY)
            chosen = set(chosen_pages(pages, page_ranges))
            for index in range(pages - 1, -1, -1):
                if index not in chosen:
                    del pdf.pages[index]
            out = io.BytesIO()
            pdf.save(out, encryption=False)
            return out.getvalue()
    except pikepdf.PasswordError as error:
        raise UnreadableDocumentError(UnreadableReason.ENCRYPTED) from error
    except pikepdf.PdfError as error:
        raise UnreadableDocumentError(UnreadableReason.BROKEN) from error
