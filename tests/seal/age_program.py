# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The `age` program as judge: not ours, so it can tell us that we are wrong."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from allmende.seal import Identity, Recipient


def require_age() -> str:
    program = shutil.which("age")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("the program age is missing (Debian: apt install age)")
        pytest.skip("the program age is not installed (Debian: apt install age)")
    return program


def encrypt(recipients: list[Recipient], data: bytes) -> bytes:
    arguments = [part for recipient in recipients for part in ("-r", recipient.to_text())]
    return subprocess.run([require_age(), *arguments], input=data, capture_output=True, check=True).stdout


def decrypt(identity: Identity, sealed: bytes, folder: Path) -> bytes:
    key = folder / "key.txt"
    key.write_text(identity.to_text())
    done = subprocess.run(
        [require_age(), "-d", "-i", str(key)], input=sealed, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
