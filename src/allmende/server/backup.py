# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende backup FOLDER`: a consistent copy of everything, while the service runs.

The spool is copied before *and* after the database's snapshot. A job of the snapshot had its document at that moment: either it
was there at the first pass, or it came later and is there at the second, unless its job ended in between. Such a job's
papers are out (or given up), so `restore` ends it. Documents of jobs that the snapshot does not know are swept.

The pepper is not in the backup: who finds the backup can't even guess at chips' numbers. The manifest names the pepper by a
fingerprint, so that `restore` can say when the wrong one is in place.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from allmende.server.command_line import start_django

MANIFEST: Final = "allmende-backup.json"
SQLITE_COPY: Final = "database.sqlite3"
POSTGRESQL_COPY: Final = "database.pgdump"
#: Files of `ALLMENDE_HOME` that are copied as they are.
HOME_FILES: Final = ("secrets/secret_key", "tls/certificate.pem", "tls/key.pem", "demo.json")


class BackupError(Exception):
    """The backup or restore can't be done; the text says why and what to do."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a new or empty folder")


def run(arguments: argparse.Namespace) -> int:
    start_django()
    try:
        facts = back_up(arguments.folder)
    except BackupError as error:
        sys.stderr.write(f"allmende: {error}\n")
        return 1
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415
    from django.utils.translation import ngettext  # noqa: PLC0415

    jobs = ngettext("%(count)d waiting job", "%(count)d waiting jobs", facts["jobs"])
    documents = ngettext(
        "%(count)d document in the spool", "%(count)d documents in the spool", facts["documents"]
    )
    sys.stdout.write(
        _("Backed up: %(jobs)s, %(documents)s.")
        % {"jobs": jobs % {"count": facts["jobs"]}, "documents": documents % {"count": facts["documents"]}}
        + "\n"
        + _(
            "The pepper is not in it. Keep a copy of %(path)s in another place: without it no chip opens anything."
        )
        % {"path": settings.PEPPER_PATH}
        + "\n"
    )
    return 0


def back_up(folder: Path) -> dict[str, Any]:
    """Write the backup; returns the manifest. Raises BackupError; an unfinished backup has no manifest."""
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils import timezone  # noqa: PLC0415
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.spool import SpoolError, open_spool  # noqa: PLC0415

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise BackupError(f"{folder}: {error.strerror}") from error
    if not is_empty:
        raise BackupError(_("%(folder)s is not empty. Name a new folder.") % {"folder": folder})
    spool = open_spool(settings.ALLMENDE_SPOOL_URL)
    try:
        spool.copy_into(folder / "spool")
        copy_database(settings.DATABASES["default"], folder)
        spool.copy_into(folder / "spool")
    except (SpoolError, OSError, sqlite3.Error, subprocess.CalledProcessError) as error:
        raise BackupError(str(error)) from error
    for name in HOME_FILES:
        source = settings.HOME / name
        if source.exists():
            target = folder / "home" / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(source, target)
    facts = {
        "made_at": timezone.now().isoformat(),
        "database": settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
        "pepper": pepper_fingerprint(settings.ALLMENDE_PEPPER),
        "jobs": _count_waiting(folder),
        "documents": sum(1 for path in (folder / "spool").rglob("*") if path.is_file()),
    }
    draft = folder / f"{MANIFEST}.draft"
    draft.write_text(json.dumps(facts, indent=2))
    draft.replace(folder / MANIFEST)
    return facts


def _count_waiting(folder: Path) -> int:
    """Jobs in the backup that wait. Of PostgreSQL the live database is asked: under load it may be some jobs ahead."""
    from allmende.printing.job_states import WAITING  # noqa: PLC0415 - after start_django
    from allmende.printing.jobs import Job  # noqa: PLC0415

    waiting = Job.objects.filter(state__in=[state.value for state in WAITING])
    copy = folder / SQLITE_COPY
    if not copy.exists():
        return waiting.count()
    statement, values = waiting.values("pk").query.sql_with_params()
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
        found = database.execute(statement.replace("%s", "?"), values)
        return sum(1 for _ in found)


def copy_database(database: dict[str, Any], folder: Path) -> None:
    """A snapshot of the database, also under load: SQLite's online backup, or `pg_dump`."""
    if database["ENGINE"].endswith("sqlite3"):
        with (
            closing(sqlite3.connect(f"file:{database['NAME']}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(folder / SQLITE_COPY)) as target,
        ):
            # In one step: a backup in several steps begins anew at every write of the running service.
            source.backup(target, pages=-1)
        (folder / SQLITE_COPY).chmod(0o600)
        return
    subprocess.run(
        [
            "pg_dump",
            "--format=custom",
            "--no-owner",
            f"--file={folder / POSTGRESQL_COPY}",
            *postgresql_arguments(database),
        ],
        check=True,
        env=postgresql_environment(database),
    )


def postgresql_arguments(database: dict[str, Any]) -> list[str]:
    """Connection options of PostgreSQL's own programs; the password is not among them."""
    options = {"--host": database["HOST"], "--port": database["PORT"], "--username": database["USER"]}
    named = [f"{option}={value}" for option, value in options.items() if value]
    return [*named, f"--dbname={database['NAME']}"]


def postgresql_environment(database: dict[str, Any]) -> dict[str, str]:
    return {**os.environ, "PGPASSWORD": database["PASSWORD"]} if database["PASSWORD"] else dict(os.environ)


def pepper_fingerprint(pepper: bytes) -> str:
    """Names a pepper without telling anything about it."""
    return hmac.digest(pepper, b"allmende/backup/fingerprint", hashlib.sha256)[:8].hex()
