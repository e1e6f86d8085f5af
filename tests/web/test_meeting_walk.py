# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A meeting with a secret ballot, walked in a real browser: prepared, invited, opened, voted, checked by receipt; every page with axe."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, Page

from allmende.cooperative.boards import BoardSeat
from allmende.cooperative.invitations import Invitation
from allmende.cooperative.meetings import Meeting
from allmende.cooperative.resolutions import Resolution
from allmende.cooperative.votings import Voting
from cooperative.meeting_makers import Cooperative, make_cooperative

from .conftest import PASSWORD
from .test_accessibility import check_page

pytestmark = pytest.mark.browser

_WORDS = {
    "de": {"yes": "Ja", "no": "Nein", "counted": "Gezählt als: Ja"},
    "en": {"yes": "Yes", "no": "No", "counted": "Counted as: Yes"},
}


class Walker:
    """One signed-in person in a browser of their own; collects what is wrong with the pages seen."""

    def __init__(self, browser: Browser, url: str, language: str, theme: str, wrong: list[str]) -> None:
        self.language = language
        self.wrong = wrong
        self.context = browser.new_context(
            base_url=url,
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": 1280, "height": 800},
        )
        self.page: Page = self.context.new_page()

    def sign_in(self, name: str) -> Page:
        self.page.goto("/anmelden/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()
        return self.page

    def check(self, name: str) -> None:
        self.wrong += check_page(self.page, self.language)
        folder = os.environ.get("ALLMENDE_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
            self.page.set_viewport_size({"width": 320, "height": 800})
            self.page.screenshot(path=str(Path(folder) / f"{name}-narrow.png"), full_page=True)
            self.page.set_viewport_size({"width": 1280, "height": 800})

    def press(self, name: str) -> None:
        self.page.click(f"main button[name={name}]")
        self.page.wait_for_load_state()

    def submit(self, form: str = "main form") -> None:
        self.page.locator(f"{form} button[type=submit]").first.click()
        self.page.wait_for_load_state()


@pytest.fixture
def cooperative(transactional_db: None) -> Cooperative:
    return make_cooperative(4, PASSWORD)


@pytest.mark.parametrize(("language", "theme"), [("de", "light")])
def test_a_meeting_with_a_secret_ballot(
    browser: Browser, live_server: Any, cooperative: Cooperative, language: str, theme: str
) -> None:
    wrong: list[str] = []
    office = Walker(browser, live_server.url, language, theme, wrong)
    page = office.sign_in("office@kitu")
    page.goto("/genossenschaft/versammlungen/")
    office.check("01-none")
    page.goto("/genossenschaft/versammlungen/neu/")
    page.fill("#id_title", "Generalversammlung 2027")
    page.select_option("#id_form", "hybrid")
    page.fill("#id_starts_at", (timezone.localtime() + timedelta(days=40)).strftime("%Y-%m-%dT18:00"))
    page.fill("#id_place", "Rathaus Zerbst, Großer Saal")
    office.submit()
    page.wait_for_selector(".error-summary")
    assert page.input_value("#id_title") == "Generalversammlung 2027"
    office.check("02-error")
    page.fill("#id_online_address", "https://konferenz.example/gv")
    page.fill("#id_chair", "Anna Ahorn")
    office.submit()
    meeting = Meeting.objects.get()
    page.click("a[href$='/punkte/neu/'] >> nth=0")
    page.select_option("#id_kind", "election")
    page.fill("#id_title", "Wahl in den Aufsichtsrat")
    page.fill("#id_text", "Vorgeschlagen ist Frau Birke.")
    office.submit()
    office.check("03-draft")

    page.click("form[action$='/einladen/'] button")
    page.wait_for_load_state()
    office.check("04-invited")
    assert Invitation.objects.filter(sent_at__isnull=False).count() == len(mail.outbox) == 4
    kinds = [str(each[2]) for each in mail.outbox[0].attachments]
    assert kinds == ["application/pdf", "text/calendar"]

    # Forty days later, which is today.
    page.goto(f"/genossenschaft/versammlungen/{meeting.pk}/")
    office.check("04b-waiting")
    _bring_forward(meeting)
    page.click("form[action$='/eroeffnen/'] button")
    page.wait_for_load_state()
    page.goto(f"/genossenschaft/versammlungen/{meeting.pk}/anwesenheit/")
    page.select_option("#id_member", label="Aken")
    page.select_option("#id_person", label="Aken: Head of Aken")
    office.submit("main form:has(#id_member)")
    page.select_option("#id_member", label="Burg")
    page.fill("#id_name", "Head of Aken")
    page.select_option("#id_person", label="Aken: Head of Aken")
    page.select_option("#id_capacity", "proxy")
    office.submit("main form:has(#id_member)")
    page.wait_for_selector(".error-summary")
    page.check("#id_has_power_of_attorney")
    office.submit("main form:has(#id_member)")

    heads = {}
    for name in ("Coswig", "Dessau"):
        heads[name] = Walker(browser, live_server.url, language, theme, wrong)
        heads[name].sign_in(f"head@{name.lower()}")
        heads[name].page.goto(f"/mitgliedschaft/versammlungen/{meeting.pk}/")
        heads[name].submit("main form[action$='/teilnehmen/']")
    heads["Coswig"].check("05-member")
    page.reload()
    office.check("06-attendance")

    page.goto(f"/genossenschaft/versammlungen/{meeting.pk}/")
    page.click("a[href$='/abstimmung/']")
    page.fill("#id_question", "Frau Birke wird in den Aufsichtsrat gewählt.")
    page.select_option("#id_method", "secret")
    office.submit()
    office.press("open")
    voting = Voting.objects.get()
    office.check("07-voting")

    ways = _WORDS[language]
    receipts: list[str] = []
    aken = Walker(browser, live_server.url, language, theme, wrong)
    aken.sign_in("head@aken")
    for walker, places in ((aken, 2), (heads["Coswig"], 1)):
        for place in range(places):
            walker.page.goto(f"/mitgliedschaft/versammlungen/abstimmungen/{voting.pk}/")
            if not receipts:
                walker.check("08-ballot")
                walker.submit("main form")
                walker.page.wait_for_selector(".error-summary")
                walker.check("09-no-choice")
            walker.page.get_by_label(ways["yes"], exact=True).first.check()
            walker.submit("main section.box form")
            receipts.append(walker.page.inner_text("#receipt").strip())
            if place == 0 and walker is aken:
                walker.check("10-receipt")
    assert len(set(receipts)) == 3

    page.reload()
    page.locator("button[name=paper]").first.click()
    page.wait_for_load_state()
    office.check("11-paper")
    for counter in ("office@kitu", "second@kitu"):
        if counter.startswith("second"):
            _add_second(cooperative)
        walker = Walker(browser, live_server.url, language, theme, wrong)
        walker.sign_in(counter)
        walker.page.goto(f"/genossenschaft/versammlungen/abstimmungen/{voting.pk}/")
        for key, count in (("yes", 0), ("no", 1), ("abstain", 0), ("invalid", 0)):
            walker.page.fill(f"#id_{key}", str(count))
        walker.press("count")
        walker.context.close()
    page.reload()
    office.press("close")
    office.check("12-closed")
    voting.refresh_from_db()
    assert voting.tally == {"yes": 3, "no": 1, "abstain": 0, "invalid": 0}
    assert Resolution.objects.get().voting == voting

    aken.page.goto(f"/mitgliedschaft/versammlungen/abstimmungen/{voting.pk}/")
    aken.page.fill("#id_receipt", receipts[0])
    aken.press("check")
    assert ways["counted"] in aken.page.inner_text("main")
    aken.page.click("summary")
    aken.check("13-checked")

    page.goto(f"/genossenschaft/versammlungen/{meeting.pk}/")
    page.click("form[action$='/schliessen/'] button")
    page.wait_for_load_state()
    office.check("14-minutes")
    for name in ("einladung.pdf", "protokoll.pdf"):
        answer = page.request.get(f"/genossenschaft/versammlungen/{meeting.pk}/datei/{name}")
        assert answer.body().startswith(b"%PDF")
        folder = os.environ.get("ALLMENDE_SCREENSHOTS")
        if folder:
            (Path(folder) / name).write_bytes(answer.body())
    heads["Dessau"].page.goto("/mitgliedschaft/versammlungen/")
    heads["Dessau"].check("15-list")

    page.goto("/genossenschaft/gremien/sitze/neu/")
    page.fill("#id_name", "Head of Dessau")
    page.select_option("#id_body", "board")
    page.select_option("#id_person", label="Dessau: Head of Dessau")
    page.fill("#id_first_day", "2026-01-01")
    page.fill("#id_last_day", (timezone.localdate() + timedelta(days=60)).isoformat())
    office.submit()
    page.goto("/genossenschaft/gremien/umlauf/neu/")
    page.select_option("#id_body", "board")
    page.fill("#id_title", "Neues Fahrzeug")
    page.fill("#id_text", "Der Vorstand beschließt den Kauf.")
    office.submit()
    dessau = heads["Dessau"]
    dessau.page.goto("/mitgliedschaft/umlauf/")
    dessau.check("16-circulations")
    dessau.page.click("main h2 a")
    dessau.page.get_by_label(ways["yes"], exact=True).check()
    dessau.submit()
    dessau.check("17-circulation")
    page.reload()
    office.check("18-circulation")
    office.press("close")
    page.goto("/genossenschaft/gremien/")
    office.check("19-boards")
    assert BoardSeat.objects.count() == 1
    assert Resolution.objects.count() == 2
    for walker in (office, aken, *heads.values()):
        walker.context.close()
    assert wrong == []


def _bring_forward(meeting: Meeting) -> None:
    """As if the invitations had gone out long ago, and the day had come."""
    long_ago = timezone.now() - timedelta(days=40)
    Meeting.objects.filter(pk=meeting.pk).update(starts_at=timezone.now())
    Invitation.objects.filter(meeting=meeting).update(sent_at=long_ago)
    meeting.items.update(announced_on=long_ago.date())


def _add_second(cooperative: Cooperative) -> None:
    from allmende.directory.roles import Role, RoleName
    from makers import make_person

    person = make_person(cooperative.tenant, "second", password=PASSWORD)
    Role.objects.create(municipality=cooperative.tenant, person=person, name=RoleName.OFFICE)
