# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small page to try printing with, written without any PDF library.

Pure Python, no compression, Helvetica from the reader's own stock: the result is a few kilobytes and the
same bytes every time.
"""

from typing import Final

from allmende.documents.pdf_objects import build_pdf, stream_object

_A4: Final = (595, 842)
_ACCENT: Final = "0.07 0.36 0.52"
_GREY: Final = "0.35 0.35 0.35"


def make_demo_pdf(title: str, pages: int = 1, *, colour: bool = True, lines: tuple[str, ...] = ()) -> bytes:
    """An A4 PDF of `pages` pages with `title` and the page's number; `lines` are set below the title.

    Characters beyond Windows-1252 are replaced by question marks.
    """
    if not 1 <= pages <= 1000:
        raise ValueError("a demo document has 1 to 1000 pages")
    page_numbers = range(1, pages + 1)
    kids = " ".join(f"{2 + 2 * number} 0 R" for number in page_numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number in page_numbers:
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_A4[0]} {_A4[1]}] /Contents {3 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            stream_object(b"", _drawing(title, number, pages, colour=colour, lines=lines)),
        ]
    return build_pdf(objects)


def _drawing(title: str, number: int, pages: int, *, colour: bool, lines: tuple[str, ...]) -> bytes:
    accent = _ACCENT if colour else _GREY
    parts = [
        f"{accent} rg 0 782 595 60 re f".encode(),
        _text(title, 56, 715, 26, "0 0 0"),
        *(_text(line, 56, 680 - 20 * index, 12, "0 0 0") for index, line in enumerate(lines)),
        f"{accent} RG 2 w 56 120 483 1 re S".encode(),
        _text(f"{number} / {pages}", 56, 92, 14, _GREY),
    ]
    # A row of wedges, light to dark: shows at a glance whether grey and colour come out well.
    for step in range(10):
        light = step / 10
        shade = f"{light} {0.36 + 0.6 * light} {1 - light}" if colour else f"{light} {light} {light}"
        parts.append(f"{shade} rg {56 + 48 * step} 150 44 60 re f".encode())
    return b"\n".join(parts)


def _text(text: str, left: int, bottom: int, size: int, colour: str) -> bytes:
    shown = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        shown = shown.replace(special, b"\\" + special)
    shown = shown.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"BT /F1 %d Tf %b rg %d %d Td (%b) Tj ET" % (size, colour.encode(), left, bottom, shown)
