# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that runs meter rounds when they are due, in the service or in the worker."""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.db import close_old_connections, connection

from allmende.devices.meters.rounds import run_due_rounds

log = logging.getLogger(__name__)

SECONDS: Final = 20.0


class MeterKeeper:
    """`start`, and `stop` before the process ends; a round in the middle is left behind and run again later."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="meter keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _work(self) -> None:
        # Not at once: a service that starts has better things to do.
        while not self._ended.wait(self._seconds):
            close_old_connections()
            try:
                run_due_rounds()
            except Exception:
                log.exception("the meter rounds failed; tried again in %d s", self._seconds)
        connection.close()
