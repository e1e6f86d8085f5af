# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inventory's pages: filters and paging, what comes of bad files and of other towns' rows, devices without an address."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from allmende.devices.device_addresses import AddressPolicy, parse_device_uri
from allmende.devices.device_administration import (
    DeviceDetails,
    InventoryNumberTakenError,
    add_device,
    change_device,
    describe_device,
)
from allmende.devices.device_errors import DeviceUnreachableError
from allmende.devices.device_models import DeviceModel
from allmende.devices.device_tokens import find_device_token
from allmende.devices.devices import Device
from allmende.devices.fault_reports import FaultKind, report_fault
from allmende.devices.inventory_file import MAX_FILE_BYTES
from allmende.devices.place_administration import save_floor, save_room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.gateway.print_queues import load_queue
from makers import make_device, make_person, make_queue, make_token, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


@pytest.fixture
def client(it: Person) -> Client:
    signed_in = Client()
    signed_in.force_login(it)
    return signed_in


def names(client: Client, query: str) -> list[str]:
    page = client.get(f"/verwaltung/geraete/?{query}").context["page"]
    return [device.slug for device in page]


def test_the_list_is_filtered_and_paged(town: Municipality, client: Client) -> None:
    site = Site.objects.create(municipality=town, name="Rathaus")
    model = DeviceModel.objects.create(municipality=town, maker="Kyocera", name="M1")
    foreign = Site.objects.create(municipality=make_town("coswig"), name="Fremd")
    for number in range(60):
        make_device(town, f"d{number:02d}")
    of = Device.objects.filter(municipality=town)
    of.filter(slug="d01").update(site=site, inventory_number="IT-77")
    of.filter(slug="d02").update(device_model=model, uri="")
    of.filter(slug="d03").update(is_active=False, state="stopped")
    of.filter(slug="d04").update(state="unreachable")
    report_fault(of.get(slug="d05"), FaultKind.JAM, "", None)
    report_fault(of.get(slug="d05"), FaultKind.OTHER, "", None)
    assert len(names(client, "")) == 50
    assert len(names(client, "page=2")) == 10
    assert names(client, f"site={site.pk}") == ["d01"]
    assert names(client, "q=it-77") == ["d01"]
    assert names(client, f"model={model.pk}") == names(client, "state=no-address") == ["d02"]
    assert names(client, "state=out") == ["d03"]
    assert names(client, "state=trouble") == ["d04", "d05"]
    # Another town's site is no question that can be asked.
    assert len(names(client, f"site={foreign.pk}")) == 50


def test_labels_of_other_towns_are_not_printed(town: Municipality, client: Client) -> None:
    mine, other = make_device(town), make_device(make_town("coswig"))
    answer = client.get(f"/verwaltung/geraete/etiketten.pdf?sheet=a4-14&device={mine.pk}&device={other.pk}")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert (
        client.get(f"/verwaltung/geraete/etiketten.pdf?sheet=a4-14&device={other.pk}")
        .headers["Content-Type"]
        .startswith("text/html")
    )


@pytest.mark.parametrize(
    "content", [b"", b"Farbe;Form\nrot;rund\n", b'Name\n"offen', b"\0\1", b"Name;Name\na;b"]
)
def test_a_file_that_can_not_be_read_says_why(client: Client, content: bytes) -> None:
    file = SimpleUploadedFile("liste.csv", content)
    answer = client.post("/verwaltung/geraete/importieren/", {"file": file})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    file = SimpleUploadedFile("liste.csv", b"Name\n" + b"x" * (MAX_FILE_BYTES + 70_000))
    assert client.post("/verwaltung/geraete/importieren/", {"file": file}).status_code == 413


def test_a_room_of_another_town_can_not_be_chosen(town: Municipality, client: Client) -> None:
    other = make_town("coswig")
    site = Site.objects.create(municipality=other, name="Rathaus")
    their_it = make_person(other, "it", it=True)
    room = save_room(their_it, save_floor(their_it, site, None, name="EG", level=0), None, name="1")
    device = make_device(town)
    answer = client.post(
        f"/verwaltung/geraete/{device.pk}/umziehen/", {"day": "2025-01-01", "room": room.pk, "place": "x"}
    )
    assert answer.context["form"].errors["room"]
    assert not device.moves.exists()


def test_an_inventory_number_is_taken_once_per_town(town: Municipality, it: Person) -> None:
    first = add_device(it, town, DeviceDetails("A", "a", "", inventory_number="IT-1"))
    with pytest.raises(InventoryNumberTakenError):
        add_device(it, town, DeviceDetails("B", "b", "", inventory_number="IT-1"))
    second = add_device(it, town, DeviceDetails("B", "b", ""))
    with pytest.raises(InventoryNumberTakenError):
        change_device(it, second, replace(describe_device(second), inventory_number="IT-1"))
    assert change_device(it, first, replace(describe_device(first), remark="x")) == ["remark"]


def test_nothing_is_sent_to_a_device_without_an_address(town: Municipality, it: Person) -> None:
    device = make_device(town)
    make_queue(town, device)
    _row, clear = make_token(device)
    assert load_queue(town.slug, device.slug) is not None
    change_device(it, device, replace(describe_device(device), uri=""))
    assert find_device_token(clear) is None
    assert load_queue(town.slug, device.slug) is None
    with pytest.raises(DeviceUnreachableError):
        parse_device_uri("", AddressPolicy())
