# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the office did with members, in the audit trail of the cooperative's own tenant."""

from __future__ import annotations

from typing import Any

from allmende.directory.audit import record_audit
from allmende.directory.people import Person


def audit_member(actor: Person | None, action: str, target: str, **detail: Any) -> None:
    """`actor` None: the platform itself, e.g. a list that is brought over."""
    record_audit(actor.municipality if actor is not None else None, actor, action, target[:120], **detail)
