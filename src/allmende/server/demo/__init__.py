# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo: the town of Zerbst on this machine, with virtual devices and invented people.

    allmende demo run              everything, in the foreground (what `make run` calls)
    allmende demo print FILE       print a file to the town's queue, as a person of the demo
    allmende demo tap [DEVICE]     lay that person's chip on the reader of a device
    allmende demo tray [DEVICE]    what lies in the device's tray

All but `run` speak to the running service as any client would: IPP, the HTTP API, the device's own pages.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from allmende.server.demo.demo_town import DEVICES, PEOPLE


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("run", help="start the demo town")
    logins = [person.login for person in PEOPLE if person.chip]
    slugs = [device.slug for device in DEVICES]

    printing = actions.add_parser("print", help="print a file to the town's queue")
    printing.add_argument("file", type=Path)
    printing.add_argument("--as", dest="login", choices=logins, default=logins[0], help="whose paper it is")
    printing.add_argument("--copies", type=_read_copies, default=1, metavar="NUMBER")
    printing.add_argument("--title", help="the job's name; the file's name by default")

    tap = actions.add_parser("tap", help="lay a chip on the reader of a device, and print what waits")
    tap.add_argument("device", nargs="?", choices=slugs, default=slugs[0])
    tap.add_argument("--as", dest="login", choices=logins, default=logins[0], help="whose chip it is")
    tap.add_argument("--look", action="store_true", help="only show what waits")
    tap.add_argument("--seconds", type=float, default=120, help="how long to wait for the paper (120)")

    tray = actions.add_parser("tray", help="show what lies in a device's tray")
    tray.add_argument("device", nargs="?", choices=slugs, default=slugs[0])
    tray.add_argument("--json", action="store_true", help="as a JSON list, one object a page")


def run(arguments: argparse.Namespace) -> int:
    from allmende.server.demo import demo_client, demo_run  # noqa: PLC0415 - only one of them is needed

    actions = {
        "run": demo_run.run_town,
        "print": demo_client.print_file,
        "tap": demo_client.tap,
        "tray": demo_client.show_tray,
    }
    return actions[arguments.action](arguments)


def _read_copies(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 999):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 999")
    return int(text)
