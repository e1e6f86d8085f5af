# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command `allmende cooperative`: its actions are modules with `configure(parser)` and `run(arguments) -> int`."""

from __future__ import annotations

import argparse
import importlib
from typing import Final

_ACTIONS: Final = {
    "members": ("allmende.cooperative.members_command", "who was a member on a day"),
    "verify": ("allmende.cooperative.verify_command", "is the chain of changes whole"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (module_name, help_text) in _ACTIONS.items():
        module = importlib.import_module(module_name)
        action = actions.add_parser(name, help=help_text)
        module.configure(action)
        action.set_defaults(run_action=module.run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.run_action(arguments))
