# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende prove`: gives the fleet's command the terminal's language. Loads no Django."""

from __future__ import annotations

import argparse
import gettext

from allmende.fleet.proof.prove_command import configure, run_in
from allmende.fleet.proof.wording import Speaker
from allmende.server.terminal_language import LOCALE_PATH, terminal_language

__all__ = ["configure", "run"]


def run(arguments: argparse.Namespace) -> int:
    language: str = arguments.lang or terminal_language()
    catalogue = gettext.translation("django", LOCALE_PATH, [language], fallback=True)
    return run_in(arguments, Speaker(catalogue.gettext, is_german=language == "de"))
