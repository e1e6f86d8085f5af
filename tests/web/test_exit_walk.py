# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""An exit from the notice to the file for the bank, a merger whose shares are kept, and a member's votes, in a real browser; in both languages and
themes. With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from allmende.cooperative.exits import MemberExit
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.legal_rules_initial import add_initial_rules
from allmende.cooperative.meeting_rules import add_meeting_rules
from allmende.cooperative.member_events import MemberAdmitted, publish
from allmende.cooperative.member_list import members_on
from allmende.cooperative.member_votes import MemberVotes, votes_on
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.sepa.pay_outs import PayOut
from allmende.cooperative.share_endings import open_endings, shares_on
from cooperative.member_makers import PDF
from cooperative.money_makers import make_paying_member, make_profile, make_scale
from cooperative.test_share_endings import pay_in
from fleet.contract_makers import make_contract, make_keeper
from makers import make_town

from .conftest import PASSWORD
from .test_accessibility import page
from .test_administration_pages import Walk
from .test_member_walk import OfficeWalk, look, sign_in

__all__ = ["look", "page"]

pytestmark = pytest.mark.browser
LAST_YEAR = timezone.localdate().year - 1


def make_world() -> dict[str, Any]:
    for add_rules in (add_initial_rules, add_meeting_rules, add_money_rules):
        add_rules()
    LegalRule.objects.filter(key="statutes.notice_period").update(number=3, unit="months")
    make_profile()
    make_scale(date(LAST_YEAR, 1, 1))
    found = {}
    for name in ("Burg", "Genthin", "Stendal"):
        found[name] = make_paying_member(name, date(2015, 1, 1), mandate=True)
        publish(MemberAdmitted(found[name].pk, date(2015, 1, 1), 1))
        pay_in(found[name])
    return found


def test_an_exit_a_merger_and_votes(
    page: Page, transactional_db: None, look: tuple[str, str], tmp_path: Path
) -> None:
    members = make_world()
    burg, genthin, stendal = (members[name] for name in ("Burg", "Genthin", "Stendal"))
    file = tmp_path / "kuendigung.pdf"
    file.write_bytes(PDF)
    sign_in(page)
    walk = OfficeWalk(page, *look)

    walk.go(f"mitglieder/{stendal.pk}/austritt/")
    page.fill("#id_declared_on", f"{LAST_YEAR}-05-05")
    page.set_input_files("#id_document", file)
    walk.send()
    assert MemberExit.objects.get().last_day == date(LAST_YEAR, 12, 31)
    walk.go("mitglieder/zusammenschluss/")
    page.check(f"input[name=merged][value='{burg.pk}']")
    page.select_option("#id_successor", str(genthin.pk))
    page.fill("#id_effective_on", f"{LAST_YEAR}-07-01")
    page.set_input_files("#id_document", file)
    walk.send()
    walk.go(f"mitglieder/{genthin.pk}/")
    walk.go(f"mitglieder/{burg.pk}/")
    page.goto("/genossenschaft/")
    walk.look("heute")
    walk.go("anteile/")

    ending = open_endings().get(member=stendal)
    walk.go(f"anteile/auseinandersetzung/{ending.pk}/")
    page.fill("#id_loss", "99.999")
    walk.send(".kern-alert--danger, .error-summary, .kern-error")
    page.fill("#id_loss", "12,50")
    walk.send()
    kept = open_endings().get(member=genthin)
    walk.go(f"anteile/auseinandersetzung/{kept.pk}/")
    page.set_input_files("#id_document", file)
    page.locator("main form[enctype] button[type=submit]").click()
    page.wait_for_selector(".kern-alert--success")
    walk.look("behalten")
    today = timezone.localdate()
    assert [(each.name, each.further_shares) for each in members_on(today)] == [("Genthin", 1)]
    assert shares_on(genthin.pk, today) == 2
    walk.go("lastschriften/auszahlen/")
    walk.send()
    assert [str(each.amount) for each in PayOut.objects.all()] == ["4987.50"]

    walk.go(f"mitglieder/{genthin.pk}/stimmen/")
    walk.go(f"mitglieder/{genthin.pk}/stimmen/neu/")
    page.fill("#id_votes", "9")
    page.fill("#id_source", "§ 12 Abs. 3 der Satzung")
    walk.send(".error-summary")
    page.fill("#id_votes", "3")
    walk.send()
    assert votes_on(genthin, today) == 3
    row = MemberVotes.objects.get()
    walk.go(f"mitglieder/stimmen/{row.pk}/beenden/")
    page.fill("#id_last_day", f"{LAST_YEAR}-01-01")
    walk.send(".error-summary")
    page.fill("#id_last_day", today.isoformat())
    walk.send()
    row.refresh_from_db()
    assert row.valid_to == today
    assert walk.wrong == []


def test_a_contract_says_who_invoices(page: Page, transactional_db: None, look: tuple[str, str]) -> None:
    town = make_town("zerbst", name="Zerbst/Anhalt")
    keeper = make_keeper(town)
    keeper.set_password(PASSWORD)
    keeper.save()
    contract = make_contract(town)
    page.goto("/anmelden/")
    page.fill("#id_username", "finance")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "anmelden" not in url)
    walk = Walk(page, *look)
    walk.go(f"vertraege/{contract.pk}/bearbeiten/")
    page.select_option("#id_invoiced_by", "cooperative")
    walk.press("main form[method=post] button[type=submit]", ".kern-alert--success")
    contract.refresh_from_db()
    assert contract.invoiced_by == "cooperative"
    assert walk.wrong == []
