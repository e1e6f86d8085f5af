# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail: who did what to whom, append-only. No secrets, no job titles, no chip numbers."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class AuditEntry(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["municipality", "-id"], name="audit_by_municipality")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"


def record_audit(
    municipality: Municipality | None,
    actor: Person | None,
    action: str,
    target: str = "",
    **detail: Any,
) -> AuditEntry:
    """Append one entry; `action` is `noun.verb_past`, e.g. `chip.enrolled`."""
    return AuditEntry.objects.create(
        municipality=municipality, actor=actor, action=action, target=target, detail=detail
    )
