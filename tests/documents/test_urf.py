# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.documents import URF, RasterError
from allmende.documents.pdf_pages import open_pdf
from allmende.documents.raster_lines import RasterLimits
from allmende.documents.urf import FILE_HEADER_BYTES, HEADER_BYTES, UrfHeader, read_urf_pages
from documents.raster_programs import cups_reads_raster, ghostscript_raster
from documents.sample_documents import make_page_pixels, make_pdf, make_urf


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_any_header_encodes_to_its_own_bytes(data: bytes) -> None:
    assert UrfHeader.decode(data).encode() == data


def test_pages_come_back_line_by_line() -> None:
    pages = list(read_urf_pages(make_urf(3, colour_pages={2})))
    assert [page.header.color_space for page in pages] == [0, 1, 0]
    lines = b"".join(line * times for line, times, _ in pages[1].lines())
    assert lines == make_page_pixels(248, 351, colour=True, page=2)


def test_the_file_s_page_count_is_not_believed() -> None:
    document = make_urf(2)
    for claim in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        assert len(list(read_urf_pages(document[:8] + claim + document[12:]))) == 2


@pytest.mark.parametrize("cut", [1, 8, 11, 13, 43, 60])
def test_a_document_that_is_cut_short(cut: int) -> None:
    with pytest.raises(RasterError):
        list(read_urf_pages(make_urf(1)[:cut]))


@pytest.mark.parametrize(
    "field", [(12, b"\xff\xff\xff\xff"), (16, b"\xff\xff\xff\xff"), (0, b"\x07"), (20, bytes(4))]
)
def test_headers_that_lie_are_refused_at_once(field: tuple[int, bytes]) -> None:
    document = bytearray(make_urf(1))
    start = FILE_HEADER_BYTES + field[0]
    document[start : start + len(field[1])] = field[1]
    with pytest.raises(RasterError):
        list(read_urf_pages(document))


def test_too_many_pages() -> None:
    with pytest.raises(RasterError, match="too-many-pages"):
        list(read_urf_pages(make_urf(4), RasterLimits(pages=3)))


@pytest.mark.system
@pytest.mark.parametrize(("space", "bits"), [(18, 8), (19, 24)])
def test_ghostscript_s_pages_are_read(space: int, bits: int) -> None:
    options = [f"-dcupsColorSpace={space}", "-dcupsBitsPerColor=8"]
    raster = ghostscript_raster(make_pdf(2, colour_pages={2}), "urf", 60, *options)
    pages = list(read_urf_pages(raster))
    assert [page.header.bits_per_pixel for page in pages] == [bits] * 2
    for page in pages:
        assert sum(times for _, times, _ in page.lines()) == page.header.height
        assert abs(page.header.height - 702) <= 2


@pytest.mark.system
def test_cups_reads_our_pages() -> None:
    pdf = cups_reads_raster(make_urf(3, colour_pages={3}), URF)
    assert len(open_pdf(bytearray(pdf), 10)) == 3
