# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the uploaded file over the preview to the people, as the town's IT does it in the browser."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from allmende.directory import administration_import
from allmende.directory.administration_import import describe_problem
from allmende.directory.audit import AuditEntry
from allmende.directory.people import Person
from allmende.directory.people_file import LineFault, LineProblem
from allmende.directory.people_import import PeopleDraft
from makers import make_person, make_town

pytestmark = pytest.mark.django_db

HEADER = "Anmeldename;Name;E-Mail;Kostenstelle;Aliase\r\n"


@pytest.fixture
def client() -> Client:
    town = make_town(login_domains=["zerbst"])
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_person(town, "it", it=True))
    return client


def upload(client: Client, text: str, encoding: str = "utf-8", **extra: str) -> str:
    file = SimpleUploadedFile("people.csv", text.encode(encoding))
    response = client.post("/verwaltung/personen/einlesen/", {"file": file, **extra}, follow=True)
    return response.content.decode()


def confirm(client: Client) -> str:
    page = client.get("/verwaltung/personen/einlesen/vorschau/").content.decode()
    digest = page.partition('name="digest" value="')[2].partition('"')[0]
    response = client.post("/verwaltung/personen/einlesen/vorschau/", {"digest": digest}, follow=True)
    return response.content.decode()


def test_nothing_is_imported_until_confirmed(client: Client) -> None:
    page = upload(client, HEADER + "ZERBST\\Jörg;Jörg Öhm;j@stadt.example;1101;jo,Joerg\r\n", "cp1252")
    assert "Jörg Öhm" in page
    assert not Person.objects.filter(login="jörg").exists()
    confirm(client)
    person = Person.objects.get(login="jörg")
    assert person.sign_in_name == "jörg@zerbst"
    assert person.cost_centre is not None
    assert person.cost_centre.number == "1101"
    assert not person.has_usable_password()
    assert sorted(person.aliases.values_list("name", flat=True)) == ["jo", "joerg"]
    assert AuditEntry.objects.filter(action="person.added", target=f"person:{person.pk}").exists()


def test_the_same_file_again_changes_nothing(client: Client) -> None:
    text = HEADER + "a;Anna;a@b.example;1;x\r\nb;Bernd;;2;\r\n"
    upload(client, text)
    confirm(client)
    before = list(Person.objects.order_by("pk").values())
    page = upload(client, text)
    assert 'name="digest"' not in page
    assert "There is nothing to import" in page
    assert "Each list shows at most" not in page
    assert list(Person.objects.order_by("pk").values()) == before


def test_a_change_says_of_what(client: Client) -> None:
    upload(client, HEADER + "a;Anna;a@b.example;;\r\n")
    confirm(client)
    Person.objects.filter(login="a").update(is_active=False)
    page = upload(client, HEADER + "a;Anna B.;c@b.example;9999;x\r\n")
    for words in (
        "becomes active again",
        "Name: Anna → Anna B.",
        "E-mail: a@b.example → c@b.example",
        "Cost centre: – → 9999",
        "Other names: – → x",
    ):
        assert words in page
    assert "There is nothing to import" not in page


def test_long_lists_say_that_they_are_cut(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(administration_import, "_SHOWN", 2)
    assert "Each list shows at most 2 lines" in upload(client, HEADER + "a;A;;;\r\nb;B;;;\r\nc;C;;;\r\n")


def test_lines_with_problems_are_told_and_left_out(client: Client) -> None:
    page = upload(client, HEADER + "a;Anna;not an address;1;\r\nb;Bernd;;2;\r\n;Nobody;;;\r\nb;Again;;;\r\n")
    assert "not an address" in page
    confirm(client)
    assert set(Person.objects.values_list("login", flat=True)) == {"it", "b"}
    assert Person.objects.get(login="b").display_name == "Bernd"


def test_missing_people_are_deactivated_only_when_asked_and_never_those_with_a_role(client: Client) -> None:
    town = Person.objects.get(login="it").municipality
    assert town is not None
    gone = make_person(town, "gone")
    upload(client, HEADER + "a;Anna;;;\r\n")
    confirm(client)
    assert Person.objects.get(pk=gone.pk).is_active
    upload(client, HEADER + "a;Anna;;;\r\n", deactivate_missing="on")
    confirm(client)
    assert not Person.objects.get(pk=gone.pk).is_active
    assert Person.objects.get(login="it").is_active


def test_a_file_with_problems_deactivates_nobody(client: Client) -> None:
    town = Person.objects.get(login="it").municipality
    assert town is not None
    gone = make_person(town, "gone")
    upload(client, HEADER + "a;Anna;;;\r\n;Somebody;;;\r\n", deactivate_missing="on")
    confirm(client)
    gone.refresh_from_db()
    assert gone.is_active


def test_people_of_another_town_stay_untouched(client: Client) -> None:
    other = make_person(make_town("coswig"), "a", display_name="Other Anna")
    upload(client, HEADER + "a;Anna;;;shared\r\n", deactivate_missing="on")
    confirm(client)
    other.refresh_from_db()
    assert other.is_active
    assert other.display_name == "Other Anna"
    assert Person.objects.filter(login="a").count() == 2


def test_a_plan_that_is_out_of_date_is_shown_again(client: Client) -> None:
    upload(client, HEADER + "a;Anna;;;\r\n")
    page = client.get("/verwaltung/personen/einlesen/vorschau/").content.decode()
    digest = page.partition('name="digest" value="')[2].partition('"')[0]
    town = Person.objects.get(login="it").municipality
    assert town is not None
    make_person(town, "a", display_name="Somebody else meanwhile")
    client.post("/verwaltung/personen/einlesen/vorschau/", {"digest": digest})
    assert Person.objects.get(login="a").display_name == "Somebody else meanwhile"


def test_an_alias_moves_from_one_person_to_another_in_one_file(client: Client) -> None:
    upload(client, HEADER + "a;Anna;;;shared\r\nb;Bernd;;;\r\n")
    confirm(client)
    upload(client, HEADER + "a;Anna;;;\r\nb;Bernd;;;shared\r\nc;Carla;;;\r\n")
    confirm(client)
    assert list(Person.objects.get(login="b").aliases.values_list("name", flat=True)) == ["shared"]


def test_a_login_that_is_somebodys_alias_is_refused(client: Client) -> None:
    upload(client, HEADER + "a;Anna;;;b\r\n")
    confirm(client)
    page = upload(client, "login;name\nb;Bernd\n")
    assert "means somebody else already" in page
    confirm(client)
    assert not Person.objects.filter(login="b").exists()


def test_unreadable_files_are_explained(client: Client) -> None:
    assert "choose “Save as”" in upload(client, "login\0;name")
    assert "No column is called" in upload(client, "foo;bar\n1;2\n")
    assert "file is empty" in upload(client, " \n ")


def test_the_export_can_be_imported_again(client: Client) -> None:
    upload(client, HEADER + 'a;"=Anna; die ""Große""";a@b.example;1;x,y\r\n')
    confirm(client)
    data = client.get("/verwaltung/personen/liste.csv").content
    assert b"'=Anna" in data
    page = upload(client, data.decode("utf-8-sig"))
    assert 'name="digest"' not in page


@pytest.mark.parametrize("fault", list(LineFault))
def test_every_problem_says_what_to_do(fault: LineFault) -> None:
    text = describe_problem(LineProblem(3, fault, "detail"))
    assert text
    assert "%" not in text


def test_a_body_that_is_too_large_is_refused_unread(client: Client) -> None:
    file = SimpleUploadedFile("people.csv", b"login;name\n" + b"x" * (3 * 1024 * 1024))
    response = client.post("/verwaltung/personen/einlesen/", {"file": file})
    assert response.status_code == 413
    assert "larger than 2 MB" in response.content.decode()


def test_an_upload_needs_the_forms_token(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(Person.objects.get(login="it"))
    file = SimpleUploadedFile("people.csv", b"login;name\na;Anna\n")
    assert strict.post("/verwaltung/personen/einlesen/", {"file": file}).status_code == 403
    assert not PeopleDraft.objects.exists()
