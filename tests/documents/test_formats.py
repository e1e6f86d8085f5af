# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest

from allmende.documents import JPEG, PDF, PNG, POSTSCRIPT, PWG_RASTER, URF, sniff_format
from documents.sample_documents import make_image, make_pdf, make_pwg, make_urf


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (make_pdf(), PDF),
        (b"\xef\xbb\xbf junk before it\n" + make_pdf(), PDF),
        (make_image(), JPEG),
        (make_image(kind="PNG"), PNG),
        (make_pwg(), PWG_RASTER),
        (make_urf(), URF),
        (b"%!PS-Adobe-3.0\n/Times findfont", POSTSCRIPT),
        (b"\x04%!PS-Adobe-3.0\n", POSTSCRIPT),
        (b"\x1b%-12345X@PJL JOB\n@PJL ENTER LANGUAGE = POSTSCRIPT\n", POSTSCRIPT),
        (b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\n%PDF-1.4\n%%EOF", PDF),
        (b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL\n\x1bE", None),
        (b"Just some words of text.", None),
        (b"RaS3PwgRaster\0\0\0", None),
    ],
)
@pytest.mark.parametrize("declared", [None, "application/octet-stream", "application/pdf", "image/urf"])
def test_content_decides_whatever_is_declared(
    document: bytes, expected: str | None, declared: str | None
) -> None:
    assert sniff_format(document[:1024], declared, "name.pdf") == expected


@pytest.mark.parametrize(
    ("declared", "name", "expected"),
    [
        ("application/pdf", None, PDF),
        ("Image/JPG; q=1", None, JPEG),
        (None, "Scan.PNG", PNG),
        ("application/octet-stream", "a.b.urf", URF),
        ("text/plain", "a.doc", None),
        (None, None, None),
    ],
)
def test_hints_count_only_while_the_head_is_short(
    declared: str | None, name: str | None, expected: str | None
) -> None:
    assert sniff_format(b"\n", declared, name) == expected
    assert sniff_format(b"neither this nor that", declared, name) is None
