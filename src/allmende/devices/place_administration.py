# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding, changing and deleting floors and rooms, by the town's IT.

Always holds: after a rename the place of every device in the room is the room's words again; who deletes a room leaves its devices where
they are, as text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction
from django.http import Http404

from allmende.devices.devices import Device
from allmende.devices.places import Floor, Room, write_place
from allmende.devices.sites import Site
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person


class PlaceNameTakenError(Exception):
    """Another floor of the site, or room of the floor, has this name."""


_GROUND: Final = re.compile(r"(eg|erdgeschoss|erdgeschoß|ground( floor)?|parterre)\b", re.IGNORECASE)
_NUMBERED: Final = re.compile(
    r"(\d{1,2})\.?\s*(og|obergeschoss|obergeschoß|stock|etage|floor|ug)", re.IGNORECASE
)
_BELOW: Final = re.compile(r"(ug|kg|keller|untergeschoss|untergeschoß|basement)", re.IGNORECASE)
_ABOVE: Final = re.compile(r"(og|obergeschoss|obergeschoß)\s*(\d{1,2})?", re.IGNORECASE)
_ATTIC: Final = re.compile(r"(dg|dachgeschoss|dachgeschoß|attic)", re.IGNORECASE)


def guess_level(name: str) -> int:
    """What a floor's usual name says of its level: EG 0, 2. OG 2, UG -1, a bare number itself; 0 where it says nothing."""
    text = name.strip()
    if re.fullmatch(r"-?\d{1,2}", text):
        return max(-20, int(text))
    if _GROUND.match(text):
        return 0
    if numbered := _NUMBERED.match(text):
        number = int(numbered[1])
        return -min(20, number) if numbered[2].lower() == "ug" else number
    if _BELOW.match(text):
        return -1
    if above := _ABOVE.match(text):
        return int(above[2] or 1)
    # An attic lies above everything that is numbered; how far is for the town's IT to say.
    return 10 if _ATTIC.match(text) else 0


def access_floor_for(actor: Person, floor_id: int) -> Floor:
    floor = (
        Floor.objects.select_related("site", "municipality")
        .filter(pk=floor_id, municipality_id=town_id_of(actor))
        .first()
    )
    if floor is None:
        raise Http404
    return floor


def access_room_for(actor: Person, room_id: int) -> Room:
    room = (
        Room.objects.select_related("floor__site", "municipality")
        .filter(pk=room_id, municipality_id=town_id_of(actor))
        .first()
    )
    if room is None:
        raise Http404
    return room


def save_floor(actor: Person, site: Site, floor: Floor | None, *, name: str, level: int) -> Floor:
    """A new floor of the site, or the changed one. Raises PermissionDenied, PlaceNameTakenError."""
    check_town_it(actor, site.municipality_id)
    action = "floor.added" if floor is None else "floor.changed"
    floor = floor or Floor(municipality_id=site.municipality_id, site=site)
    floor.name, floor.level = name, level
    with transaction.atomic():
        try:
            with transaction.atomic():
                floor.save()
        except IntegrityError:
            raise PlaceNameTakenError from None
        for room in Room.objects.select_related("floor").filter(floor=floor):
            _tell_devices(room)
        record_audit(site.municipality, actor, action, f"floor:{floor.pk}", name=name, level=level)
    return floor


def save_room(
    actor: Person,
    floor: Floor,
    room: Room | None,
    *,
    name: str,
    x: Decimal | None = None,
    y: Decimal | None = None,
    people_count: int = 0,
) -> Room:
    """A new room of the floor, or the changed one. Raises PermissionDenied, PlaceNameTakenError, ValueError (half a coordinate)."""
    check_town_it(actor, floor.municipality_id)
    if (x is None) != (y is None):
        raise ValueError("both coordinates or neither")
    action = "room.added" if room is None else "room.changed"
    room = room or Room(municipality_id=floor.municipality_id, floor=floor)
    room.name, room.x, room.y, room.people_count = name, x, y, people_count
    with transaction.atomic():
        try:
            with transaction.atomic():
                room.save()
        except IntegrityError:
            raise PlaceNameTakenError from None
        _tell_devices(room)
        record_audit(floor.municipality, actor, action, f"room:{room.pk}", name=name)
    return room


def delete_floor(actor: Person, floor: Floor) -> None:
    """With its rooms; devices keep their place as text. Raises PermissionDenied."""
    check_town_it(actor, floor.municipality_id)
    with transaction.atomic():
        record_audit(floor.municipality, actor, "floor.deleted", f"floor:{floor.pk}", name=floor.name)
        floor.delete()


def delete_room(actor: Person, room: Room) -> None:
    """Devices keep their place as text. Raises PermissionDenied."""
    check_town_it(actor, room.municipality_id)
    with transaction.atomic():
        record_audit(room.municipality, actor, "room.deleted", f"room:{room.pk}", name=room.name)
        room.delete()


def _tell_devices(room: Room) -> None:
    Device.objects.filter(room=room).update(place=write_place(room))
