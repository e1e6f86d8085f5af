# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a service loads at its start: every process of a town pays for it in memory, and every command in time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
