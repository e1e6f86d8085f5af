# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper of equal processes: who dies is replaced, who is told to end takes all along, who is killed leaves nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_PATIENCE = 30.0
_PROGRAM = """
import signal, sys
from pathlib import Path
from allmende.server.process_group import run_group

def work(number):
    # In this order: who is seen can be told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Path(sys.argv[1], f"{number}-{__import__('os').getpid()}").touch()
    if sys.argv[2] == "fails":
        return 3
    while True:
        signal.pause()

sys.exit(run_group(2, work))
"""


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(kind: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", _PROGRAM, str(tmp_path), kind]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def seen(folder: Path) -> list[tuple[int, int]]:
    """Number and process of all that ever began."""
    names = (path.name.split("-") for path in folder.iterdir())
    return sorted((int(number), int(pid)) for number, pid in names)


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_dies_is_replaced_and_all_end_together(
    tmp_path: Path, group: Callable[[str], subprocess.Popen[str]]
) -> None:
    keeper = group("works")
    wait_until(lambda: len(seen(tmp_path)) == 2)
    (_, first), (_, second) = seen(tmp_path)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(seen(tmp_path)) == 3)
    assert [number for number, _ in seen(tmp_path)] == [0, 0, 1]
    assert is_there(second)
    keeper.terminate()
    assert keeper.wait(_PATIENCE) == 0
    assert not any(is_there(pid) for _, pid in seen(tmp_path))


def test_who_can_not_start_is_not_started_for_ever(
    tmp_path: Path, group: Callable[[str], subprocess.Popen[str]]
) -> None:
    keeper = group("fails")
    _, complaint = keeper.communicate(timeout=_PATIENCE)
    assert keeper.returncode == 3
    assert "giving up" in complaint
    assert len(seen(tmp_path)) < 10


def test_nobody_outlives_a_keeper_that_was_killed(
    tmp_path: Path, group: Callable[[str], subprocess.Popen[str]]
) -> None:
    keeper = group("works")
    wait_until(lambda: len(seen(tmp_path)) == 2)
    keeper.kill()
    wait_until(lambda: not any(is_there(pid) for _, pid in seen(tmp_path)))
