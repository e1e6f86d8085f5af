# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may act on whom in the directory: people on themselves, the town's IT on its own town, nobody across towns."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName


def is_town_it(actor: Person, municipality_id: int | None) -> bool:
    """Whether the actor has the role of the town's IT in this town."""
    return (
        municipality_id is not None
        and actor.is_active
        and Role.objects.filter(
            person_id=actor.pk, municipality_id=municipality_id, name=RoleName.IT
        ).exists()
    )


def check_may_act_for(actor: Person, person: Person) -> None:
    """Raises PermissionDenied unless the actor is this person or the IT of this person's town."""
    if person.municipality_id is None:
        raise PermissionDenied
    if actor.pk == person.pk and actor.is_active:
        return
    if not is_town_it(actor, person.municipality_id):
        raise PermissionDenied
