# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Virtual devices as processes that outlive the service, and the log of every sheet that they printed."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PrintedSheet:
    """`at` in nanoseconds since 1970; `job` is the device's own number."""

    device: str
    job: int
    sha256: str
    pages: tuple[int, ...]
    of: int
    at: int


class LoggedDevice:
    def __init__(self, folder: Path, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self._log = folder / "printed.jsonl"
        folder.mkdir(parents=True)
        with (folder / "terminal").open("wb") as terminal:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "allmende.devices.virtual_device"),
                    *("--name", name, "--port", str(port), "--home", str(folder)),
                    *("--log", "--no-images", "--seconds-per-page", "0.01"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
            )

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert time.monotonic() < deadline, f"{self.name} does not start"
            time.sleep(0.05)

    def set_fault(self, fault: str, **details: object) -> None:
        content = json.dumps({"fault": fault, **details}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/faults", content, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20):  # noqa: S310 - our own device
            pass

    def sheets(self) -> list[PrintedSheet]:
        """In the order of printing; a line that is just being written is left out."""
        text = self._log.read_text() if self._log.exists() else ""
        lines = text[: text.rfind("\n") + 1].splitlines()
        return [
            PrintedSheet(self.name, line["job"], line["sha256"], tuple(line["pages"]), line["of"], line["at"])
            for line in map(json.loads, lines)
        ]

    def printed_bytes(self) -> int:
        """How long the log is; a line for each sheet."""
        return self._log.stat().st_size if self._log.exists() else 0

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Printouts:
    """What lies in all trays, by document (SHA-256)."""

    sheets: Mapping[str, list[PrintedSheet]]

    @classmethod
    def of(cls, devices: list[LoggedDevice]) -> Printouts:
        sheets: dict[str, list[PrintedSheet]] = defaultdict(list)
        for device in devices:
            for sheet in device.sheets():
                sheets[sheet.sha256].append(sheet)
        return cls(sheets)

    def complete(self, sha256: str) -> int:
        """How many times the whole document came out."""
        jobs: dict[tuple[str, int], set[int]] = defaultdict(set)
        for sheet in self.sheets.get(sha256, ()):
            jobs[sheet.device, sheet.job].update(sheet.pages)
        of = {sheet.of for sheet in self.sheets.get(sha256, ())}
        return sum(pages == set(range(1, max(of) + 1)) for pages in jobs.values())

    def most_often(self, sha256: str) -> int:
        """How many times that page lies there which lies there most often."""
        pages = Counter(page for sheet in self.sheets.get(sha256, ()) for page in sheet.pages)
        return max(pages.values(), default=0)


@contextlib.contextmanager
def logged_devices(folder: Path, ports: Mapping[str, int]) -> Iterator[list[LoggedDevice]]:
    devices = [LoggedDevice(folder / name, name, port) for name, port in ports.items()]
    try:
        for device in devices:
            device.wait_until_it_answers()
        yield devices
    finally:
        for device in devices:
            device.stop()
