# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Looks for secrets in everything that a service leaves on a disk, in each form in which they could be written."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.service_process import ServiceProcess

_PIECE: Final = 4 * 1024 * 1024


def forms_of(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of the secret as text, wide text, hex and base64 at each of its three alignments."""
    yield "plain", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for skipped in range(3):
        middle = base64.b64encode(b"\0" * skipped + secret)[skipped + 1 if skipped else 0 :]
        yield f"base64+{skipped}", middle.rstrip(b"=")[:-1]
    try:
        text = secret.decode("ascii")
    except UnicodeDecodeError:
        return
    yield "lower", text.lower().encode()
    yield "upper", text.upper().encode()
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")


@dataclass
class ClearTextSearch:
    """`secrets` by name; more may be added on the way."""

    service: ServiceProcess
    secrets: dict[str, bytes] = field(default_factory=dict)

    def find(self) -> list[str]:
        """Where which secret lies, and in which form."""
        forms = {
            f"{name} as {form}": needle
            for name, secret in self.secrets.items()
            for form, needle in forms_of(secret)
        }
        return [f"{what} in {path}" for path in self._files() for what in _find_in(path, forms)]

    def _files(self) -> Iterator[Path]:
        yield self.service.log_path
        folders = [self.service.home, self.service.temporary]
        if self.service.database_url:
            folders.append(_data_folder(self.service.database_url))
        for folder in folders:
            for path, _, names in os.walk(folder):
                yield from (Path(path) / name for name in names)


def _data_folder(database_url: str) -> Path:
    """The cluster's files, its write-ahead log included; everything that it still keeps in memory is flushed first."""
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    folder = Path(row[0])
    assert os.access(folder, os.R_OK | os.X_OK), "the database's files can't be searched"
    return folder


def _find_in(path: Path, forms: Mapping[str, bytes]) -> Iterator[str]:
    longest = max(map(len, forms.values()), default=0)
    found: set[str] = set()
    try:
        with path.open("rb") as file:
            tail = b""
            while piece := file.read(_PIECE):
                text = tail + piece
                found.update(what for what, needle in forms.items() if what not in found and needle in text)
                tail = text[-longest:]
    except OSError:  # sockets, and files that went away meanwhile
        return
    yield from found


def read_in_a_process_of_its_own(path: Path) -> bytes:
    """For the file of a database that is open here: who closes it lets go of all locks that SQLite has on it in this process, and the next
    process that closes the database would take its log away from under us.
    """
    return subprocess.run(["cat", str(path)], check=True, capture_output=True).stdout
