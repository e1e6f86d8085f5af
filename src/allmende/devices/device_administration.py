# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing devices and sites, by the town's IT.

Always holds: every change is in the audit trail; a device whose address changes starts anew (its certificate is pinned again at first
use, what the old one said of itself is forgotten); a changed certificate is accepted only when the town's IT names the very
fingerprint that it has seen.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404

from allmende.devices.device_models import DeviceModel
from allmende.devices.device_moves import MoveKind
from allmende.devices.device_relocation import Location, record_move, settle_location
from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device, DeviceKind
from allmende.devices.sites import Site
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person

T = TypeVar("T")

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class DeviceChangeError(Exception):
    """The device or site was not added or changed."""


class SlugTakenError(DeviceChangeError):
    pass


class InventoryNumberTakenError(DeviceChangeError):
    pass


class SiteNameTakenError(DeviceChangeError):
    pass


@dataclass(frozen=True, slots=True)
class DeviceDetails:
    """What the town's IT sets. `uri` was checked, or is empty; the numbers name rows of the same town, or are None.

    With a `room_id`, site and place are the room's, whatever else is said here.
    """

    name: str
    slug: str
    uri: str
    site_id: int | None = None
    place: str = ""
    release_on_tap: bool = False
    is_active: bool = True
    room_id: int | None = None
    kind: str = DeviceKind.MULTIFUNCTION.value
    device_model_id: int | None = None
    serial_number: str = ""
    inventory_number: str = ""
    acquired_on: date | None = None
    lease_ends_on: date | None = None
    remark: str = ""


def access_device_for(actor: Person, device_id: int) -> Device:
    """A device of the actor's town; Http404 for every other number."""
    return _found(
        Device.objects.select_related("site", "municipality")
        .filter(pk=device_id, municipality_id=town_id_of(actor))
        .first()
    )


def access_site_for(actor: Person, site_id: int) -> Site:
    return _found(Site.objects.filter(pk=site_id, municipality_id=town_id_of(actor)).first())


def access_token_for(actor: Person, token_id: int) -> DeviceToken:
    return _found(
        DeviceToken.objects.select_related("device", "municipality")
        .filter(pk=token_id, municipality_id=town_id_of(actor))
        .first()
    )


def describe_device(device: Device) -> DeviceDetails:
    return DeviceDetails(**{name: getattr(device, name) for name in DeviceDetails.__slots__})


def add_device(
    actor: Person, municipality: Municipality, details: DeviceDetails, *, certificate_sha256: str = ""
) -> Device:
    """`certificate_sha256` (hex) is the one that the town's IT saw while adding it; pinned from the start.

    Raises PermissionDenied, SlugTakenError, InventoryNumberTakenError.
    """
    check_town_it(actor, municipality.pk)
    _check_model(municipality.pk, details.device_model_id)
    details, location = _settle(municipality.pk, details)
    if not _SHA256.fullmatch(certificate_sha256):
        certificate_sha256 = ""
    with transaction.atomic():
        device = Device(municipality=municipality, certificate_sha256=certificate_sha256, **asdict(details))
        _save(device)
        if not location.is_nowhere:
            record_move(actor, device, MoveKind.PLACED, location)
        record_audit(
            municipality, actor, "device.added", f"device:{device.pk}", slug=device.slug, address=device.uri
        )
    return device


def change_device(actor: Person, device: Device, details: DeviceDetails) -> list[str]:
    """The names of the fields that changed; another place is a move of today.

    Raises PermissionDenied, SlugTakenError, InventoryNumberTakenError.
    """
    check_town_it(actor, device.municipality_id)
    _check_model(device.municipality_id, details.device_model_id)
    details, location = _settle(device.municipality_id, details)
    before, after = asdict(describe_device(device)), asdict(details)
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return []
    columns: dict[str, Any] = {name: after[name] for name in changed}
    if "uri" in changed:
        columns |= {
            "certificate_sha256": "",
            "description": b"",
            "make_and_model": "",
            "state": "unknown",
            "state_reasons": [],
            "seen_at": None,
        }
        if device.description and "serial_number" not in changed:
            # It was the old device that said it.
            columns["serial_number"] = ""
    stood_nowhere = not (device.site_id or device.room_id or device.place)
    for name, value in columns.items():
        setattr(device, name, value)
    with transaction.atomic():
        _save(device, list(columns))
        if not {"site_id", "room_id", "place"}.isdisjoint(changed):
            kind = MoveKind.PLACED if stood_nowhere else MoveKind.MOVED
            record_move(actor, device, MoveKind.REMOVED if location.is_nowhere else kind, location)
        words = {name: [_plain(before[name]), _plain(after[name])] for name in changed}
        record_audit(device.municipality, actor, "device.changed", f"device:{device.pk}", **words)
    return changed


def accept_certificate(actor: Person, device: Device, sha256: str) -> None:
    """From now on only this certificate (SHA-256 in hex) is the device's. Raises PermissionDenied, ValueError."""
    check_town_it(actor, device.municipality_id)
    if not _SHA256.fullmatch(sha256):
        raise ValueError("no SHA-256")
    with transaction.atomic():
        before = device.certificate_sha256
        Device.objects.filter(pk=device.pk).update(certificate_sha256=sha256)
        device.certificate_sha256 = sha256
        record_audit(
            device.municipality,
            actor,
            "device.certificate_accepted",
            f"device:{device.pk}",
            certificate=[before, sha256],
        )


def save_site(
    actor: Person, municipality: Municipality, site: Site | None, *, name: str, address: str
) -> Site:
    """A new site, or the changed one. Raises PermissionDenied, SiteNameTakenError."""
    check_town_it(actor, municipality.pk)
    action = "site.added" if site is None else "site.changed"
    site = site or Site(municipality=municipality)
    site.name, site.address = name, address
    with transaction.atomic():
        try:
            with transaction.atomic():
                site.save()
        except IntegrityError:
            raise SiteNameTakenError from None
        record_audit(municipality, actor, action, f"site:{site.pk}", name=name)
    return site


def delete_site(actor: Person, site: Site) -> None:
    """Its devices stay, without a site. Raises PermissionDenied."""
    check_town_it(actor, site.municipality_id)
    with transaction.atomic():
        record_audit(site.municipality, actor, "site.deleted", f"site:{site.pk}", name=site.name)
        site.delete()


def _found(row: T | None) -> T:
    if row is None:
        raise Http404
    return row


def _settle(municipality_id: int, details: DeviceDetails) -> tuple[DeviceDetails, Location]:
    """Site and place as they follow from the room."""
    location = settle_location(municipality_id, details.site_id, details.room_id, details.place)
    site_id = location.site.pk if location.site else None
    return replace(details, site_id=site_id, place=location.place), location


def _check_model(municipality_id: int, device_model_id: int | None) -> None:
    if device_model_id is None:
        return
    if not DeviceModel.objects.filter(pk=device_model_id, municipality_id=municipality_id).exists():
        raise PermissionDenied


def _save(device: Device, fields: list[str] | None = None) -> None:
    names = [name.removesuffix("_id") for name in fields] if fields else None
    try:
        with transaction.atomic():
            device.save(update_fields=names)
    except IntegrityError:
        twins = Device.objects.filter(municipality_id=device.municipality_id).exclude(pk=device.pk)
        if twins.filter(slug=device.slug).exists():
            raise SlugTakenError from None
        raise InventoryNumberTakenError from None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
