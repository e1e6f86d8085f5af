# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way from the chip to the paper in a real browser: by keyboard alone, without JavaScript, and with somebody in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, State
from allmende.printing.jobs import Job
from allmende.printing.visit.visits import Visit
from makers import make_person

from .conftest import ANNA_CHIP, BERND_CHIP, RecordingDelivery, Scene

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def context(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=live_server.url,
        locale="de",
        java_script_enabled=request.param,
        viewport={"width": 1024, "height": 600},
    )
    yield opened
    opened.close()


@pytest.fixture
def panel(context: BrowserContext, scene: Scene) -> Page:
    page = context.new_page()
    page.goto(f"{scene.panel}?token={scene.panel_token}")
    expect(page.get_by_role("heading", name="Bitte Chip auflegen")).to_be_visible()
    return page


def tap(page: Page, number: str) -> None:
    """As a reader does that types like a keyboard: into whatever has the focus."""
    # A browser gives the focus a moment after it shows the page; people don't reach the reader as fast.
    expect(page.locator("input:focus")).to_have_count(1)
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def test_chip_then_enter_prints_what_is_mine(panel: Page, scene: Scene, delivery: RecordingDelivery) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_role("button", name="Alle drucken")).to_be_visible()
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("2 Aufträge sind unterwegs.")).to_be_visible()
    assert [order.job_id for order in delivery.orders] == [job.pk for job in scene.held]
    assert Job.objects.get(pk=scene.delegated.pk).state == State.HELD


def test_nothing_prints_by_the_tap_alone(panel: Page, delivery: RecordingDelivery) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_role("button", name="Alle drucken")).to_be_visible()
    assert delivery.orders == []


def test_release_on_tap(panel: Page, scene: Scene, delivery: RecordingDelivery) -> None:
    scene.device.release_on_tap = True
    scene.device.save()
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_text("2 Aufträge sind unterwegs.")).to_be_visible()
    assert [order.job_id for order in delivery.orders] == [job.pk for job in scene.held]


def test_somebody_elses_chip_takes_the_panel_and_prints_nothing(
    panel: Page, scene: Scene, delivery: RecordingDelivery
) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    tap(panel, BERND_CHIP)
    expect(panel.get_by_text("Bernd Birke")).to_be_visible()
    expect(panel.locator(".job-title", has_text="Protokoll")).to_be_visible()
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_have_count(0)
    assert delivery.orders == []
    assert [visit.person_id for visit in Visit.objects.all()] == [scene.bernd.pk]


def test_change_and_print_one(panel: Page, scene: Scene, delivery: RecordingDelivery) -> None:
    tap(panel, ANNA_CHIP)
    panel.get_by_role("link", name="Ändern, löschen Haushaltsplan").click()
    panel.get_by_label("Exemplare").fill("3")
    panel.get_by_role("radio", name="einseitig", exact=True).check(force=True)
    panel.get_by_label("Seiten", exact=True).fill("9, 2-4")
    panel.get_by_role("button", name="Drucken", exact=True).click()
    expect(panel.get_by_text("1 Auftrag ist unterwegs.")).to_be_visible()
    (order,) = delivery.orders
    assert order.job_id == scene.held[0].pk
    assert (order.changes.copies, order.changes.sides) == (3, "one-sided")
    assert order.changes.page_ranges == ((2, 4), (9, 9))


def test_wrong_pages_are_told_and_nothing_prints(panel: Page, delivery: RecordingDelivery) -> None:
    tap(panel, ANNA_CHIP)
    panel.get_by_role("link", name="Ändern, löschen Haushaltsplan").click()
    panel.get_by_label("Seiten", exact=True).fill("7-2")
    panel.get_by_role("button", name="Drucken", exact=True).click()
    expect(panel.get_by_text("Bitte schreiben Sie Seiten wie 1-3, 7.")).to_be_visible()
    assert delivery.orders == []


def test_a_job_is_deleted_after_a_question(panel: Page, scene: Scene) -> None:
    job = scene.held[0]
    tap(panel, ANNA_CHIP)
    panel.get_by_role("link", name="Ändern, löschen Haushaltsplan").click()
    panel.get_by_role("link", name="Diesen Auftrag löschen").click()
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    panel.get_by_role("link", name="Zurück").click()
    expect(panel.get_by_role("button", name="Alle drucken")).to_be_visible()
    panel.goto(f"{scene.panel}/{job.pk}/loeschen")
    # What a reader types, and its Enter, never say yes.
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_role("button", name="Alle drucken")).to_be_visible()
    assert Job.objects.get(pk=job.pk).state == State.HELD
    panel.goto(f"{scene.panel}/{job.pk}/loeschen")
    panel.get_by_role("button", name="Endgültig löschen").click()
    expect(panel.get_by_text("Gelöscht. Hier bleibt nichts davon.")).to_be_visible()
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED


def test_uncertain_job_is_settled_by_its_owner(
    panel: Page, scene: Scene, delivery: RecordingDelivery
) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_role("heading", name="Kam der Ausdruck heraus?")).to_be_visible()
    panel.get_by_role("button", name="Nein, noch einmal drucken").click()
    expect(panel.get_by_text("1 Auftrag ist unterwegs.")).to_be_visible()
    assert [order.job_id for order in delivery.orders] == [scene.uncertain.pk]


def test_job_that_waits_elsewhere_is_fetched(panel: Page, scene: Scene, delivery: RecordingDelivery) -> None:
    tap(panel, ANNA_CHIP)
    panel.get_by_role("button", name="Hier drucken statt dort").click()
    expect(panel.get_by_text("1 Auftrag ist unterwegs.")).to_be_visible()
    assert Job.objects.get(pk=scene.elsewhere.pk).device_id == scene.device.pk
    assert delivery.withdrawn == [scene.elsewhere.pk]


def test_fault_is_told_in_words_and_the_job_can_be_kept(
    panel: Page, scene: Scene, delivery: RecordingDelivery
) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_text("Papierstau im Gerät.")).to_be_visible()
    expect(panel.get_by_text("Seite 11 von 30")).to_be_visible()
    panel.get_by_role("button", name="Anhalten und behalten").click()
    expect(panel.get_by_text("Der Auftrag wird angehalten.")).to_be_visible()
    assert delivery.stopped == [scene.jammed.pk]


def test_job_out_of_quarantine(panel: Page, scene: Scene) -> None:
    tap(panel, ANNA_CHIP)
    panel.get_by_role("button", name=f"Das ist meiner {scene.quarantined.pk}").click()
    expect(panel.get_by_text("Der Auftrag gehört jetzt Ihnen.")).to_be_visible()
    assert Job.objects.get(pk=scene.quarantined.pk).person_id == scene.anna.pk


def test_unknown_chip_is_enrolled_with_a_code(panel: Page, scene: Scene) -> None:
    dora = make_person(scene.town, "dora", display_name="Dora Eiche")
    code = issue_enrolment_code(dora, dora)
    tap(panel, "04deadbeef0001")
    expect(panel.get_by_role("heading", name="Dieser Chip ist noch nicht bekannt")).to_be_visible()
    assert "deadbeef" not in panel.content().lower()
    panel.get_by_label("Einmalcode", exact=True).fill(code)
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("Ihr Chip ist angelernt.")).to_be_visible()
    expect(panel.get_by_text("Dora Eiche")).to_be_visible()


def test_done_forgets_the_person(panel: Page, scene: Scene) -> None:
    tap(panel, ANNA_CHIP)
    panel.get_by_role("button", name="Fertig").click()
    expect(panel.get_by_role("heading", name="Bitte Chip auflegen")).to_be_visible()
    assert not Visit.objects.exists()
    panel.go_back()
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_have_count(0)


def test_preview_is_shown_to_the_visit_alone(panel: Page, context: BrowserContext, scene: Scene) -> None:
    address = f"{scene.panel}/{scene.held[0].pk}/bild"
    assert context.request.get(address).status == 404
    tap(panel, ANNA_CHIP)
    expect(panel.locator(".job-title", has_text="Haushaltsplan")).to_be_visible()
    seen = context.request.get(address)
    assert (seen.status, seen.headers["content-type"]) == (200, "image/png")
    assert "no-store" in seen.headers["cache-control"]


def test_progress_comes_by_itself(panel: Page, scene: Scene) -> None:
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_text("Seite 11 von 30")).to_be_visible()
    Job.objects.filter(pk=scene.jammed.pk).update(impressions_completed=12, reason="")
    expect(panel.get_by_text("Seite 12 von 30")).to_be_visible()
    scene.jammed.refresh_from_db()
    change_job(scene.jammed, Change.FINISH)
    expect(panel.get_by_role("heading", name="Gedruckt")).to_be_visible()


def test_on_its_way_is_said_until_it_has_arrived(
    panel: Page, scene: Scene, request: pytest.FixtureRequest
) -> None:
    change_job(scene.jammed, Change.FINISH)
    tap(panel, ANNA_CHIP)
    expect(panel.get_by_role("button", name="Alle drucken")).to_be_visible()
    panel.keyboard.press("Enter")
    expect(panel.get_by_text("2 Aufträge sind unterwegs.")).to_be_visible()
    for job in scene.held:
        job.refresh_from_db()
        change_job(job, Change.BEGIN)
        change_job(job, Change.FINISH)
    expect(panel.get_by_text("2 Aufträge sind unterwegs.")).to_have_count(0)
    expect(panel.get_by_role("heading", name="Gedruckt")).to_be_visible()
    if "with-scripts" in request.node.name:
        expect(panel.get_by_role("status").get_by_text("2 Aufträge sind gedruckt.")).to_be_visible()
