# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende cooperative verify`: is the chain of changes whole? Exit status 1 where it is not, 2 where an anchor can't be read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="NUMBER:HASH",
        help="an anchor that was carried out earlier",
    )
    parser.add_argument(
        "--anchors", type=Path, metavar="FILE", help="a file of anchors, beside those kept with the database"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - only commands that need it pay for it

    django.setup()
    from django.utils.translation import gettext as _  # noqa: PLC0415

    from allmende.cooperative.chain_checking import (  # noqa: PLC0415
        AnchorError,
        kept_anchors,
        read_anchors,
        verify_chain,
    )

    try:
        anchors = [*kept_anchors(), *read_anchors("\n".join(arguments.anchor))]
        if arguments.anchors:
            anchors += read_anchors(arguments.anchors.read_text())
    except (AnchorError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = verify_chain(anchors)
    if arguments.json:
        found = {
            "entries": report.entries,
            "last_hash": report.last_hash,
            "anchors": report.anchors,
            "is_whole": report.is_whole,
            "faults": [{"number": each.number, "words": each.words} for each in report.faults],
        }
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return 0 if report.is_whole else 1
    for fault in report.faults:
        sys.stdout.write(
            _("Entry %(number)d: %(words)s") % {"number": fault.number, "words": fault.words} + "\n"
        )
    text = (
        _(
            "The chain is whole: %(entries)d entries, compared with %(anchors)d anchors. Its last hash: %(hash)s"
        )
        if report.is_whole
        else _(
            "The chain is broken: %(entries)d entries, compared with %(anchors)d anchors. Its last hash: %(hash)s"
        )
    )
    sys.stdout.write(
        text % {"entries": report.entries, "anchors": report.anchors, "hash": report.last_hash} + "\n"
    )
    return 0 if report.is_whole else 1
