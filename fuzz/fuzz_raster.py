# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Coverage-guided fuzzing of the raster readers: `python fuzz/fuzz_raster.py -max_total_time=60`.

For any bytes: both readers parse or raise RasterError, quickly; walking a page and decoding it come to the
same end; what was decoded encodes to lines that decode to the same.
"""

import sys
import time

import atheris

with atheris.instrument_imports():
    from allmende.documents.errors import RasterError
    from allmende.documents.pwg_raster import PwgPage, read_pwg_pages
    from allmende.documents.raster_lines import PageEncoder, RasterLimits, decode_lines
    from allmende.documents.urf import UrfPage, read_urf_pages

LIMITS = RasterLimits(width=2_000, height=2_000, pixels=100_000, bytes_per_line=8_000, pages=20)
SECONDS = 2.0


def check_page(page: PwgPage | UrfPage) -> None:
    shape = page.header.line_shape
    encoder = PageEncoder(shape.unit, shape.bytes_per_line)
    lines, packed = [], b""
    for line, times, _ in page.lines():
        assert len(line) == shape.bytes_per_line  # noqa: S101
        lines.append((line, times))
        packed += encoder.lines(line * times)
    packed += encoder.end_page()
    again = b"".join(line * times for line, times, _ in decode_lines(packed, 0, shape))
    assert again == b"".join(line * times for line, times in lines)  # noqa: S101


def fuzz_one(data: bytes) -> None:
    start = time.process_time()
    for read, sync in ((read_pwg_pages, b"RaS2"), (read_urf_pages, b"UNIRAST\0")):
        for document in (data, sync + data):
            try:
                for page in read(document, LIMITS):
                    check_page(page)
            except RasterError:
                continue
    assert time.process_time() - start < SECONDS + len(data) * 1e-4, "too slow"  # noqa: S101


def main() -> None:
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
