# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that sends the office's reminders and carries the chain's anchor out, in the service or in the worker."""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.db import close_old_connections, connection

from allmende.cooperative.due_reminders import mail_anchor, send_due_reminders

log = logging.getLogger(__name__)

SECONDS: Final = 600.0


def keep_office() -> int:
    """All that is due now; how many mails went out. May run in several processes at once."""
    return send_due_reminders() + mail_anchor()


class OfficeKeeper:
    """`start`, and `stop` before the process ends; a mail in the middle is tried again later."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="office keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _work(self) -> None:
        while not self._ended.wait(self._seconds):
            close_old_connections()
            try:
                keep_office()
            except Exception:
                log.exception("the office's mails were not sent; tried again in %d s", self._seconds)
        connection.close()
