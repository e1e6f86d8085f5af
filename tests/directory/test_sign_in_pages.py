# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import pytest
from django.test import Client

from allmende.directory.attempts import AttemptCount
from allmende.directory.audit import AuditEntry
from allmende.directory.people import Person
from allmende.directory.sign_in_pages import NAME_LIMIT
from makers import make_person, make_town

PASSWORD = "ein langes Passwort"


@pytest.fixture
def anna(db: None) -> Person:
    return make_person(make_town(), "anna", password=PASSWORD)


def sign_in(client: Client, name: str = "anna", password: str = PASSWORD, address: str = "192.0.2.1") -> bool:
    response = client.post("/anmelden/", {"username": name, "password": password}, REMOTE_ADDR=address)
    return response.status_code == 302


@pytest.mark.parametrize("name", ["anna", "anna@zerbst", " ANNA "])
def test_sign_in(client: Client, anna: Person, name: str) -> None:
    assert sign_in(client, name)
    assert client.get("/").status_code == 200


def test_wrong_password_and_unknown_name_read_the_same(client: Client, anna: Person) -> None:
    answers = [
        client.post("/anmelden/", {"username": name, "password": "wrong"}, headers={"accept-language": "en"})
        for name in ("anna", "nobody")
    ]
    texts = [answer.content.decode().replace("nobody", "anna") for answer in answers]
    assert all("do not belong together" in text for text in texts)


def test_guessing_ends(client: Client, anna: Person) -> None:
    for _ in range(NAME_LIMIT.count):
        assert not sign_in(client, password="wrong")
    assert not sign_in(client), "the right password is not even tried any more"
    assert sign_in(client, address="192.0.2.2"), "a colleague elsewhere is not locked out"


def test_success_forgets_the_failures(client: Client, anna: Person) -> None:
    for _ in range(NAME_LIMIT.count - 1):
        sign_in(client, password="wrong")
    assert sign_in(client)
    client.logout()
    assert not sign_in(client, password="wrong")
    assert sign_in(client)


def test_what_was_typed_is_not_stored(client: Client, anna: Person) -> None:
    sign_in(client, name="my secret password", password="x")
    rows = list(AttemptCount.objects.values())
    assert rows
    assert "secret" not in str(rows)


def test_sign_out_only_by_post(client: Client, anna: Person) -> None:
    sign_in(client)
    assert client.get("/abmelden/").status_code == 405
    assert client.post("/abmelden/").status_code == 302
    assert client.get("/").status_code == 302


def test_foreign_next_is_not_followed(client: Client, anna: Person) -> None:
    response = client.post(
        "/anmelden/", {"username": "anna", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert response.headers["Location"] == "/"


def test_password_change(client: Client, anna: Person) -> None:
    sign_in(client)
    new = "noch ein langes Passwort"
    response = client.post(
        "/passwort/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert response.status_code == 302
    anna.refresh_from_db()
    assert anna.check_password(new)
    assert AuditEntry.objects.filter(action="password.changed", actor=anna).count() == 1
