# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import io
from collections.abc import Iterator
from contextlib import aclosing

import pikepdf
import pytest
from PIL import Image

from allmende.documents import (
    JPEG,
    PDF,
    PNG,
    PWG_RASTER,
    URF,
    Converter,
    RasterTarget,
    UnreadableDocumentError,
    size_of_media,
)
from allmende.documents.conversion import SheetBack
from allmende.documents.facts import Sides
from allmende.documents.media_sizes import MediaSize
from allmende.documents.pdf_pages import open_pdf
from allmende.documents.pwg_raster import PwgPage, read_pwg_pages
from allmende.documents.urf import UrfPage, read_urf_pages
from documents.raster_programs import cups_reads_raster, ghostscript_raster
from documents.sample_documents import A3, A4, A5, make_image, make_pdf, make_pwg, make_urf

DPI = 60
A4_PIXELS = (496, 702)


async def converted(converter: Converter, document: bytes, source: str, target: RasterTarget) -> bytes:
    return b"".join([piece async for piece in converter.convert(document, source, target)])


def pwg_images(raster: bytes) -> list[Image.Image]:
    return [image_of(page) for page in read_pwg_pages(raster)]


def image_of(page: PwgPage | UrfPage) -> Image.Image:
    mode = {1: "1", 8: "L", 24: "RGB"}[page.header.bits_per_pixel]
    pixels = b"".join(line * times for line, times, _ in page.lines())
    return Image.frombytes(
        mode, (page.header.width, page.header.height), pixels, "raw", "1;I" if mode == "1" else mode
    )


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    return box


def test_targets_that_no_device_takes() -> None:
    for wrong in (
        {"dpi": 10}, {"dpi": 10_000}, {"bits": 1}, {"copies": 0}, {"format": PDF}, {"page_ranges": ((3, 1),)},
        {"page_ranges": ((0, 1),)}, {"format": URF, "bits": 1, "colour": False}, {"print_quality": 9},
        {"dpi": 2400, "media": size_of_media("iso_a0_841x1189mm")},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            RasterTarget(**wrong)


async def test_pdf_to_pwg_in_colour(converter: Converter) -> None:
    raster = await converted(converter, make_pdf(3, colour_pages={2}), PDF, RasterTarget(dpi=DPI))
    pages = list(read_pwg_pages(raster))
    header = pages[0].header
    assert [page.header.total_page_count for page in pages] == [3, 3, 3]
    assert (header.width, header.height) == A4_PIXELS
    assert (header.page_size, header.page_size_name) == ((595, 842), "iso_a4_210x297mm")
    red = image_of(pages[1]).getpixel((100, 335))
    assert red == (230, 26, 26)
    left, top, *_ = ink_box(image_of(pages[0]))
    assert abs(left - 40 * DPI / 72) <= 1
    assert abs(top - 40 * DPI / 72) <= 1


async def test_pdf_to_urf_in_grey(converter: Converter) -> None:
    target = RasterTarget(format=URF, dpi=DPI, colour=False, sides="two-sided-short-edge")
    raster = await converted(converter, make_pdf(2, colour_pages={1}), PDF, target)
    pages = list(read_urf_pages(raster))
    assert raster[8:12] == b"\0\0\0\2"
    assert [(page.header.bits_per_pixel, page.header.duplex) for page in pages] == [(8, 2), (8, 2)]
    assert image_of(pages[0]).getpixel((100, 335)) not in {0, 255}


async def test_one_bit_is_ink(converter: Converter) -> None:
    target = RasterTarget(dpi=DPI, colour=False, bits=1)
    (page,) = pwg_images(await converted(converter, make_pdf(1), PDF, target))
    assert page.getpixel((60, 40)) == 0
    assert page.getpixel((5, 5)) == 255


@pytest.mark.parametrize("source", [PDF, PWG_RASTER, URF])
@pytest.mark.parametrize(
    ("sides", "back", "transform"),
    [
        ("two-sided-long-edge", "normal", (1, 1)),
        ("two-sided-long-edge", "flipped", (1, -1)),
        ("two-sided-short-edge", "flipped", (-1, 1)),
        ("two-sided-long-edge", "rotated", (-1, -1)),
        ("two-sided-short-edge", "rotated", (1, 1)),
        ("two-sided-long-edge", "manual-tumble", (1, 1)),
        ("two-sided-short-edge", "manual-tumble", (-1, -1)),
        ("one-sided", "rotated", (1, 1)),
    ],
)
async def test_the_back_is_mirrored_as_the_device_wants_it(
    converter: Converter, source: str, sides: Sides, back: SheetBack, transform: tuple[int, int]
) -> None:
    document = {PDF: make_pdf(2), PWG_RASTER: make_pwg(2), URF: make_urf(2)}[source]
    plain = pwg_images(await converted(converter, document, source, RasterTarget(dpi=30, colour=False)))[1]
    target = RasterTarget(dpi=30, colour=False, sides=sides, sheet_back=back)
    front, page = read_pwg_pages(await converted(converter, document, source, target))
    assert (page.header.cross_feed_transform, page.header.feed_transform) == transform
    assert (front.header.cross_feed_transform, front.header.feed_transform) == (1, 1)
    across, along = transform
    expected = plain.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if across < 0 else plain
    expected = expected.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if along < 0 else expected
    assert all(
        abs(one - other) <= 1 for one, other in zip(ink_box(image_of(page)), ink_box(expected), strict=True)
    )
    if transform != (1, 1):
        assert ink_box(image_of(page)) != ink_box(plain)


def tops(images: list[Image.Image]) -> Iterator[int | None]:
    """Which page of `make_pwg` this is, by the place of its bar; None for a blank one."""
    for image in images:
        box = image.point(lambda value: 255 if value < 128 else 0).getbbox()
        yield None if box is None else round(box[1] * 10 / image.height)


async def test_ranges_and_copies_and_blank_backs(converter: Converter) -> None:
    target = RasterTarget(dpi=30, colour=False, page_ranges=((4, 99), (1, 2)), copies=2)
    images = pwg_images(await converted(converter, make_pwg(5), PWG_RASTER, target))
    assert list(tops(images)) == [1, 2, 4, 5, 1, 2, 4, 5]
    target = RasterTarget(dpi=30, colour=False, page_ranges=((1, 3),), copies=2, sides="two-sided-long-edge")
    images = pwg_images(await converted(converter, make_pwg(5), PWG_RASTER, target))
    assert list(tops(images)) == [1, 2, 3, None, 1, 2, 3]
    with pytest.raises(UnreadableDocumentError, match="no-such-page"):
        await converted(converter, make_pwg(5), PWG_RASTER, RasterTarget(page_ranges=((6, 9),)))


async def test_raster_becomes_the_other_kind_at_the_same_pixels(converter: Converter) -> None:
    target = RasterTarget(format=URF, dpi=30)
    raster = await converted(converter, make_pwg(2, colour_pages={2}), PWG_RASTER, target)
    grey, coloured = map(image_of, read_urf_pages(raster))
    assert coloured.tobytes() == image_of(list(read_pwg_pages(make_pwg(2, colour_pages={2})))[1]).tobytes()
    assert grey.convert("L").tobytes() == pwg_images(make_pwg(1))[0].tobytes()


async def test_raster_of_another_resolution_is_refitted(converter: Converter) -> None:
    (page,) = pwg_images(await converted(converter, make_urf(1), URF, RasterTarget(dpi=DPI, colour=False)))
    assert page.size == A4_PIXELS
    assert all(
        abs(one - 2 * other) <= 2
        for one, other in zip(ink_box(page), ink_box(pwg_images(make_pwg(1))[0]), strict=True)
    )


async def test_pages_are_fitted_turned_and_centred(converter: Converter) -> None:
    pdf = make_pdf(3, sizes=(A3, A5, A4[::-1]))
    large, small, wide = pwg_images(await converted(converter, pdf, PDF, RasterTarget(dpi=DPI, colour=False)))
    assert [image.size for image in (large, small, wide)] == [A4_PIXELS] * 3
    # A3 shrinks by the square root of two.
    assert abs(ink_box(large)[0] - 40 * DPI / 72 / 2**0.5) <= 1
    # A5 keeps its size in the middle.
    assert abs(ink_box(small)[0] - (40 + (A4[0] - A5[0]) / 2) * DPI / 72) <= 1
    # Turned to the left: the bar at the page's top left (40, 40) comes to the lower left.
    left, _, _, bottom = ink_box(wide)
    assert abs(left - 40 * DPI / 72) <= 1
    assert abs(bottom - (A4[1] - 40) * DPI / 72) <= 1


async def test_without_media_each_page_keeps_its_own(converter: Converter) -> None:
    raster = await converted(converter, make_pdf(2, sizes=(A5, A4)), PDF, RasterTarget(dpi=DPI, media=None))
    names = [page.header.page_size_name for page in read_pwg_pages(raster)]
    assert names == ["iso_a5_148x210mm", "iso_a4_210x297mm"]


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", JPEG), ("PNG", PNG)])
async def test_images_fill_the_sheet(converter: Converter, kind: str, mime: str) -> None:
    (page,) = pwg_images(
        await converted(converter, make_image(900, 600, kind=kind), mime, RasterTarget(dpi=DPI))
    )
    assert page.size == A4_PIXELS
    middle = page.getpixel((248, 351))
    assert isinstance(middle, tuple)
    assert middle[0] > middle[1] + 40


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
async def test_jpeg_colour_spaces_survive(converter: Converter, mode: str) -> None:
    pdf = await converter.image_to_pdf(make_image(mode=mode), JPEG, MediaSize(21000, 29700))
    (png,) = await converter.render_pages(pdf, PDF, height=200)
    dark, light = sorted(
        Image.open(io.BytesIO(png)).convert("L").crop(box).resize((1, 1)).tobytes()[0]
        for box in ((20, 20, 260, 60), (20, 140, 260, 180))
    )
    assert light - dark > 30


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_exif_orientation_means_the_same_in_pdf_and_preview(
    converter: Converter, orientation: int
) -> None:
    image = Image.new("L", (300, 200), 255)
    image.paste(0, (0, 0, 150, 60))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    tall = orientation > 4
    paper = MediaSize(20000, 30000)
    pdf = await converter.image_to_pdf(out.getvalue(), JPEG, paper)
    (from_pdf,) = await converter.render_pages(pdf, PDF, height=300 if tall else 200)
    (preview,) = await converter.render_pages(out.getvalue(), JPEG, height=300 if tall else 200)
    boxes = [ink_box(Image.open(io.BytesIO(png))) for png in (from_pdf, preview)]
    assert all(abs(one - other) <= 2 for one, other in zip(*boxes, strict=True))


async def test_select_pages(converter: Converter) -> None:
    selected = await converter.select_pages(make_pdf(6, marker="Seite"), [(5, 9), (2, 2)])
    with pikepdf.open(io.BytesIO(selected)) as pdf:
        texts = [page.Contents.read_bytes() for page in pdf.pages]
    assert [number for text in texts for number in range(1, 7) if b"(Seite %d)" % number in text] == [2, 5, 6]
    with pytest.raises(UnreadableDocumentError, match="no-such-page"):
        await converter.select_pages(make_pdf(1), [(2, 3)])
    with pytest.raises(UnreadableDocumentError, match="broken"):
        await converter.select_pages(b"%PDF-1.4 nonsense", [(1, 1)])


@pytest.mark.parametrize(
    ("document", "mime"), [(make_pdf(4), PDF), (make_pwg(4), PWG_RASTER), (make_urf(4), URF)]
)
async def test_thumbnails(converter: Converter, document: bytes, mime: str) -> None:
    pages = await converter.render_pages(document, mime, height=100, max_pages=3)
    images = [Image.open(io.BytesIO(page)) for page in pages]
    assert [image.height for image in images] == [100, 100, 100]
    assert all(69 <= image.width <= 72 for image in images)
    assert len({image.tobytes() for image in images}) == 3


async def test_raster_comes_piece_by_piece_and_may_be_left(converter: Converter) -> None:
    async with aclosing(converter.convert(make_pdf(900), PDF, RasterTarget(dpi=150))) as pieces:
        first = await anext(pieces)
    assert first.startswith(b"RaS2")
    assert len(await converted(converter, make_pdf(1), PDF, RasterTarget(dpi=DPI))) > 1796


@pytest.mark.system
@pytest.mark.parametrize("mime", [PWG_RASTER, URF])
@pytest.mark.parametrize("colour", [True, False])
async def test_cups_reads_what_we_convert(converter: Converter, mime: str, colour: bool) -> None:
    target = RasterTarget(format=mime, dpi=150, colour=colour, sides="two-sided-long-edge")
    raster = await converted(converter, make_pdf(3, colour_pages={2}), PDF, target)
    pdf = open_pdf(bytearray(cups_reads_raster(raster, mime)), 10)
    assert len(pdf) == 3
    assert [round(side) for side in pdf.get_page_size(0)] == [595, 842]


@pytest.mark.system
async def test_what_ghostscript_rasters_looks_as_what_we_raster(converter: Converter) -> None:
    pdf = make_pdf(1)
    theirs = ghostscript_raster(pdf, "pwgraster", DPI, "-dcupsColorSpace=18", "-dcupsBitsPerColor=8")
    ours = await converted(converter, pdf, PDF, RasterTarget(dpi=DPI, colour=False))
    boxes = ink_box(pwg_images(theirs)[0]), ink_box(pwg_images(ours)[0])
    assert all(abs(one - other) <= 2 for one, other in zip(*boxes, strict=True))
