# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A device at which too much was tried: the town's IT sees it, and opens it again."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from allmende.devices.device_closings import list_closings, reopen_device
from allmende.devices.devices import Device
from allmende.directory.attempts import (
    CLAIM_LIMIT,
    CODE_LIMIT,
    UNKNOWN_CHIP_LIMIT,
    Limit,
    check_attempts,
    spend_attempt,
)
from allmende.directory.audit import AuditEntry
from allmende.directory.roles import Role, RoleName
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db


def close(device: Device, limit: Limit = UNKNOWN_CHIP_LIMIT) -> None:
    for _ in range(limit.count):
        spend_attempt(limit, device.pk)


@pytest.mark.parametrize("limit", [UNKNOWN_CHIP_LIMIT, CODE_LIMIT, CLAIM_LIMIT])
def test_the_towns_it_opens_what_is_closed(limit: Limit) -> None:
    town = make_town()
    device, other = make_device(town), make_device(town, "og")
    it = make_person(town, "it", it=True)
    close(device, limit)
    spend_attempt(limit, other.pk)
    assert [closing.limit for closing in list_closings([device.pk, other.pk])[device.pk]] == [limit]
    assert other.pk not in list_closings([device.pk, other.pk])
    assert reopen_device(it, device)
    check_attempts(limit, device.pk)
    assert not reopen_device(it, device)
    entry = AuditEntry.objects.get(action="device.reopened")
    assert (entry.target, entry.detail) == (f"device:{device.pk}", {"closed": [limit.purpose]})


def test_nobody_else_opens_it() -> None:
    town = make_town()
    device = make_device(town)
    close(device)
    for actor in (make_person(town), make_person(make_town("coswig"), "it", it=True)):
        with pytest.raises(PermissionDenied):
            reopen_device(actor, device)
    assert list_closings([device.pk])


def test_the_page_says_why_and_has_the_button() -> None:
    town = make_town()
    device = make_device(town)
    address = f"/verwaltung/geraete/{device.pk}/"
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_person(town, "it", it=True))
    assert "Open it again" not in client.get(address).content.decode()
    close(device)
    page = client.get(address).content.decode()
    assert "No chip opens anything here until" in page
    assert "20 different chips" in page
    assert client.get(f"{address}oeffnen/").status_code == 405
    assert "The device is open again." in client.post(f"{address}oeffnen/", follow=True).content.decode()
    assert "Open it again" not in client.get(address).content.decode()
    assert "was open again already" in client.post(f"{address}oeffnen/", follow=True).content.decode()


def test_an_auditor_sees_it_and_changes_nothing() -> None:
    town = make_town()
    device = make_device(town)
    close(device)
    auditor = make_person(town, "auditor")
    Role.objects.create(person=auditor, municipality=town, name=RoleName.AUDITOR)
    client = Client(headers={"accept-language": "en"})
    client.force_login(auditor)
    address = f"/verwaltung/geraete/{device.pk}/"
    page = client.get(address).content.decode()
    assert "No chip opens anything here until" in page
    assert "Open it again" not in page
    assert client.post(f"{address}oeffnen/").status_code == 403
    assert list_closings([device.pk])
