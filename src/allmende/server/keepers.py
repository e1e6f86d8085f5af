# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is done by itself from time to time, in the service or in the worker: each room's due work in a thread of its own.

Always holds: any number of processes may keep the same things at once, for each room's work can be done twice; a failure is logged and
tried again, and stops neither the others nor the service.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from django.db import close_old_connections, connection

from allmende.cooperative.office_keeping import keep_office
from allmende.devices.meters.rounds import run_due_rounds
from allmende.fleet.reports.keeping import keep_reports
from allmende.printing.rules.approval_notices import tell_approvers

log = logging.getLogger(__name__)

#: Name, seconds between two looks, and the work.
_WORKS: Final[tuple[tuple[str, float, Callable[[], object]], ...]] = (
    ("meter rounds", 20.0, run_due_rounds),
    ("mails to approvers", 60.0, tell_approvers),
    ("reports", 300.0, keep_reports),
    ("the cooperative's office", 600.0, keep_office),
)


class Keeper:
    """`start`, and `stop` before the process ends; what is in the middle then is done again later."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._work = work
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keeper: {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _keep(self) -> None:
        # Not at once: a service that starts has better things to do.
        while not self._ended.wait(self._seconds):
            close_old_connections()
            try:
                self._work()
            except Exception:
                log.exception("%s failed; tried again in %d s", self._name, self._seconds)
        connection.close()


def make_keepers() -> tuple[Keeper, ...]:
    return tuple(Keeper(*work) for work in _WORKS)


def keep_once() -> None:
    """All that is due now. Raises what goes wrong."""
    for _, _, work in _WORKS:
        work()
