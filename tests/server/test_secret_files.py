# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from allmende.server.secret_files import read_or_create_secret


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "pepper"
    secret = read_or_create_secret(path)
    assert len(secret) == 32
    assert read_or_create_secret(path) == secret
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: read_or_create_secret(path), range(64)))
    assert len(found) == 1
    assert [child.name for child in tmp_path.iterdir()] == ["secret"]
