# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende demo run`: migrate, make the demo town, start its virtual devices, show the addresses, serve.

The virtual devices are processes of their own, as printers are; they end with this one, however it ends.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from allmende.server.command_line import start_django
from allmende.server.demo.demo_town import (
    DEVICES,
    OFFICIALS,
    PEOPLE,
    TOWN_NAME,
    TOWN_SLUG,
    DemoFacts,
    ask_devices,
    set_up_demo,
)
from allmende.server.migration import migrate
from allmende.server.serving import refuse_port, serve

_PR_SET_PDEATHSIG: Final = 1
_DEVICE_SECONDS: Final = 15.0


def run_town(arguments: argparse.Namespace) -> int:
    del arguments
    os.environ.setdefault("ALLMENDE_LOOPBACK_DEVICES", "1")  # the virtual devices are on this machine
    start_django()
    _keep_quiet()
    from django.conf import settings  # noqa: PLC0415 - after start_django

    from allmende.server.http_server import open_listeners  # noqa: PLC0415

    ports = {device.slug: settings.ALLMENDE_PORT + device.port_offset for device in DEVICES}
    # Before anything is made: else somebody waits for a town that can't be served, or prints to a stranger's device.
    wanted = [
        (settings.ALLMENDE_HOST, settings.ALLMENDE_PORT),
        *(("127.0.0.1", port) for port in ports.values()),
    ]
    for host, port in wanted:
        try:
            for listener in open_listeners(host, port):
                listener.close()
        except OSError as error:
            return refuse_port(host, port, error)
    # First, so that they warm up while the town is made.
    devices = [
        _start_device(settings.HOME, device.slug, device.name, ports[device.slug]) for device in DEVICES
    ]
    try:
        migrate(quiet=True)
        facts = set_up_demo(settings.HOME, settings.ALLMENDE_PORT, with_year=_with_year())
        for device, process in zip(DEVICES, devices, strict=True):
            _wait_for_device(process, ports[device.slug])
        ask_devices()
        sys.stdout.write(describe_demo(settings.ALLMENDE_HOST, facts, _own_command(settings.HOME)))
        sys.stdout.flush()
        return serve(settings.ALLMENDE_HOST, settings.ALLMENDE_PORT, processes=settings.ALLMENDE_PROCESSES)
    finally:
        for process in devices:
            process.terminate()
        for process in devices:
            process.wait(timeout=10)


def describe_demo(host: str, facts: DemoFacts, command: str) -> str:
    """What a newcomer needs, for the terminal; `command` is how to call this program from there."""
    from django.utils.translation import gettext as _  # noqa: PLC0415

    shown_host = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104 - for display
    web, ipp = f"http://{shown_host}:{facts.port}", f"ipp://{shown_host}:{facts.port}"
    first, letter, demo = PEOPLE[0], _("LETTER.pdf"), _("demo")
    admin = next(person for person in PEOPLE if person.is_it)
    own_queue = f"{ipp}{facts.queue_paths[first.login]}"
    panels = [
        (_("Panel of %s") % device.name, f"{web}/panel/{device.slug}?token={facts.panel_tokens[device.slug]}")
        for device in DEVICES
    ]
    trays = [
        (_("Output tray of %s") % device.name, f"http://127.0.0.1:{facts.device_ports[device.slug]}/")
        for device in DEVICES
    ]
    people = [
        (_("Portal, as %s") % first.name, f"{web}/", f"{first.login}@{TOWN_SLUG}", facts.password),
        (_("Town's IT, as %s") % admin.name, f"{web}/", f"{admin.login}@{TOWN_SLUG}", facts.password),
    ]
    if _with_year():
        titles = {
            "management": _("Mayor, as %s"),
            "finance": _("Finance office, as %s"),
            "auditor": _("Auditor, as %s"),
            "office": _("Cooperative's office, as %s"),
        }
        people += [
            (titles[one.role] % one.name, f"{web}/", f"{one.login}@{one.town}", facts.password)
            for one in OFFICIALS
        ]
    sections: list[tuple[str, list[tuple[str, ...]]]] = [
        (_("In the browser"), [*panels, *trays, *people]),
        (_("Chips"), [(person.name, person.chip) for person in PEOPLE if person.chip]),
        (
            _("Queues"),
            [(_("of the town"), f"{ipp}/ipp/print/{TOWN_SLUG}"), (_("of %s alone") % first.name, own_queue)],
        ),
        (
            _("Tokens of the readers (HTTP API)"),
            [(device.name, facts.device_tokens[device.slug]) for device in DEVICES],
        ),
        (
            _("Try it in a second terminal"),
            [
                (f"{command} demo print {letter}", _("a document goes to the queue …")),
                (f"{command} demo tray", _("… and nothing comes out")),
                (f"{command} demo tap", _("a chip is put on the reader …")),
                (f"{command} demo tray", _("… and there is the paper")),
            ],
        ),
        (
            _("Or from any program, through CUPS"),
            [
                (f"lpadmin -p {TOWN_SLUG} -E -v {own_queue} -m everywhere",),
                (f"lp -d {TOWN_SLUG} {letter}",),
            ],
        ),
    ]
    lines = ["", f"  Allmende · {TOWN_NAME} ({demo})"]
    for heading, rows in sections:
        width = max((len(row[0]) for row in rows if len(row) > 1), default=0)
        lines += ["", f"  {heading}"]
        lines += ["    " + "   ".join((row[0].ljust(width), *row[1:])).rstrip() for row in rows]
    return "\n".join([*lines, "", "  " + _("Ctrl+C ends it all."), "", ""])


def _with_year() -> bool:
    """Whether the town is to have a year behind it; tests of printing need none and switch it off."""
    return os.environ.get("ALLMENDE_DEMO_YEAR", "1") != "0"


def _own_command(home: Path) -> str:
    """How this program is called from where the person is."""
    program = Path(sys.argv[0])
    shown = os.path.relpath(program) if program.is_absolute() else str(program)
    if not shown.endswith("allmende"):
        shown = "allmende"
    return shown if home == Path("var").absolute() else f"ALLMENDE_HOME={home} {shown}"


def _keep_quiet() -> None:
    """The terminal belongs to the addresses: what the jobs do, and what goes wrong."""
    if "ALLMENDE_LOG_LEVEL" not in os.environ:
        logging.getLogger().setLevel(logging.WARNING)
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        logging.getLogger("allmende.printing").setLevel(logging.INFO)


def _start_device(home: Path, slug: str, name: str, port: int) -> subprocess.Popen[bytes]:
    folder = home / "virtual-devices" / slug
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "allmende.devices.virtual_device",
            f"--name={slug}",
            f"--title={name}",
            f"--port={port}",
            f"--home={folder}",
            "--keep-meters",
        ],
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_parent(),  # noqa: PLW1509 - no thread runs yet when the devices start
    )


def _wait_for_device(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it listens; a device that does not come up is the service's ordinary case, so it is not waited for long."""
    deadline = time.monotonic() + _DEVICE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux: have the kernel end the child when this process dies, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return in_child
