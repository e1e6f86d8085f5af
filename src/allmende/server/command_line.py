# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command `allmende`.

    allmende serve              the service: web, IPP and API on one port
    allmende worker             the sweeper alone, where several processes share the work
    allmende reader             the agent beside a device: taps from a card reader to the service
    allmende check              tells an operator what is wrong
    allmende backup / restore   a consistent copy, also under load
    allmende migrate            brings the database to this version
    allmende town               makes a town and the first account of its IT
    allmende meters read        asks the devices for their meters now
    allmende demo …             the demo town
    allmende ledger …           the sums of the ledger: check or rebuild
    allmende concept …          the print-and-copy concept, from a file
    allmende prove              the proof of a saving, from a file
    allmende cooperative …      the list of members on a day; is the chain of changes whole

Exit status: 0 when it worked, 1 when it did not, 2 when the command line was wrong. Each command is a module with
`configure(parser)` and `run(arguments) -> int`; it is imported only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

from allmende.server.terminal_language import terminal_language

_COMMANDS: Final = {
    "serve": ("allmende.server.serving", "run the service"),
    "worker": ("allmende.server.worker", "run the background work alone"),
    "reader": ("allmende.devices.reader_agent", "send taps of a card reader to the service"),
    "check": ("allmende.server.health", "tell what is wrong"),
    "backup": ("allmende.server.backup", "copy everything, consistently, while the service runs"),
    "restore": ("allmende.server.restore", "bring a backup back"),
    "migrate": ("allmende.server.migration", "bring the database to this version"),
    "town": ("allmende.server.town", "make a town and its first account"),
    "meters": ("allmende.devices.meters.meters_command", "read the meters of the devices"),
    "demo": ("allmende.server.demo", "the demo town"),
    "ledger": (
        "allmende.server.ledger_command",
        "compare the ledger's sums with its entries, or make them anew",
    ),
    "concept": ("allmende.server.concept_command", "plan a fleet from a file: the print-and-copy concept"),
    "cooperative": (
        "allmende.cooperative.cooperative_command",
        "the cooperative's list of members and chain of changes",
    ),
    "prove": ("allmende.server.proving", "prove a saving from a case file, without a database"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allmende.server.settings")
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="allmende", description="The platform of a municipal IT cooperative."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in words if not word.startswith("-")), None)
    for name, (module_name, help_text) in _COMMANDS.items():
        command = commands.add_parser(name, help=help_text)
        if name == wanted:
            module = importlib.import_module(module_name)
            module.configure(command)
            command.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who reads has seen enough (`| head`). Python would complain again when it closes the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return int(status or 0)


def start_django() -> None:
    """Load Django for a command, and speak the language of the terminal."""
    import django  # noqa: PLC0415 - only commands that need it pay for it
    from django.utils import translation  # noqa: PLC0415

    django.setup()
    translation.activate(terminal_language())


if __name__ == "__main__":
    raise SystemExit(main())
