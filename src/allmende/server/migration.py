# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende migrate`: bring the database to this version of the program."""

from __future__ import annotations

import argparse

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
