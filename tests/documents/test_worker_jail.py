# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jail is made of Linux' own means")

PREPARE = """
import os, sys, socket, resource
from allmende.documents.worker_jail import hide_file_system, limit_cpu, limit_resources
limit_resources()
"""


def in_jail(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREPARE + code], capture_output=True, text=True, check=False, timeout=30
    )


def test_nothing_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / "leak"
    done = in_jail(f"f = open({str(target)!r}, 'w'); f.write('secret'); f.close()")
    assert "File too large" in done.stderr
    assert not target.exists() or target.read_bytes() == b""


def test_memory_is_bounded() -> None:
    assert "MemoryError" in in_jail("bytearray(1 << 30)").stderr
    assert in_jail("bytearray(1 << 28)").returncode == 0


def test_endless_work_is_killed() -> None:
    assert in_jail("limit_cpu(0.1)\nwhile True: pass").returncode == -24  # SIGXCPU


def test_the_rest_of_the_file_system_is_out_of_sight(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("secret")
    done = in_jail(f"print(hide_file_system()); sys.stdout.flush(); open({str(secret)!r}).read()")
    if done.stdout.strip() == "False":
        pytest.skip("this kernel has no Landlock")
    assert "PermissionError" in done.stderr
    assert "PermissionError" in in_jail("hide_file_system(); open('/etc/passwd')").stderr
    assert in_jail("hide_file_system(); import colorsys; print(1)").stdout == "1\n"


def test_no_new_file_can_be_made_either(tmp_path: Path) -> None:
    done = in_jail(f"print(hide_file_system()); sys.stdout.flush(); open({str(tmp_path / 'name')!r}, 'w')")
    if done.stdout.strip() == "False":
        pytest.skip("this kernel has no Landlock")
    assert list(tmp_path.iterdir()) == []
