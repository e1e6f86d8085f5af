# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The panel's guards: whose browser, whose visit, for how long. The walks are in `tests/web`."""

from __future__ import annotations

import re
import time
from unittest.mock import Mock

import pytest
from django.http import HttpResponse
from django.test import Client

from allmende import ipp
from allmende.devices.device_tokens import TokenKind, revoke_device_token
from allmende.devices.devices import Device
from allmende.directory.attempts import UNKNOWN_CHIP_LIMIT, spend_attempt
from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.directory.chips import Chip
from allmende.directory.delegations import delegate_to
from allmende.directory.people import Person
from allmende.printing.delivery.port import DeliveryPort
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.panel.access import (
    CARRY_SECONDS,
    IDLE_SECONDS,
    Panel,
    carry_secret,
    read_carried,
)
from allmende.printing.visit import release
from allmende.printing.visit.visits import Visit
from makers import make_chip, make_device, make_job, make_person, make_token, make_town

pytestmark = pytest.mark.django_db

CHIP = "04a1b2c3"
EVERY_SIDE = ["one-sided", "two-sided-long-edge", "two-sided-short-edge"]


@pytest.fixture
def anna() -> Person:
    person = make_person(make_town(), "anna", display_name="Anna Ahorn")
    make_chip(person, CHIP)
    return person


@pytest.fixture
def device(anna: Person) -> Device:
    assert anna.municipality is not None
    return make_device(anna.municipality)


@pytest.fixture
def panel(device: Device) -> Panel:
    return Panel(*make_token(device))


@pytest.fixture
def at_panel(client: Client, panel: Panel) -> Client:
    client.get(f"{panel.href}?token={panel.clear_token}")
    return client


@pytest.fixture
def a_silent_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "running_delivery", lambda: Mock(spec=DeliveryPort))


def tap(client: Client, panel: Panel, number: str = CHIP) -> HttpResponse:
    response: HttpResponse = client.post(f"{panel.href}/chip", {"chip": number})  # type: ignore[assignment]
    return response


def test_token_is_kept_in_a_cookie_of_the_panel_alone(client: Client, panel: Panel) -> None:
    assert client.get(panel.href).status_code == 403
    response = client.get(f"{panel.href}?token={panel.clear_token}")
    assert response.headers["Location"] == panel.href
    cookie = response.cookies["panel"]
    assert (cookie["path"], cookie["httponly"]) == (panel.href, True)
    assert client.get(panel.href).status_code == 200


def test_a_device_with_a_job_of_ours_is_not_called_ready(
    at_panel: Client, panel: Panel, anna: Person
) -> None:
    """Its own last word is from the tap, before it got the job."""
    Device.objects.filter(pk=panel.device.pk).update(state="idle")
    assert "Das Gerät ist bereit." in at_panel.get(panel.href).content.decode()
    assert anna.municipality is not None
    make_job(anna.municipality, anna, state=State.DELIVERING, device=panel.device, holder="x")
    for address in (panel.href, f"{panel.href}/neues?of=device"):
        page = at_panel.get(address).content.decode()
        assert "Das Gerät druckt gerade." in page
        assert "Das Gerät ist bereit." not in page
    Device.objects.filter(pk=panel.device.pk).update(state="unreachable")
    assert "nicht erreichbar" in at_panel.get(panel.href).content.decode()


def test_forged_cookie_opens_nothing(client: Client, panel: Panel) -> None:
    client.cookies["panel"] = panel.clear_token
    assert client.get(panel.href).status_code == 403


def test_token_of_another_device_or_kind(client: Client, panel: Panel) -> None:
    other = make_device(panel.device.municipality, "rathaus-og")
    assert client.get(f"/panel/{other.slug}?token={panel.clear_token}").status_code == 403
    _, reader = make_token(panel.device, TokenKind.READER)
    assert client.get(f"{panel.href}?token={reader}").status_code == 403


def test_revoked_token_ends_the_panel(at_panel: Client, panel: Panel) -> None:
    tap(at_panel, panel)
    revoke_device_token(None, panel.row)
    assert at_panel.get(panel.href).status_code == 403


def test_visit_cookie_is_strict_and_of_this_panel(at_panel: Client, panel: Panel) -> None:
    cookie = tap(at_panel, panel).cookies["visit"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (panel.href, True, "Strict")
    assert not cookie["max-age"]
    assert "Anna Ahorn" in at_panel.get(panel.href).content.decode()


def test_visit_of_another_panel_is_not_taken(at_panel: Client, panel: Panel) -> None:
    token = tap(at_panel, panel).cookies["visit"].value
    other = Panel(*make_token(make_device(panel.device.municipality, "rathaus-og")))
    client = Client()
    client.get(f"{other.href}?token={other.clear_token}")
    client.cookies["visit"] = token
    assert "Anna Ahorn" not in client.get(other.href).content.decode()


def test_a_closed_panel_says_what_to_do(panel: Panel) -> None:
    client = Client(headers={"accept-language": "en"})
    client.get(f"{panel.href}?token={panel.clear_token}")
    for _ in range(UNKNOWN_CHIP_LIMIT.count):
        spend_attempt(UNKNOWN_CHIP_LIMIT, panel.device.pk)
    tap(client, panel)
    page = client.get(panel.href).content.decode()
    assert "Too many unknown chips were put on this reader" in page
    assert "use another device, or ask your town&#x27;s IT" in page


@pytest.mark.parametrize("detour", ["wrong code", "another chip"])
def test_the_pin_of_a_new_chip_is_kept_on_the_way(at_panel: Client, panel: Panel, detour: str) -> None:
    """Else the chip would be enrolled without one, and nobody would be told."""
    person = make_person(panel.device.municipality, "carla")
    if detour == "another chip":
        make_chip(person, "0a0b0c0d")
    code = issue_enrolment_code(person, person)
    page = tap(at_panel, panel, "0badcafe").content.decode()
    typed = {"carried": hidden(page, "carried"), "code": code, "pin": "2468"}
    first = {**typed, "code": "AAA-AAA-AAA"} if detour == "wrong code" else typed
    page = at_panel.post(f"{panel.href}/anlernen", first).content.decode()
    assert "2468" not in page
    kept = {name: hidden(page, name) for name in ("carried", "carried_pin")}
    lost = {"chips_lost": "yes"} if detour == "another chip" else {}
    assert (
        at_panel.post(f"{panel.href}/anlernen", {**kept, **lost, "code": code, "pin": ""}).status_code == 302
    )
    assert Chip.objects.get(person=person).has_pin
    assert "PIN" in tap(at_panel, panel, "0badcafe").content.decode()


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_page_that_nobody_touches_ends_the_visit(at_panel: Client, panel: Panel) -> None:
    tap(at_panel, panel)
    long_ago = int(time.time()) - IDLE_SECONDS
    assert at_panel.get(f"{panel.href}?seen={long_ago + 20}").status_code == 200
    assert Visit.objects.count() == 1
    response = at_panel.get(f"{panel.href}?seen={long_ago - 1}")
    assert response.status_code == 302
    assert Visit.objects.count() == 0
    assert "Anna Ahorn" not in at_panel.get(panel.href).content.decode()


def test_page_reloads_itself_before_it_idles(at_panel: Client, panel: Panel) -> None:
    tap(at_panel, panel)
    page = at_panel.get(panel.href).content.decode()
    found = re.search(r'http-equiv="refresh" content="(\d+);url=([^"]+)"', page)
    assert found is not None
    assert int(found[1]) <= IDLE_SECONDS
    assert found[2].startswith(f"{panel.href}?seen=")


def test_news_says_when_somebody_tapped_at_the_reader_beside(at_panel: Client, panel: Panel) -> None:
    from allmende.printing.visit.visits import begin_visit

    assert "Panel-Reload" not in at_panel.get(f"{panel.href}/neues?of=device").headers
    reader, _ = make_token(panel.device, TokenKind.READER)
    begin_visit(reader, CHIP)
    assert at_panel.get(f"{panel.href}/neues?of=device").headers["Panel-Reload"] == "1"
    assert "Anna Ahorn" in at_panel.get(panel.href).content.decode()


def test_news_of_an_ended_visit_reloads(at_panel: Client, panel: Panel) -> None:
    tap(at_panel, panel)
    first = at_panel.get(f"{panel.href}/neues?of=visit").headers["Panel-Version"]
    assert at_panel.get(f"{panel.href}/neues?of=visit").headers["Panel-Version"] == first
    Visit.objects.all().delete()
    assert at_panel.get(f"{panel.href}/neues?of=visit").headers["Panel-Reload"] == "1"


def test_pin_is_asked_and_wrong_ones_are_told(at_panel: Client, panel: Panel) -> None:
    carla = make_person(panel.device.municipality, "carla", display_name="Carla Linde")
    make_chip(carla, "04c1b2c3", pin="4711")
    page = tap(at_panel, panel, "04c1b2c3").content.decode()
    assert "04c1b2c3" not in page.lower()
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found is not None
    wrong = at_panel.post(f"{panel.href}/chip", {"carried": found[1], "pin": "1111"})
    assert 'role="alert"' in wrong.content.decode()
    assert Visit.objects.count() == 0
    at_panel.post(f"{panel.href}/chip", {"carried": found[1], "pin": "4711"})
    assert "Carla Linde" in at_panel.get(panel.href).content.decode()


def test_carried_number_is_for_this_panel_and_a_moment(
    panel: Panel, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = carry_secret(panel, CHIP)
    assert read_carried(panel, carried) == CHIP
    assert read_carried(Panel(*make_token(device)), carried) is None
    assert read_carried(panel, carried[:-4] + "AAAA") is None
    later = time.time() + CARRY_SECONDS + 1
    monkeypatch.setattr("allmende.printing.panel.access.time.time", lambda: later)
    assert read_carried(panel, carried) is None


def test_jobs_of_others_can_not_be_touched(at_panel: Client, panel: Panel) -> None:
    bernd = make_person(panel.device.municipality, "bernd")
    make_chip(bernd, "04b1b2c3")
    job = make_job(panel.device.municipality, bernd, preview=b"\x89PNG").job
    tap(at_panel, panel)
    assert at_panel.get(f"{panel.href}/{job.pk}").status_code == 404
    assert at_panel.get(f"{panel.href}/{job.pk}/bild").status_code == 404
    assert at_panel.get(f"{panel.href}/{job.pk}/loeschen").headers["Location"] == panel.href
    at_panel.post(f"{panel.href}/{job.pk}/loeschen")
    job.refresh_from_db()
    assert job.state == "held"


@pytest.mark.parametrize("state", [State.HELD, State.UNCERTAIN, State.RELEASED])
def test_a_job_is_thrown_away_by_two_touches_never_by_one(
    at_panel: Client, panel: Panel, anna: Person, state: State
) -> None:
    job = make_job(panel.device.municipality, anna, state=state, device=panel.device, title="Etat").job
    tap(at_panel, panel)
    address = f"{panel.href}/{job.pk}/loeschen"
    before = at_panel.get(f"{panel.href}/{job.pk}" if state == State.HELD else panel.href)
    assert f'href="{address}"' in before.content.decode()
    for wish in ({"do": "delete", "job": job.pk}, {"answer": "drop"}):
        at_panel.post(f"{panel.href}/auftrag", wish)
        at_panel.post(f"{panel.href}/{job.pk}/antwort", wish)
    asked = at_panel.get(address).content.decode()
    assert "Diesen Auftrag löschen?" in asked
    assert "Etat" in asked
    assert f'href="{panel.href}"' in asked
    assert Job.objects.get(pk=job.pk).state == state
    assert at_panel.post(address).headers["Location"] == panel.href
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED
    # Also where the browser's own "back" leads to the question once more.
    assert at_panel.get(address).headers["Location"] == panel.href


def test_the_question_before_deleting_belongs_to_the_visit(
    at_panel: Client, panel: Panel, anna: Person
) -> None:
    job = make_job(panel.device.municipality, anna, title="Etat").job
    address = f"{panel.href}/{job.pk}/loeschen"
    tap(at_panel, panel)
    at_panel.get(f"{panel.href}/fertig")
    assert at_panel.get(address).headers["Location"] == panel.href
    assert at_panel.post(address).headers["Location"] == panel.href
    assert Job.objects.get(pk=job.pk).state == State.HELD


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        (("one-sided",), ["one-sided"]),
        (("one-sided", "two-sided-long-edge"), EVERY_SIDE),
        ((), EVERY_SIDE),
    ],
    ids=["one-sided", "both", "unknown"],
)
def test_a_device_offers_the_sides_that_it_can_print(
    at_panel: Client, panel: Panel, anna: Person, said: tuple[str, ...], offered: list[str]
) -> None:
    """As its own last description says, which lies here: nobody asks the device for this page."""
    if said:
        printer = ipp.Group(ipp.GroupTag.PRINTER, [ipp.make.keyword("sides-supported", *said)])
        description = ipp.encode(ipp.Message((2, 0), 0, 1, [printer]))
        Device.objects.filter(pk=panel.device.pk).update(description=description)
    job = make_job(panel.device.municipality, anna).job
    tap(at_panel, panel)
    page = at_panel.get(f"{panel.href}/{job.pk}").content.decode()
    assert re.findall(r'name="sides" value="([^"]+)"', page) == offered
    assert re.findall(r'name="sides" value="([^"]+)" checked', page) == ["one-sided"]


def test_further_chip(at_panel: Client, panel: Panel, anna: Person) -> None:
    tap(at_panel, panel)
    at_panel.post(f"{panel.href}/weiterer-chip", {"new_chip": "04d4d4d4"})
    assert Chip.objects.filter(person=anna).count() == 2
    at_panel.get(f"{panel.href}/fertig")
    tap(at_panel, panel, "04d4d4d4")
    assert "Anna Ahorn" in at_panel.get(panel.href).content.decode()


def test_a_further_chip_with_a_pin(at_panel: Client, panel: Panel, anna: Person) -> None:
    """The PIN comes first: a reader types into the field with the cursor, and ends with Enter."""
    tap(at_panel, panel)
    address = f"{panel.href}/weiterer-chip"
    assert 'name="new_chip"' not in at_panel.get(f"{address}?pin=1").content.decode()
    refused = at_panel.post(address, {"pin": "12"}).content.decode()
    assert 'name="pin"' in refused
    assert 'role="alert"' in refused
    page = at_panel.post(address, {"pin": "2468"}).content.decode()
    assert "2468" not in page
    carried = hidden(page, "carried_pin")
    unread = at_panel.post(address, {"carried_pin": carried, "new_chip": "zz zz"}).content.decode()
    at_panel.post(address, {"carried_pin": hidden(unread, "carried_pin"), "new_chip": "04d4d4d4"})
    assert [chip.has_pin for chip in Chip.objects.filter(person=anna).order_by("pk")] == [False, True]
    at_panel.get(f"{panel.href}/fertig")
    assert 'name="pin"' in tap(at_panel, panel, "04d4d4d4").content.decode()


def test_a_pin_that_was_carried_too_long_is_never_left_out(
    at_panel: Client, panel: Panel, anna: Person
) -> None:
    tap(at_panel, panel)
    page = at_panel.post(
        f"{panel.href}/weiterer-chip", {"carried_pin": "spoilt", "new_chip": "04d4d4d4"}
    ).content.decode()
    assert 'name="pin"' in page
    assert Chip.objects.filter(person=anna).count() == 1


@pytest.mark.parametrize("number", ["x", "zz zz", "0" * 5000, "\x00", "'; drop"])
def test_nonsense_from_a_reader(at_panel: Client, panel: Panel, number: str) -> None:
    assert tap(at_panel, panel, number).status_code in {200, 302}
    assert Visit.objects.count() == 0


@pytest.mark.parametrize(
    ("inspection", "words"),
    [("", "pages not known yet"), ("unreadable", "may come out wrong"), ("failed", "could not be counted")],
)
def test_where_no_pages_are_known_it_says_why(
    at_panel: Client, panel: Panel, anna: Person, inspection: str, words: str
) -> None:
    assert anna.municipality is not None
    make_job(anna.municipality, anna, inspection=inspection, pages=None)
    tap(at_panel, panel)
    page = at_panel.get(panel.href, headers={"accept-language": "en"}).content.decode()
    assert words in page.replace("&#x27;", "'")


def test_what_is_collected_for_somebody_is_printed_not_only_that(
    at_panel: Client, panel: Panel, anna: Person
) -> None:
    """“Only this” makes sense beside “Print all” alone."""
    boss = make_person(panel.device.municipality, "chefin")
    delegate_to(boss, anna)
    make_job(panel.device.municipality, boss)
    tap(at_panel, panel)
    assert "Nur diesen" not in at_panel.get(panel.href).content.decode()
    make_job(panel.device.municipality, anna)
    assert "Nur diesen" in at_panel.get(panel.href).content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.HELD, "Ein Auftrag wartete an keinem anderen Gerät."),
        (State.DELIVERING, "Ein Auftrag wird am anderen Gerät schon gedruckt."),
    ],
)
@pytest.mark.usefixtures("a_silent_delivery")
def test_why_a_job_is_not_fetched_is_told_as_it_is(
    at_panel: Client, panel: Panel, anna: Person, state: State, words: str
) -> None:
    town = anna.municipality
    assert town is not None
    other = make_device(town, "rathaus-og")
    job = make_job(town, anna, state=state, device=other, holder="x").job
    tap(at_panel, panel)
    at_panel.post(f"{panel.href}/auftrag", {"do": "fetch", "job": job.pk})
    assert words in at_panel.get(panel.href).content.decode()
