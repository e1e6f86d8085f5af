# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moves and swaps: where a device stood on which day, and that the history is never rewritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from allmende.devices.device_administration import change_device, describe_device
from allmende.devices.device_moves import DeviceMove, MoveImmutableError, MoveKind
from allmende.devices.device_relocation import (
    FutureDayError,
    LaterMoveError,
    Location,
    StandsNowhereError,
    move_device,
    remove_device,
    settle_location,
    swap_devices,
)
from allmende.devices.device_tokens import find_device_token
from allmende.devices.devices import Device
from allmende.devices.place_administration import (
    PlaceNameTakenError,
    delete_room,
    guess_level,
    save_floor,
    save_room,
)
from allmende.devices.places import Room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from makers import make_device, make_person, make_token, make_town

pytestmark = pytest.mark.django_db

JAN, MAR, MAY = date(2025, 1, 1), date(2025, 3, 1), date(2025, 5, 1)


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


@pytest.fixture
def room(town: Municipality, it: Person) -> Room:
    site = Site.objects.create(municipality=town, name="Rathaus")
    return save_room(it, save_floor(it, site, None, name="EG", level=0), None, name="12")


def at(room: Room) -> Location:
    return settle_location(room.municipality_id, None, room.pk, "")


def test_what_is_entered_late_takes_its_place_in_the_history(
    town: Municipality, it: Person, room: Room
) -> None:
    device = make_device(town)
    move_device(it, device, at(room), JAN)
    remove_device(it, device, MAY, counter=900)
    move_device(it, device, Location(place="Keller"), MAR)
    history = DeviceMove.objects.filter(device=device)
    assert [(move.day, MoveKind(move.kind).leaves, move.place) for move in history] == [
        (MAY, True, ""),
        (MAR, False, "Keller"),
        (JAN, False, "EG, 12"),
    ]
    device.refresh_from_db()
    # What was entered last, for March, lies in the past: the device is still away.
    assert (device.is_active, device.site, device.place) == (False, None, "")


def test_of_one_day_the_latest_entry_holds(town: Municipality, it: Person, room: Room) -> None:
    device = make_device(town)
    move_device(it, device, Location(place="falsch"), JAN)
    move_device(it, device, at(room), JAN)
    move = DeviceMove.objects.filter(device=device, day=JAN)[0]
    device.refresh_from_db()
    assert (move.place, device.place, device.room, device.site) == ("EG, 12", "EG, 12", room, room.floor.site)


def test_a_swap_is_one_leaving_and_one_coming(town: Municipality, it: Person, room: Room) -> None:
    old, new = make_device(town), make_device(town, "neu")
    Device.objects.filter(pk=new.pk).update(is_active=False)
    _row, clear = make_token(old)
    move_device(it, old, at(room), JAN)
    out, into = swap_devices(it, old, new, MAR, leaving_counter=88_000, coming_counter=12)
    assert (out.kind, out.counter, out.other_device_id) == (MoveKind.SWAPPED_OUT, 88_000, new.pk)
    assert (into.kind, into.counter, into.other_device_id) == (MoveKind.SWAPPED_IN, 12, old.pk)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.is_active, old.room, new.is_active, new.room, new.place) == (
        False,
        None,
        True,
        room,
        "EG, 12",
    )
    token = find_device_token(clear)
    assert token is not None
    assert token.device == new


def test_a_swap_without_a_place_or_before_later_moves_changes_nothing(
    town: Municipality, it: Person, room: Room
) -> None:
    old, new = make_device(town), make_device(town, "neu")
    with pytest.raises(StandsNowhereError):
        swap_devices(it, old, new, MAR)
    move_device(it, old, at(room), MAR)
    with pytest.raises(LaterMoveError):
        swap_devices(it, old, new, JAN)
    with pytest.raises(LaterMoveError):
        remove_device(it, old, JAN)
    assert DeviceMove.objects.count() == 1


def test_nobody_else_moves_a_device(town: Municipality, it: Person, room: Room) -> None:
    device, stranger = make_device(town), make_person(make_town("coswig"), "it", it=True)
    other = make_device(make_town("rosslau"))
    tomorrow = timezone.localdate() + timedelta(1)
    with pytest.raises(PermissionDenied):
        move_device(stranger, device, Location(place="x"), JAN)
    with pytest.raises(PermissionDenied):
        remove_device(make_person(town, "anna"), device, JAN)
    with pytest.raises(PermissionDenied):
        swap_devices(it, device, other, JAN)
    with pytest.raises(PermissionDenied):
        settle_location(other.municipality_id, None, room.pk, "")
    with pytest.raises(FutureDayError):
        move_device(it, device, at(room), tomorrow)
    assert not DeviceMove.objects.exists()


def test_the_history_is_never_rewritten(town: Municipality, it: Person, room: Room) -> None:
    device = make_device(town)
    move = move_device(it, device, at(room), JAN)
    move.place = "anders"
    with pytest.raises(MoveImmutableError):
        move.save()
    with pytest.raises(MoveImmutableError):
        move.delete()
    with pytest.raises(MoveImmutableError):
        DeviceMove.objects.filter(pk=move.pk).update(place="anders")
    with pytest.raises(MoveImmutableError):
        DeviceMove.objects.all().delete()
    delete_room(it, room)
    stored = DeviceMove.objects.get()
    assert (stored.site_name, stored.place, stored.room) == ("Rathaus", "EG, 12", None)


def test_another_place_in_the_form_is_a_move_of_today(town: Municipality, it: Person, room: Room) -> None:
    device = make_device(town)
    change_device(it, device, replace(describe_device(device), room_id=room.pk, place="egal"))
    change_device(it, device, replace(describe_device(device), name="Anderer Name"))
    move = DeviceMove.objects.get()
    assert (move.kind, move.day, move.place, move.site) == (
        "placed",
        timezone.localdate(),
        "EG, 12",
        room.floor.site,
    )


def test_a_renamed_room_is_renamed_at_its_devices(town: Municipality, it: Person, room: Room) -> None:
    device = make_device(town)
    move_device(it, device, at(room), JAN)
    save_room(it, room.floor, room, name="12a")
    device.refresh_from_db()
    assert device.place == "EG, 12a"
    save_floor(it, room.floor.site, room.floor, name="Erdgeschoss", level=0)
    device.refresh_from_db()
    assert device.place == "Erdgeschoss, 12a"
    with pytest.raises(PlaceNameTakenError):
        save_room(it, room.floor, None, name="12a")
    delete_room(it, room)
    device.refresh_from_db()
    assert (device.room, device.place) == (None, "Erdgeschoss, 12a")


@pytest.mark.parametrize(
    ("name", "level"),
    [("EG", 0), ("Erdgeschoss", 0), ("1. OG", 1), ("2.Obergeschoss", 2), ("OG 3", 3), ("UG", -1), ("2. UG", -2),
     ("Keller", -1), ("3", 3), ("-1", -1), ("Dachgeschoss", 10), ("Saal", 0)],
)  # fmt: skip
def test_a_floors_name_says_its_level(name: str, level: int) -> None:
    assert guess_level(name) == level
