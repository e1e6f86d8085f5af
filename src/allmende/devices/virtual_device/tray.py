# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What came out: the tray's pages, and the log that a crash test reads."""

import json
import os
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

PAGES_KEPT: Final = 500
IMAGE_BYTES_KEPT: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TrayPage:
    """One printed side. `number` counts all that ever came out of this device."""

    number: int
    job_id: int
    title: str
    page: int
    pages: int
    copy: int
    copies: int
    sheet: int
    side: str
    sides: str
    colour: str
    printed_at: datetime
    document_sha256: str
    image: bytes | None

    def to_json(self) -> dict[str, str | int | None]:
        return {
            "number": self.number,
            "job": self.job_id,
            "title": self.title,
            "page": self.page,
            "pages": self.pages,
            "copy": self.copy,
            "copies": self.copies,
            "sheet": self.sheet,
            "side": self.side,
            "sides": self.sides,
            "colour": self.colour,
            "time": self.printed_at.isoformat(timespec="milliseconds"),
            "image": f"/tray/{self.number}.png" if self.image else None,
        }


class Tray:
    """The last pages, newest last; bounded in number and in the size of their images."""

    def __init__(self) -> None:
        self.pages: deque[TrayPage] = deque()
        self._image_bytes = 0
        self._count = 0

    def next_number(self) -> int:
        self._count += 1
        return self._count

    def drop(self, page: TrayPage) -> None:
        self.pages.append(page)
        self._image_bytes += len(page.image or b"")
        while len(self.pages) > PAGES_KEPT or self._image_bytes > IMAGE_BYTES_KEPT:
            self._image_bytes -= len(self.pages.popleft().image or b"")

    def empty(self) -> None:
        self.pages.clear()
        self._image_bytes = 0

    def image(self, number: int) -> bytes | None:
        return next((page.image for page in self.pages if page.number == number), None)


class PrintLog:
    """`printed.jsonl`: one line per sheet, on stable storage before the next sheet moves."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write_sheet(self, **facts: str | int | list[int]) -> None:
        os.write(self._file, json.dumps(facts, separators=(",", ":")).encode() + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)
