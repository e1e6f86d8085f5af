# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""PDF read by PDFium: pages, paper, colour and pixels. In worker processes only.

Colour is looked for in the rendered page at 36 dpi, not in the file's colour spaces: an office program's
"RGB black" is black, and a grey scan in an RGB image is grey.
"""

import ctypes
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from allmende.documents.errors import UnreadableDocumentError, UnreadableReason
from allmende.documents.facts import DocumentFacts
from allmende.documents.formats import PDF
from allmende.documents.media_sizes import MediaSize, media_name, size_from_points
from allmende.documents.pixels import is_coloured, png_of, scaled_to_height

_INSPECTION_SCALE: Final = 36 / 72
_MAX_SMALL_SIDE: Final = 2_000  # pixels, for colour and previews: a page may claim to be 5 km wide
_FLAGS: Final = pdfium.FPDF_ANNOT | pdfium.FPDF_PRINTING
_MAX_PAGES: Final = 100_000
_REASONS: Final = {
    pdfium.FPDF_ERR_SUCCESS: UnreadableReason.EMPTY,  # loaded, but without a page
    pdfium.FPDF_ERR_PASSWORD: UnreadableReason.ENCRYPTED,
    pdfium.FPDF_ERR_SECURITY: UnreadableReason.ENCRYPTED,
}
_SAME_SIZE_POINTS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Matrix:
    """Pixels from points (top left origin, downward): x' = ax + cy + e, y' = bx + dy + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float


def open_pdf(document: bytearray, max_pages: int) -> pypdfium2.PdfDocument:
    """Open a PDF of 1..`max_pages` pages, or raise `UnreadableDocumentError`."""
    if len(document) == 0:
        raise UnreadableDocumentError(UnreadableReason.EMPTY)
    try:
        pdf = pypdfium2.PdfDocument((ctypes.c_char * len(document)).from_buffer(document))
    except pypdfium2.PdfiumError as error:
        raise UnreadableDocumentError(_REASONS.get(error.err_code, UnreadableReason.BROKEN)) from error
    if len(pdf) > max_pages:
        raise UnreadableDocumentError(UnreadableReason.TOO_MANY_PAGES)
    return pdf


def load_page(pdf: pypdfium2.PdfDocument, index: int) -> pypdfium2.PdfPage:
    try:
        return pdf[index]
    except pypdfium2.PdfiumError as error:
        raise UnreadableDocumentError(UnreadableReason.BROKEN) from error


def page_size(page: pypdfium2.PdfPage) -> MediaSize:
    """A page's size as one looks at it (its rotation applied)."""
    return size_from_points(*page.get_size())


def draw(page: pypdfium2.PdfPage, matrix: Matrix, width: int, height: int, *, grey: bool) -> bytes:
    """Draw a page on white: `height` lines of `width` pixels, RGB or grey, 8 bits a channel.

    `matrix` maps the page's points to pixels. The caller has bounded width and height.
    """
    stride = width if grey else width * 3
    pixels = ctypes.create_string_buffer(stride * height)
    kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGR
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, kind, pixels, stride)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        # PDFium lays the page out in whole points before it applies the matrix.
        points_wide, points_high = page.get_size()
        stretch_x = points_wide / max(1, int(points_wide))
        stretch_y = points_high / max(1, int(points_high))
        pdfium.FPDF_RenderPageBitmapWithMatrix(
            bitmap,
            page,
            pdfium.FS_MATRIX(
                matrix.a * stretch_x,
                matrix.b * stretch_x,
                matrix.c * stretch_y,
                matrix.d * stretch_y,
                matrix.e,
                matrix.f,
            ),
            pdfium.FS_RECTF(0, 0, width, height),
            # PDFium aborts the process when a grey bitmap's bytes are to be reversed.
            _FLAGS | (pdfium.FPDF_GRAYSCALE if grey else pdfium.FPDF_REVERSE_BYTE_ORDER),
        )
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels.raw


def small_image(page: pypdfium2.PdfPage, scale: float) -> Image.Image:
    """A page as an RGB image at `scale` pixels per point, or smaller when the page is huge."""
    points = page.get_size()
    scale = min(scale, _MAX_SMALL_SIDE / max(*points, 1.0))
    width, height = (max(1, round(side * scale)) for side in points)
    pixels = draw(page, Matrix(scale, 0, 0, scale, 0, 0), width, height, grey=False)
    return Image.frombytes("RGB", (width, height), pixels)


def inspect_pdf(document: bytearray, parameters: dict[str, Any]) -> tuple[DocumentFacts, bytes]:
    """Tell a PDF's facts and the PNG of its first page."""
    pdf = open_pdf(document, parameters["max_pages"])
    first = load_page(pdf, 0)
    image = small_image(first, _INSPECTION_SCALE)
    preview_height = parameters["preview_height"]
    # A4 at 36 dpi is 421 pixels high: one drawing serves for both colour and preview.
    if image.height < 0.9 * preview_height:
        preview = small_image(first, preview_height / max(1.0, first.get_size()[1]))
    else:
        preview = image
    coloured, examined = _count_coloured(pdf, image, parameters)
    pages = len(pdf)
    estimated = examined < pages
    facts = DocumentFacts(
        format=PDF,
        pages=pages,
        colour_pages=min(pages, round(coloured * pages / examined)) if estimated else coloured,
        media=media_name(page_size(first)),
        mixed_media=_is_mixed(pdf, parameters["colour_seconds"]),
        colour_estimated=estimated,
    )
    return facts, png_of(scaled_to_height(preview, preview_height))


def _count_coloured(
    pdf: pypdfium2.PdfDocument, first: Image.Image, parameters: dict[str, Any]
) -> tuple[int, int]:
    """(coloured, examined) among at most `colour_pages` pages spread evenly, within `colour_seconds`."""
    coloured, examined = int(is_coloured(first)), 1
    end = time.monotonic() + parameters["colour_seconds"]
    for index in _spread(len(pdf), parameters["colour_pages"]):
        if time.monotonic() > end:
            break
        page = load_page(pdf, index)
        coloured += is_coloured(small_image(page, _INSPECTION_SCALE))
        page.close()
        examined += 1
    return coloured, examined


def _spread(pages: int, wanted: int) -> Iterator[int]:
    """Indices but 0, at most `wanted` - 1, in an order that samples the whole when it is cut short."""
    if pages <= wanted:
        yield from range(1, pages)
        return
    indices = sorted({index * pages // wanted for index in range(1, wanted)} - {0})
    step = 7
    for offset in range(step):
        yield from indices[offset::step]


def _is_mixed(pdf: pypdfium2.PdfDocument, seconds: float) -> bool:
    end = time.monotonic() + seconds
    first = sorted(pdf.get_page_size(0))
    for index in range(1, len(pdf)):
        if index % 64 == 0 and time.monotonic() > end:
            return False
        size = sorted(pdf.get_page_size(index))
        if any(abs(one - other) > _SAME_SIZE_POINTS for one, other in zip(first, size, strict=True)):
            return True
    return False


def pdf_thumbnails(document: bytearray, height: int) -> Iterator[bytes]:
    """Each page as PNG, `height` pixels high."""
    pdf = open_pdf(document, _MAX_PAGES)
    for index in range(len(pdf)):
        page = load_page(pdf, index)
        yield png_of(small_image(page, height / max(1.0, page.get_size()[1])))
        page.close()
