# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Letters with one-time codes, for one person and for all who have no chip."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from allmende.directory import code_letters
from allmende.directory.chip_enrolment import CodeRefusedError, enrol_chip_with_code
from allmende.directory.chips import EnrolmentCode
from allmende.directory.code_letters import issue_code_letters
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from makers import make_chip, make_person, make_town

pytestmark = pytest.mark.django_db

PAGE = "/verwaltung/personen/briefe/"
CODE = re.compile(r"[3-9A-Y]{3}-[3-9A-Y]{3}-[3-9A-Y]{3}")


@pytest.fixture
def town() -> Municipality:
    town = make_town()
    make_chip(make_person(town, "it", it=True))
    for login in ("anna", "bernd"):
        make_person(town, login)
    make_chip(make_person(town, "carla"), "04c1")
    make_person(town, "left", is_active=False)
    make_person(make_town("elsewhere"), "stranger")
    return town


@pytest.fixture
def client(town: Municipality) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(login="it"))
    return client


def open_codes() -> list[str]:
    return list(EnrolmentCode.objects.filter(used_at__isnull=True).values_list("person__login", flat=True))


def letters(page: str) -> list[tuple[str, str]]:
    """Name and code of each letter."""
    parts = page.split('<section class="letter">')[1:]
    return [
        (re.findall(r"For (\w+),", part)[0], re.findall(CODE, part)[0].replace("-", "")) for part in parts
    ]


def test_all_who_have_no_chip_get_a_letter_that_works(client: Client, town: Municipality) -> None:
    page = client.get(PAGE).content.decode()
    assert "2 active people have no chip yet." in page
    assert not open_codes()

    made = letters(client.post(PAGE).content.decode())
    assert [name for name, _ in made] == ["Anna", "Bernd"]
    # Days later, on the person's first day back.
    EnrolmentCode.objects.update(
        created_at=timezone.now() - timedelta(days=13), expires_at=timezone.now() + timedelta(days=1)
    )
    enrolment = enrol_chip_with_code(town, b"\x01\x02\x03\x04", made[1][1])
    assert enrolment.person.login == "bernd"


def test_a_letter_lives_two_weeks(client: Client) -> None:
    client.post(PAGE)
    lives = EnrolmentCode.objects.get(person__login="anna").expires_at - timezone.now()
    assert timedelta(days=13, hours=23) < lives <= timedelta(days=14)


def test_who_has_a_letter_gets_no_second_one_unless_asked(client: Client, town: Municipality) -> None:
    first = dict(letters(client.post(PAGE).content.decode()))
    again = client.post(PAGE).content.decode()
    assert letters(again) == []
    assert "0 of them have no letter that still works." in again
    second = dict(letters(client.post(PAGE, {"with_letter": "on"}).content.decode()))
    assert second.keys() == first.keys()
    with pytest.raises(CodeRefusedError):
        enrol_chip_with_code(town, b"\x01\x02\x03\x04", first["Anna"])
    assert enrol_chip_with_code(town, b"\x01\x02\x03\x04", second["Anna"]).person.login == "anna"


def test_many_letters_come_in_portions(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_letters, "LETTERS_AT_ONCE", 1)
    page = client.post(PAGE).content.decode()
    assert [name for name, _ in letters(page)] == ["Anna"]
    assert "Afterwards 1 person is still without a letter." in page
    assert [name for name, _ in letters(client.post(PAGE).content.decode())] == ["Bernd"]


def test_nobody_to_write_to_is_said(client: Client) -> None:
    Person.objects.filter(login__in=("anna", "bernd")).update(is_active=False)
    assert "Everybody has a chip" in client.get(PAGE).content.decode()


def test_one_person_s_letter_says_until_when(client: Client) -> None:
    anna = Person.objects.get(login="anna")
    page = client.post(f"/verwaltung/personen/{anna.pk}/code/").content.decode()
    assert CODE.search(page)
    assert "The code works once, until" in page


def test_only_the_town_s_it_writes_letters(town: Municipality) -> None:
    anna = Person.objects.get(login="anna")
    client = Client()
    client.force_login(anna)
    assert client.post(PAGE).status_code == 403
    with pytest.raises(PermissionDenied):
        issue_code_letters(anna, Municipality.objects.get(slug="elsewhere"))
    assert not open_codes()
