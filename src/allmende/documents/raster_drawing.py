# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Drawing a document's pages as raster, band by band. In worker processes only.

A page that is larger than the sheet is shrunk to fit, a smaller one keeps its size in the middle; a
landscape page is turned a quarter to the left on upright paper. The back of a sheet is mirrored as the
device wants it, and says so in its header (PWG 5102.4 §4.3 CrossFeedTransform, FeedTransform).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pypdfium2
from PIL import Image

from allmende.documents import pwg_raster, urf
from allmende.documents.conversion import MAX_PAGE_PIXELS, RasterTarget
from allmende.documents.errors import UnreadableDocumentError, UnreadableReason
from allmende.documents.formats import JPEG, PDF, PNG, PWG_RASTER
from allmende.documents.image_pages import image_to_pdf
from allmende.documents.media_sizes import (
    HUNDREDTHS_PER_POINT,
    STANDARD_MEDIA,
    MediaSize,
    media_name,
)
from allmende.documents.page_choice import chosen_pages, printed_order
from allmende.documents.pdf_pages import Matrix, draw, load_page, open_pdf, page_size
from allmende.documents.raster_lines import RasterLimits
from allmende.documents.raster_pages import RasterPage, raster_pages, strips

_BAND_PIXELS: Final = 8_000_000
_PIECE_BYTES: Final = 64 * 1024
_SAME_SIZE: Final = 300  # 3 mm: a page of nearly the sheet's size is not scaled
_A4: Final = STANDARD_MEDIA["iso_a4_210x297mm"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side to be drawn: the paper's size, its pixels, and whether it is mirrored across or along."""

    media: MediaSize
    width: int
    height: int
    mirror_across: bool
    mirror_along: bool


class _Source(Protocol):
    page_count: int

    def size(self, index: int) -> MediaSize: ...

    def bands(self, index: int, sheet: Sheet, *, grey: bool) -> Iterator[bytes]: ...


def convert_to_raster(
    document: bytearray, document_format: str, target: RasterTarget, max_pages: int
) -> Iterator[bytes]:
    """Yield the raster document in pieces."""
    source = _open(document, document_format, target, max_pages)
    chosen = chosen_pages(source.page_count, target.page_ranges)
    duplex = target.sides != "one-sided"
    order = printed_order(chosen, target.copies, duplex=duplex)
    total = len(chosen) * target.copies
    pending: list[bytes] = []
    size = 0
    for piece in _document(source, order, target, total):
        pending.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(pending)
            pending.clear()
            size = 0
    if pending:
        yield b"".join(pending)


def _document(
    source: _Source, order: Iterable[int | None], target: RasterTarget, total: int
) -> Iterator[bytes]:
    pwg, apple = pwg_raster.PwgWriter(), urf.UrfWriter(total)
    last = _A4
    for place, index in enumerate(order):
        size = last if index is None else source.size(index)
        last = size
        sheet = _sheet_for(size, target, is_back=target.sides != "one-sided" and place % 2 == 1)
        if target.format == PWG_RASTER:
            yield pwg.begin_page(_pwg_header(sheet, target, total))
        else:
            yield apple.begin_page(_urf_header(sheet, target))
        writer = pwg if target.format == PWG_RASTER else apple
        grey = not target.colour
        bands = _blank(sheet, grey=grey) if index is None else source.bands(index, sheet, grey=grey)
        for band in bands:
            yield writer.lines(_to_black(band, sheet.width) if target.bits == 1 else band)
        yield writer.end_page()


def _open(document: bytearray, document_format: str, target: RasterTarget, max_pages: int) -> _Source:
    if document_format in {JPEG, PNG}:
        media = target.media or _A4
        document, document_format = bytearray(image_to_pdf(document, document_format, media)), PDF
    if document_format == PDF:
        return _PdfSource(open_pdf(document, max_pages))
    return _RasterSource(list(raster_pages(document, document_format, RasterLimits(pages=max_pages))))


def _sheet_for(size: MediaSize, target: RasterTarget, *, is_back: bool) -> Sheet:
    media = target.media
    if media is None:
        own = size.upright()
        media = STANDARD_MEDIA.get(media_name(own), own)
    width, height = media.pixels(target.dpi)
    if width * height > MAX_PAGE_PIXELS:
        raise UnreadableDocumentError(UnreadableReason.TOO_LARGE)
    across, along = mirrors(target) if is_back else (False, False)
    return Sheet(media, width, height, across, along)


def mirrors(target: RasterTarget) -> tuple[bool, bool]:
    """Whether a back side is mirrored across and along the feed (PWG 5102.4 §4.3, sheet-back table)."""
    short_edge = target.sides == "two-sided-short-edge"
    if target.sheet_back == "flipped":
        return short_edge, not short_edge
    turned = (target.sheet_back == "manual-tumble" and short_edge) or (
        target.sheet_back == "rotated" and not short_edge
    )
    return turned, turned


def _pwg_header(sheet: Sheet, target: RasterTarget, total: int) -> pwg_raster.PwgHeader:
    bits = 24 if target.colour else target.bits
    space = pwg_raster.COLOUR_SPACE_SRGB if target.colour else pwg_raster.COLOUR_SPACE_SGRAY
    if target.bits == 1:
        space = pwg_raster.COLOUR_SPACE_BLACK
    points = sheet.media.points()
    return pwg_raster.PwgHeader(
        duplex=int(target.sides != "one-sided"),
        tumble=int(target.sides == "two-sided-short-edge"),
        hw_resolution=(target.dpi, target.dpi),
        num_copies=1,
        page_size=(round(points[0]), round(points[1])),
        width=sheet.width,
        height=sheet.height,
        bits_per_color=1 if target.bits == 1 else 8,
        bits_per_pixel=bits,
        bytes_per_line=(sheet.width * bits + 7) // 8,
        color_space=space,
        num_colors=3 if target.colour else 1,
        total_page_count=total,
        cross_feed_transform=-1 if sheet.mirror_across else 1,
        feed_transform=-1 if sheet.mirror_along else 1,
        image_box=(0, 0, sheet.width, sheet.height),
        print_quality=target.print_quality,
        page_size_name=media_name(sheet.media)[:63],
    )


def _urf_header(sheet: Sheet, target: RasterTarget) -> urf.UrfHeader:
    return urf.UrfHeader(
        bits_per_pixel=24 if target.colour else 8,
        color_space=urf.COLOUR_SPACE_SRGB if target.colour else urf.COLOUR_SPACE_SGRAY,
        duplex=urf.DUPLEX_OF_SIDES[target.sides],
        print_quality=target.print_quality,
        width=sheet.width,
        height=sheet.height,
        resolution=target.dpi,
    )


class _PdfSource:
    def __init__(self, pdf: pypdfium2.PdfDocument) -> None:
        self._pdf = pdf
        self.page_count = len(pdf)

    def size(self, index: int) -> MediaSize:
        page = load_page(self._pdf, index)
        size = page_size(page)
        page.close()
        return size

    def bands(self, index: int, sheet: Sheet, *, grey: bool) -> Iterator[bytes]:
        page = load_page(self._pdf, index)
        matrix = placing(page_size(page), sheet)
        for top, lines in _band_tops(sheet):
            band = Matrix(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f - top)
            yield draw(page, band, sheet.width, lines, grey=grey)
        page.close()


def placing(size: MediaSize, sheet: Sheet) -> Matrix:
    """The matrix from a page's points to a sheet's pixels: turned, fitted, centred, mirrored."""
    turned = (size.width > size.height) != (sheet.media.width > sheet.media.height)
    turned = turned and size.width != size.height
    wide, high = (size.height, size.width) if turned else (size.width, size.height)
    over = max(wide - sheet.media.width, high - sheet.media.height)
    fit = min(sheet.media.width / wide, sheet.media.height / high) if over > _SAME_SIZE else 1.0
    pixels = sheet.width / sheet.media.width * fit  # per hundredth of a millimetre
    left, top = (sheet.width - wide * pixels) / 2, (sheet.height - high * pixels) / 2
    scale = pixels * HUNDREDTHS_PER_POINT
    if turned:
        a, b, c, d, e, f = 0.0, -scale, scale, 0.0, left, top + size.width * pixels
    else:
        a, b, c, d, e, f = scale, 0.0, 0.0, scale, left, top
    if sheet.mirror_across:
        a, c, e = -a, -c, sheet.width - e
    if sheet.mirror_along:
        b, d, f = -b, -d, sheet.height - f
    return Matrix(a, b, c, d, e, f)


class _RasterSource:
    def __init__(self, pages: list[RasterPage]) -> None:
        if not pages:
            raise UnreadableDocumentError(UnreadableReason.EMPTY)
        self._pages = pages
        self.page_count = len(pages)

    def size(self, index: int) -> MediaSize:
        return self._pages[index].media

    def bands(self, index: int, sheet: Sheet, *, grey: bool) -> Iterator[bytes]:
        page = self._pages[index]
        mode = "RGB" if page.may_be_coloured else "L"
        wanted = "L" if grey else "RGB"
        lines = max(1, _BAND_PIXELS // page.width)
        if (page.width, page.height) == (sheet.width, sheet.height) and not (
            sheet.mirror_across or sheet.mirror_along
        ):
            for strip in strips(page, lines):
                band = Image.frombytes(mode, (page.width, len(strip) // (page.width * len(mode))), strip)
                yield band.convert(wanted).tobytes() if mode != wanted else strip
            return
        yield from self._refitted(page, sheet, mode, wanted)

    @staticmethod
    def _refitted(page: RasterPage, sheet: Sheet, mode: str, wanted: str) -> Iterator[bytes]:
        if page.width * page.height > MAX_PAGE_PIXELS // 3:
            raise UnreadableDocumentError(UnreadableReason.TOO_LARGE)
        pixels = b"".join(strips(page, page.height))
        image = Image.frombytes(mode, (page.width, page.height), pixels).convert(wanted)
        del pixels
        turned = (page.media.width > page.media.height) != (sheet.media.width > sheet.media.height)
        wide, high = page.media.width, page.media.height
        if turned:
            image, wide, high = image.transpose(Image.Transpose.ROTATE_90), high, wide
        over = max(wide - sheet.media.width, high - sheet.media.height)
        fit = min(sheet.media.width / wide, sheet.media.height / high) if over > _SAME_SIZE else 1.0
        scale = sheet.width / sheet.media.width * fit
        size = max(1, round(wide * scale)), max(1, round(high * scale))
        if abs(size[0] - image.width) > 2 or abs(size[1] - image.height) > 2:
            image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        whole = Image.new(wanted, (sheet.width, sheet.height), "white")
        whole.paste(image, ((sheet.width - image.width) // 2, (sheet.height - image.height) // 2))
        if sheet.mirror_across:
            whole = whole.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if sheet.mirror_along:
            whole = whole.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        for top, lines in _band_tops(sheet):
            yield whole.crop((0, top, sheet.width, top + lines)).tobytes()


def _band_tops(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """(first line, number of lines) of each band."""
    lines = max(1, _BAND_PIXELS // sheet.width)
    for top in range(0, sheet.height, lines):
        yield top, min(lines, sheet.height - top)


def _blank(sheet: Sheet, *, grey: bool) -> Iterator[bytes]:
    for _, lines in _band_tops(sheet):
        yield b"\xff" * (sheet.width * lines * (1 if grey else 3))


def _to_black(band: bytes, width: int) -> bytes:
    """Grey to one bit, 1 for ink, by error diffusion."""
    image = Image.frombytes("L", (width, len(band) // width), band)
    return image.convert("1").tobytes("raw", "1;I")


def target_from(fields: dict[str, Any]) -> RasterTarget:
    """Undo what `dataclasses.asdict` and JSON made of a target."""
    media = fields["media"]
    ranges = tuple((first, last) for first, last in fields["page_ranges"])
    return RasterTarget(
        **{**fields, "media": None if media is None else MediaSize(**media), "page_ranges": ranges}
    )
