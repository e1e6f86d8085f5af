# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Roles: what a person may do beyond their own papers. A role always belongs to one municipality."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class RoleName(models.TextChoices):
    IT = "it", _("Town's IT")
    AUDITOR = "auditor", _("Auditor")
    #: Budgets, contracts, statements.
    FINANCE = "finance", _("Finance office")
    #: The mayor and who stands in: figures, to look at.
    MANAGEMENT = "management", _("Administration's head")
    #: Has its meaning in the cooperative's own tenant alone (`Municipality.is_cooperative`).
    OFFICE = "office", _("Cooperative's office")


class Role(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(max_length=20, choices=RoleName.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "person", "name"], name="role_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.name}"
