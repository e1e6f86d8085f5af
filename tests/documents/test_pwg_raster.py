# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import dataclasses
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.documents import PWG_RASTER, RasterError
from allmende.documents.pdf_pages import open_pdf
from allmende.documents.pwg_raster import HEADER_BYTES, PwgHeader, read_pwg_pages
from allmende.documents.raster_lines import RasterLimits
from documents.raster_programs import cups_reads_raster, ghostscript_raster
from documents.sample_documents import make_page_pixels, make_pdf, make_pwg


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_any_header_encodes_to_its_own_bytes(data: bytes) -> None:
    assert PwgHeader.decode(data).encode() == data


def test_fields_stand_where_the_standard_puts_them() -> None:
    header = PwgHeader(
        width=2480, height=3508, bits_per_pixel=24, bytes_per_line=7440, color_space=19, duplex=1, tumble=1,
        hw_resolution=(300, 600), num_copies=7, page_size=(595, 842), total_page_count=9,
        cross_feed_transform=-1, page_size_name="iso_a4_210x297mm", print_quality=5, vendor_length=3,
    )  # fmt: skip
    data = header.encode()
    at = {272: 1, 276: 300, 280: 600, 340: 7, 352: 595, 356: 842, 368: 1, 372: 2480, 376: 3508, 388: 24}
    at |= {392: 7440, 400: 19, 452: 9, 456: 0xFFFFFFFF, 460: 1, 484: 5, 512: 3}
    assert {offset: struct.unpack_from(">I", data, offset)[0] for offset in at} == at
    assert data[:10] == b"PwgRaster\0"
    assert data[1732:1749] == b"iso_a4_210x297mm\0"
    assert header.sides == "two-sided-short-edge"


def test_pages_come_back_line_by_line() -> None:
    pages = list(read_pwg_pages(make_pwg(3, colour_pages={2})))
    assert [page.header.color_space for page in pages] == [18, 19, 18]
    lines = b"".join(line * times for line, times, _ in pages[1].lines())
    assert lines == make_page_pixels(248, 351, colour=True, page=2)


@pytest.mark.parametrize("cut", [1, 3, 100, 1796, 1799, 1815])
def test_a_document_that_is_cut_short(cut: int) -> None:
    document = make_pwg(1)
    with pytest.raises(RasterError):
        list(read_pwg_pages(document[:cut]))


@pytest.mark.parametrize(
    "change",
    [
        {"width": 2**32 - 1},
        {"height": 2**32 - 1},
        {"bytes_per_line": 247},
        {"bytes_per_line": 2**31},
        {"bits_per_pixel": 7},
        {"color_order": 1},
        {"pwg_raster": "Other"},
    ],
)
def test_headers_that_lie_are_refused_at_once(change: dict[str, int]) -> None:
    document = make_pwg(1)
    header = dataclasses.replace(PwgHeader.decode(document[4 : 4 + HEADER_BYTES]), **change)  # type: ignore[arg-type]
    with pytest.raises(RasterError):
        list(read_pwg_pages(document[:4] + header.encode() + document[4 + HEADER_BYTES :]))


def test_too_many_pages() -> None:
    assert len(list(read_pwg_pages(make_pwg(3), RasterLimits(pages=3)))) == 3
    with pytest.raises(RasterError, match="too-many-pages"):
        list(read_pwg_pages(make_pwg(4), RasterLimits(pages=3)))


@pytest.mark.system
@pytest.mark.parametrize(("space", "bits"), [("sgray", 8), ("srgb", 24), ("black", 1)])
def test_ghostscript_s_pages_are_read(space: str, bits: int) -> None:
    code = {"sgray": 18, "srgb": 19, "black": 3}[space]
    options = [f"-dcupsColorSpace={code}", f"-dcupsBitsPerColor={1 if bits == 1 else 8}"]
    raster = ghostscript_raster(make_pdf(2, colour_pages={2}), "pwgraster", 60, *options)
    pages = list(read_pwg_pages(raster))
    assert [(page.header.color_space, page.header.bits_per_pixel) for page in pages] == [(code, bits)] * 2
    for page in pages:
        lines = sum(times for _, times, _ in page.lines())
        assert lines == page.header.height
        assert abs(page.header.height - 702) <= 2


@pytest.mark.system
def test_cups_reads_our_pages() -> None:
    pdf = cups_reads_raster(make_pwg(3, colour_pages={3}), PWG_RASTER)
    assert len(open_pdf(bytearray(pdf), 10)) == 3
