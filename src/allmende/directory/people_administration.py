# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing people, by the town's IT.

Always holds: a login and the aliases are canonical and unique together within the town, because a name on a print job must mean one
person; a town never loses the last active person with the role of its IT; the audit trail says which fields changed, not what
stood in them (roles and being active excepted, which are rights and not personal facts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person, PersonAlias
from allmende.directory.roles import Role, RoleName

MAX_ALIASES = 20


class PersonError(Exception):
    """The person was not added or changed."""


class NameTakenError(PersonError):
    """A login or alias means somebody else already."""

    def __init__(self, name: str) -> None:
        super().__init__("name taken")
        self.name = name


class LastItError(PersonError):
    """Afterwards nobody could administer the town."""


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What the town's IT sets; login and aliases are canonical already."""

    login: str
    display_name: str
    email: str = ""
    #: Its number; one that the town does not have yet is made.
    cost_centre: str = ""
    aliases: tuple[str, ...] = ()
    is_active: bool = True
    roles: frozenset[RoleName] = frozenset()


def access_person_for(actor: Person, person_id: int) -> Person:
    """A person of the actor's town; Http404 for every other number."""
    found = Person.objects.filter(pk=person_id, municipality_id=town_id_of(actor)).first()
    if found is None:
        raise Http404
    return found


def search_people(municipality: Municipality, words: str = "", *, inactive: bool = True) -> QuerySet[Person]:
    """People of the town whose name, login, e-mail or alias contains `words`, by name."""
    people = Person.objects.filter(municipality=municipality).order_by("display_name", "pk")
    if not inactive:
        people = people.filter(is_active=True)
    words = words.strip()[:100]
    if not words:
        return people
    matches = Q()
    # SQLite folds the case of ASCII letters only: without these "özer" would not find "Özer".
    for form in {words, words.lower(), words.capitalize(), words.title()}:
        matches |= Q(display_name__icontains=form)
    matches |= Q(login__contains=words.casefold()) | Q(email__icontains=words)
    aliases = PersonAlias.objects.filter(municipality=municipality, name__contains=words.casefold())
    return people.filter(matches | Q(pk__in=aliases.values("person_id")))


def describe_person(person: Person) -> PersonDetails:
    return PersonDetails(
        login=person.login,
        display_name=person.display_name,
        email=person.email,
        cost_centre=person.cost_centre.number if person.cost_centre is not None else "",
        aliases=tuple(person.aliases.order_by("name").values_list("name", flat=True)),
        is_active=person.is_active,
        roles=frozenset(
            RoleName(name)
            for name in Role.objects.filter(person=person, municipality_id=town_id_of(person)).values_list(
                "name", flat=True
            )
        ),
    )


def add_person(actor: Person, municipality: Municipality, details: PersonDetails) -> Person:
    """A person who can print and who cannot sign in by password yet. Raises PermissionDenied, PersonError."""
    check_town_it(actor, municipality.pk)
    with transaction.atomic():
        _check_names(municipality.pk, None, details)
        try:
            with transaction.atomic():
                person = Person.objects.create_person(
                    municipality=municipality,
                    login=details.login,
                    display_name=details.display_name,
                    email=details.email,
                    cost_centre=_cost_centre(municipality, details),
                    is_active=details.is_active,
                )
        except IntegrityError:
            raise NameTakenError(details.login) from None
        _set_aliases(person, details.aliases)
        _set_roles(person, details.roles)
        roles = sorted(role.value for role in details.roles)
        record_audit(municipality, actor, "person.added", f"person:{person.pk}", roles=roles)
    return person


def change_person(actor: Person, person: Person, details: PersonDetails) -> list[str]:
    """Bring the person's row to `details`; the names of the fields that changed.

    Raises PermissionDenied, PersonError.
    """
    municipality = person.municipality
    if municipality is None:
        raise PermissionDenied
    check_town_it(actor, municipality.pk)
    with transaction.atomic():
        # Two of the town's IT who take each other's role away at once must not both succeed.
        Municipality.objects.select_for_update().get(pk=municipality.pk)
        before = describe_person(person)
        changed = [
            name for name in PersonDetails.__slots__ if getattr(before, name) != getattr(details, name)
        ]
        if not changed:
            return []
        _check_names(municipality.pk, person.pk, details)
        person.login = details.login
        person.sign_in_name = f"{details.login}@{municipality.slug}"
        person.display_name = details.display_name
        person.email = details.email
        person.cost_centre = _cost_centre(municipality, details)
        person.is_active = details.is_active
        try:
            with transaction.atomic():
                person.save(
                    update_fields=[
                        "login",
                        "sign_in_name",
                        "display_name",
                        "email",
                        "cost_centre",
                        "is_active",
                    ]
                )
                if "aliases" in changed:
                    _set_aliases(person, details.aliases)
        except IntegrityError:
            raise NameTakenError(details.login) from None
        if "roles" in changed:
            _set_roles(person, details.roles)
        if not active_it(municipality.pk).exists():
            raise LastItError
        detail: dict[str, Any] = {"fields": changed}
        if "roles" in changed:
            detail["roles"] = [sorted(before.roles), sorted(details.roles)]
        if "is_active" in changed:
            detail["active"] = [before.is_active, details.is_active]
        record_audit(municipality, actor, "person.changed", f"person:{person.pk}", **detail)
    return changed


def issue_password_link(actor: Person, person: Person) -> str:
    """The path of a link with which the person sets a password of their own: once, and within days
    (`PASSWORD_RESET_TIMEOUT`). Setting a password or signing in ends all links.

    Raises PermissionDenied; also for operators of the platform, whose rights go beyond the town.
    """
    if person.municipality_id is None or person.is_superuser or person.is_staff or not person.is_active:
        raise PermissionDenied
    check_town_it(actor, person.municipality_id)
    record_audit(person.municipality, actor, "password_link.issued", f"person:{person.pk}")
    key = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("new_password", args=[key, default_token_generator.make_token(person)])


def active_it(municipality_id: int) -> QuerySet[Person]:
    return Person.objects.filter(
        is_active=True,
        roles__name=RoleName.IT.value,
        roles__municipality_id=municipality_id,
        municipality_id=municipality_id,
    )


def _check_names(municipality_id: int, person_id: int | None, details: PersonDetails) -> None:
    """Raises NameTakenError for the first name that means another person."""
    names = [details.login, *details.aliases]
    others = Person.objects.filter(municipality_id=municipality_id, login__in=names)
    aliases = PersonAlias.objects.filter(municipality_id=municipality_id, name__in=names)
    if person_id is not None:
        others = others.exclude(pk=person_id)
        aliases = aliases.exclude(person_id=person_id)
    taken = others.values_list("login", flat=True).first() or aliases.values_list("name", flat=True).first()
    if taken is not None:
        raise NameTakenError(taken)


def _cost_centre(municipality: Municipality, details: PersonDetails) -> CostCentre | None:
    return ensure_cost_centres(municipality, [details.cost_centre]).get(details.cost_centre)


def _set_aliases(person: Person, names: Iterable[str]) -> None:
    wanted = set(names)
    PersonAlias.objects.filter(person=person).exclude(name__in=wanted).delete()
    present = set(PersonAlias.objects.filter(person=person).values_list("name", flat=True))
    PersonAlias.objects.bulk_create(
        PersonAlias(municipality_id=town_id_of(person), person=person, name=name)
        for name in sorted(wanted - present)
    )


def _set_roles(person: Person, roles: Iterable[RoleName]) -> None:
    wanted = {role.value for role in roles}
    own = Role.objects.filter(person=person, municipality_id=town_id_of(person))
    own.exclude(name__in=wanted).delete()
    present = set(own.values_list("name", flat=True))
    for name in sorted(wanted - present):
        Role.objects.create(municipality_id=town_id_of(person), person=person, name=name)
