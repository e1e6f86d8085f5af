# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may act on whom in the directory: people on themselves, the town's IT on its own town, nobody across towns."""

from __future__ import annotations

from typing import Final

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


def check_town_it(actor: Person, municipality_id: int | None) -> None:
    """Raises PermissionDenied unless the actor is the IT of this town."""
    if not is_town_it(actor, municipality_id):
        raise PermissionDenied


READS_FIGURES: Final = (RoleName.IT, RoleName.FINANCE, RoleName.MANAGEMENT, RoleName.AUDITOR)
KEEPS_CONTRACTS: Final = (RoleName.IT, RoleName.FINANCE)


def may_read_figures(actor: Person, municipality_id: int | None) -> bool:
    """Whether the actor may see this town's counts and costs (by device and cost centre, never by person)."""
    return _has_role(actor, municipality_id, READS_FIGURES)


def may_keep_contracts(actor: Person, municipality_id: int | None) -> bool:
    """Whether the actor may change this town's contracts, prices, budgets and baseline."""
    return _has_role(actor, municipality_id, KEEPS_CONTRACTS)


def is_cooperative_office(actor: Person) -> bool:
    """Whether the actor works in the cooperative's own office, which sees all members side by side, summed up."""
    return (
        actor.municipality is not None
        and actor.is_active
        and Role.objects.filter(
            person_id=actor.pk,
            municipality=actor.municipality,
            municipality__is_cooperative=True,
            name=RoleName.OFFICE,
        ).exists()
    )


def _has_role(actor: Person, municipality_id: int | None, names: tuple[RoleName, ...]) -> bool:
    return (
        municipality_id is not None
        and actor.is_active
        and Role.objects.filter(person_id=actor.pk, municipality_id=municipality_id, name__in=names).exists()
    )


def check_may_act_for(actor: Person, person: Person) -> None:
    """Raises PermissionDenied unless the actor is this person or the IT of this person's town."""
    if person.municipality_id is None:
        raise PermissionDenied
    if actor.pk == person.pk and actor.is_active:
        return
    check_town_it(actor, person.municipality_id)
