# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the office did with members, in the audit trail of the cooperative's own tenant, and its words."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.directory.audit import record_audit
from allmende.directory.people import Person

ACTIONS: Final[dict[str, str | Promise]] = {
    "accession.begun": _("Accession begun"),
    "accession.changed": _("Accession changed"),
    "accession.step_recorded": _("Step of an accession recorded"),
    "accession.step_taken_back": _("Step of an accession taken back"),
    "accession.withdrawn": _("Accession ended"),
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
    "members.exported": _("List of members exported"),
    "population.kept": _("Inhabitants entered"),
}


def audit_member(actor: Person | None, action: str, target: str, **detail: Any) -> None:
    """`actor` None: the platform itself, e.g. a list that is brought over."""
    record_audit(actor.municipality if actor is not None else None, actor, action, target[:120], **detail)
