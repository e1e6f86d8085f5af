# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways on: every page has its place in the groups, a role sees what it may open, the current page is marked once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from allmende.cooperative.sections import membership_groups, office_groups
from allmende.directory.administration_access import open_desk
from allmende.directory.administration_sections import first_page_for, groups_for
from allmende.directory.page_groups import PageGroup, PageLink, describe_groups, find_current
from allmende.directory.roles import Role, RoleName
from cooperative.member_makers import make_member
from makers import make_person, make_town

pytestmark = pytest.mark.django_db


def routes_below(beginning: str, resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes_below(beginning, pattern, route)
        elif route.startswith(beginning):
            yield "/" + re.sub(r"<[^>]+>", "1", route).replace("^", "")


def all_groups() -> list[PageGroup]:
    """Of somebody who may open everything."""
    town = make_town("genossenschaft", is_cooperative=True)
    person = make_person(town, "alles", it=True)
    for role in (RoleName.FINANCE, RoleName.OFFICE):
        Role.objects.create(municipality=town, person=person, name=role)
    desk = open_desk(person)
    assert desk is not None
    return groups_for(desk)


def test_every_page_of_the_administration_has_its_place() -> None:
    groups = all_groups()
    lost = {
        path
        for path in routes_below("verwaltung/")
        if path != "/verwaltung/"
        and ((found := find_current(groups, path)) is None or found[1].href == "/verwaltung/")
    }
    assert lost == set()


def test_every_page_of_the_office_has_its_place() -> None:
    own = ("/genossenschaft/heute/", "/genossenschaft/kalender/")
    lost = {
        path
        for path in routes_below("genossenschaft/")
        if path != "/genossenschaft/"
        and not path.startswith(own)
        and ((found := find_current(office_groups(), path)) is None or found[1].href == "/genossenschaft/")
    }
    assert lost == set()


def test_no_group_is_too_long_to_be_read() -> None:
    for groups in (all_groups(), office_groups()):
        assert len(groups) <= 6
        assert all(len(group.pages) <= 5 for group in groups)


def test_a_role_sees_what_it_may_open_and_begins_there() -> None:
    town = make_town()
    client = Client(headers={"accept-language": "en"})
    for role, first in ((RoleName.MANAGEMENT, "/verwaltung/lage/"), (RoleName.IT, "/verwaltung/")):
        person = make_person(town, role.value)
        Role.objects.create(municipality=town, person=person, name=role)
        desk = open_desk(person)
        assert desk is not None
        assert first_page_for(desk) == first
        client.force_login(person)
        for group in groups_for(desk):
            for page in group.pages:
                assert client.get(page.href).status_code == 200, page.href


def test_the_current_page_and_its_group_are_marked_once() -> None:
    town = make_town()
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_person(town, "it", it=True))
    for path, group, page, mark in (
        ("/verwaltung/zaehler/", "Devices", "Meters", "page"),
        ("/verwaltung/zaehler/verbrauch/", "Devices", "Meters", "true"),
        ("/verwaltung/", "Overview", "Today", "page"),
    ):
        html = client.get(path).content.decode()
        shown = html[
            html.index('class="sub-navigation"') : html.index("</nav>", html.index('class="sub-nav'))
        ]
        marked = re.findall(r'aria-current="(\w+)">([^<]+)<', shown)
        assert marked == [("true", group), (mark, page)], path


def test_the_longest_beginning_is_the_current_page() -> None:
    groups = [
        PageGroup("a", (PageLink("/v/", "first"),)),
        PageGroup("b", (PageLink("/v/x/", "x", ("/v/y/",)), PageLink("/v/x/z/", "z"))),
        PageGroup("empty", ()),
    ]
    assert [
        find_current(groups, path)[1].label for path in ("/v/", "/v/q/", "/v/x/1/", "/v/y/", "/v/x/z/2/")
    ] == [  # type: ignore[index]
        "first",
        "first",
        "x",
        "x",
        "z",
    ]
    assert find_current(groups, "/elsewhere/") is None
    described = describe_groups(groups, "/elsewhere/")
    assert (described["pages"], [each["label"] for each in described["groups"]]) == (
        [],
        ["first", "b"],
    ), "a group of one page has its name"


def test_a_member_s_pages_show_only_what_opens() -> None:
    """The town's IT asks the office, and has no business with the figures."""
    town = make_town()
    make_member("Zerbst", date(2014, 7, 1), municipality=town)
    client = Client(headers={"accept-language": "en"})
    for role, count in ((RoleName.IT, 1), (RoleName.MANAGEMENT, 3)):
        person = make_person(town, role.value)
        Role.objects.create(municipality=town, person=person, name=role)
        client.force_login(person)
        pages = [page for group in membership_groups(person) for page in group.pages]
        assert len(pages) == count
        assert {client.get(page.href).status_code for page in pages} == {200}
    assert membership_groups(make_person(town, "anna")) == []
