# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Other people's programs that write and read the raster formats."""

import subprocess

from documents.conftest import require_program


def ghostscript_raster(pdf: bytes, device: str, dpi: int = 60, *more: str) -> bytes:
    """What Ghostscript makes of a PDF with its `pwgraster`, `urfgray`... device."""
    program = require_program("gs")
    command = [program, "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", f"-sDEVICE={device}", f"-r{dpi}", *more]
    return subprocess.run(
        [*command, "-sOutputFile=-", "-"], input=pdf, stdout=subprocess.PIPE, check=True, timeout=60
    ).stdout


def cups_reads_raster(raster: bytes, mime_type: str) -> bytes:
    """The PDF that CUPS' own raster reader and `rastertopdf` make of a raster."""
    program = require_program("/usr/lib/cups/filter/rastertopdf")
    environment = {"CONTENT_TYPE": mime_type, "PRINTER": "test", "CUPS_SERVERBIN": "/usr/lib/cups"}
    done = subprocess.run(
        [program, "1", "user", "title", "1", ""],
        input=raster,
        capture_output=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout
