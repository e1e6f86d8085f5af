# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the office's day wants done by itself: reminders are sent, and the chain's anchor is carried out of the house."""

from __future__ import annotations

from allmende.cooperative.due_reminders import mail_anchor, send_due_reminders


def keep_office() -> int:
    """All that is due now; how many mails went out. May run in several processes at once."""
    return send_due_reminders() + mail_anchor()
