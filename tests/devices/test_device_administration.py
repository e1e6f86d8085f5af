# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing devices: what starts anew with another address, and which certificate is accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from allmende.devices.device_administration import (
    DeviceDetails,
    SiteNameTakenError,
    SlugTakenError,
    accept_certificate,
    add_device,
    change_device,
    delete_site,
    describe_device,
    save_site,
)
from allmende.devices.device_tokens import DeviceToken, find_device_token
from allmende.devices.devices import Device
from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db

DETAILS = DeviceDetails("Rathaus EG", "rathaus-eg", "ipps://printer.example:631/ipp/print")
SHA256 = "ab" * 32


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


def test_the_certificate_that_was_seen_is_pinned(town: Municipality, it: Person) -> None:
    assert add_device(it, town, DETAILS, certificate_sha256=SHA256).certificate_sha256 == SHA256
    other = add_device(it, town, replace(DETAILS, slug="b"), certificate_sha256="not a fingerprint")
    assert other.certificate_sha256 == ""


def test_a_short_name_is_taken_once_per_town(town: Municipality, it: Person) -> None:
    make_device(make_town("coswig"), DETAILS.slug)
    device = add_device(it, town, DETAILS)
    with pytest.raises(SlugTakenError):
        add_device(it, town, DETAILS)
    other = add_device(it, town, replace(DETAILS, slug="b"))
    with pytest.raises(SlugTakenError):
        change_device(it, other, DETAILS)
    assert Device.objects.get(pk=other.pk).slug == "b"
    assert Device.objects.get(pk=device.pk).slug == DETAILS.slug


def test_another_address_is_another_device(town: Municipality, it: Person) -> None:
    device = add_device(it, town, DETAILS, certificate_sha256=SHA256)
    Device.objects.filter(pk=device.pk).update(description=b"x", make_and_model="Old", state="idle")
    device.refresh_from_db()
    change_device(it, device, replace(DETAILS, name="Renamed"))
    device.refresh_from_db()
    assert (device.certificate_sha256, device.make_and_model) == (SHA256, "Old")
    change_device(it, device, replace(DETAILS, uri="ipps://other.example:631/ipp/print"))
    device.refresh_from_db()
    assert (device.certificate_sha256, device.make_and_model, device.state) == ("", "", "unknown")
    assert bytes(device.description) == b""
    details = [entry.detail for entry in AuditEntry.objects.filter(action="device.changed").order_by("pk")]
    assert details == [
        {"name": ["Rathaus EG", "Renamed"]},
        {"name": ["Renamed", "Rathaus EG"], "uri": [DETAILS.uri, "ipps://other.example:631/ipp/print"]},
    ]


def test_a_site_of_another_town_is_none(town: Municipality, it: Person) -> None:
    other = make_town("coswig")
    foreign = save_site(make_person(other, "it", it=True), other, None, name="Rathaus", address="")
    device = add_device(it, town, DETAILS)
    for call in (
        lambda: add_device(it, town, replace(DETAILS, slug="b", site_id=foreign.pk)),
        lambda: change_device(it, device, replace(DETAILS, site_id=foreign.pk)),
        lambda: delete_site(it, foreign),
        lambda: save_site(it, other, foreign, name="Mine", address=""),
    ):
        with pytest.raises(PermissionDenied):
            call()


def test_sites(town: Municipality, it: Person) -> None:
    site = save_site(it, town, None, name="Rathaus", address="Markt 1")
    with pytest.raises(SiteNameTakenError):
        save_site(it, town, None, name="Rathaus", address="")
    device = add_device(it, town, replace(DETAILS, site_id=site.pk))
    delete_site(it, site)
    device.refresh_from_db()
    assert describe_device(device).site_id is None


def test_only_a_fingerprint_is_accepted(town: Municipality, it: Person) -> None:
    device = add_device(it, town, DETAILS, certificate_sha256=SHA256)
    with pytest.raises(ValueError, match="SHA-256"):
        accept_certificate(it, device, "AB" * 32)
    accept_certificate(it, device, "cd" * 32)
    device.refresh_from_db()
    assert device.certificate_sha256 == "cd" * 32
    entry = AuditEntry.objects.get(action="device.certificate_accepted")
    assert entry.detail == {"certificate": [SHA256, "cd" * 32]}


def test_a_token_is_shown_once_and_its_format_is_kept(town: Municipality, it: Person) -> None:
    device = make_device(town)
    client = Client(headers={"accept-language": "en"})
    client.force_login(it)
    address = f"/verwaltung/geraete/{device.pk}/token/"
    form = {"kind": "reader", "number_kind": "decimal", "reversed": "on", "strip_prefix": "%"}
    tried = client.post(address, {**form, "try": "1", "sample": "%0099887766"}).content.decode()
    assert "a number of 4 bytes" in tried
    assert "0099887766" not in tried
    assert not DeviceToken.objects.exists()
    wrong = client.post(address, {**form, "try": "1", "sample": "04A2"}).content.decode()
    assert "does not begin with the prefix" in wrong
    page = client.post(address, {**form, "issue": "1"}).content.decode()
    clear = page.partition("printf %s ")[2].partition(" ")[0]
    found = find_device_token(clear)
    assert found is not None
    assert found.number_format == {"kind": "decimal", "reversed": True, "strip_prefix": "%"}
    assert f"--device {device.slug}" in page
    assert clear not in client.get(f"/verwaltung/geraete/{device.pk}/").content.decode()


def test_loopback_and_metadata_addresses_are_no_devices(town: Municipality, it: Person) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(it)
    for address in (
        "127.0.0.1",
        "ipp://169.254.169.254/latest",
        "http://printer.example/",
        "file:///etc/passwd",
    ):
        page = client.post("/verwaltung/geraete/neu/", {"address": address}).content.decode()
        assert "not an address at which a device may be" in page, address
        assert "Add it all the same" not in page
