# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is due, who takes care of it, each reminder once, and the calendar that tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from allmende.cooperative import due_dates
from allmende.cooperative.calendar_feed import CalendarToken, find_token, issue_token, revoke_token
from allmende.cooperative.chain_checking import ChainAnchor, kept_anchors
from allmende.cooperative.due_dates import (
    DueItem,
    State,
    agenda_of,
    assign_due,
    register_due_source,
    state_of,
    unregister_due_source,
)
from allmende.cooperative.due_reminders import mail_anchor, send_due_reminders
from allmende.cooperative.hash_chain import record_change
from allmende.directory.models import Person, Role
from allmende.directory.roles import RoleName
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 8, tzinfo=timezone.get_default_timezone())
TODAY = NOW.date()


def due_in(days: int, key: str = "one", **more: Any) -> DueItem:
    return DueItem(f"test:{key}", f"Thing {key}", "/genossenschaft/", TODAY + timedelta(days=days), **more)


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[DueItem]]:
    """What the only source says; tests fill it."""
    monkeypatch.setattr(due_dates, "_sources", {})
    found: list[DueItem] = []
    register_due_source("test", "Tests", lambda _day: list(found))
    yield found
    unregister_due_source("test")


@pytest.fixture
def office() -> list[Person]:
    town = make_town("genossenschaft", is_cooperative=True, official_key="15090535")
    people = [make_person(town, login, email=f"{login}@example.org") for login in ("stein", "weber")]
    for person in people:
        Role.objects.create(municipality=town, person=person, name=RoleName.OFFICE)
    return people


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (due_in(-1), State.OVERDUE),
        (due_in(-1, waits_for="the council"), State.OVERDUE),
        (due_in(0), State.DUE),
        (due_in(14), State.DUE),
        (due_in(15), State.LATER),
        (due_in(3, waits_for="the council"), State.WAITING),
        (DueItem("k", "t", "/"), State.DUE),
    ],
)
def test_where_an_item_stands(item: DueItem, state: State) -> None:
    assert state_of(item, TODAY) is state


def test_a_source_that_fails_hides_no_other(items: list[DueItem]) -> None:
    def fail(_day: date) -> list[DueItem]:
        raise RuntimeError

    register_due_source("broken", "Broken", fail)
    items.append(due_in(1))
    agenda = agenda_of(TODAY)
    assert agenda.failed == ("Broken",)
    assert [each.item.key for each in agenda.items] == ["test:one"]
    assert agenda.items[0].item.noun == "Tests"


def test_somebody_of_the_office_takes_care_and_nobody_else(
    items: list[DueItem], office: list[Person]
) -> None:
    items.append(due_in(1))
    assign_due(office[0], "test:one", office[1])
    assert agenda_of(TODAY).items[0].person == office[1]
    with pytest.raises(ValueError):
        assign_due(office[0], "test:one", make_person(make_town("zerbst")))
    assign_due(office[0], "test:one", None)
    assert agenda_of(TODAY).items[0].person is None


def test_the_page_shows_groups_filters_and_assigns(
    client: Client, items: list[DueItem], office: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(office[0])
    empty = client.get("/genossenschaft/", headers={"accept-language": "en"}).content.decode()
    assert "Nothing is due" in empty
    items += [due_in(0, "mine"), due_in(-400, "late"), due_in(9_999, "far")]
    key = {"key": "test:mine", "person": str(office[0].pk)}
    assert client.post("/genossenschaft/heute/zustaendig/", {**key, "filter_person": "ich"}).url.endswith(
        "?person=ich"
    )  # type: ignore[attr-defined]
    page = client.get("/genossenschaft/").content.decode()
    assert all(f"Thing {name}" in page for name in ("mine", "late", "far"))
    mine = client.get("/genossenschaft/?person=ich").content.decode()
    assert "Thing mine" in mine
    assert "Thing late" not in mine
    assert "Thing mine" not in client.get("/genossenschaft/?person=niemand").content.decode()
    assert client.post("/genossenschaft/heute/zustaendig/", {"key": "gone", "person": ""}).status_code == 302
    assert due_dates.DueCare.objects.count() == 1


def test_who_is_not_of_the_office_sees_nothing(client: Client, office: list[Person]) -> None:
    stranger = make_person(make_town("zerbst"), it=True)
    client.force_login(stranger)
    for path in ("", "kalender/", "kette/", "kette/anker.txt", "inhouse/", "anfragen/", "anfragen/1/"):
        assert client.get(f"/genossenschaft/{path}").status_code == 403


def test_each_reminder_goes_once(items: list[DueItem], office: list[Person]) -> None:
    items += [due_in(7, "near"), due_in(8, "far"), due_in(-1, "late")]
    assert send_due_reminders(NOW) == 2
    assert {tuple(message.to) for message in mail.outbox} == {("stein@example.org",), ("weber@example.org",)}
    assert all("Thing near" in str(m.body) and "Thing late" in str(m.body) for m in mail.outbox)
    assert not any("Thing far" in str(message.body) for message in mail.outbox)
    assert send_due_reminders(NOW + timedelta(hours=3)) == 0

    # The next day "far" comes near; "near" and "late" were told.
    mail.outbox.clear()
    assert send_due_reminders(NOW + timedelta(days=1)) == 2
    assert "Thing far" in str(mail.outbox[0].body)
    assert "Thing near" not in str(mail.outbox[0].body)
    # It passes its day: told once more.
    mail.outbox.clear()
    del items[1:]
    assert send_due_reminders(NOW + timedelta(days=8)) == 2
    assert send_due_reminders(NOW + timedelta(days=9)) == 0


def test_who_takes_care_is_reminded_alone(items: list[DueItem], office: list[Person]) -> None:
    items.append(due_in(1))
    assign_due(office[0], "test:one", office[1])
    assert send_due_reminders(NOW) == 1
    assert mail.outbox[0].to == ["weber@example.org"]


def test_a_mail_that_failed_is_tried_again(
    items: list[DueItem], office: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    items.append(due_in(1))
    assign_due(office[0], "test:one", office[1])

    def fail(*_arguments: Any, **_more: Any) -> int:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", fail)
        assert send_due_reminders(NOW) == 0
    assert send_due_reminders(NOW + timedelta(minutes=30)) == 0
    assert send_due_reminders(NOW + timedelta(minutes=90)) == 1
    assert len(mail.outbox) == 1


def test_the_anchor_goes_out_every_day_to_the_file_and_every_week_by_mail(office: list[Person]) -> None:
    assert mail_anchor(NOW) == 0
    entry = record_change(office[0], "share", 1, "paid")
    assert mail_anchor(NOW) == 2
    assert f"{entry.number}:{entry.hash}" in str(mail.outbox[0].body)
    assert mail_anchor(NOW + timedelta(hours=1)) == 0
    record_change(office[0], "share", 2, "paid")
    assert mail_anchor(NOW + timedelta(days=1)) == 0
    assert len(kept_anchors()) == ChainAnchor.objects.count() == 2
    assert mail_anchor(NOW + timedelta(days=8)) == 2
    assert [anchor.number for anchor in kept_anchors()] == [1, 2]


def test_the_feed_is_a_calendar_for_who_has_the_secret(
    client: Client, items: list[DueItem], office: list[Person]
) -> None:
    items += [
        DueItem("test:day", "Pay, out; it", "/genossenschaft/", timezone.localdate(), basis="§ 73"),
        DueItem("x", "No day", "/"),
    ]
    token = issue_token(office[0], "de")
    response = client.get(f"/genossenschaft/kalender/{token}.ics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/calendar")
    assert "no-store" in response["Cache-Control"]
    events = Calendar.from_ical(response.content).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == ["Pay, out; it"]
    assert events[0].decoded("DTSTART") == timezone.localdate()
    again = Calendar.from_ical(client.get(f"/genossenschaft/kalender/{token}.ics").content).walk("VEVENT")
    assert again[0]["UID"] == events[0]["UID"]
    assert token not in str(list(CalendarToken.objects.values()))


def test_a_token_ends_with_a_new_one_with_the_role_and_on_wish(client: Client, office: list[Person]) -> None:
    old = issue_token(office[0], "de")
    new = issue_token(office[0], "de")
    assert find_token(old) is None
    assert find_token(new) is not None
    other = issue_token(office[1], "de")
    assert revoke_token(office[1])
    for token in (old, other, "", "x" * 101, "nonsense"):
        assert find_token(token) is None
    Role.objects.filter(person=office[0]).delete()
    assert client.get(f"/genossenschaft/kalender/{new}.ics").status_code == 404


def test_the_address_is_shown_once(client: Client, office: list[Person]) -> None:
    client.force_login(office[0])
    assert ".ics" not in client.get("/genossenschaft/kalender/").content.decode()
    assert ".ics" in client.post("/genossenschaft/kalender/").content.decode()
    assert ".ics" not in client.get("/genossenschaft/kalender/").content.decode()
    client.post("/genossenschaft/kalender/", {"revoke": "1"})
    assert not CalendarToken.objects.exists()
