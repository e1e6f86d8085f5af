# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moving, swapping and taking away devices.

Always holds: a device's site, room and place are those of the latest row of its history, written in one transaction with it; what
is entered later for an earlier day stands in the history and leaves the present alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from allmende.devices.device_moves import DeviceMove, MoveKind
from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.devices.places import Room, write_place
from allmende.devices.sites import Site
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.people import Person


class RelocationError(Exception):
    """The device was not moved."""


class FutureDayError(RelocationError):
    """What has not happened is no history."""


class LaterMoveError(RelocationError):
    """The history already knows something later of the device, so it can't leave its present place on that day."""


class StandsNowhereError(RelocationError):
    """The device that is to leave has no place that another could take."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a device stands; with a room, site and place are the room's."""

    site: Site | None = None
    room: Room | None = None
    place: str = ""

    @property
    def is_nowhere(self) -> bool:
        return self.site is None and self.room is None and not self.place


def settle_location(municipality_id: int, site_id: int | None, room_id: int | None, place: str) -> Location:
    """Raises PermissionDenied for a site or room of another town."""
    if room_id is not None:
        room = (
            Room.objects.select_related("floor__site")
            .filter(pk=room_id, municipality_id=municipality_id)
            .first()
        )
        if room is None:
            raise PermissionDenied
        return Location(room.floor.site, room, write_place(room))
    site = None
    if site_id is not None:
        site = Site.objects.filter(pk=site_id, municipality_id=municipality_id).first()
        if site is None:
            raise PermissionDenied
    return Location(site, None, place)


def record_move(
    actor: Person | None,
    device: Device,
    kind: MoveKind,
    location: Location,
    day: date | None = None,
    *,
    counter: int | None = None,
    other_device: Device | None = None,
    remark: str = "",
) -> DeviceMove:
    """One row of the history; without a day, of today. The device itself stays as it is."""
    return DeviceMove.objects.create(
        municipality_id=device.municipality_id,
        device=device,
        kind=kind,
        day=day or timezone.localdate(),
        site=location.site,
        room=location.room,
        site_name=location.site.name if location.site else "",
        place=location.place,
        counter=counter,
        other_device=other_device,
        remark=remark,
        recorded_by=actor,
    )


def move_device(
    actor: Person,
    device: Device,
    location: Location,
    day: date,
    *,
    counter: int | None = None,
    remark: str = "",
) -> DeviceMove:
    """The device stands there from this day on; one that stood nowhere is in use again. Raises PermissionDenied, FutureDayError."""
    _check(actor, device, day)
    with transaction.atomic():
        device = Device.objects.select_for_update().get(pk=device.pk)
        last = DeviceMove.objects.filter(device=device, day__lte=day).first()
        stood_nowhere = MoveKind(last.kind).leaves if last else _location_of(device).is_nowhere
        kind = MoveKind.PLACED if stood_nowhere else MoveKind.MOVED
        move = record_move(actor, device, kind, location, day, counter=counter, remark=remark)
        if not DeviceMove.objects.filter(device=device, day__gt=day).exists():
            _put(device, location, is_active=True if stood_nowhere else device.is_active)
        _audit(actor, move)
    return move


def remove_device(
    actor: Person, device: Device, day: date, *, counter: int | None = None, remark: str = ""
) -> DeviceMove:
    """It leaves its place and is out of use. Raises PermissionDenied, FutureDayError, LaterMoveError."""
    _check(actor, device, day)
    with transaction.atomic():
        device = Device.objects.select_for_update().get(pk=device.pk)
        _check_latest(device, day)
        move = record_move(actor, device, MoveKind.REMOVED, Location(), day, counter=counter, remark=remark)
        _put(device, Location(), is_active=False)
        _audit(actor, move)
    return move


def swap_devices(
    actor: Person,
    leaving: Device,
    coming: Device,
    day: date,
    *,
    leaving_counter: int | None = None,
    coming_counter: int | None = None,
    tokens_stay: bool = True,
    remark: str = "",
) -> tuple[DeviceMove, DeviceMove]:
    """`coming` takes the place of `leaving`; with `tokens_stay` the panels and readers that stand there now serve `coming`.

    (row of the one that left, row of the one that came). Raises PermissionDenied, FutureDayError, LaterMoveError, StandsNowhereError.
    """
    _check(actor, leaving, day)
    _check(actor, coming, day)
    if leaving.pk == coming.pk or leaving.municipality_id != coming.municipality_id:
        raise PermissionDenied
    with transaction.atomic():
        locked = {
            device.pk: device
            for device in Device.objects.select_for_update()
            .filter(pk__in=[leaving.pk, coming.pk])
            .order_by("pk")
        }
        leaving, coming = locked[leaving.pk], locked[coming.pk]
        _check_latest(leaving, day)
        _check_latest(coming, day)
        location = _location_of(leaving)
        if location.is_nowhere:
            raise StandsNowhereError
        out = record_move(
            actor,
            leaving,
            MoveKind.SWAPPED_OUT,
            Location(),
            day,
            counter=leaving_counter,
            other_device=coming,
            remark=remark,
        )
        into = record_move(
            actor,
            coming,
            MoveKind.SWAPPED_IN,
            location,
            day,
            counter=coming_counter,
            other_device=leaving,
            remark=remark,
        )
        _put(leaving, Location(), is_active=False)
        _put(coming, location, is_active=True)
        if tokens_stay:
            DeviceToken.objects.filter(device=leaving, revoked_at__isnull=True).update(device=coming)
        _audit(actor, out, tokens_stay=tokens_stay)
        _audit(actor, into)
    return out, into


def _put(device: Device, location: Location, *, is_active: bool) -> None:
    Device.objects.filter(pk=device.pk).update(
        site=location.site, room=location.room, place=location.place, is_active=is_active
    )


def _location_of(device: Device) -> Location:
    return Location(device.site, device.room, device.place)


def _check(actor: Person, device: Device, day: date) -> None:
    check_town_it(actor, device.municipality_id)
    if day > timezone.localdate():
        raise FutureDayError


def _check_latest(device: Device, day: date) -> None:
    if DeviceMove.objects.filter(device=device, day__gt=day).exists():
        raise LaterMoveError


def _audit(actor: Person, move: DeviceMove, **more: bool) -> None:
    record_audit(
        move.municipality,
        actor,
        f"device.{'removed' if MoveKind(move.kind).leaves else 'moved'}",
        f"device:{move.device_id}",
        day=move.day.isoformat(),
        kind=str(move.kind),
        site=move.site_name,
        place=move.place,
        **more,
    )
