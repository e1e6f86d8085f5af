# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende demo run`: migrate, make the demo town, start its virtual devices, show the addresses, serve.

The virtual devices are processes of their own, as printers are; they end with this one, however it ends.
"""

from __future__ import annotations

import argparse
import ctypes
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
from allmende.server.demo.demo_town import DEVICES, PEOPLE, TOWN_NAME, TOWN_SLUG, DemoFacts, set_up_demo
from allmende.server.migration import migrate
from allmende.server.serving import serve

_PR_SET_PDEATHSIG: Final = 1
_DEVICE_SECONDS: Final = 15.0


def run_town(arguments: argparse.Namespace) -> int:
    del arguments
    os.environ.setdefault("ALLMENDE_LOOPBACK_DEVICES", "1")  # the virtual devices are on this machine
    start_django()
    from django.conf import settings  # noqa: PLC0415 - after start_django

    # First, so that they warm up while the town is made.
    ports = {device.slug: settings.ALLMENDE_PORT + device.port_offset for device in DEVICES}
    devices = [
        _start_device(settings.HOME, device.slug, device.name, ports[device.slug]) for device in DEVICES
    ]
    try:
        migrate(quiet=True)
        facts = set_up_demo(settings.HOME, settings.ALLMENDE_PORT)
        for device, process in zip(DEVICES, devices, strict=True):
            _wait_for_device(process, ports[device.slug])
        sys.stdout.write(describe_demo(settings.ALLMENDE_HOST, facts))
        sys.stdout.flush()
        return serve(settings.ALLMENDE_HOST, settings.ALLMENDE_PORT)
    finally:
        for process in devices:
            process.terminate()
        for process in devices:
            process.wait(timeout=10)


def describe_demo(host: str, facts: DemoFacts) -> str:
    """What a newcomer needs, for the terminal."""
    from django.utils.translation import gettext as _  # noqa: PLC0415

    shown_host = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104 - for display
    web = f"http://{shown_host}:{facts.port}"
    first, device = PEOPLE[0], DEVICES[0]
    admin = next(person for person in PEOPLE if person.is_it)
    queue = f"ipp://{shown_host}:{facts.port}{facts.queue_paths[first.login]}"
    panel = f"{web}/panel/{device.slug}?token={facts.panel_tokens[device.slug]}"
    lines = [
        "",
        f"  Allmende · {TOWN_NAME}",
        "",
        f"  {_('Web')}:            {web}/",
        f"    {_('sign in as')}:   {first.login}@{TOWN_SLUG} ({first.name}) / {facts.password}",
        f"    {_('as town IT')}:   {admin.login}@{TOWN_SLUG} ({admin.name}) / {facts.password}",
        f"  {_('Queue')}:          ipp://{shown_host}:{facts.port}/ipp/print/{TOWN_SLUG}",
        f"    {_('personal')}:     {queue}",
        f"  {_('Panel')}:          {panel}",
        f"  {_('Chip')}:           {first.chip} ({first.name})",
        f"  {_('Device token')}:   {facts.device_tokens[device.slug]} ({device.slug})",
    ]
    lines += [
        f"  {_('Output tray')}:    http://127.0.0.1:{facts.device_ports[each.slug]}/ ({each.slug})"
        for each in DEVICES
    ]
    lines += [
        "",
        f"  {_('Try it')}:         lpadmin -p zerbst -E -v '{queue}' -m everywhere; lp -d zerbst FILE.pdf",
        "                  allmende demo print FILE.pdf; allmende demo tray; allmende demo tap; allmende demo tray",
        "",
    ]
    return "\n".join(lines) + "\n"


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
