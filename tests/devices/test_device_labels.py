# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Labels: sheets of the right number, set text, and codes that lead to the device; what people report there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import segno
from django.test import Client

from allmende.devices.device_labels import SHEETS, draw_qr, label_address, make_labels
from allmende.devices.devices import Device
from allmende.devices.fault_reports import MAX_OPEN_REPORTS, REPORT_LIMIT, FaultReport, close_fault
from allmende.directory.attempts import forget_attempts
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db


def devices_of(count: int) -> list[Device]:
    town = make_town()
    for number in range(count):
        make_device(town, f"geraet-{number}")
    return list(Device.objects.select_related("site", "municipality").order_by("pk"))


@pytest.mark.parametrize("name", list(SHEETS))
def test_sheets_are_filled_one_after_the_other(name: str) -> None:
    sheet = SHEETS[name]
    per_page = sheet.columns * sheet.rows
    devices = devices_of(3)
    pdf = make_labels(devices, sheet, skip=per_page - 2)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    assert sheet.left * 2 + sheet.columns * sheet.width + (sheet.columns - 1) * sheet.gap <= 210.1
    assert sheet.top + sheet.rows * sheet.height <= 297


def test_a_label_says_which_device_it_is(tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed")
    device = devices_of(1)[0]
    device.name, device.place, device.inventory_number = "#set text(red)", "EG, 12", "IT-001"
    (tmp_path / "labels.pdf").write_bytes(make_labels([device], SHEETS["a4-14"]))
    text = subprocess.run(
        [program, tmp_path / "labels.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "#set text(red)" in text
    assert "EG, 12" in text
    assert "IT-001" in text


def test_a_code_has_its_quiet_zone_and_says_the_address(settings: Any) -> None:
    settings.ALLMENDE_PUBLIC_URL = "https://druck.zerbst.example"
    device = devices_of(1)[0]
    address = label_address(device)
    assert address == f"https://druck.zerbst.example/geraet/{device.label_code}/"
    modules = segno.make(address, error="m", micro=False).symbol_size(border=4)[0]
    assert f'viewBox="0 0 {modules} {modules}"' in draw_qr(address)
    assert Client().get(address.removeprefix("https://druck.zerbst.example")).status_code == 200


def test_a_code_that_no_label_carries_leads_nowhere() -> None:
    devices_of(1)
    assert Client().get("/geraet/00000000000000000000/").status_code == 404


def test_a_report_comes_to_the_towns_it_and_is_closed() -> None:
    device = devices_of(1)[0]
    it = make_person(device.municipality, "it", it=True)
    stranger = make_person(make_town("coswig"), "anna")
    client = Client()
    client.force_login(stranger)
    url = f"/geraet/{device.label_code}/"
    assert client.post(url, {"kind": "jam", "text": " Papier steckt "}).status_code == 302
    report = FaultReport.objects.get()
    # Somebody of another town is nobody here.
    assert (report.text, report.reported_by, report.closed_at) == ("Papier steckt", None, None)
    assert close_fault(it, report, "gezogen")
    assert not close_fault(it, report, "noch einmal")
    report.refresh_from_db()
    assert (report.answer, report.closed_by) == ("gezogen", it)


def test_reports_are_bounded() -> None:
    device = devices_of(1)[0]
    client = Client()
    url = f"/geraet/{device.label_code}/"
    answers = [client.post(url, {"kind": "other"}).status_code for _ in range(REPORT_LIMIT.count + 1)]
    assert answers == [302] * REPORT_LIMIT.count + [429]
    for _ in range(MAX_OPEN_REPORTS):
        forget_attempts(REPORT_LIMIT, device.pk)
        client.post(url, {"kind": "other"})
    assert FaultReport.objects.count() == MAX_OPEN_REPORTS
    assert client.post(url, {"kind": "nonsense", "text": "x" * 501}).status_code == 200
    assert FaultReport.objects.count() == MAX_OPEN_REPORTS


def test_a_device_without_an_address_says_so_and_gets_no_panel() -> None:
    device = devices_of(1)[0]
    Device.objects.filter(pk=device.pk).update(uri="")
    it = make_person(device.municipality, "it", it=True)
    client = Client()
    client.force_login(it)
    assert client.get(f"/verwaltung/geraete/{device.pk}/token/").status_code == 404
    assert client.get(f"/verwaltung/geraete/{device.pk}/").status_code == 200
    page = client.get(f"/geraet/{device.label_code}/").content.decode()
    assert "<ol" not in page
