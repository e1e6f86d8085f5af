# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende restore FOLDER`: bring a backup back into an empty installation.

Nothing is overwritten: a database that holds anything is refused. What was on its way to a device when the backup was made is
sorted out by the recovery at the service's next start, like after a crash.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from allmende.server.backup import (
    HOME_FILES,
    MANIFEST,
    POSTGRESQL_COPY,
    SQLITE_COPY,
    BackupError,
    pepper_fingerprint,
    postgresql_arguments,
    postgresql_environment,
)
from allmende.server.command_line import start_django
from allmende.server.migration import migrate


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the folder of a finished backup")
    parser.add_argument(
        "--without-pepper",
        action="store_true",
        help="the old pepper is lost: all chips must be enrolled anew, and what waits sealed is given up",
    )


def run(arguments: argparse.Namespace) -> int:
    start_django()
    from django.utils.translation import gettext as _  # noqa: PLC0415 - after start_django
    from django.utils.translation import ngettext  # noqa: PLC0415

    try:
        lost = restore(arguments.folder, without_pepper=arguments.without_pepper)
    except BackupError as error:
        sys.stderr.write(f"allmende: {error}\n")
        return 1
    sys.stdout.write(_("Restored.") + "\n")
    if lost:
        text = ngettext(
            "%(count)d job ended while the backup was made; it is marked as cancelled.",
            "%(count)d jobs ended while the backup was made; they are marked as cancelled.",
            lost,
        )
        sys.stdout.write(text % {"count": lost} + "\n")
    return 0


def restore(folder: Path, *, without_pepper: bool = False) -> int:
    """Bring the backup back; returns how many jobs of it had ended while it was made. Raises BackupError."""
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.spool import SpoolError, open_spool  # noqa: PLC0415

    try:
        facts = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        message = _("%(folder)s is no finished backup: %(file)s is missing.")
        raise BackupError(message % {"folder": folder, "file": MANIFEST}) from None
    if facts["pepper"] != pepper_fingerprint(settings.ALLMENDE_PEPPER) and not without_pepper:
        message = _(
            "The pepper in %(path)s is not the one of this backup, so no chip would open anything. "
            "Put the kept copy there first. If it is lost for good: --without-pepper."
        )
        raise BackupError(message % {"path": settings.PEPPER_PATH})
    database = settings.DATABASES["default"]
    if facts["database"] != database["ENGINE"].rpartition(".")[2]:
        message = _("The backup is of a %(kind)s database. Set ALLMENDE_DATABASE_URL to one of that kind.")
        raise BackupError(message % {"kind": facts["database"]})
    try:
        _restore_database(database, folder)
        open_spool(settings.ALLMENDE_SPOOL_URL).restore_from(folder / "spool")
    except (SpoolError, OSError, subprocess.CalledProcessError) as error:
        raise BackupError(str(error)) from error
    for name in HOME_FILES:
        source, target = folder / "home" / name, settings.HOME / name
        if source.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(source, target)
    migrate(quiet=True)
    _forget_processes()
    return _end_jobs_without_document()


def _restore_database(database: dict[str, Any], folder: Path) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.utils.translation import gettext as _  # noqa: PLC0415 - after start_django

    is_file = database["ENGINE"].endswith("sqlite3")
    tables = connection.introspection.table_names()
    connection.close()
    if tables and is_file:
        message = _("There is a database in %(path)s already. Move it away first.")
        raise BackupError(message % {"path": database["NAME"]})
    if tables:
        raise BackupError(_("The database is not empty. Name an empty one in ALLMENDE_DATABASE_URL."))
    if is_file:
        target = Path(database["NAME"])
        # An empty one is there as soon as anybody, `allmende check` for instance, has looked.
        for name in (target.name, f"{target.name}-wal", f"{target.name}-shm"):
            target.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(folder / SQLITE_COPY, target)
        target.chmod(0o600)
        return
    subprocess.run(
        [
            "pg_restore",
            "--no-owner",
            "--exit-on-error",
            *postgresql_arguments(database),
            str(folder / POSTGRESQL_COPY),
        ],
        check=True,
        env=postgresql_environment(database),
    )


def _forget_processes() -> None:
    """Whoever delivered when the backup was made does not deliver here: the first start need not wait for their signs of life."""
    from allmende.printing.delivery.holders import DeliveryHolder  # noqa: PLC0415 - after start_django

    DeliveryHolder.objects.all().delete()


def _end_jobs_without_document() -> int:
    from django.conf import settings  # noqa: PLC0415 - after start_django

    from allmende.printing.job_changes import change_job  # noqa: PLC0415
    from allmende.printing.job_states import WAITING, Change  # noqa: PLC0415
    from allmende.printing.jobs import Job  # noqa: PLC0415
    from allmende.spool import SpoolMissingError, open_spool  # noqa: PLC0415

    spool = open_spool(settings.ALLMENDE_SPOOL_URL)
    lost = 0
    waiting = Job.objects.filter(state__in=[state.value for state in WAITING]).exclude(spool_key="")
    for job in waiting.iterator():
        try:
            spool.size(job.spool_key)
        except SpoolMissingError:
            change_job(job, Change.CANCEL, reason="ended-during-backup")
            lost += 1
    return lost
