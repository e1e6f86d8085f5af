# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this room writes into the audit trail, in words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Final[dict[str, str | Promise]] = {
    "accession.begun": _("Accession begun"),
    "accession.changed": _("Accession changed"),
    "accession.step_recorded": _("Step of an accession recorded"),
    "accession.step_taken_back": _("Step of an accession taken back"),
    "accession.withdrawn": _("Accession ended"),
    "billing_profile.changed": _("Details of the cooperative for invoices changed"),
    "books.closed": _("Books closed"),
    "books.exported": _("Books exported"),
    "charge.removed": _("Charge removed"),
    "contact.deleted": _("Contact removed"),
    "contact.kept": _("Contact kept"),
    "document.opened": _("Document opened"),
    "legal_rule.added": _("Rule of law added"),
    "legal_rule.changed": _("Rule of law changed"),
    "member.admitted": _("Member admitted"),
    "member.changed": _("Member changed"),
    "member.exit_recorded": _("Exit recorded"),
    "member.exit_revoked": _("Exit revoked"),
    "member.exit_told": _("Member told of its exit"),
    "member.merged": _("Members merged"),
    "member.shares_cancelled": _("Shares cancelled"),
    "member.shares_transferred": _("Shares transferred"),
    "member.split": _("Member split"),
    "member.taken_over": _("Member taken over"),
    "member_billing.changed": _("Billing of a member changed"),
    "members.exported": _("List of members exported"),
    "population.kept": _("Inhabitants entered"),
}
