# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents to test with, made by hand: the same bytes every time, of any size that is wanted."""

import io
import random
import zlib
from collections.abc import Collection, Sequence

from PIL import Image

from allmende.documents.pdf_objects import build_pdf, stream_object
from allmende.documents.pwg_raster import COLOUR_SPACE_SGRAY, COLOUR_SPACE_SRGB, PwgHeader, PwgWriter
from allmende.documents.urf import UrfHeader, UrfWriter

A4 = (595.276, 841.89)
A5 = (419.528, 595.276)
A3 = (841.89, 1190.551)


def make_pdf(
    pages: int = 1,
    *,
    colour_pages: Collection[int] = (),
    marker: str = "",
    sizes: Sequence[tuple[float, float]] = (A4,),
    rotate: int = 0,
    padding: int = 0,
) -> bytes:
    """A PDF of `pages` pages; `colour_pages` (1-based) bear a red bar, each page its number and `marker`.

    `sizes` are given to the pages in turn, in points. `padding`: so many bytes that can't be compressed.
    """
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index in range(pages):
        width, height = sizes[index % len(sizes)]
        drawing = f"0 0 0 rg 40 {height - 60:.2f} 100 20 re f BT /F1 24 Tf 40 {height - 120:.2f} Td "
        drawing += f"({marker} {index + 1}) Tj ET"
        if index + 1 in colour_pages:
            drawing += f" 0.9 0.1 0.1 rg 40 {height / 2:.2f} 200 40 re f"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Rotate {rotate} "
            f"/Contents {5 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            stream_object(b"", drawing.encode("latin-1")),
        ]
    if padding:
        objects.append(stream_object(b"", random.Random(padding).randbytes(padding)))
    return build_pdf(objects)


def make_10kb_pdf(marker: str = "Bench") -> bytes:
    """One grey A4 page in exactly 10,000 bytes."""
    bare = len(make_pdf(marker=marker, padding=1000)) - 1000
    padding = 10_000 - bare
    while (size := len(make_pdf(marker=marker, padding=padding))) != 10_000:
        padding += 10_000 - size
    return make_pdf(marker=marker, padding=padding)


def make_bomb_pdf(megabytes: int) -> bytes:
    """A page whose content stream swells to `megabytes` MB of strokes that all must be kept."""
    deflated = zlib.compressobj(1)
    block = b"1 0 0 1 0 0 cm 0 0 m 9 9 l S\n" * 36_000
    data = b"".join(deflated.compress(block) for _ in range(megabytes)) + deflated.flush()
    return build_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
            stream_object(b"/Filter /FlateDecode", data),
        ]
    )


def make_many_pages_pdf(pages: int) -> bytes:
    """`pages` kids that are all the same page: many pages in few bytes."""
    return build_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [" + b"3 0 R " * pages + b"] /Count %d >>" % pages,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        ]
    )


def make_looping_pdf() -> bytes:
    """A page tree whose only branch is itself."""
    return build_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 3 >>",
        ]
    )


def make_image(
    width: int = 120, height: int = 80, *, colour: bool = True, kind: str = "JPEG", mode: str = "RGB"
) -> bytes:
    """A ramp; red to the right when `colour`, grey (also as RGB) when not."""
    ramp = Image.linear_gradient("L").resize((width, height)).rotate(180)
    other = ramp.point(lambda value: value // 4) if colour else ramp
    image = Image.merge("RGB", (ramp, other, other)).convert(mode)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def make_page_pixels(width: int, height: int, *, colour: bool, page: int = 1) -> bytes:
    """White with a black (or red) bar whose place tells the page; RGB when `colour`, else grey."""
    white, ink = (b"\xff\xff\xff", b"\xd0\x10\x10") if colour else (b"\xff", b"\x00")
    bar = range(height * page // 10, height * page // 10 + max(1, height // 10))
    left, right = width // 4, width // 8
    inked = white * left + ink * (width - left - right) + white * right
    return b"".join(inked if y in bar else white * width for y in range(height))


def make_pwg(
    pages: int = 1, *, colour_pages: Collection[int] = (), width: int = 248, height: int = 351, dpi: int = 30
) -> bytes:
    """A4 at 30 dpi unless told; pages in `colour_pages` are sRGB, others grey."""
    writer = PwgWriter()
    out = b""
    for page in range(1, pages + 1):
        colour = page in colour_pages
        bits = 24 if colour else 8
        header = PwgHeader(
            hw_resolution=(dpi, dpi),
            page_size=(round(width * 72 / dpi), round(height * 72 / dpi)),
            width=width,
            height=height,
            bits_per_pixel=bits,
            bytes_per_line=width * bits // 8,
            color_space=COLOUR_SPACE_SRGB if colour else COLOUR_SPACE_SGRAY,
            num_colors=3 if colour else 1,
        )
        out += writer.begin_page(header)
        out += writer.lines(make_page_pixels(width, height, colour=colour, page=page))
        out += writer.end_page()
    return out


def make_urf(
    pages: int = 1, *, colour_pages: Collection[int] = (), width: int = 248, height: int = 351, dpi: int = 30
) -> bytes:
    """As `make_pwg`."""
    writer = UrfWriter(pages)
    out = b""
    for page in range(1, pages + 1):
        colour = page in colour_pages
        header = UrfHeader(
            bits_per_pixel=24 if colour else 8,
            color_space=1 if colour else 0,
            width=width,
            height=height,
            resolution=dpi,
        )
        out += writer.begin_page(header)
        out += writer.lines(make_page_pixels(width, height, colour=colour, page=page))
        out += writer.end_page()
    return out
