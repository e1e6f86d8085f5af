# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Importing the inventory from a file: look first, then confirm.

A line means the device that has its inventory number, its serial number or its short name; a line with none of these means the
device of its name. Sites, floors, rooms and models that the file names and the town does not have yet are made.

The rows wait in a draft of the person who uploaded them, for an hour at most; the file itself is not kept. What a confirmation does is
computed again from the draft and the devices of that moment, and is refused if it is not what was shown.

Always holds: the same file again changes nothing; one transaction or nothing; no device is deleted; a serial number that the device
itself has told is not overwritten by a file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Final

from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify

from allmende.devices.device_addresses import AddressPolicy, parse_device_uri
from allmende.devices.device_administration import DeviceDetails, add_device, change_device, describe_device
from allmende.devices.device_errors import DeviceUnreachableError
from allmende.devices.device_models import DeviceModel
from allmende.devices.devices import Device, DeviceKind
from allmende.devices.inventory_file import (
    COLUMNS,
    KEYS,
    InventoryFile,
    InventoryRow,
    RowFault,
    RowProblem,
)
from allmende.devices.place_administration import guess_level
from allmende.devices.places import MAX_PLACE_LENGTH, Floor, Room
from allmende.devices.sites import Site
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person

DRAFT_LIFETIME: Final = timedelta(hours=1)


class InventoryDraft(models.Model):
    """Rows that were uploaded and not yet confirmed; one per person of the town's IT."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    actor = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField()

    def __str__(self) -> str:
        return f"draft of {self.actor_id}"


class InventoryChangedError(Exception):
    """Devices changed since the preview: look again."""


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What the file changes of one device: column → (old, new). `row` has every column filled."""

    device: Device
    fields: dict[str, tuple[str, str]]
    row: InventoryRow


@dataclass(frozen=True, slots=True)
class InventoryPlan:
    added: tuple[InventoryRow, ...]
    changed: tuple[DeviceChange, ...]
    unchanged: int
    problems: tuple[RowProblem, ...]
    digest: str

    @property
    def changes_anything(self) -> bool:
        return bool(self.added or self.changed)


def keep_inventory_draft(actor: Person, municipality: Municipality, file: InventoryFile) -> None:
    """In place of the actor's earlier one. Raises PermissionDenied."""
    check_town_it(actor, municipality.pk)
    InventoryDraft.objects.filter(created_at__lt=timezone.now() - DRAFT_LIFETIME).delete()
    InventoryDraft.objects.update_or_create(
        actor=actor,
        defaults={"municipality": municipality, "content": asdict(file), "created_at": timezone.now()},
    )


def find_inventory_draft(actor: Person, municipality: Municipality) -> InventoryDraft | None:
    return InventoryDraft.objects.filter(
        actor=actor, municipality=municipality, created_at__gte=timezone.now() - DRAFT_LIFETIME
    ).first()


def drop_inventory_draft(actor: Person) -> None:
    InventoryDraft.objects.filter(actor=actor).delete()


def plan_inventory(draft: InventoryDraft) -> InventoryPlan:
    """What a confirmation would do now; changes nothing."""
    rows = [InventoryRow(**values) for values in draft.content["rows"]]
    problems = [
        RowProblem(values["line"], RowFault(values["fault"]), values["detail"])
        for values in draft.content["problems"]
    ]
    known = _KnownDevices(draft.municipality)
    added: list[InventoryRow] = []
    changed: list[DeviceChange] = []
    unchanged = 0
    for row in rows:
        found = known.find(row)
        if isinstance(found, RowProblem):
            problems.append(found)
        elif found is None:
            wanted = _settle(row, _NEW)
            fault = known.claim(wanted, None)
            if fault is None:
                added.append(replace(wanted, slug=known.take_slug(wanted)))
            else:
                problems.append(fault)
        else:
            before = describe_row(found)
            wanted = _settle(row, before)
            told = found.serial_number if found.description else ""
            if told and not wanted.serial_number:
                wanted = replace(wanted, serial_number=told)
            fault = known.claim(wanted, found)
            if fault is None and told and wanted.serial_number != told:
                fault = RowProblem(row.line, RowFault.SERIAL_DIFFERS, told)
            fields = {
                name: (str(getattr(before, name)), str(getattr(wanted, name)))
                for name in COLUMNS
                if getattr(before, name) != getattr(wanted, name)
            }
            if fault is not None:
                problems.append(fault)
            elif fields:
                changed.append(DeviceChange(found, fields, wanted))
            else:
                unchanged += 1
    problems.sort(key=lambda problem: problem.line)
    content = [[asdict(row) for row in added], [[each.device.pk, each.fields] for each in changed]]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return InventoryPlan(tuple(added), tuple(changed), unchanged, tuple(problems), digest)


def import_inventory(actor: Person, municipality: Municipality, digest: str) -> InventoryPlan:
    """Do what was shown under `digest`. Raises PermissionDenied, InventoryChangedError (also where no draft is left)."""
    check_town_it(actor, municipality.pk)
    with transaction.atomic():
        Municipality.objects.select_for_update().get(pk=municipality.pk)
        draft = find_inventory_draft(actor, municipality)
        if draft is None:
            raise InventoryChangedError
        plan = plan_inventory(draft)
        if plan.digest != digest:
            raise InventoryChangedError
        for change in plan.changed:
            change_device(
                actor,
                change.device,
                _details(municipality, change.row, describe_device(change.device)),
            )
        for row in plan.added:
            start = DeviceDetails(name=str(row.name), slug=str(row.slug), uri="")
            add_device(actor, municipality, _details(municipality, row, start))
        record_audit(
            municipality,
            actor,
            "inventory.imported",
            added=len(plan.added),
            changed=len(plan.changed),
            left_out=len(plan.problems),
        )
        draft.delete()
    return plan


def export_inventory(municipality: Municipality) -> list[InventoryRow]:
    """All of the town's devices as rows of a file, by name."""
    devices = _devices(municipality).order_by("name", "pk")
    return [describe_row(device, line) for line, device in enumerate(devices, start=2)]


def describe_row(device: Device, line: int = 0) -> InventoryRow:
    """The device as a file says it; needs site, room, floor and model."""
    room, model = device.room, device.device_model
    return InventoryRow(
        line=line,
        inventory_number=device.inventory_number,
        slug=device.slug,
        name=device.name,
        kind=device.kind,
        maker=model.maker if model else "",
        model=model.name if model else "",
        serial_number=device.serial_number,
        uri=device.uri,
        site=device.site.name if device.site else "",
        floor=room.floor.name if room else "",
        room=room.name if room else "",
        place="" if room else device.place,
        acquired_on=device.acquired_on.isoformat() if device.acquired_on else "",
        lease_ends_on=device.lease_ends_on.isoformat() if device.lease_ends_on else "",
        in_use="yes" if device.is_active else "no",
        remark=device.remark,
    )


#: What a new device is where the file is silent.
_NEW: Final = InventoryRow(
    0, **{**dict.fromkeys(COLUMNS, ""), "kind": DeviceKind.MULTIFUNCTION.value, "in_use": "yes"}
)
#: An empty cell of these says nothing.
_NEVER_EMPTY: Final = ("name", "slug", "kind", "in_use")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
#: No two devices of a town share one of these.
_UNIQUE: Final = ("inventory_number", "serial_number", "slug")


class _KnownDevices:
    """The town's devices by what a line can name them with; a name that one line has taken is no other line's."""

    def __init__(self, municipality: Municipality) -> None:
        self._by: dict[str, dict[str, list[Device]]] = {key: {} for key in KEYS}
        self._owners: dict[str, dict[str, int]] = {key: {} for key in _UNIQUE}
        self._claimed: set[int] = set()
        self._new_names: set[str] = set()
        for device in _devices(municipality):
            for key, devices in self._by.items():
                if value := getattr(device, key):
                    devices.setdefault(value.casefold(), []).append(device)
            for key, owners in self._owners.items():
                if value := getattr(device, key):
                    owners[value.casefold()] = device.pk

    def find(self, row: InventoryRow) -> Device | RowProblem | None:
        """The one device that the line means; None: a new one."""
        named = [key for key in _UNIQUE if getattr(row, key)] or ["name"]
        found: dict[int, Device] = {}
        for key in named:
            for device in self._by[key].get(str(getattr(row, key)).casefold(), ()):
                found[device.pk] = device
        if len(found) > 1:
            slugs = ", ".join(sorted(device.slug for device in found.values()))
            return RowProblem(row.line, RowFault.TWO_DEVICES, slugs[:80])
        return next(iter(found.values()), None)

    def claim(self, row: InventoryRow, device: Device | None) -> RowProblem | None:
        """Take the line's names for this device (None: a new one); the problem where they are somebody else's."""
        if device is not None:
            if device.pk in self._claimed:
                return RowProblem(row.line, RowFault.DEVICE_TWICE, device.name)
            self._claimed.add(device.pk)
        elif not any(getattr(row, key) for key in _UNIQUE) and row.name in self._new_names:
            return RowProblem(row.line, RowFault.DEVICE_TWICE, row.name or "")
        owner = device.pk if device else -row.line
        names = {key: str(getattr(row, key) or "").casefold() for key in _UNIQUE}
        for key, name in names.items():
            if name and self._owners[key].get(name, owner) != owner:
                return RowProblem(row.line, RowFault.NUMBER_TAKEN, str(getattr(row, key))[:60])
        for key, name in names.items():
            self._owners[key][name] = owner
        if device is None:
            self._new_names.add(row.name or "")
        return None

    def take_slug(self, row: InventoryRow) -> str:
        """The line's short name, or one made of its name that nobody has."""
        if row.slug:
            return row.slug
        start = slugify((row.name or "").translate(_UMLAUTS))[:50].strip("-") or "geraet"
        slug, number = start, 1
        while slug in self._owners["slug"]:
            number += 1
            slug = f"{start}-{number}"
        self._owners["slug"][slug] = -row.line
        return slug


def _settle(row: InventoryRow, before: InventoryRow) -> InventoryRow:
    """Every column filled, and put the way it is stored: a line that was imported settles to what it has become."""
    values: dict[str, str] = {}
    for name in COLUMNS:
        said, kept = getattr(row, name), getattr(before, name)
        values[name] = kept if said is None or (not said and name in _NEVER_EMPTY) else said
    if not values["name"]:
        model = f"{values['maker']} {values['model']}".strip()
        given = (model, values["inventory_number"], values["serial_number"], values["slug"])
        values["name"] = next(filter(None, given), "")[:120]
    if values["uri"] and _same_address(values["uri"], before.uri or ""):
        values["uri"] = before.uri or ""
    values |= _settle_model(row, values)
    values |= _settle_place(row, values)
    return InventoryRow(row.line, **values)


def _settle_model(row: InventoryRow, values: dict[str, str]) -> dict[str, str]:
    maker, model = values["maker"], values["model"]
    if row.model and not row.maker:
        # One column for both: "Kyocera TASKalfa 3554ci"
        first, _space, rest = model.partition(" ")
        maker, model = (first[:60], rest) if rest else ("", first)
    return {"maker": maker if model else "", "model": model}


def _settle_place(row: InventoryRow, values: dict[str, str]) -> dict[str, str]:
    """A room is one only on a floor of a site; anything less is said in words."""
    floor, room, place = values["floor"], values["room"], values["place"]
    if row.floor is not None or row.room is not None:
        floor, room, place = row.floor or "", row.room or "", row.place or ""
    elif row.place and row.place != f"{floor}, {room}":
        floor = room = ""
    if values["site"] and floor and room:
        return {"floor": floor, "room": room, "place": ""}
    words = ", ".join(filter(None, (floor, room, place)))
    return {"floor": "", "room": "", "place": words[:MAX_PLACE_LENGTH].strip()}


def _same_address(said: str, stored: str) -> bool:
    """Whether the stored address, written the way the file's was, is the same: with its port, for example."""
    try:
        return said == str(parse_device_uri(stored, AddressPolicy(loopback=True)))
    except DeviceUnreachableError:
        return False


def _details(municipality: Municipality, row: InventoryRow, start: DeviceDetails) -> DeviceDetails:
    """Of a settled row; makes the site, floor, room and model that the town does not have yet."""
    site = room = model = None
    if row.site:
        site, _made = Site.objects.get_or_create(municipality=municipality, name=row.site)
    if site and row.floor and row.room:
        floor, _made = Floor.objects.get_or_create(
            municipality=municipality,
            site=site,
            name=row.floor,
            defaults={"level": guess_level(row.floor)},
        )
        room, _made = Room.objects.get_or_create(municipality=municipality, floor=floor, name=row.room)
    if row.model:
        model, _made = DeviceModel.objects.get_or_create(
            municipality=municipality, maker=row.maker or "", name=row.model
        )
    return replace(
        start,
        name=row.name or start.name,
        slug=row.slug or start.slug,
        uri=row.uri or "",
        site_id=site.pk if site else None,
        room_id=room.pk if room else None,
        place=row.place or "",
        is_active=row.in_use == "yes",
        kind=row.kind or start.kind,
        device_model_id=model.pk if model else None,
        serial_number=row.serial_number or "",
        inventory_number=row.inventory_number or "",
        acquired_on=date.fromisoformat(row.acquired_on) if row.acquired_on else None,
        lease_ends_on=date.fromisoformat(row.lease_ends_on) if row.lease_ends_on else None,
        remark=row.remark or "",
    )


def _devices(municipality: Municipality) -> models.QuerySet[Device]:
    return Device.objects.filter(municipality=municipality).select_related(
        "site", "room__floor", "device_model"
    )
