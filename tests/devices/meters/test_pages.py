# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages under /verwaltung/zaehler/: who may see and change what, and what a click does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.reading_keeping import record_reading
from allmende.devices.meters.readings import MeterReading, ReadingSource
from allmende.devices.meters.snmp_access import SnmpAccess
from allmende.devices.meters.supplies import DeviceSupply, SupplySample
from allmende.directory.roles import Role, RoleName
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
PATHS = ("", "zweifelhaft/", "verbrauch/", "meldungen/")


@pytest.fixture
def device() -> Device:
    return make_device(make_town(), "eg")


@pytest.fixture
def it(device: Device, client: Client) -> Client:
    client.force_login(make_person(device.municipality, "it", it=True))
    return client


def bad_reading(device: Device) -> MeterReading:
    now = timezone.now()
    record_reading(device, now - timedelta(days=2), ReadingSource.SNMP, Counts(total=1000))
    return record_reading(device, now - timedelta(days=1), ReadingSource.SNMP, Counts(total=5))


def test_finance_looks_and_changes_nothing(device: Device, client: Client) -> None:
    reading = bad_reading(device)
    finance = make_person(device.municipality, "kasse")
    Role.objects.create(municipality=device.municipality, person=finance, name=RoleName.FINANCE)
    client.force_login(finance)
    for path in (*PATHS, f"geraet/{device.pk}/"):
        assert client.get(f"/verwaltung/zaehler/{path}").status_code == 200
    for path in (
        "plan/",
        "snmp/",
        "einlesen/",
        f"geraet/{device.pk}/eintragen/",
        f"geraet/{device.pk}/snmp/",
    ):
        assert client.get(f"/verwaltung/zaehler/{path}").status_code == 403
    assert (
        client.post(f"/verwaltung/zaehler/ablesung/{reading.pk}/urteil/", {"verdict": "rejected"}).status_code
        == 403
    )
    client.force_login(make_person(device.municipality, "anna"))
    assert client.get("/verwaltung/zaehler/").status_code == 403


def test_another_towns_rows_do_not_exist(device: Device, client: Client) -> None:
    reading = bad_reading(device)
    client.force_login(make_person(make_town("gommern"), "fremd", it=True))
    for path in (
        f"geraet/{device.pk}/",
        f"geraet/{device.pk}/snmp/",
        f"ablesung/{reading.pk}/berichtigen/",
        "runde/1/",
    ):
        assert client.get(f"/verwaltung/zaehler/{path}").status_code == 404
    assert "Eg" not in client.get("/verwaltung/zaehler/zweifelhaft/").content.decode()


def test_a_verdict_by_a_click(device: Device, it: Client) -> None:
    reading = bad_reading(device)
    assert "new-life" in it.get("/verwaltung/zaehler/zweifelhaft/").content.decode()
    it.post(f"/verwaltung/zaehler/ablesung/{reading.pk}/urteil/", {"verdict": "new-life"})
    reading.refresh_from_db()
    assert reading.verdict == "new-life"
    assert it.post(f"/verwaltung/zaehler/ablesung/{reading.pk}/urteil/", {"verdict": "x"}).status_code == 404


def test_what_was_typed_stays_when_it_is_wrong(device: Device, it: Client) -> None:
    address = f"/verwaltung/zaehler/geraet/{device.pk}/eintragen/"
    wrong = it.post(
        address, {"at": "2026-01-05T12:00", "total": "100", "mono": "90", "colour": "20", "note": "Keller"}
    )
    assert wrong.status_code == 422
    assert "Keller" in wrong.content.decode()
    assert not MeterReading.objects.exists()
    it.post(address, {"at": "2026-01-05T12:00", "total": "100", "mono": "80", "note": "Keller"})
    reading = MeterReading.objects.get()
    assert reading.counts == Counts(total=100, mono=80, colour=20)
    it.post(
        f"/verwaltung/zaehler/ablesung/{reading.pk}/berichtigen/", {"at": "2026-01-05T12:00", "total": "110"}
    )
    assert reading.replaced_by.total == 110


def test_secrets_are_stored_and_never_shown(device: Device, it: Client) -> None:
    address = f"/verwaltung/zaehler/geraet/{device.pk}/snmp/"
    v3 = {
        "version": "v3",
        "user": "leser",
        "auth_protocol": "sha256",
        "priv_protocol": "aes128",
        "port": "161",
    }
    assert it.post(address, v3).status_code == 422
    assert it.post(address, {**v3, "auth_key": "geheim-eins", "priv_key": "geheim-zwei"}).status_code == 302
    access = SnmpAccess.objects.get(device=device)
    assert access.credentials() is not None
    assert "geheim" not in it.get(address).content.decode()
    assert it.post(address, v3).status_code == 302
    access.refresh_from_db()
    assert access.credentials() is not None


def test_a_file_with_a_wrong_line_stores_nothing(device: Device, it: Client) -> None:
    file = SimpleUploadedFile("a.csv", b"device,at,total\neg,2026-01-01,5\nnix,2026-01-01,5\n")
    assert it.post("/verwaltung/zaehler/einlesen/", {"file": file}).context["faults"]
    assert not MeterReading.objects.exists()


def test_the_list_and_the_device_s_page_count_the_same_month_all_day_long(
    device: Device, it: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    midnight = datetime(2026, 2, 28, tzinfo=timezone.get_current_timezone())
    for days, total in ((58, 0), (1, 57_000)):
        record_reading(device, midnight - timedelta(days=days), ReadingSource.SNMP, Counts(total=total))
    months = []
    for moment in (midnight + timedelta(hours=7), midnight + timedelta(hours=16)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        months.append(it.get("/verwaltung/zaehler/").context["rows"][0]["month"])
        months.append(it.get(f"/verwaltung/zaehler/geraet/{device.pk}/").context["month"])
    # A thousand a day, from the midnight thirty days ago.
    assert [month.counts.total for month in months] == [29_000] * 4
    assert months[0].start.at == midnight - timedelta(days=30)


def test_a_day_that_is_sure_is_not_told_as_a_range(device: Device, it: Client) -> None:
    now = timezone.now()
    supply = DeviceSupply.objects.create(
        municipality=device.municipality, device=device, key="1", kind="toner", level=40, seen_at=now
    )
    for week in range(8):
        SupplySample.objects.create(supply=supply, at=now - timedelta(weeks=week), level=40 + week * 7)
    page = it.get("/verwaltung/zaehler/verbrauch/", headers={"accept-language": "en"}).content.decode()
    forecast = supply.forecast()
    assert forecast is not None
    assert forecast.earliest == forecast.latest
    assert ">from 8 levels<" in page
