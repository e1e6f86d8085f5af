# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader that can't ask, and the panel beside it that asks for it: PIN, one-time code, a further chip."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from allmende.devices.device_tokens import DeviceToken, TokenKind, find_device_token, issue_device_token
from allmende.devices.devices import Device
from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.directory.chip_openings import PinNeededError, UnknownChipError
from allmende.directory.chips import Chip
from allmende.directory.people import Person
from allmende.printing.panel.access import Panel
from allmende.printing.visit.visits import Visit, begin_visit
from allmende.printing.visit.waiting_chips import WaitingChip, take_waiting_chip
from allmende.seal import NumberFormat, NumberKind
from makers import make_chip, make_device, make_person, make_token, make_town

pytestmark = pytest.mark.django_db

CHIP, NEW, PIN = "04a1b2c3", "04ffeedd", "4711"


@pytest.fixture
def anna() -> Person:
    person = make_person(make_town(), "anna", display_name="Anna Ahorn")
    make_chip(person, CHIP, pin=PIN)
    return person


@pytest.fixture
def device(anna: Person) -> Device:
    assert anna.municipality is not None
    return make_device(anna.municipality)


@pytest.fixture
def reader(device: Device) -> DeviceToken:
    return make_token(device, TokenKind.READER)[0]


@pytest.fixture
def panel(device: Device) -> Panel:
    """One whose own keyboard reader would write numbers in another way."""
    clear = issue_device_token(None, device, TokenKind.PANEL, "", NumberFormat(NumberKind.DECIMAL))
    row = find_device_token(clear)
    assert row is not None
    return Panel(row, clear)


@pytest.fixture
def at_panel(client: Client, panel: Panel) -> Client:
    client.get(f"{panel.href}?token={panel.clear_token}")
    return client


def put_on(reader: DeviceToken, number: str) -> None:
    with pytest.raises((PinNeededError, UnknownChipError)):
        begin_visit(reader, number)


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def test_the_panels_of_the_device_alone_get_the_number_and_once(
    reader: DeviceToken, panel: Panel, device: Device
) -> None:
    other, other_clear = make_token(make_device(device.municipality, "rathaus-og"))
    put_on(reader, NEW)
    row = WaitingChip.objects.get()
    assert bytes.fromhex(NEW) not in bytes(row.for_panel)
    assert NEW.encode() not in bytes(row.for_panel)
    assert take_waiting_chip(other, other_clear) is None
    assert take_waiting_chip(panel.row, other_clear) is None
    assert take_waiting_chip(panel.row, panel.clear_token) == bytes.fromhex(NEW)
    assert take_waiting_chip(panel.row, panel.clear_token) is None


def test_it_waits_for_seconds_and_for_no_one_but_a_panel(
    reader: DeviceToken, panel: Panel, device: Device
) -> None:
    put_on(panel.row, str(int(NEW, 16)))
    assert not WaitingChip.objects.exists()
    put_on(reader, NEW)
    assert WaitingChip.objects.get().expires_at <= timezone.now() + timedelta(seconds=20)
    WaitingChip.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert take_waiting_chip(panel.row, panel.clear_token) is None
    WaitingChip.objects.all().delete()
    DeviceToken.objects.filter(pk=panel.row.pk).update(revoked_at=timezone.now())
    put_on(reader, NEW)
    assert not WaitingChip.objects.exists()


def test_who_taps_next_is_not_shown_the_chip_before(
    at_panel: Client, reader: DeviceToken, panel: Panel
) -> None:
    put_on(reader, NEW)
    begin_visit(reader, CHIP, PIN)
    assert "Anna Ahorn" in at_panel.get(panel.href, follow=True).content.decode()


def test_the_panel_asks_for_the_pin(at_panel: Client, reader: DeviceToken, panel: Panel) -> None:
    assert "Panel-Reload" not in at_panel.get(f"{panel.href}/neues?of=device").headers
    put_on(reader, CHIP)
    assert at_panel.get(f"{panel.href}/neues?of=device").headers["Panel-Reload"] == "1"
    page = at_panel.get(panel.href).content.decode()
    assert "Ihre PIN, bitte" in page
    at_panel.post(f"{panel.href}/chip", {"carried": carried(page), "pin": "0000"})
    assert not Visit.objects.exists()
    at_panel.post(f"{panel.href}/chip", {"carried": carried(page), "pin": PIN})
    assert "Anna Ahorn" in at_panel.get(panel.href).content.decode()


def test_the_panel_enrols_the_unknown_chip(
    at_panel: Client, reader: DeviceToken, panel: Panel, anna: Person
) -> None:
    assert anna.municipality is not None
    bernd = make_person(anna.municipality, "bernd", display_name="Bernd Birke")
    put_on(reader, NEW)
    page = at_panel.get(panel.href).content.decode()
    assert "Dieser Chip ist noch nicht bekannt" in page
    at_panel.post(
        f"{panel.href}/anlernen", {"carried": carried(page), "code": issue_enrolment_code(bernd, bernd)}
    )
    assert "Bernd Birke" in at_panel.get(panel.href).content.decode()
    assert begin_visit(reader, NEW).person == bernd


def test_a_further_chip_is_added_from_the_reader_beside(
    at_panel: Client, reader: DeviceToken, panel: Panel, anna: Person
) -> None:
    at_panel.post(f"{panel.href}/chip", {"chip": str(int(CHIP, 16))})
    put_on(reader, CHIP)
    page = at_panel.get(panel.href).content.decode()
    at_panel.post(f"{panel.href}/chip", {"carried": carried(page), "pin": PIN})
    adding = f"{panel.href}/weiterer-chip"
    assert "konnte nicht gelesen werden" in at_panel.post(adding, {"new_chip": ""}).content.decode()
    put_on(reader, NEW)
    assert at_panel.get(f"{panel.href}/neues?of=new-chip").headers["Panel-Reload"] == "1"
    at_panel.post(adding, {"new_chip": ""})
    assert Chip.objects.filter(person=anna).count() == 2
    assert begin_visit(reader, NEW).person == anna
