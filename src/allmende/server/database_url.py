# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`ALLMENDE_DATABASE_URL` read into Django's database settings.

SQLite always runs in WAL mode with `synchronous=FULL`: what was acknowledged is on stable storage. Writers take the
write lock at the beginning of a transaction (`IMMEDIATE`), so that they wait for each other instead of failing in the middle.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


def parse_database_url(url: str) -> dict[str, Any]:
    """Settings for `sqlite:////absolute/path`, `sqlite:///relative` or `postgresql://user:password@host:port/name`.

    Raises ValueError for any other scheme; the message never repeats the password.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        name = path.removeprefix("/")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    # Each thread has a connection: a large cache in each, or the file mapped into memory, would count
                    # many times over, and the operating system keeps the file's pages at hand anyway.
                    "PRAGMA cache_size=-8000;"
                ),
            },
            "TEST": {"NAME": f"{name}.test"},
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "CONN_MAX_AGE": 600,
        }
    raise ValueError(
        f"ALLMENDE_DATABASE_URL: unknown scheme {parts.scheme!r}; use sqlite:// or postgresql://"
    )
