# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende migrate`: bring the database to this version of the program."""

from __future__ import annotations

import argparse
import sys

from allmende.server.command_line import start_django


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing where nothing is wrong")


def run(arguments: argparse.Namespace) -> int:
    start_django()
    migrate(quiet=arguments.quiet)
    return 0


def migrate(*, quiet: bool) -> None:
    from django.core.management import call_command  # noqa: PLC0415 - after start_django

    call_command("migrate", interactive=False, verbosity=0 if quiet else 1)


def count_missing() -> int:
    """Migrations of this version that the database does not have."""
    from django.db import connection  # noqa: PLC0415 - after start_django
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def missing_words(count: int) -> str:
    from django.utils.translation import ngettext  # noqa: PLC0415 - after start_django

    text = ngettext(
        "%(count)d migration is missing: run `allmende migrate`.",
        "%(count)d migrations are missing: run `allmende migrate`.",
        count,
    )
    return text % {"count": count}


def is_migrated() -> bool:
    """Whether a program may begin its work; says on the terminal what to do where it may not."""
    missing = count_missing()
    if missing:
        sys.stderr.write(f"allmende: {missing_words(missing)}\n")
    return not missing
