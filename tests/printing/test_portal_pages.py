# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal shows and changes only what is one's own, and no title."""

from __future__ import annotations

import plistlib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from allmende.directory.chips import Chip, EnrolmentCode
from allmende.directory.delegations import delegate_to
from allmende.directory.people import Delegation, Person
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.queue_addresses import QueueAddress, find_queue_addresses
from makers import make_chip, make_job, make_person, make_queue, make_town

pytestmark = pytest.mark.django_db

TITLE = "Waldmeisterbowle"


@pytest.fixture
def anna() -> Person:
    return make_person(make_town(), "anna", display_name="Anna Ahorn")


@pytest.fixture
def bernd(anna: Person) -> Person:
    assert anna.municipality is not None
    return make_person(anna.municipality, "bernd", display_name="Bernd Birke")


@pytest.fixture
def stranger() -> Person:
    return make_person(make_town("dessau"), "anna")


@pytest.fixture
def portal(client: Client, anna: Person) -> Client:
    client.force_login(anna)
    client.cookies["django_language"] = "en"
    return client


def test_the_table_asks_again_while_pages_are_counted(portal: Client, anna: Person) -> None:
    assert anna.municipality is not None
    job = make_job(anna.municipality, anna, pages=None, inspection="").job
    assert "every 3s" in portal.get("/").content.decode()
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert "every 3s" not in portal.get("/").content.decode()
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now(), pages=3)
    assert "every 3s" not in portal.get("/").content.decode()


def test_my_jobs_without_titles(portal: Client, anna: Person, bernd: Person) -> None:
    assert anna.municipality is not None
    make_chip(anna)
    mine = make_job(anna.municipality, anna, title=TITLE, pages=12).job
    other = make_job(anna.municipality, bernd, pages=77).job
    page = portal.get("/").content.decode()
    assert f">{mine.pk}<" in page
    assert "12 pages" in page
    assert f">{other.pk}<" not in page
    assert "77 pages" not in page
    assert TITLE not in page


def test_cancel_mine_alone(portal: Client, anna: Person, bernd: Person, stranger: Person) -> None:
    assert anna.municipality is not None
    assert stranger.municipality is not None
    mine = make_job(anna.municipality, anna).job
    others = [make_job(anna.municipality, bernd).job, make_job(stranger.municipality, stranger).job]
    for other in others:
        assert portal.post(f"/auftraege/{other.pk}/loeschen/").status_code == 404
        assert portal.get(f"/auftraege/{other.pk}/loeschen/").status_code == 404
    assert portal.post(f"/auftraege/{mine.pk}/loeschen/").status_code == 302
    assert Job.objects.get(pk=mine.pk).state == State.CANCELLED
    assert {Job.objects.get(pk=other.pk).state for other in others} == {State.HELD}


def test_my_job_is_thrown_away_only_after_a_question(portal: Client, anna: Person) -> None:
    assert anna.municipality is not None
    job = make_job(anna.municipality, anna, pages=12, title=TITLE).job
    address = f"/auftraege/{job.pk}/loeschen/"
    assert f'href="{address}"' in portal.get("/").content.decode()
    asked = portal.get(address).content.decode()
    assert "Delete this job?" in asked
    assert f"Job {job.pk}, 12 pages, arrived" in asked
    assert TITLE not in asked
    assert Job.objects.get(pk=job.pk).state == State.HELD
    portal.post(address)
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED
    assert "The job had ended already." in portal.get(address, follow=True).content.decode()


def test_history_is_mine_and_paged(portal: Client, anna: Person, bernd: Person) -> None:
    assert anna.municipality is not None
    for _ in range(26):
        make_job(anna.municipality, anna, state=State.PRINTED, finished_at=timezone.now(), title=TITLE)
    make_job(anna.municipality, bernd, state=State.PRINTED, finished_at=timezone.now())
    first, second = (portal.get("/verlauf/", {"page": number}).content.decode() for number in (1, 2))
    assert (first.count('scope="row"'), second.count('scope="row"')) == (25, 1)
    assert TITLE not in first + second


@pytest.mark.parametrize(
    "address", ["/", "/verlauf/", "/drucken/", "/adressen/", "/chips/", "/vertretung/", "/meine-daten/"]
)
def test_strangers_are_sent_to_sign_in(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/anmelden/?next=")


def test_operator_without_a_town_is_sent_to_the_administration_that_is_theirs(client: Client) -> None:
    client.force_login(Person.objects.create_superuser("root", "a long password"))
    response = client.get("/", follow=True)
    assert (response.redirect_chain, response.status_code) == ([("/admin/", 302)], 200)


def test_somebody_of_no_town_is_refused(client: Client) -> None:
    client.force_login(Person.objects.create(municipality=None, login="nobody"))
    assert client.get("/").status_code == 403


@pytest.mark.parametrize(
    ("told", "words"),
    [("completed", "Windows says “printed”"), ("pending-held", "the job stays until you have fetched it")],
)
def test_the_instructions_say_what_windows_will_show(
    portal: Client, anna: Person, told: str, words: str
) -> None:
    assert anna.municipality is not None
    queue = make_queue(anna.municipality)
    queue.reported_state = told
    queue.save()
    portal.post("/adressen/", {"label": "Arbeitsplatz"})
    assert words in portal.get(f"/adressen/{QueueAddress.objects.get().pk}/").content.decode()


def test_address_prints_in_my_name_until_revoked(portal: Client, anna: Person) -> None:
    assert anna.municipality is not None
    response = portal.post("/adressen/", {"label": "Notebook"})
    address = QueueAddress.objects.get()
    assert response.headers["Location"] == f"/adressen/{address.pk}/"
    page = portal.get(f"/adressen/{address.pk}/").content.decode()
    assert f"/ipp/print/zerbst/{address.key()}" in page
    key = address.key()
    assert find_queue_addresses(anna.municipality.pk, [key]) == {key: address}
    assert portal.get(f"/adressen/{address.pk}/widerrufen/").status_code == 200
    assert find_queue_addresses(anna.municipality.pk, [key, "1-" + "a" * 24, "x"]) == {
        key: address,
        "1-" + "a" * 24: None,
        "x": None,
    }
    portal.post(f"/adressen/{address.pk}/widerrufen/")
    assert find_queue_addresses(anna.municipality.pk, [key]) == {key: None}
    assert portal.get(f"/adressen/{address.pk}/").status_code == 404


def test_airprint_profile(portal: Client, anna: Person, settings: pytest.FixtureRequest) -> None:
    settings.ALLMENDE_PUBLIC_URL = "https://druck.zerbst.example"  # type: ignore[attr-defined]
    portal.post("/adressen/", {"label": "Phone"})
    address = QueueAddress.objects.get()
    response = portal.get(f"/adressen/{address.pk}/profil/")
    (payload,) = plistlib.loads(response.content)["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.airprint"
    assert payload["AirPrint"] == [
        {
            "IPAddress": "druck.zerbst.example",
            "ResourcePath": f"ipp/print/zerbst/{address.key()}",
            "Port": 443,
            "ForceTLS": True,
        }
    ]
    assert "no-store" in response.headers["Cache-Control"]


def test_addresses_and_chips_of_others(portal: Client, bernd: Person, stranger: Person) -> None:
    for person in (bernd, stranger):
        make_chip(person)
        assert person.municipality is not None
        address = QueueAddress.objects.create(municipality=person.municipality, person=person)
        chip = Chip.objects.get(person=person)
        for path in (
            f"/adressen/{address.pk}/",
            f"/adressen/{address.pk}/profil/",
            f"/adressen/{address.pk}/widerrufen/",
            f"/chips/{chip.pk}/",
            f"/chips/{chip.pk}/sperren/",
        ):
            assert portal.get(path).status_code == 404
            assert portal.post(path).status_code in {404, 405}
        assert Chip.objects.filter(pk=chip.pk).exists()


def test_code_is_shown_once_and_not_stored(portal: Client, anna: Person) -> None:
    page = portal.post("/chips/code/").content.decode()
    code = page.split('class="big-code">')[1].split("<")[0]
    assert len(code) == 11
    row = EnrolmentCode.objects.values().get()
    assert code.replace("-", "") not in str(row)
    assert portal.get("/chips/code/").status_code == 405


def test_block_chip_asks_first(portal: Client, anna: Person) -> None:
    make_chip(anna)
    chip = Chip.objects.get()
    assert "last chip" in portal.get(f"/chips/{chip.pk}/sperren/").content.decode()
    assert Chip.objects.count() == 1
    portal.post(f"/chips/{chip.pk}/sperren/")
    assert Chip.objects.count() == 0


def test_delegation(portal: Client, anna: Person, bernd: Person, stranger: Person) -> None:
    assert "Nobody in your town" in portal.post("/vertretung/", {"login": "nobody"}).content.decode()
    assert "your own login" in portal.post("/vertretung/", {"login": "anna"}).content.decode()
    assert "Nobody in your town" in portal.post("/vertretung/", {"login": "anna@dessau"}).content.decode()
    assert portal.post("/vertretung/", {"login": "Bernd"}).status_code == 302
    delegation = Delegation.objects.get(owner=anna, delegate=bernd, ended_at=None)
    portal.post(f"/vertretung/{delegation.pk}/beenden/")
    delegation.refresh_from_db()
    assert delegation.ended_at is not None


def test_delegation_between_others(portal: Client, anna: Person, bernd: Person) -> None:
    assert anna.municipality is not None
    carla = make_person(anna.municipality, "carla")
    delegation = delegate_to(bernd, carla)
    assert portal.post(f"/vertretung/{delegation.pk}/beenden/").status_code == 404
    delegation.refresh_from_db()
    assert delegation.ended_at is None
