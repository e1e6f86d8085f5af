# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The office's day and a member's own pages in a real browser, over the demo's cooperative; in both languages and themes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from allmende.cooperative.due_dates import DueCare
from allmende.cooperative.inhouse_rules import add_inhouse_rules
from allmende.cooperative.legal_rules_initial import add_initial_rules
from allmende.cooperative.meeting_rules import add_meeting_rules
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.requests import RequestState, SupportRequest
from allmende.directory.roles import Role, RoleName
from allmende.server.demo.demo_cooperative import make_cooperative_demo
from makers import make_person, make_town

from .conftest import PASSWORD
from .test_accessibility import page
from .test_administration_pages import Walk

__all__ = ["page"]

pytestmark = pytest.mark.browser


@pytest.fixture(params=[("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


class OfficeWalk(Walk):
    def go(self, address: str) -> None:
        self.page.goto(address)
        self.look(address)

    def look(self, name: str) -> None:
        # At once: a page of the chain has dozens, and a locator by number loses them while they open.
        self.page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
        super().look(name)


def make_world() -> None:
    for add_rules in (add_initial_rules, add_inhouse_rules, add_meeting_rules, add_money_rules):
        add_rules()
    cooperative = make_town("genossenschaft", is_cooperative=True)
    zerbst = make_town("zerbst", official_key="15082430")
    make_town("elbauen")
    for town, login, role in ((cooperative, "olga", RoleName.OFFICE), (zerbst, "hanna", RoleName.MANAGEMENT)):
        person = make_person(town, login, password=PASSWORD)
        Role.objects.create(municipality=town, person=person, name=role)
    make_cooperative_demo(timezone.localdate())


def sign_in(page: Page, login: str) -> None:
    page.context.clear_cookies()
    page.goto("/anmelden/")
    page.fill("#id_username", login)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "anmelden" not in url)


def test_the_office_and_a_member(page: Page, transactional_db: None, look: tuple[str, str]) -> None:
    make_world()
    walk = OfficeWalk(page, *look)

    sign_in(page, "hanna@zerbst")
    for address in ("", "anfragen/", "anfragen/neu/"):
        walk.go("/mitgliedschaft/" + address)
    walk.press("main form button[type=submit]", ".error-summary")
    page.fill("#id_title", "Scanner")
    page.fill("#id_text", "Er scannt nicht.")
    walk.press("main form button[type=submit]", ".kern-alert--success")
    asked = SupportRequest.objects.get(title="Scanner")

    sign_in(page, "olga@genossenschaft")
    for address in ("", "kalender/", "inhouse/", "anfragen/", "kette/", f"anfragen/{asked.pk}/"):
        walk.go("/genossenschaft/" + address)
    page.fill("#id_text", "Schalten Sie ihn ein.")
    walk.press("main form[enctype] button[type=submit]", ".kern-alert--success")
    asked.refresh_from_db()
    assert asked.state == RequestState.ANSWERED
    page.goto("/genossenschaft/kette/")
    walk.press("main form[method=post] button[type=submit]", ".kern-alert--success")
    page.goto("/genossenschaft/kalender/")
    walk.press("main form[method=post] button[type=submit]", ".kern-alert--success")
    page.goto("/genossenschaft/")
    row = page.locator("main td form[method=post]").first
    row.locator("select").select_option(label="Olga")
    row.locator("button").click()
    page.wait_for_selector(".kern-alert--success")
    assert DueCare.objects.count() == 1
    assert walk.wrong == []
