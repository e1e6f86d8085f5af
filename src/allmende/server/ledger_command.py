# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command `allmende ledger`: are the sums of the ledger right, and if not, make them anew from its entries."""

from __future__ import annotations

import argparse
import sys
import time


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("check", "rebuild"),
        help="check: compare the sums with the entries (exit status 1 when they differ); rebuild: make the sums anew",
    )


def run(arguments: argparse.Namespace) -> int:
    from allmende.server.command_line import start_django  # noqa: PLC0415 - the command line imports this module

    start_django()
    from django.utils.translation import gettext as _  # noqa: PLC0415
    from django.utils.translation import ngettext  # noqa: PLC0415

    from allmende.printing.ledger.rebuilding import compare_totals, rebuild_totals  # noqa: PLC0415

    begun = time.monotonic()
    if arguments.what == "rebuild":
        rows = rebuild_totals()
        text = ngettext(
            "%(rows)d sum is made anew in %(seconds).1f s.",
            "%(rows)d sums are made anew in %(seconds).1f s.",
            rows,
        )
        sys.stdout.write(text % {"rows": rows, "seconds": time.monotonic() - begun} + "\n")
        return 0
    found = compare_totals()
    if found.is_right:
        text = ngettext(
            "%(entries)d entry: all sums are right.",
            "%(entries)d entries: all sums are right.",
            found.entries,
        )
        sys.stdout.write(text % {"entries": found.entries} + "\n")
        return 0
    text = _(
        "%(entries)d entries: %(days)d sums of days and %(months)d of months are wrong. Run: allmende ledger rebuild"
    )
    facts = {"entries": found.entries, "days": found.wrong_days, "months": found.wrong_months}
    sys.stderr.write(text % facts + "\n")
    return 1
