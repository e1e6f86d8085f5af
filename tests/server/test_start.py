# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a service loads at its start: every process of a town pays for it in memory, and every command in time."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from allmende.server import serving
from server.service_process import service_process

#: Each is needed by few requests or by worker processes only, and costs several MB.
LARGE = {
    "drafthorse",
    "facturx",
    "highspy",
    "numpy",
    "obstore",
    "pikepdf",
    "pypdfium2",
    "pysnmp",
    "saxonche",
    "typst",
}

_LOAD = """
import sys
import allmende.server.asgi
from django.urls import get_resolver
assert get_resolver().url_patterns
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_a_service_starts_without_the_large_libraries(tmp_path: Path) -> None:
    environment = {"ALLMENDE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    loaded = subprocess.run(
        [sys.executable, "-c", _LOAD], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    assert "django" in loaded
    assert not LARGE & set(loaded)


def test_the_writer_of_jobs_loads_no_django() -> None:
    program = "import sys, allmende.printing.arrival.sqlite_writer_process; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert "sqlite3" in loaded.split()
    assert not {"django", "asyncio", "cryptography"} & set(loaded.split())


@pytest.mark.skipif(bool(os.environ.get("ALLMENDE_DATABASE_URL")), reason="the writer is SQLite's")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_service_takes_its_writer_along(tmp_path: Path, processes: int) -> None:
    with service_process(tmp_path, ALLMENDE_PROCESSES=str(processes)) as service:
        service.take_migrated_home()
        service.start()
        wait_until(lambda: len(service.writers()) == 1)
        words = Path(f"/proc/{service.writers()[0]}/cmdline").read_bytes().split(b"\0")
        address = Path(os.fsdecode(words[-3]))
        wait_until(address.is_socket)
        assert address.parent.stat().st_mode & 0o777 == 0o700
        service.kill()
        wait_until(lambda: not service.writers())
        assert not address.parent.exists()


def test_the_writers_socket_has_an_address_where_the_temporary_folder_is_deep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    folder = serving._make_socket_folder()
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "job-writer.draft"))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(deep.iterdir()) == []
    finally:
        shutil.rmtree(folder)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
