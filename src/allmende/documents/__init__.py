# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a document is: its format, pages, colour, paper and preview, and what a device takes instead.

A document passes here in clear, on its way from the client into the seal or from the seal to a device. So
nothing of it may touch a disk or a log: bytes travel in memory and through pipes only, errors are codes
out of a closed list, and the processes that read documents can't write files.

A document is hostile until proved otherwise. PDFium, Pillow and qpdf read it only in worker processes
(`worker_pool.py` here, `worker.py` there) that bound their own memory, time, files and sight of the file
system (`worker_jail.py`): a document that breaks its reader kills a worker, never the service, and the next
one gets a fresh worker. What a worker answers is checked again.

    sniff_format ─▶ Inspector ─▶ DocumentFacts          on arrival
                    Converter ─▶ PWG or Apple raster     at release, page by page
                              ─▶ chosen pages, image as PDF, pages as thumbnails
    Decompressor                                         gzip and deflate bodies, with a cap

The raster formats are our own and sans-IO: `pwg_raster.py` (PWG 5102.4) and `urf.py` (Apple), over the
line compression that they share (`raster_lines.py`). Everything may be imported without Pillow or PDFium
being loaded: only a worker loads them.

Limits: pages in memory may be swapped out by the operating system (encrypt swap, or have none); where the
kernel lacks Landlock, a taken-over worker can read what the service's user can read.
"""

from allmende.documents.conversion import Converter, RasterTarget, SheetBack
from allmende.documents.decompression import Decompressor
from allmende.documents.demo_pages import make_demo_pdf
from allmende.documents.errors import (
    ConversionFailedError,
    DecompressionError,
    DocumentError,
    InspectionFailedError,
    RasterError,
    UnreadableDocumentError,
    UnreadableReason,
)
from allmende.documents.facts import DocumentFacts, Sides
from allmende.documents.formats import (
    JPEG,
    OCTET_STREAM,
    PDF,
    PNG,
    POSTSCRIPT,
    PWG_RASTER,
    READABLE_FORMATS,
    SNIFF_BYTES,
    URF,
    sniff_format,
)
from allmende.documents.inspection import Inspector
from allmende.documents.media_sizes import MediaSize, media_name, size_of_media

__all__ = [
    "JPEG",
    "OCTET_STREAM",
    "PDF",
    "PNG",
    "POSTSCRIPT",
    "PWG_RASTER",
    "READABLE_FORMATS",
    "SNIFF_BYTES",
    "URF",
    "ConversionFailedError",
    "Converter",
    "DecompressionError",
    "Decompressor",
    "DocumentError",
    "DocumentFacts",
    "InspectionFailedError",
    "Inspector",
    "MediaSize",
    "RasterError",
    "RasterTarget",
    "SheetBack",
    "Sides",
    "UnreadableDocumentError",
    "UnreadableReason",
    "make_demo_pdf",
    "media_name",
    "size_of_media",
    "sniff_format",
]
