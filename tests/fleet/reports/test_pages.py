# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reports' pages: who may open them, what they say, and their files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.environment import EnvironmentFactor
from allmende.fleet.reports.subscriptions import ReportSubscription
from allmende.fleet.reports.words import ADDRESSES
from fleet.reports.ledger import count_sheets
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
BASE = "/verwaltung/berichte/"
READERS = (RoleName.IT, RoleName.FINANCE, RoleName.MANAGEMENT, RoleName.AUDITOR)


def sign_in(town: Municipality, *roles: RoleName, login: str = "leser", **fields: Any) -> Client:
    person = make_person(town, login, **fields)
    for role in roles:
        Role.objects.create(municipality=town, person=person, name=role)
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def town() -> Municipality:
    town, other = make_town("zerbst"), make_town("coswig", name="FREMDSTADT")
    count_sheets(town, timezone.localdate(), mono=1234, device=make_device(town))
    count_sheets(other, timezone.localdate(), mono=777_777, device=make_device(other, "fremd-geraet"))
    return town


@pytest.mark.parametrize("role", READERS)
def test_who_reads_figures_sees_every_report(town: Municipality, role: RoleName) -> None:
    client = sign_in(town, role)
    for path in ("/verwaltung/lage/", BASE, BASE + "versand/", BASE + "umwelt/faktoren/"):
        assert client.get(path).status_code == 200, path
    for address in ADDRESSES.values():
        text = client.get(f"{BASE}{address}/").content.decode()
        assert "1.234" in text or address == "kosten", address
        assert "777" not in text
        assert "Fremd" not in text


def test_others_see_none(town: Municipality) -> None:
    client = sign_in(town, RoleName.OFFICE)
    for path in (
        "lage/",
        "verbund/",
        "berichte/",
        "personenberichte/",
        *(f"berichte/{a}/" for a in ADDRESSES.values()),
    ):
        assert client.get(f"/verwaltung/{path}").status_code == 403, path


@pytest.mark.parametrize("address", ADDRESSES.values())
def test_every_report_is_a_file_too(town: Municipality, address: str) -> None:
    client = sign_in(town, RoleName.MANAGEMENT)
    starts = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}
    for kind, start in starts.items():
        response = client.get(f"{BASE}{address}/", {"datei": kind})
        assert response.content.startswith(start)
        name = response.headers["Content-Disposition"]
        assert f"zerbst-{address}-{timezone.localdate().year}-01-01" in name
        assert name.endswith(f'.{kind}"')


def test_the_mayors_page_says_what_is_missing(town: Municipality) -> None:
    client = sign_in(town, RoleName.MANAGEMENT)
    text = client.get("/verwaltung/lage/").content.decode()
    assert "1.234" in text
    assert "<svg" in text
    assert client.get("/verwaltung/lage/", {"datei": "pdf"}).content.startswith(b"%PDF")


def test_an_empty_town_has_pages_too() -> None:
    client = sign_in(make_town("leer"), RoleName.FINANCE)
    for path in ("lage/", *(f"berichte/{address}/" for address in ADDRESSES.values())):
        assert client.get(f"/verwaltung/{path}").status_code == 200
        for kind in ("csv", "xlsx", "pdf"):
            assert client.get(f"/verwaltung/{path}", {"datei": kind}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"zeitraum": "free"},
        {"zeitraum": "free", "von": "2026-02-01", "bis": "2026-01-01"},
        {"zeitraum": "free", "von": "0001-01-01", "bis": "2026-01-01"},
        {"zeitraum": "free", "von": "2020-01-01", "bis": "2026-01-01", "je": "day"},
        {"zeitraum": "nie"},
        {"geraet": "999999"},
        {"kostenstelle": "1"},
    ],
)
def test_wrong_wishes_are_answered_with_words(town: Municipality, query: dict[str, str]) -> None:
    response = sign_in(town, RoleName.FINANCE).get(BASE + "zeit/", query)
    assert response.status_code == 422
    assert "kern-error" in response.content.decode()


def test_a_device_of_another_town_is_no_choice(town: Municipality) -> None:
    foreign = make_device(Municipality.objects.get(slug="coswig"), "noch-eins")
    assert sign_in(town, RoleName.IT).get(BASE + "zeit/", {"geraet": str(foreign.pk)}).status_code == 422


def test_a_small_cost_centre_is_no_choice(town: Municipality) -> None:
    small = CostCentre.objects.create(municipality=town, number="77")
    client = sign_in(town, RoleName.FINANCE)
    assert "77" not in client.get(BASE + "zeit/").content.decode().partition("<main")[2].partition("<h2")[0]
    assert client.get(BASE + "zeit/", {"kostenstelle": str(small.pk)}).status_code == 422


def test_subscribing_and_ending(town: Municipality) -> None:
    client = sign_in(town, RoleName.FINANCE, email="leser@zerbst.example")
    person = Person.objects.get(login="leser")
    form = {
        "kind": "time",
        "rhythm": "monthly",
        "recipient": str(person.pk),
        "file_kind": "pdf",
        "language": "de",
    }
    weekly = client.post(BASE + "versand/", form | {"kind": "cost_centre", "rhythm": "weekly"})
    assert weekly.status_code == 422
    assert client.post(BASE + "versand/", form).status_code == 302
    number = ReportSubscription.objects.get().pk
    reader = sign_in(town, RoleName.MANAGEMENT, login="chef")
    assert reader.post(BASE + "versand/", form).status_code == 403
    other = sign_in(Municipality.objects.get(slug="coswig"), RoleName.FINANCE)
    assert other.post(f"{BASE}versand/{number}/beenden/").status_code == 404
    assert client.post(f"{BASE}versand/{number}/beenden/").status_code == 302
    assert not ReportSubscription.objects.exists()


def test_who_gets_a_report_may_end_it_and_no_other_s(town: Municipality) -> None:
    keeper = sign_in(town, RoleName.FINANCE, email="leser@zerbst.example")
    reader = sign_in(town, RoleName.MANAGEMENT, login="chef", email="chef@zerbst.example")
    for login in ("leser", "chef"):
        form = {"kind": "time", "rhythm": "monthly", "file_kind": "pdf", "language": "de"}
        form["recipient"] = str(Person.objects.get(login=login).pk)
        assert keeper.post(BASE + "versand/", form).status_code == 302
    own = ReportSubscription.objects.get(recipient__login="chef")
    other = ReportSubscription.objects.get(recipient__login="leser")
    page = reader.get(BASE + "versand/").content.decode()
    assert f"versand/{own.pk}/beenden/" in page
    assert f"versand/{other.pk}/beenden/" not in page
    assert reader.post(f"{BASE}versand/{other.pk}/beenden/").status_code == 403
    assert reader.post(f"{BASE}versand/{own.pk}/beenden/").status_code == 302
    assert list(ReportSubscription.objects.all()) == [other]


def test_where_nobody_can_get_a_mail_it_is_said_what_to_do(town: Municipality) -> None:
    client = sign_in(town, RoleName.FINANCE)
    page = client.get(BASE + "versand/").content.decode()
    assert "Noch kann niemand einen bekommen" in page
    assert 'name="recipient"' not in page
    Person.objects.filter(login="leser").update(email="leser@zerbst.example")
    page = client.get(BASE + "versand/").content.decode()
    assert "Noch kann niemand einen bekommen" not in page
    assert 'name="recipient"' in page
    auditor = sign_in(town, RoleName.AUDITOR, login="chef").get(BASE + "versand/").content.decode()
    assert "Tragen Sie unten den ersten ein" not in auditor, "there is no form below"


def test_a_factor_of_the_town(town: Municipality) -> None:
    client = sign_in(town, RoleName.FINANCE)
    form = {"effect": "co2", "per_sheet": "0,0044", "first_day": "2026-01-01", "source": "Blauer Engel"}
    assert client.post(BASE + "umwelt/faktoren/", form | {"source": ""}).status_code == 422
    assert client.post(BASE + "umwelt/faktoren/", form).status_code == 302
    assert client.post(BASE + "umwelt/faktoren/", form | {"per_sheet": "0,0043"}).status_code == 302
    assert [str(row.per_sheet) for row in EnvironmentFactor.objects.all()] == ["0.004300"]
    text = client.get(BASE + "umwelt/faktoren/").content.decode()
    assert "Blauer Engel" in text
    other = sign_in(Municipality.objects.get(slug="coswig"), RoleName.IT)
    assert "Blauer Engel" not in other.get(BASE + "umwelt/faktoren/").content.decode()


def test_member_towns_side_by_side_for_the_office_alone(town: Municipality) -> None:
    cooperative = make_town("genossenschaft", is_cooperative=True)
    for number in range(8):
        for slug in ("zerbst", "coswig"):
            make_person(Municipality.objects.get(slug=slug), f"p{number}")
    office = sign_in(cooperative, RoleName.OFFICE)
    text = office.get("/verwaltung/verbund/").content.decode()
    assert "FREMDSTADT" in text
    assert "1.234" in text
    assert "777.777" in text
    assert sign_in(cooperative, RoleName.IT, login="it").get("/verwaltung/verbund/").status_code == 403
    assert sign_in(town, RoleName.OFFICE, login="nicht").get("/verwaltung/verbund/").status_code == 403
    for kind in ("csv", "xlsx", "pdf"):
        assert office.get("/verwaltung/verbund/", {"datei": kind}).status_code == 200


def test_small_member_towns_are_withheld(town: Municipality) -> None:
    cooperative = make_town("genossenschaft", is_cooperative=True)
    third = make_town("dritte")
    count_sheets(third, timezone.localdate() - timedelta(days=0), mono=55_555)
    for number in range(9):
        make_person(third, f"p{number}")
    for number in range(6):
        make_person(Municipality.objects.get(slug="coswig"), f"p{number}")
    text = (
        sign_in(cooperative, RoleName.OFFICE).get("/verwaltung/verbund/", {"datei": "csv"}).content.decode()
    )
    assert "1234" not in text, "nobody works in the first town"
    assert "FREMDSTADT;withheld" in text.replace("zurückgehalten", "withheld"), (
        "the second could be computed from the total"
    )
    assert "55555" in text
