# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What reports want done by itself: those that are due are sent, and what is kept no longer is deleted."""

from __future__ import annotations

from allmende.fleet.person_reports import delete_old_person_reports
from allmende.fleet.reports.subscriptions import send_due_reports


def keep_reports() -> int:
    """All that is due now, in all towns; how many mails went out. May run in several processes at once."""
    delete_old_person_reports()
    return send_due_reports()
