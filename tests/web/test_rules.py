# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules in a real browser: the pages of the town's IT and of who approves, and what a person meets at the panel.

With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from allmende.devices.devices import Device
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.rules.approvals import ApprovalRequest
from allmende.printing.rules.conditions import parse_conditions
from allmende.printing.rules.editing import RuleDetails, add_rule
from allmende.printing.rules.effects import RuleEffect
from allmende.printing.rules.evaluation import Effect
from allmende.printing.rules.print_rules import PrintRule
from makers import make_job

from .conftest import ANNA_CHIP, PASSWORD, RecordingDelivery, Scene
from .test_accessibility import check_page, page
from .test_panel_walk import tap

__all__ = ["page"]

pytestmark = pytest.mark.browser
RULES = "/verwaltung/regeln/"


@pytest.fixture(params=[("de", "light"), ("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def panel_context(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any
) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=live_server.url,
        locale="de",
        java_script_enabled=request.param,
        viewport={"width": 1024, "height": 600},
    )
    yield opened
    opened.close()


def photograph(shown: Page, name: str) -> None:
    folder = os.environ.get("ALLMENDE_SCREENSHOTS")
    if folder:
        shown.screenshot(path=Path(folder) / f"rules-{name}.png", full_page=True)


def make_rule(scene: Scene, effect: Effect, conditions: list[dict[str, Any]], **fields: Any) -> PrintRule:
    details = RuleDetails(effect=effect, conditions=parse_conditions(conditions), **fields)
    return add_rule(scene.anna, scene.town, details)


def pages_from(number: int) -> dict[str, Any]:
    return {"kind": "pages", "at_least": number, "at_most": None}


def sign_in(shown: Page, login: str) -> None:
    shown.goto("/anmelden/")
    shown.fill("#id_username", login)
    shown.fill("#id_password", PASSWORD)
    shown.click("main button[type=submit]")
    shown.wait_for_selector("h1")


def test_pages_on_rules(page: Page, scene: Scene, look: tuple[str, str]) -> None:
    language, theme = look
    centre = Device.objects.get(slug="rathaus-og")
    sign_in(page, "anna")
    wrong: list[str] = []

    def see(name: str) -> None:
        wrong.extend(check_page(page, language))
        photograph(page, f"{language}-{theme}-{name}")

    page.goto(RULES)
    see("empty")
    refuse = make_rule(
        scene, Effect.REFUSE, [pages_from(500)], name="Keine Bücher", reason_de="Bitte zum Copyshop."
    )
    make_rule(scene, Effect.APPROVE, [pages_from(600)], name="Nie gefragt", approver_id=scene.bernd.pk)
    make_rule(scene, Effect.APPROVE, [pages_from(200)], name="Große Aufträge", approver_id=scene.bernd.pk)
    make_rule(
        scene,
        Effect.ADVISE,
        [
            {"kind": "weekdays", "values": [1, 2, 3, 4, 5]},
            {"kind": "hours", "from": "07:00", "until": "17:00"},
        ],
        name="Zentraldrucker",
        advised_device_id=centre.pk,
        asks_first=True,
        valid_from=timezone.localdate(),
    )
    make_rule(
        scene,
        Effect.DUPLEX,
        [{"kind": "persons", "values": [scene.anna.pk, scene.bernd.pk]}, pages_from(2)],
        name="Beidseitig",
    )
    RuleEffect.objects.create(
        municipality=scene.town, rule=refuse, job_number=1, day=timezone.localdate(), effect="refuse",
        sheets_saved=512, colour_saved=12, euros_saved="6.8",
    )  # fmt: skip
    page.goto(RULES)
    see("list")
    page.goto(f"{RULES}neu/")
    see("form")
    page.fill("#id_name", "Mein Entwurf")
    page.fill("#id_pages_from", "20")
    page.fill("#id_pages_to", "10")
    page.click(".wide-form .form-actions button:not([name])")
    page.wait_for_selector(".error-summary")
    assert page.input_value("#id_name") == "Mein Entwurf"
    see("errors")
    now = timezone.now()
    for pages in (3, 30, 300):
        make_job(
            scene.town,
            scene.anna,
            pages=pages,
            state=State.PRINTED,
            device=centre,
            released_at=now,
            finished_at=now,
        )
    page.fill("#id_pages_to", "100")
    page.check("input[name=effect][value=duplex]")
    page.click("button[name=preview]")
    page.wait_for_selector("#preview-box")
    see("preview")
    page.goto(f"{RULES}{refuse.pk}/entfernen/")
    see("remove")
    page.click("main form button[type=submit]")
    page.wait_for_selector("details")
    see("removed")
    page.goto(f"{RULES}probe/")
    see("trial")
    page.fill("#id_pages", "250")
    page.fill("#id_time", "12:00")
    page.click(".trial-form button[type=submit]")
    page.wait_for_selector("#result")
    see("trial-result")
    for address in (RULES, f"{RULES}neu/"):
        page.goto(address)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        photograph(page, f"{language}-{theme}-320-{'form' if 'neu' in address else 'list'}")
    assert wrong == []


def test_the_approvers_page(page: Page, scene: Scene, look: tuple[str, str]) -> None:
    language, theme = look
    rule = make_rule(scene, Effect.APPROVE, [], name="Große Aufträge", approver_id=scene.bernd.pk)
    now = timezone.now()
    ApprovalRequest.objects.create(
        municipality=scene.town, job=scene.held[0], rule=rule, owner=scene.anna, device=scene.device,
        impressions=24, colour_impressions=3, copies=2, asked_at=now, expires_at=now + timedelta(hours=4),
    )  # fmt: skip
    sign_in(page, "bernd")
    page.goto("/genehmigungen/")
    wrong = check_page(page, language)
    photograph(page, f"{language}-{theme}-approvals")
    assert "Haushaltsplan" not in page.content()
    page.fill("input[name=note]", "In Ordnung")
    page.click("button[value=approve]")
    page.wait_for_selector(".messages")
    wrong += check_page(page, language)
    photograph(page, f"{language}-{theme}-approved")
    assert wrong == []
    assert ApprovalRequest.objects.get().answer == "approved"
    assert Job.objects.get(pk=scene.held[0].pk).reason == "approval-given"


def panel_of(context: BrowserContext, scene: Scene) -> Page:
    shown = context.new_page()
    shown.goto(f"{scene.panel}?token={scene.panel_token}")
    tap(shown, ANNA_CHIP)
    expect(shown.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    return shown


def test_advice_before_paper_and_the_persons_last_word(
    panel_context: BrowserContext, scene: Scene, delivery: RecordingDelivery
) -> None:
    centre = Device.objects.get(slug="rathaus-og")
    make_rule(
        scene, Effect.ADVISE, [pages_from(10)], name="Zentraldrucker", advised_device_id=centre.pk,
        asks_first=True, reason_de="Dort kostet die Seite ein Drittel.",
    )  # fmt: skip
    shown = panel_of(panel_context, scene)
    expect(shown.locator(".rule-note", has_text="Rathaus-Og")).to_be_visible()
    photograph(shown, "panel-list")
    # What was chosen before goes along with the answer.
    shown.goto(f"{scene.panel}/{scene.held[0].pk}")
    shown.fill("#id_copies", "3")
    shown.locator(".two-main button.big").click()
    expect(shown.locator(".note-warning", has_text="ein Drittel")).to_be_visible()
    photograph(shown, "panel-advice")
    assert delivery.orders == []
    shown.locator("form button.small[type=submit]").first.click()
    expect(shown.locator("h1", has_text="Meine Aufträge")).to_be_attached()
    assert [(order.job_id, order.changes.copies) for order in delivery.orders] == [(scene.held[0].pk, 3)]


def test_print_all_prints_what_goes_and_asks_about_the_rest(
    panel_context: BrowserContext, scene: Scene, delivery: RecordingDelivery
) -> None:
    centre = Device.objects.get(slug="rathaus-og")
    make_rule(
        scene, Effect.ADVISE, [pages_from(10)], name="Rat", advised_device_id=centre.pk, asks_first=True
    )
    shown = panel_of(panel_context, scene)
    shown.keyboard.press("Enter")
    expect(shown.locator(".sheet .job-title", has_text="Haushaltsplan")).to_be_visible()
    assert [order.job_id for order in delivery.orders] == [scene.held[1].pk]
    shown.locator(".sheet a.small-main").click()
    expect(shown.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    assert len(delivery.orders) == 1


def test_a_refusal_and_a_wait_are_said_at_the_panel(
    panel_context: BrowserContext, scene: Scene, delivery: RecordingDelivery
) -> None:
    make_rule(scene, Effect.REFUSE, [pages_from(12)], name="Zu lang", reason_de="Bitte kürzen.")
    Job.objects.filter(pk=scene.held[1].pk).update(pages=5)
    make_rule(scene, Effect.APPROVE, [pages_from(5)], name="Frage", approver_id=scene.bernd.pk)
    shown = panel_of(panel_context, scene)
    expect(shown.locator(".kept-back .rule-note", has_text="Bitte kürzen.")).to_be_visible()
    # There is nothing to print, so the key that prints all prints nothing.
    shown.keyboard.press("Enter")
    assert Job.objects.get(pk=scene.held[1].pk).reason == ""
    shown.locator(".kept-back button[value=print]").click()
    expect(shown.locator(".note-warning", has_text="Bernd Birke")).to_be_visible()
    photograph(shown, "panel-refused")
    assert delivery.orders == []
    assert Job.objects.get(pk=scene.held[1].pk).reason == "awaits-approval"
