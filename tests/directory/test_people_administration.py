# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing people: names stay unique, towns keep their IT, links work once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.people_administration import (
    LastItError,
    NameTakenError,
    PersonDetails,
    add_person,
    change_person,
    describe_person,
    issue_password_link,
    search_people,
)
from allmende.directory.roles import RoleName
from makers import make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


def test_a_name_means_one_person(town: Municipality, it: Person) -> None:
    add_person(it, town, PersonDetails("anna", "Anna", aliases=("ahorn",)))
    for login, aliases in (("anna", ()), ("ahorn", ()), ("b", ("anna",)), ("b", ("ahorn",))):
        with pytest.raises(NameTakenError):
            add_person(it, town, PersonDetails(login, "B", aliases=aliases))
    assert not Person.objects.filter(login="b").exists()


def test_the_same_name_in_another_town_is_free(town: Municipality, it: Person) -> None:
    make_person(make_town("coswig"), "anna")
    assert add_person(it, town, PersonDetails("anna", "Anna")).sign_in_name == "anna@zerbst"


def test_a_town_keeps_its_it(town: Municipality, it: Person) -> None:
    details = describe_person(it)
    for worse in (replace(details, roles=frozenset()), replace(details, is_active=False)):
        with pytest.raises(LastItError):
            change_person(it, Person.objects.get(pk=it.pk), worse)
        assert describe_person(Person.objects.get(pk=it.pk)) == details
    other = make_person(town, "other", it=True)
    assert change_person(other, it, replace(details, roles=frozenset({RoleName.AUDITOR}))) == ["roles"]


def test_the_audit_trail_names_fields_and_not_what_stood_in_them(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna", email="old@zerbst.example")
    change_person(it, person, replace(describe_person(person), email="new@zerbst.example", login="ahorn"))
    entry = AuditEntry.objects.get(action="person.changed")
    assert entry.detail == {"fields": ["login", "email"]}
    person.refresh_from_db()
    assert person.sign_in_name == "ahorn@zerbst"


def test_only_the_towns_own_it_may(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna")
    stranger = make_person(make_town("coswig"), "it", it=True)
    for actor in (person, stranger):
        with pytest.raises(PermissionDenied):
            add_person(actor, town, PersonDetails("b", "B"))
        with pytest.raises(PermissionDenied):
            change_person(actor, person, PersonDetails("anna", "Changed"))
        with pytest.raises(PermissionDenied):
            issue_password_link(actor, person)


def test_operators_get_no_link_from_a_town(town: Municipality, it: Person) -> None:
    operator = make_person(town, "operator", is_superuser=True)
    with pytest.raises(PermissionDenied):
        issue_password_link(it, operator)


def test_a_password_link_works_once(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna")
    link = issue_password_link(it, person)
    client = Client()
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    assert link not in address
    password = "ein sehr langes Passwort"
    client.post(address, {"new_password1": password, "new_password2": password})
    person.refresh_from_db()
    assert person.check_password(password)
    again = Client().get(link, follow=True).content.decode()
    assert "new_password1" not in again


def test_an_inactive_person_can_not_use_a_link(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna")
    link = issue_password_link(it, person)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert "new_password1" not in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize("words", ["özer", "Öz", "OEZ", "oezer@", "ö.alias", "emine"])
def test_search_finds_umlauts_in_any_case(town: Municipality, it: Person, words: str) -> None:
    details = PersonDetails("oezer", "Emine Özer", "oezer@zerbst.example", aliases=("ö.alias",))
    add_person(it, town, details)
    assert [person.login for person in search_people(town, words)] == ["oezer"]
    assert not search_people(make_town("coswig"), words)
