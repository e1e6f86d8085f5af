# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which kind of document this is, told by its first bytes.

The bytes decide, what the client declares is a hint: Windows and some mobile clients send everything as
`application/octet-stream`, and a declared `application/pdf` may well be PostScript. Signatures: ISO
32000-1 §7.5.2 (PDF; implementation note: the header may stand in the first 1,024 bytes), ITU-T T.81
(JPEG), RFC 2083 (PNG), PWG 5102.4 §4.1 (PWG raster).
"""

from typing import Final

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
PWG_RASTER: Final = "image/pwg-raster"
URF: Final = "image/urf"
POSTSCRIPT: Final = "application/postscript"
OCTET_STREAM: Final = "application/octet-stream"

#: What `Inspector`, `Converter` and `render_pages` can read.
READABLE_FORMATS: Final = frozenset({PDF, JPEG, PNG, PWG_RASTER, URF})

#: How many bytes `sniff_format` would like to see.
SNIFF_BYTES: Final = 1024

_ALIASES: Final = {
    "application/x-pdf": PDF,
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    "application/vnd.pwg-raster": PWG_RASTER,
    "application/ps": POSTSCRIPT,
}
_ENDINGS: Final = {
    "pdf": PDF,
    "jpg": JPEG,
    "jpeg": JPEG,
    "png": PNG,
    "pwg": PWG_RASTER,
    "urf": URF,
    "ps": POSTSCRIPT,
}
_TOO_SHORT_TO_TELL: Final = 13  # the longest signature: "RaS2PwgRaster"


def sniff_format(head: bytes, declared: str | None, name: str | None = None) -> str | None:
    """Tell the MIME type from the first bytes; None when it is nothing that we know.

    `head`: the document's beginning, best `SNIFF_BYTES` or more. `declared` (the client's
    `document-format`) and `name` (the file's name) count only while `head` is too short to tell.
    PostScript is recognised so that it can be refused by name.
    """
    found = _from_signature(head)
    if found is not None or len(head) >= _TOO_SHORT_TO_TELL:
        return found
    hint = (declared or "").split(";")[0].strip().lower()
    hint = _ALIASES.get(hint, hint)
    if hint in READABLE_FORMATS or hint == POSTSCRIPT:
        return hint
    return _ENDINGS.get(name.rpartition(".")[2].lower()) if name else None


def _from_signature(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RaS2PwgRaster"):
        return PWG_RASTER
    if head.startswith(b"UNIRAST\0"):
        return URF
    start = head[:SNIFF_BYTES]
    if start.lstrip(b"\x04\r\n\t ").startswith(b"%!"):
        return POSTSCRIPT
    if start.startswith(b"\x1b%-12345X"):  # a PJL envelope: what matters is the language it announces
        envelope = start.upper()
        if b"LANGUAGE=POSTSCRIPT" in envelope.replace(b" ", b"") or b"\n%!" in start:
            return POSTSCRIPT
    if b"%PDF-" in start:
        return PDF
    return None
