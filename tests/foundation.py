# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What many tests begin with, made once in a run and copied by each: a migrated database, and the demo's town in it.

Always holds: the program itself makes both, from nothing and on the kind of database that the run is about. Who needs one first
makes it; the others, also the run's other worker processes, wait for it. Nothing outlives the run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

#: The environment's name for the folder that a run's processes share; not one of those that a service under test is given.
_FOLDER: Final = "ALLMENDE_TESTS_FOUNDATION"
#: Makes what is missing, and tells the devices' addresses anew: they follow from the port.
SET_UP_DEMO: Final = """
from allmende.server.command_line import start_django
start_django()
from django.conf import settings
from allmende.server.demo.demo_town import set_up_demo
set_up_demo(settings.HOME, settings.ALLMENDE_PORT, with_year=False)
"""


def begin_run() -> None:
    """In the run's first process, before it starts others."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="allmende-tests-")


def end_run() -> None:
    folder = Path(os.environ.pop(_FOLDER))
    for note in folder.glob("*.database"):
        drop_database(note.read_text())
    shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Foundation:
    """Not to be changed: copied."""

    home: Path
    #: PostgreSQL's name for it, nothing on SQLite.
    database: str

    @property
    def sqlite_file(self) -> Path:
        return self.home / "allmende.sqlite3"

    def copy(self, home: Path, database_url: str) -> None:
        """Into a home that is not there yet, and in the place of an empty database."""
        shutil.copytree(self.home, home)
        if self.database:
            name = urlsplit(database_url).path.lstrip("/")
            drop_database(name)
            create_database(name, self.database)


def migrated_foundation() -> Foundation:
    """As `allmende migrate` leaves it."""
    return _once("migrated", _migrate)


def demo_foundation() -> Foundation:
    """With the demo's town where nothing was printed yet."""
    return _once("demo", _make_demo)


def _once(name: str, make: Callable[[Foundation], None]) -> Foundation:
    folder = Path(os.environ[_FOLDER])
    made = folder / f"{name}.made"
    note = folder / f"{name}.database"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            if cluster_url():
                note.write_text(f"allmende_{uuid.uuid4().hex[:12]}")
            make(Foundation(folder / name, note.read_text() if note.exists() else ""))
            made.touch()
    return Foundation(folder / name, note.read_text() if note.exists() else "")


def _migrate(foundation: Foundation) -> None:
    if foundation.database:
        create_database(foundation.database)
    _run(foundation, "-m", "allmende.server.command_line", "migrate", "--quiet")


def _make_demo(foundation: Foundation) -> None:
    migrated = migrated_foundation()
    shutil.copytree(migrated.home, foundation.home)
    if foundation.database:
        create_database(foundation.database, migrated.database)
    _run(foundation, "-c", SET_UP_DEMO)


def _run(foundation: Foundation, *words: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALLMENDE_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "allmende.server.settings",
        "ALLMENDE_HOME": str(foundation.home),
    }
    if foundation.database:
        environment["ALLMENDE_DATABASE_URL"] = database_url(foundation.database)
    subprocess.run([sys.executable, *words], check=True, env=environment)


# PostgreSQL


def cluster_url() -> str:
    """The URL of the cluster that the run is about, or nothing: SQLite."""
    url = os.environ.get("ALLMENDE_DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


def database_url(name: str) -> str:
    return urlunsplit(urlsplit(cluster_url())._replace(path=f"/{name}"))


def create_database(name: str, template: str = "") -> None:
    _execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))


def drop_database(name: str) -> None:
    _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _execute(statement: str) -> None:
    import psycopg

    with psycopg.connect(cluster_url(), autocommit=True) as connection:
        connection.execute(statement)
