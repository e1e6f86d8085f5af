# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende serve`: the service on one port."""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from allmende.server.command_line import start_django
from allmende.server.migration import is_migrated

#: How long a thread may keep the interpreter while another waits for it. Python's own 5 ms would be paid at each step from a web
#: thread to the event loop and back, of which the way from a tap to the device has a dozen.
SWITCH_SECONDS: Final = 0.0005
#: A request makes and drops a few hundred objects, and none of them in circles: Python's own 700 would look through them each time.
COLLECT_AFTER: Final = (20_000, 20, 20)
#: Bytes of a folder's path, so that a socket in it has an address: the least that any system allows is 104, with the socket's name and an end.
_LONGEST_FOLDER: Final = 80


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (ALLMENDE_HOST, default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (ALLMENDE_PORT, default 8631)")
    parser.add_argument(
        "--processes",
        type=int,
        help="equal processes that share the port, one for each core at most (ALLMENDE_PROCESSES, default 1)",
    )
    parser.add_argument(
        "--no-background",
        action="store_true",
        help="leave sweeping to `allmende worker` (ALLMENDE_BACKGROUND=0)",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.no_background:
        os.environ["ALLMENDE_BACKGROUND"] = "0"
    start_django()
    from django.conf import settings  # noqa: PLC0415 - after start_django

    if not is_migrated():
        return 1
    return serve(
        arguments.host or settings.ALLMENDE_HOST,
        arguments.port or settings.ALLMENDE_PORT,
        processes=arguments.processes or settings.ALLMENDE_PROCESSES,
    )


def serve(host: str, port: int, *, processes: int = 1) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    from django.conf import settings  # noqa: PLC0415 - after start_django
    from django.db import connections  # noqa: PLC0415

    from allmende.server.announcing import make_announcer  # noqa: PLC0415
    from allmende.server.http_server import make_server, open_listeners  # noqa: PLC0415
    from allmende.server.process_group import run_group  # noqa: PLC0415
    from allmende.server.tls_certificate import choose_tls_context  # noqa: PLC0415

    _allow_many_sockets()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    try:
        context = choose_tls_context(settings.HOME, urlsplit(settings.ALLMENDE_PUBLIC_URL).hostname or "")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"allmende: no TLS certificate: {error}\n")
        return 1
    try:
        listeners = open_listeners(host, port)
    except OSError as error:
        return refuse_port(host, port, error)

    writer_address = None
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        writer_address = _make_socket_folder() / "job-writer"

    def serve_as(number: int) -> int:
        # What is needed once, the first of several processes does.
        first = number == 0
        settings.ALLMENDE_BACKGROUND = settings.ALLMENDE_BACKGROUND and first
        settings.ALLMENDE_WRITER_ADDRESS = writer_address
        settings.ALLMENDE_KEEPS_WRITER = first
        server = make_server(
            trusted_proxies=os.environ.get("ALLMENDE_TRUSTED_PROXIES", ""),
            context=context,
            companion=make_announcer(host, port, settings.ALLMENDE_PUBLIC_URL) if first else None,
            alone=processes == 1,
        )
        server.run(sockets=listeners)
        return 0 if server.started else 1

    if processes == 1:
        return serve_as(0)
    # Whoever called us may have asked the database: no two processes may talk on one connection.
    connections.close_all()
    return run_group(processes, serve_as)


def _make_socket_folder() -> Path:
    """A new folder that only we may enter; whoever listens in it removes it at its end."""
    folder = Path(tempfile.mkdtemp(prefix="allmende-"))
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="allmende-", dir="/tmp"))
    return folder


def refuse_port(host: str, port: int, error: OSError) -> int:
    """Say why nobody can be served there; returns the exit status."""
    sys.stderr.write(f"allmende: cannot listen on {host} port {port}: {error.strerror or error}\n")
    sys.stderr.write(
        "Set ALLMENDE_PORT (or --port) to a free port, ALLMENDE_HOST to an address of this machine.\n"
    )
    return 1


def _allow_many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 16384) if hard != resource.RLIM_INFINITY else 16384
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
