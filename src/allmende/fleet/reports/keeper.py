# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that sends reports when they are due and deletes what is kept no longer, in the service or in the worker."""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.db import close_old_connections, connection

from allmende.fleet.person_reports import delete_old_person_reports
from allmende.fleet.reports.subscriptions import send_due_reports

log = logging.getLogger(__name__)

SECONDS: Final = 300.0


def keep_reports() -> int:
    """All that is due now, in all towns; how many mails went out. May run in several processes at once."""
    delete_old_person_reports()
    return send_due_reports()


class ReportKeeper:
    """`start`, and `stop` before the process ends; a mail in the middle is tried again later."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="report keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _work(self) -> None:
        while not self._ended.wait(self._seconds):
            close_old_connections()
            try:
                keep_reports()
            except Exception:
                log.exception("reports were not sent; tried again in %d s", self._seconds)
        connection.close()
