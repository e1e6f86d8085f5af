# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the directory stores about a person, and which of it a person is told."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.directory.people import Person
from allmende.directory.personal_data import PersonalTable, register_names, register_table


def _about(person: Person) -> Q:
    """Audit entries on the person; the same number in another town is another person."""
    return Q(target=f"person:{person.pk}", municipality=person.municipality_id)


def register_directory_tables() -> None:
    for table in (
        PersonalTable(
            "directory.Person",
            _("You"),
            (
                "login",
                "sign_in_name",
                "display_name",
                "email",
                "cost_centre__number",
                "is_active",
                "created_at",
                "last_login",
            ),
            key="pk",
        ),
        PersonalTable("directory.PersonAlias", _("Your names on computers"), ("name",)),
        PersonalTable("directory.Role", _("Your roles"), ("name",)),
        PersonalTable("directory.Chip", _("Your chips"), ("label", "has_pin", "created_at", "last_used_at")),
        PersonalTable(
            "directory.EnrolmentCode", _("One-time codes for you"), ("created_at", "expires_at", "used_at")
        ),
        PersonalTable(
            "directory.Delegation",
            _("Whom you let collect your jobs"),
            ("delegate__display_name", "created_at", "ended_at"),
            key="owner",
        ),
        PersonalTable(
            "directory.Delegation",
            _("Who lets you collect their jobs"),
            ("owner__display_name", "created_at", "ended_at"),
            key="delegate",
        ),
        PersonalTable("directory.AuditEntry", _("What you did"), ("at", "action"), key="actor"),
        PersonalTable(
            "directory.AuditEntry",
            _("What was done with your account"),
            ("at", "action", "detail"),
            key="target",
            whose=_about,
        ),
    ):
        register_table(table)
    register_names({"directory.PeopleDraft": _("Uploaded list of people")})
