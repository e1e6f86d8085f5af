# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's words for the audit trail."""

from django.utils.translation import gettext_lazy as _

from allmende.directory.audit_words import add_action_words

add_action_words(
    {
        "device.test_page": _("Test page printed"),
        "job.assigned": _("Job assigned to its owner"),
        "job.cancelled": _("Job deleted by the town's IT"),
        "queue.added": _("Direct queue added"),
        "queue.changed": _("Queue changed"),
        "queue.deleted": _("Queue deleted"),
    }
)
