# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende worker`: the sweeper alone, until SIGTERM, where several processes of `allmende serve --no-background` share the work.

Deliveries are not its business: they belong to the process that holds the job's key. Any number of workers may run; every
step of a sweep may be done twice.
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from types import FrameType
from typing import Final

from allmende.server.command_line import start_django
from allmende.server.migration import is_migrated

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_FULL_SWEEPS: Final = 1.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="sweep until nothing is left to do, then end")


def run(arguments: argparse.Namespace) -> int:
    start_django()
    if not is_migrated():
        return 1
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return work(ended, once=arguments.once)


def work(ended: threading.Event, *, once: bool = False) -> int:
    """Sweep until `ended` is set; the exit status. A sweep that fails is logged and tried again, but with `once` it is a failure."""
    from django.db import close_old_connections, connection  # noqa: PLC0415 - after start_django

    from allmende.printing.job_spool import job_spool  # noqa: PLC0415
    from allmende.printing.retention import SWEEP_SECONDS, sweep_once  # noqa: PLC0415
    from allmende.server.keepers import keep_once, make_keepers  # noqa: PLC0415

    spool = job_spool()
    keepers = () if once else make_keepers()
    for keeper in keepers:
        keeper.start()
    while not ended.is_set():
        full = False
        try:
            close_old_connections()
            swept = sweep_once(spool)
            full = swept.is_full
            log.info("swept: %s", swept)
        except Exception:
            log.exception("the sweep failed")
            if once:
                return 1
        if once and not full:
            keep_once()
            break
        ended.wait(_SECONDS_BETWEEN_FULL_SWEEPS if full else SWEEP_SECONDS)
    for keeper in keepers:
        keeper.stop()
    connection.close()
    return 0
