# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every address of the cooperative, walked by who must not see it: strangers, a member town's IT and head, a town that is no member."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from allmende.cooperative.hash_chain import ChangeEntry
from allmende.directory.models import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.server.demo.demo_cooperative import make_cooperative_demo
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
_NUMBERS = ("1", "2", "7")


def routes(start: str, resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(start, pattern, route)
        elif route.startswith(start):
            yield route


def addresses(route: str) -> list[str]:
    """With some numbers that rows of the demo have in place of what a route names."""
    names = re.findall(r"<[^>]+>", route)
    found = []
    for numbers in itertools.product(_NUMBERS, repeat=len(names)):
        address = route
        for name, number in zip(names, numbers, strict=True):
            address = address.replace(name, number, 1)
        found.append("/" + address)
    return found


@pytest.fixture
def zerbst() -> Municipality:
    """A member, beside 29 others; the cooperative's year is there."""
    office = make_town("genossenschaft", is_cooperative=True)
    Role.objects.create(municipality=office, person=make_person(office, "m.stein"), name=RoleName.OFFICE)
    zerbst = make_town("zerbst", official_key="15082430")
    make_town("elbauen")
    make_person(zerbst, "o.thiele", it=True)
    assert make_cooperative_demo(timezone.localdate())
    return zerbst


def sign_in(town: Municipality, login: str, *roles: RoleName) -> Client:
    person = make_person(town, login)
    for role in roles:
        Role.objects.create(municipality=town, person=person, name=role)
    client = Client()
    client.force_login(person)
    return client


def test_the_office_s_pages_are_the_office_s_alone(zerbst: Municipality) -> None:
    everything = (RoleName.IT, RoleName.FINANCE, RoleName.MANAGEMENT, RoleName.AUDITOR, RoleName.OFFICE)
    client = sign_in(zerbst, "anna", *everything)
    before = ChangeEntry.objects.count()
    walked = 0
    for route in routes("genossenschaft/"):
        if "<str:token>" in route:  # the calendar's address is a secret of its own
            continue
        for address, method in itertools.product(addresses(route), ("get", "post")):
            status = getattr(client, method)(address).status_code
            assert status in {403, 404, 405}, (method, address, status)
            walked += 1
    assert walked > 100
    assert ChangeEntry.objects.count() == before


def test_strangers_are_sent_to_sign_in(zerbst: Municipality) -> None:
    client = Client()
    for route in (*routes("genossenschaft/"), *routes("mitgliedschaft/")):
        if "<str:token>" in route or "(?P" in route:
            continue
        for address in addresses(route)[:1]:
            response = client.get(address)
            assert response.status_code == 405 or response.headers.get("Location", "").startswith(
                "/anmelden/"
            ), (address, response.status_code)


def test_a_town_that_is_no_member_finds_nothing_of_one(zerbst: Municipality) -> None:
    client = sign_in(make_town("coswig"), "bert", RoleName.MANAGEMENT, RoleName.FINANCE)
    before = ChangeEntry.objects.count()
    walked = 0
    for route in routes("mitgliedschaft/"):
        if "<" not in route:
            continue
        for address, method in itertools.product(addresses(route), ("get", "post")):
            status = getattr(client, method)(address).status_code
            assert status in {403, 404, 405}, (method, address, status)
            walked += 1
    assert walked > 10
    assert ChangeEntry.objects.count() == before


def test_people_without_a_role_see_no_membership(zerbst: Municipality) -> None:
    assert Person.objects.filter(municipality=zerbst).exists()
    client = sign_in(zerbst, "carla")
    for route in routes("mitgliedschaft/"):
        if route == "mitgliedschaft/umlauf/":  # for whoever sits on a board; to all others an empty list
            continue
        for address in addresses(route)[:1]:
            assert client.get(address).status_code in {403, 404, 405}, address
