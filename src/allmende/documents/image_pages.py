# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""JPEG and PNG: facts, previews, and the image as a PDF page. In worker processes only.

The way from an image to paper leads through a PDF of one page, so that PDFium alone scales and turns. A
JPEG's own bytes are put into the PDF unchanged; a PNG is decoded, laid on white and deflated.
"""

import io
import zlib
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from allmende.documents.errors import UnreadableDocumentError, UnreadableReason
from allmende.documents.facts import DocumentFacts
from allmende.documents.formats import JPEG, PNG
from allmende.documents.media_sizes import MediaSize
from allmende.documents.pdf_objects import build_pdf, stream_object
from allmende.documents.pixels import is_coloured, png_of, scaled_to_height

_MAX_PIXELS: Final = 150_000_000
_CODECS: Final = {JPEG: "JPEG", PNG: "PNG"}
_EXIF_ORIENTATION: Final = 0x0112
#: EXIF orientation → the unit square's image in PDF's `cm` (a b c d e f), and whether sides are swapped.
_ORIENTATIONS: Final = {
    1: ((1, 0, 0, 1, 0, 0), False),
    2: ((-1, 0, 0, 1, 1, 0), False),
    3: ((-1, 0, 0, -1, 1, 1), False),
    4: ((1, 0, 0, -1, 0, 1), False),
    5: ((0, -1, -1, 0, 1, 1), True),
    6: ((0, -1, 1, 0, 0, 1), True),
    7: ((0, 1, 1, 0, 0, 0), True),
    8: ((0, 1, -1, 0, 1, 0), True),
}


def open_image(document: bytes | bytearray, document_format: str) -> Image.Image:
    """Open, but do not decode yet; at most 150 megapixels."""
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        image = Image.open(io.BytesIO(document), formats=[_CODECS[document_format]])
    except Image.DecompressionBombError as error:
        raise UnreadableDocumentError(UnreadableReason.TOO_LARGE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UnreadableDocumentError(UnreadableReason.BROKEN) from error
    if image.width * image.height > _MAX_PIXELS:
        raise UnreadableDocumentError(UnreadableReason.TOO_LARGE)
    return image


def inspect_image(
    document: bytearray, document_format: str, parameters: dict[str, Any]
) -> tuple[DocumentFacts, bytes]:
    """Tell an image's facts and its preview."""
    plain = _small(document, document_format, parameters["preview_height"])
    facts = DocumentFacts(format=document_format, pages=1, colour_pages=int(is_coloured(plain)), media=None)
    return facts, png_of(scaled_to_height(plain, parameters["preview_height"]))


def image_thumbnail(document: bytearray, document_format: str, height: int) -> bytes:
    """The image as PNG, about `height` pixels high."""
    return png_of(scaled_to_height(_small(document, document_format, height), height))


def _small(document: bytearray, document_format: str, height: int) -> Image.Image:
    image = open_image(document, document_format)
    orientation = _orientation(image)
    if document_format == JPEG:
        image.draft(image.mode, (height, height))  # decodes down to an eighth of the pixels, still every byte
    return _turned(_on_white(image), orientation)


def image_to_pdf(document: bytes | bytearray, document_format: str, media: MediaSize) -> bytes:
    """One page of `media` (turned like the image) with the image as large as fits, centred."""
    image = open_image(document, document_format)
    orientation = _orientation(image)
    unit, swapped = _ORIENTATIONS[orientation]
    wide, high = (image.height, image.width) if swapped else image.size
    upright = media.upright()
    paper = MediaSize(upright.height, upright.width) if wide > high else upright
    page_wide, page_high = paper.points()
    scale = min(page_wide / wide, page_high / high)
    left, bottom = (page_wide - wide * scale) / 2, (page_high - high * scale) / 2
    a, b, c, d, e, f = unit
    placed = (a * wide, b * high, c * wide, d * high, e * wide, f * high)
    numbers = " ".join(f"{value * scale:.4f}" for value in placed)
    drawing = f"q 1 0 0 1 {left:.4f} {bottom:.4f} cm {numbers} cm /Im0 Do Q".encode()
    if document_format == JPEG:
        header, data = _jpeg_object(image), bytes(document)
    else:
        header, data = _flate_object(_on_white(image))
    return build_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page_wide:.4f} {page_high:.4f}] "
            "/Contents 4 0 R /Resources << /XObject << /Im0 5 0 R >> >> >>".encode(),
            stream_object(b"", drawing),
            stream_object(header, data),
        ]
    )


def _jpeg_object(image: Image.Image) -> bytes:
    spaces = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
    if image.mode not in spaces:
        raise UnreadableDocumentError(UnreadableReason.UNSUPPORTED_FORMAT)
    # Adobe's programs write CMYK inverted, and say so with their marker.
    inverted = image.mode == "CMYK" and "adobe" in image.info
    decode = " /Decode [1 0 1 0 1 0 1 0]" if inverted else ""
    return (
        f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} "
        f"/ColorSpace {spaces[image.mode]} /BitsPerComponent 8 /Filter /DCTDecode{decode}"
    ).encode()


def _flate_object(image: Image.Image) -> tuple[bytes, bytes]:
    space = "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    header = (
        f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} "
        f"/ColorSpace {space} /BitsPerComponent 8 /Filter /FlateDecode"
    )
    return header.encode(), zlib.compress(image.tobytes(), 1)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # hostile EXIF raises nearly anything; the picture is still good
        return 1
    return value if isinstance(value, int) and value in _ORIENTATIONS else 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    """Decode to RGB or grey, transparency laid on white."""
    try:
        image.load()
        if image.mode.startswith("I"):  # 16 bits a channel
            image = image.point(lambda value: value / 256).convert("L")
        if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
            layered = image.convert("RGBA")
            white = Image.new("RGB", layered.size, "white")
            white.paste(layered, mask=layered.getchannel("A"))
            return white
        return image.convert("L" if image.mode in {"1", "L"} else "RGB")
    except Image.DecompressionBombError as error:
        raise UnreadableDocumentError(UnreadableReason.TOO_LARGE) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableDocumentError(UnreadableReason.BROKEN) from error
