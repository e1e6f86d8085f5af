# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules' words for the audit trail."""

from django.utils.translation import gettext_lazy as _

from allmende.directory.audit_words import add_action_words

add_action_words(
    {
        "print.approved": _("Print job approved"),
        "print.declined": _("Approval of a print job declined"),
        "rule.added": _("Rule added"),
        "rule.changed": _("Rule changed"),
        "rule.moved": _("Rule moved"),
        "rule.removed": _("Rule removed"),
        "rule.restored": _("Rule brought back"),
        "rule.switched_off": _("Rule switched off"),
        "rule.switched_on": _("Rule switched on"),
    }
)
