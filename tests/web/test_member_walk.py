# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zerbst's way into the cooperative in a real browser, from interest to the list, then a contact, an exit and a correction; in both
languages and themes. With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from allmende.cooperative.accessions import Accession, Ending, StepKind
from allmende.cooperative.exits import MemberExit
from allmende.cooperative.legal_rules_initial import add_initial_rules
from allmende.cooperative.member_list import MemberListEntry, members_on
from allmende.directory.roles import Role, RoleName
from cooperative.member_makers import PDF, make_accession, make_member, walk_to
from makers import make_person, make_town

from .conftest import PASSWORD
from .test_accessibility import page
from .test_administration_pages import Walk

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(params=[("de", "light")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


class OfficeWalk(Walk):
    def go(self, address: str) -> None:
        self.page.goto("/genossenschaft/" + address)
        self.look(address)

    def send(self, waited_for: str = ".kern-alert--success") -> None:
        self.press("main form[method=post] button[type=submit]", waited_for)


def sign_in(page: Page) -> None:
    town = make_town("genossenschaft", name="Kommunale Genossenschaft eG", is_cooperative=True)
    olga = make_person(town, "olga", display_name="Olga Ohm", password=PASSWORD)
    Role.objects.create(municipality=town, person=olga, name=RoleName.OFFICE)
    page.goto("/anmelden/")
    page.fill("#id_username", "olga")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "anmelden" not in url)


def test_zerbst_joins_and_the_list_says_so(
    page: Page, transactional_db: None, look: tuple[str, str], tmp_path: Path
) -> None:
    add_initial_rules()
    sign_in(page)
    walk = OfficeWalk(page, *look)
    for empty in ("mitglieder/", "mitglieder/zeilen/", "beitritte/", "mitglieder/zusammenschluss/"):
        walk.go(empty)
    file = tmp_path / "beschluss.pdf"
    file.write_bytes(PDF)

    walk.go("beitritte/neu/")
    walk.send(".error-summary")
    page.fill("#id_name", "Zerbst/Anhalt")
    page.select_option("#id_land", "ST")
    page.fill("#id_official_key", "15082430")
    page.click("main form[method=post] button[type=submit]")
    page.wait_for_selector("ol.accession-steps")
    for name, day, fields in (
        ("interest", "2014-03-03", {}),
        ("statutes", "2014-03-10", {}),
        (
            "resolution",
            "2014-06-04",
            {"yes": "28", "no": "0", "abstain": "1", "representative": "Andreas Muster"},
        ),
    ):
        page.fill("#id_day", day)
        for field, value in fields.items():
            page.fill(f"#id_{field}", value)
        assert page.input_value("input[name=step]") == name
        walk.send()
    page.fill("#id_day", "2014-06-03")
    page.fill("#id_authority", "Landkreis Anhalt-Bitterfeld")
    walk.send(".error-summary")
    assert page.input_value("#id_authority") == "Landkreis Anhalt-Bitterfeld"
    page.fill("#id_day", "2014-06-05")
    page.select_option("#id_duty", "general_approval")
    walk.send()
    with page.expect_download() as declaration:
        page.click("a[href$='beitrittserklaerung.pdf']")
    assert Path(declaration.value.path()).read_bytes().startswith(b"%PDF")
    page.fill("#id_day", "2014-06-10")
    page.fill("#id_signed_by", "Bürgermeister")
    page.set_input_files("#id_document", file)
    walk.send()
    page.fill("#id_day", "2014-06-20")
    page.fill("#id_effective_on", "2014-07-01")
    walk.send()
    for day in ("2014-06-20", "2014-06-23"):
        page.fill("#id_day", day)
        walk.send()
    assert Accession.objects.get().ended_as == Ending.ENTERED
    [listed] = members_on(date(2014, 7, 1))
    walk.go("mitglieder/?am=2014-06-30")
    walk.go("mitglieder/?am=2014-07-01")

    other = make_member("Anhalt-Bitterfeld", date(2010, 1, 1), kind="district")
    own = f"mitglieder/{other.pk}/"
    walk.go(own + "ansprechpersonen/")
    page.fill("#id_name", "Ina Torres")
    page.select_option("#id_role", "it")
    walk.send()
    for form in ("angaben/", "anteile-kuendigen/", "uebertragung/", "teilung/"):
        walk.go(own + form)
    walk.go(own + "austritt/")
    page.fill("#id_declared_on", "2020-05-05")
    walk.send(".error-summary")
    page.fill("#id_declared_on", "2020-05-05")
    page.set_input_files("#id_document", file)
    walk.send()
    assert MemberExit.objects.get().last_day == date(2021, 12, 31)
    walk.go(f"mitglieder/{listed.member.pk}/")
    row = MemberListEntry.objects.get(kind="exit")
    walk.go(f"mitglieder/zeilen/{row.pk}/")
    page.fill("#id_note", "Kündigung galt einem anderen Mitglied")
    walk.send()
    walk.go("mitglieder/zeilen/")
    walk.go("rechtsgrundlagen/")
    walk.go("rechtsgrundlagen/neu/")
    waiting = make_accession("Wolmirstedt", target_day=date(2013, 12, 1))
    walk_to(waiting, StepKind.AUTHORITY_NOTICE, {StepKind.INTEREST: date(2013, 11, 14)})
    walk.go("beitritte/")
    walk.go(f"beitritte/{waiting.pk}/")
    walk.go(f"beitritte/{waiting.pk}/zurueck/")
    walk.go(f"beitritte/{waiting.pk}/beenden/")
    page.set_viewport_size({"width": 320, "height": 800})
    for narrow in (
        "mitglieder/",
        f"mitglieder/{listed.member.pk}/",
        f"beitritte/{waiting.pk}/",
        "rechtsgrundlagen/",
    ):
        page.goto("/genossenschaft/" + narrow)
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            walk.wrong.append(f"{narrow}: scrolls sideways at 320 px")
    assert walk.wrong == []
