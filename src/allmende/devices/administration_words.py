# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The room's words for the audit trail."""

from django.utils.translation import gettext_lazy as _

from allmende.directory.audit_words import add_action_words

add_action_words(
    {
        "device.added": _("Device added"),
        "device.changed": _("Device changed"),
        "device.certificate_accepted": _("Device's new certificate accepted"),
        "device_token.issued": _("Token issued"),
        "device_token.revoked": _("Token revoked"),
        "site.added": _("Site added"),
        "site.changed": _("Site changed"),
        "site.deleted": _("Site deleted"),
    }
)
