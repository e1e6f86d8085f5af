# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page of the town's IT in both languages and both themes, looked at as those of the portal are.

With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.printing.job_states import State
from devices.programs import free_port, listens
from makers import make_job, make_person, make_queue

from .conftest import PASSWORD, Scene
from .test_accessibility import check_page, page

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

CSV = """Anmeldename;Name;E-Mail;Kostenstelle;Aliase
bernd;Bernd Birke;bernd@zerbst.example;2000;bb
d.dorn;Dora Dorn;d.dorn@zerbst.example;3100;dora
e.esche;Emil Esche;keine Adresse;3100;
"""


@pytest.fixture(params=[("de", "light"), ("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    """Each language and each theme once: the pages share their parts, and there are forty of them."""
    return request.param


@pytest.fixture
def printer(tmp_path: Path, settings: Any) -> Iterator[str]:
    """The address of a virtual device."""
    settings.ALLMENDE_LOOPBACK_DEVICES = True
    port = free_port()
    command = [
        sys.executable, "-m", "allmende.devices.virtual_device", "--name", "rathaus-og", "--title", "Rathaus OG",
        "--host", "127.0.0.1", "--port", str(port), "--home", str(tmp_path / "device"),
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        for _ in range(600):
            if listens(port) or process.poll() is not None:
                break
            time.sleep(0.05)
        yield f"ipp://127.0.0.1:{port}/ipp/print"
    finally:
        process.terminate()
        process.wait()


class Walk:
    """Goes from page to page, collects what is wrong, and takes photographs where a folder is named."""

    def __init__(self, page: Page, language: str, theme: str) -> None:
        self.page = page
        self.language = language
        self.theme = theme
        self.wrong: list[str] = []
        self.count = 0

    def go(self, address: str) -> None:
        self.page.goto("/verwaltung/" + address)
        self.look(address or "uebersicht")

    def press(self, selector: str, waited_for: str) -> None:
        self.page.click(selector)
        self.page.wait_for_selector(waited_for)
        self.look(waited_for)

    def look(self, name: str) -> None:
        for summary in self.page.locator("main details:not([open]) > summary").all():
            summary.click()
        self.wrong += check_page(self.page, self.language)
        folder = os.environ.get("ALLMENDE_SCREENSHOTS")
        self.count += 1
        if folder:
            plain = re.sub(r"[^a-z]+", "-", name.lower()).strip("-")[:40]
            path = Path(folder) / f"{self.language}-{self.theme}-{self.count:02d}-{plain}.png"
            self.page.screenshot(path=path, full_page=True)


def test_administration_pages(page: Page, scene: Scene, printer: str, look: tuple[str, str]) -> None:
    device = scene.device
    site = Site.objects.create(
        municipality=scene.town, name="Rathaus", address="Schloßfreiheit 12, 39261 Zerbst"
    )
    Device.objects.filter(pk=device.pk).update(site=site, place="Erdgeschoss, Flur", uri=printer)
    Device.objects.filter(slug="rathaus-og").update(state="stopped", state_reasons=["media-jam-error"])
    queue = make_queue(scene.town, device)
    for number in range(60):
        make_person(scene.town, f"p{number:02d}", display_name=f"Person {number:02d}", cost_centre="4100")
    make_job(scene.town, scene.bernd, state=State.HELD, created_at=timezone.now() - timedelta(hours=5))
    token = DeviceToken.objects.get(device=device)
    chip = scene.bernd.chips.get()

    page.goto("/anmelden/")
    page.fill("#id_username", "anna")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#my-jobs")
    page.goto(f"/verwaltung/geraete/{device.pk}/")
    page.click("form[action$='/fragen/'] button")
    page.wait_for_selector(".kern-alert--success")
    walk = Walk(page, *look)
    for address in (
        "",
        "geraete/",
        "geraete/neu/",
        f"geraete/{device.pk}/",
        f"geraete/{device.pk}/bearbeiten/",
        f"geraete/{device.pk}/token/",
        f"token/{token.pk}/sperren/",
        "standorte/neu/",
        f"standorte/{site.pk}/",
        f"standorte/{site.pk}/loeschen/",
        "personen/",
        "personen/?q=nobody",
        "personen/neu/",
        f"personen/{scene.bernd.pk}/",
        f"personen/{scene.bernd.pk}/bearbeiten/",
        f"chips/{chip.pk}/sperren/",
        "warteschlangen/",
        f"warteschlangen/{queue.pk}/",
        f"warteschlangen/{queue.pk}/loeschen/",
        "auftraege/",
        "auftraege/?state=expired",
        f"auftraege/{scene.jammed.pk}/",
        f"auftraege/{scene.jammed.pk}/loeschen/",
        f"auftraege/{scene.quarantined.pk}/",
        "protokoll/",
        "einstellungen/",
    ):
        walk.go(address)

    walk.go("geraete/suche/")
    page.goto("/verwaltung/geraete/neu/")
    page.fill("#id_address", "127.0.0.1:1")
    walk.press("main form button[type=submit]", ".error-summary")
    page.fill("#id_address", printer)
    walk.press("main form button[type=submit]", "#id_slug")
    page.goto(f"/verwaltung/geraete/{device.pk}/token/")
    page.fill("#id_sample", "04A1B2C3")
    walk.press("button[name=try]", "[role=status]")
    assert page.input_value("#id_sample") == ""
    walk.press("button[name=issue]", ".once")
    page.goto(f"/verwaltung/geraete/{device.pk}/token/")
    page.click("label:has-text('Reader'), label:has-text('Leser')")
    walk.press("button[name=issue]", ".once")

    page.goto(f"/verwaltung/personen/{scene.bernd.pk}/")
    walk.press("form[action$='/code/'] button", ".big-code")
    page.goto(f"/verwaltung/personen/{scene.bernd.pk}/")
    page.click("form[action$='/passwort/'] button")
    page.wait_for_selector(".once")
    walk.look("password link")
    link = page.locator(".once code").inner_text()

    page.goto("/verwaltung/personen/einlesen/")
    walk.look("people upload")
    page.set_input_files(
        "#id_file", {"name": "people.csv", "mimeType": "text/csv", "buffer": CSV.encode("cp1252")}
    )
    walk.press("main form button[type=submit]", "form:has(input[name=digest])")
    walk.press("main form:has(input[name=digest]) button", "[role=status]")

    page.goto("/verwaltung/einstellungen/")
    page.fill("#id_trusted_networks", "0.0.0.0/0")
    walk.press("main form button[type=submit]", ".error-summary")

    page.context.clear_cookies()
    page.goto(link)
    walk.look("new password")
    page.goto(re.sub(r"/[^/]+/$", "/not-a-token/", link))
    walk.look("dead link")
    assert not walk.wrong, "\n".join(walk.wrong)
