# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inventory in a real browser, in both languages and themes: from a list of devices to labels, a reported fault, a move and a
swap. With `ALLMENDE_SCREENSHOTS` set to a folder, each page is photographed there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from allmende.devices.device_moves import DeviceMove
from allmende.devices.devices import Device
from allmende.devices.fault_reports import FaultReport
from allmende.devices.places import Floor

from .conftest import PASSWORD, Scene
from .test_accessibility import page
from .test_administration_pages import Walk

__all__ = ["page"]

pytestmark = [pytest.mark.browser, pytest.mark.long]

CSV = """Inventarnummer;Gerät;Art;Hersteller;Modell;Seriennummer;Adresse;Standort;Etage;Raum;Anschaffung;Farbe
IT-001;Bürgerbüro;Multifunktionsgerät;Kyocera;TASKalfa 3554ci;R4P1234567;ipps://drucker-1.zerbst.example/ipp/print;Rathaus;EG;12;01.03.2024;
IT-002;Standesamt;Drucker;Brother;HL-L5100DN;E78283;;Rathaus;1. OG;104;2019-07-15;
IT-003;Fax Poststelle;Faxgerät;;;;;Bauhof;;Pforte;;
IT-004;Bauamt;Drucker;;;;;Bauhof;;;gestern;
IT-005;Kämmerei;Toaster;;;;;;;;;
"""


@pytest.fixture(params=[("en", "dark")], ids="-".join)
def look(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_from_a_list_to_labels_and_a_swap(
    page: Page, scene: Scene, look: tuple[str, str], tmp_path: Path
) -> None:
    page.goto("/anmelden/")
    page.fill("#id_username", "anna")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#my-jobs")
    walk = Walk(page, *look)
    for empty in (
        "geraete/",
        "geraete/stoerungen/",
        "geraete/modelle/",
        "standorte/",
        "geraete/importieren/",
    ):
        walk.go(empty)
    walk.press("main button[type=submit]", ".error-summary")
    file = tmp_path / "liste.csv"
    file.write_bytes(CSV.encode("cp1252"))
    page.set_input_files("#id_file", file)
    walk.press("main button[type=submit]", "dl.figures")
    assert page.locator("dl.figures dd").all_inner_texts() == ["3", "0", "0", "2"]
    walk.press("main button.kern-btn--primary", ".kern-alert--success")
    first = Device.objects.get(inventory_number="IT-001")
    old = Device.objects.get(inventory_number="IT-002")
    for address in (
        "geraete/?state=no-address",
        f"geraete/?site={first.site_id}&q=amt",
        "geraete/?q=nobody",
        f"geraete/{old.pk}/",
        f"geraete/{old.pk}/bearbeiten/",
        "geraete/hinzufuegen/",
        "geraete/neu/",
        "geraete/modelle/",
        f"geraete/modelle/{first.device_model_id}/",
        "geraete/etiketten/",
        "standorte/",
        f"standorte/{first.site_id}/etagen/",
        f"standorte/{first.site_id}/etagen/neu/",
    ):
        walk.go(address)
    floor = Floor.objects.get(name="1. OG")
    for address in (f"etagen/{floor.pk}/", f"etagen/{floor.pk}/loeschen/", f"etagen/{floor.pk}/raum/"):
        walk.go(address)
    page.fill("#id_name", "Flur Nord")
    page.fill("#id_x", "12.5")
    walk.press("main button[type=submit]", ".error-summary")
    assert page.input_value("#id_name") == "Flur Nord"
    assert page.input_value("#id_x") == "12.5"
    page.fill("#id_y", "3")
    walk.press("main button[type=submit]", ".kern-alert--success")

    walk.go(f"geraete/{old.pk}/umziehen/")
    page.select_option("#id_room", label="Rathaus · 1. OG · Flur Nord")
    page.fill("#id_counter", "48211")
    walk.press("main button[type=submit]", ".kern-alert--success")
    walk.go(f"geraete/{old.pk}/tauschen/")
    page.select_option("#id_coming", label="Fax Poststelle")
    page.fill("#id_day", "2099-01-01")
    walk.press("main button[type=submit]", ".error-summary")
    page.fill("#id_day", timezone.localdate().isoformat())
    page.fill("#id_coming_counter", "17")
    walk.press("main button[type=submit]", ".kern-alert--success")
    old.refresh_from_db()
    coming = Device.objects.get(inventory_number="IT-003")
    assert (old.is_active, old.place, coming.place) == (False, "", "1. OG, Flur Nord")
    here = DeviceMove.objects.filter(device=coming)[0]
    assert (here.place, here.counter, here.other_device) == ("1. OG, Flur Nord", 17, old)
    walk.go(f"geraete/{coming.pk}/abbauen/")

    page.goto(f"/geraet/{first.label_code}/")
    walk.look("label-page")
    page.check("input[name=kind][value=jam]")
    page.fill("#id_text", "Streifen links")
    walk.press("main button[type=submit]", ".kern-alert--success")
    walk.go("geraete/")
    walk.go(f"geraete/{first.pk}/")
    report = FaultReport.objects.get()
    walk.go("geraete/stoerungen/")
    walk.go(f"geraete/stoerungen/{report.pk}/")
    page.fill("#id_answer", "Walze gereinigt")
    walk.press("main button[type=submit]", ".kern-alert--success")
    assert walk.wrong == []
    page.set_viewport_size({"width": 320, "height": 640})
    for address in (
        f"/geraet/{first.label_code}/",
        f"/verwaltung/geraete/{first.pk}/",
        "/verwaltung/geraete/",
        f"/verwaltung/standorte/{first.site_id}/etagen/",
    ):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, (address, width)
