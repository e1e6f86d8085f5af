# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The few words of PDF that are needed to write one by hand (ISO 32000-1 §7.3 to §7.5)."""

from collections.abc import Sequence


def stream_object(entries: bytes, data: bytes) -> bytes:
    """A stream's body, its length filled in."""
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries, len(data), data)


def build_pdf(objects: Sequence[bytes], version: bytes = b"1.4") -> bytes:
    """Number the objects from 1 (the first is the catalogue), and write header, table and trailer."""
    out = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
