# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's words for the audit trail, and for the changes of a job."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from allmende.directory.audit_words import add_action_words
from allmende.printing.job_states import Change

add_action_words(
    {
        "device.test_page": _("Test page printed"),
        "job.assigned": _("Job assigned to its owner"),
        "job.cancelled": _("Job deleted by the town's IT"),
        "queue_address.created": _("Personal queue address created"),
        "queue_address.revoked": _("Personal queue address revoked"),
        "queue.added": _("Direct queue added"),
        "queue.changed": _("Queue changed"),
        "budget.added": _("Budget added"),
        "budget.changed": _("Budget changed"),
        "budget.deleted": _("Budget deleted"),
        "ledger.people_forgotten": _("People taken out of the ledger"),
        "sheets.corrected": _("Ledger corrected"),
        "queue.deleted": _("Queue deleted"),
    }
)

_CHANGES: Final[dict[str, str | Promise]] = {
    "create": _("announced"),
    Change.COMPLETE: _("arrived"),
    Change.COMPLETE_UNKNOWN: _("arrived, owner unknown"),
    Change.ABORT: _("upload broke off"),
    Change.CLAIM: _("claimed by, or assigned to, its owner"),
    Change.RELEASE: _("released at a device"),
    Change.TAKE_OVER: _("taken to another device"),
    Change.BEGIN: _("printing began"),
    Change.RETURN: _("nothing came out, waits again"),
    Change.LOSE_SIGHT: _("not known whether it came out"),
    Change.FINISH: _("device reports the end"),
    Change.CONFIRM: _("owner says: it came out"),
    Change.RETRY: _("owner says: print again"),
    Change.CANCEL: pgettext_lazy("job", "deleted"),
    Change.EXPIRE: pgettext_lazy("job", "expired"),
}


def change_word(change: str) -> str:
    return str(_CHANGES.get(change, change))
