# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this room writes into the audit trail, in words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Final[dict[str, str | Promise]] = {
    "baseline.saved": _("Baseline saved"),
    "concept.begun": _("Concept begun"),
    "concept.cancelled": _("Concept cancelled"),
    "contract.added": _("Contract added"),
    "contract.changed": _("Contract changed"),
    "contract_charge.added": _("One-off amount added"),
    "contract_charge.changed": _("One-off amount changed"),
    "contract_charge.deleted": _("One-off amount removed"),
    "contract_device.added": _("Contract's device added"),
    "contract_device.changed": _("Contract's device changed"),
    "contract_device.deleted": _("Contract's device removed"),
    "contract_term.added": _("Price list added"),
    "contract_term.changed": _("Price list changed"),
    "contract_term.deleted": _("Price list removed"),
    "environment_factor.set": _("Factor of the environment report set"),
    "person_report.asked": _("Report on a person asked for"),
    "person_report.granted": _("Report on a person consented to"),
    "person_report.looked": _("Report on a person looked at"),
    "person_report.refused": _("Report on a person refused"),
    "personal_data.exported": _("Own data downloaded"),
    "proof.exported": _("Proof downloaded"),
    "report.not_sent": _("Report not sent: no role or no address"),
    "report.subscribed": _("Report asked for by mail"),
    "report.unsubscribed": _("Report by mail ended"),
    "retention.person_reports": _("Old reports on persons deleted"),
    "settlement.closed": _("Settlement closed"),
    "settlement.exported": _("Settlement downloaded"),
    "supplier_invoice.deleted": _("Supplier's invoice deleted"),
    "supplier_invoice.imported": _("Supplier's invoice imported"),
}
