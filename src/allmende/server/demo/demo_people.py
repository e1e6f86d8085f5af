# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The invented people of the demo's year: those who sign in with a role, and the colleagues behind each cost centre's figures."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import make_password

from allmende.directory.cost_centres import CostCentre
from allmende.directory.models import Person, Role
from allmende.server.demo.demo_town import OFFICIALS, ensure_cost_centre

if TYPE_CHECKING:
    from allmende.directory.municipalities import Municipality

#: Cost centre to how many people work there; the IT is so small that its figures are withheld.
CENTRES: Final[Mapping[str, int]] = {
    "1000 Hauptamt": 9,
    "1010 IT": 2,
    "1100 Bürgeramt": 11,
    "2000 Kämmerei": 8,
    "3000 Ordnungsamt": 9,
    "3400 Standesamt": 6,
    "4000 Soziales": 12,
    "4600 Kindertagesstätten": 7,
    "5100 Jugend": 8,
    "6000 Bauamt": 10,
    "6600 Tiefbau": 6,
    "7700 Bauhof": 7,
}
_FIRST: Final = (
    "Anke", "Bernd", "Carla", "Dirk", "Elke", "Frank", "Gesa", "Holger", "Ines", "Jens", "Katrin", "Lars", "Maren", "Norbert",
    "Olaf", "Petra", "Ralf", "Silke", "Timo", "Ulla", "Volker", "Wiebke",
)  # fmt: skip
_LAST: Final = (
    "Albers", "Behrendt", "Clausen", "Dressler", "Ebert", "Fiedler", "Gerlach", "Heinze", "Illner", "Jahnke", "Kessler", "Lorenz",
    "Mertens", "Nagel", "Otto", "Pohl", "Quandt", "Reinicke", "Seidler", "Tetzlaff", "Unger", "Voss", "Wagenknecht", "Zimmer",
)  # fmt: skip


def make_colleagues(
    town: Municipality, heads: Mapping[str, int], seed: random.Random
) -> dict[str, CostCentre]:
    """Fill each cost centre up to so many people, who have neither chip nor password; the centres by their number."""
    centres = {words.split(" ", 1)[0]: ensure_cost_centre(town, words) for words in heads}
    taken = set(Person.objects.filter(municipality=town).values_list("login", flat=True))
    names = [(first, last) for first in _FIRST for last in _LAST]
    seed.shuffle(names)
    people = []
    for words, wanted in heads.items():
        centre = centres[words.split(" ", 1)[0]]
        for _number in range(wanted - Person.objects.filter(cost_centre=centre).count()):
            first, last = names.pop()
            login = f"{first}.{last}".lower()
            if login in taken:
                continue
            people.append(
                Person(
                    municipality=town,
                    login=login,
                    sign_in_name=f"{login}@{town.slug}",
                    display_name=f"{first} {last}",
                    cost_centre=centre,
                    password=make_password(None),
                )
            )
    Person.objects.bulk_create(people)
    return centres


def town_of(person: Person) -> Municipality:
    """Raises ValueError for operators of the platform, who belong to none."""
    if person.municipality is None:
        raise ValueError(person.login)
    return person.municipality


def ensure_officials(town: Municipality, password: str) -> dict[str, Person]:
    """Those of this town who sign in with a role, by role."""
    found = {}
    for wanted in OFFICIALS:
        if wanted.town != town.slug:
            continue
        person = Person.objects.filter(municipality=town, login=wanted.login).first()
        if person is None:
            person = Person.objects.create_person(
                municipality=town,
                login=wanted.login,
                password=password,
                display_name=wanted.name,
                cost_centre=ensure_cost_centre(town, wanted.cost_centre),
            )
        if not person.email and not town.is_cooperative:
            # Reports go there where the operator has named a mail server; the domain is nobody's (RFC 2606).
            person.email = f"{wanted.login}@{town.slug}.example"
            person.save(update_fields=["email"])
        Role.objects.get_or_create(municipality=town, person=person, name=wanted.role)
        found[wanted.role] = person
    return found
