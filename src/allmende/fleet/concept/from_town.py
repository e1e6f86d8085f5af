# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A concept's input from what the town has: its inventory, four weeks of readings, the prices of the contract that runs.

Always holds: nothing is invented silently; what is not known is written as a remark at the head of the file, to be filled in there.
Rooms where people work become groups that share their building's readings by heads; rooms without people, and rooms where devices
stand, become places.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from allmende.devices.devices import Device
from allmende.devices.meters.spans import counts_between
from allmende.devices.places import Room as TownRoom
from allmende.directory.municipalities import Municipality
from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.generator import CATALOGUE
from allmende.fleet.concept.input_file import fill_volumes
from allmende.fleet.concept.model import (
    Ability,
    Building,
    Concept,
    DeviceType,
    ExistingDevice,
    Group,
    MinimumVolume,
    Parameters,
    Place,
    Point,
    Room,
    Running,
    Volume,
)
from allmende.fleet.contract_terms import contract_device_on
from allmende.fleet.contracts import Contract, ContractDevice, ContractTerm, Settled
from allmende.fleet.prices import VolumeKind, VolumePer

_SPAN = timedelta(days=28)
#: Where a model's sheet does not say.
_DUTY_CYCLE = 20_000
_KWH = Decimal("3.0")


def write_from_town(municipality: Municipality) -> str:
    """The input file's text, remarks first. It may still lack what a concept needs; reading it says what."""
    remarks: list[str] = []
    town_rooms = list(
        TownRoom.objects.filter(municipality=municipality)
        .select_related("floor__site")
        .order_by("floor__site__name", "floor__level", "name")
    )
    devices = list(
        Device.objects.filter(municipality=municipality, is_active=True)
        .select_related("room__floor", "device_model")
        .order_by("slug")
    )
    homeless = [device.name for device in devices if device.room_id is None]
    if homeless:
        remarks.append(
            _("These devices have no room in the inventory and are left out: %(names)s.")
            % {"names": ", ".join(homeless[:20])}
        )
    devices = [device for device in devices if device.room_id is not None]
    taken = {device.room_id for device in devices}
    buildings = {
        room.floor.site_id: Building(f"s{room.floor.site_id}", room.floor.site.name) for room in town_rooms
    }
    rooms, places, groups = [], [], []
    for each in town_rooms:
        building = f"s{each.floor.site_id}"
        at = None if each.x is None or each.y is None else Point(round(each.x * 100), round(each.y * 100))
        rooms.append(Room(f"r{each.pk}", each.name, building, each.floor.level, at))
        if each.people_count:
            groups.append(Group(f"g{each.pk}", f"r{each.pk}", each.people_count, Volume()))
        if each.pk in taken or not each.people_count:
            count = sum(device.room_id == each.pk for device in devices)
            places.append(
                Place(f"p{each.pk}", each.name, building, each.floor.level, at, f"r{each.pk}", max(count, 1))
            )
    if town_rooms and any(room.x is None for room in town_rooms):
        remarks.append(
            _(
                "Rooms without coordinates have no way to a device: add x and y in metres, [[way]] or [[distance]]."
            )
        )
    minimum, contract = _minimum(municipality, remarks)
    existing = [_describe_device(device, contract, remarks) for device in devices]
    types = _catalogue(municipality, remarks)
    concept = Concept(
        _("Concept of %(day)s") % {"day": timezone.localdate().isoformat()},
        Parameters(),
        tuple(buildings.values()),
        tuple(rooms),
        tuple(places),
        tuple(groups),
        types,
        tuple(existing),
        minimum=minimum,
    )
    concept = fill_volumes(concept, [group.id for group in groups])
    concept = replace(concept, groups=tuple(group for group in concept.groups))
    remarks.append(
        _(
            "Lifts, needs, counters and confidential offices are not in the inventory: add them where they matter."
        )
    )
    head = "".join(f"# {' '.join(remark.split())}\n" for remark in remarks)
    return head + write_concept(concept)


def _minimum(municipality: Municipality, remarks: list[str]) -> tuple[MinimumVolume | None, Contract | None]:
    """The minimum volume of the contract that runs, a month; and the contract that it stands in."""
    today = timezone.localdate()
    found: list[tuple[Contract, ContractTerm]] = []
    for contract in Contract.objects.filter(municipality=municipality).order_by("pk"):
        term = contract.terms.filter(first_day__lte=today).order_by("first_day").last()
        if term is None or not contract.runs_on(today) or not (term.volume_mono or term.volume_colour):
            continue
        if term.volume_kind == VolumeKind.MINIMUM.value:
            found.append((contract, term))
        elif term.volume_kind == VolumeKind.INCLUDED.value:
            remarks.append(
                _(
                    "Contract %(number)s has impressions in its rent. The plan knows minimum volumes only: lower the rent by the included impressions' clicks, and write them as [minimum]."
                )
                % {"number": contract.number}
            )
    if len(found) > 1:
        names = ", ".join(contract.number for contract, _term in found)
        remarks.append(
            _(
                "Several contracts have a minimum volume (%(names)s): write the one that is planned as [minimum]."
            )
            % {"names": names}
        )
    if len(found) != 1:
        return None, None
    contract, term = found[0]
    is_by_quarter = term.volume_per == VolumePer.PERIOD.value and contract.settled == Settled.QUARTERLY
    months = 3 if is_by_quarter else 1
    return (
        MinimumVolume(
            -(-term.volume_mono // months),
            -(-term.volume_colour // months),
            _plain(term.click_mono),
            _plain(term.click_colour),
            term.volume_pooled,
        ),
        contract,
    )


def _describe_device(device: Device, contract: Contract | None, remarks: list[str]) -> ExistingDevice:
    now = timezone.now()
    span = counts_between(device.pk, now - _SPAN, now)
    volume = Volume()
    if span is None:
        remarks.append(
            _("%(device)s: no two readings of the last four weeks; its volume is written as 0.")
            % {"device": device.name}
        )
    else:
        days = max(Decimal((span.end.at - span.start.at).total_seconds()) / 86_400, Decimal(1))
        volume = _a_month(span.counts.as_dict(), days)
    row = contract_device_on(device.pk, timezone.localdate())
    rent, term = _price(row)
    if term is None:
        remarks.append(
            _("%(device)s: no contract says what it costs; rent and clicks are written as 0.")
            % {"device": device.name}
        )
    return ExistingDevice(
        device.slug,
        device.name,
        f"p{device.room_id}",
        _running(device, rent, term),
        volume,
        is_in_contract=contract is not None and row is not None and row.contract_id == contract.pk,
    )


def _a_month(counts: dict[str, int], days: Decimal) -> Volume:
    """A month has 365/12 days."""

    def scaled(count: int) -> int:
        return round(Decimal(max(count, 0)) * 365 / 12 / days)

    colour, a3, a3_colour = counts.get("colour", 0), counts.get("a3", 0), counts.get("a3_colour", 0)
    mono = counts.get("mono", counts.get("total", 0) - colour)
    a3_mono = max(a3 - a3_colour, 0)
    return Volume(scaled(mono - a3_mono), scaled(colour - a3_colour), scaled(a3_mono), scaled(a3_colour))


def _price(place: ContractDevice | None) -> tuple[Decimal, ContractTerm | None]:
    """(rent a month, price list of today)."""
    if place is None:
        return Decimal(0), None
    term = place.contract.terms.filter(first_day__lte=timezone.localdate()).order_by("first_day").last()
    if term is None:
        return Decimal(0), None
    return Decimal(str(term.rents.get(place.device_class, term.rent))), term


def _abilities(device: Device) -> frozenset[Ability]:
    model = device.device_model
    if model is None:
        return frozenset({Ability.SCAN}) if device.kind == "multifunction" else frozenset()
    found = {Ability.SCAN} if device.kind == "multifunction" else set()
    for is_there, ability in (
        (model.is_colour, Ability.COLOUR),
        (model.has_a3, Ability.A3),
        (model.has_finisher, Ability.FINISHER),
    ):
        if is_there:
            found.add(ability)
    return frozenset(found)


def _running(device: Device, rent: Decimal, term: ContractTerm | None) -> Running:
    model = device.device_model
    return Running(
        _abilities(device),
        _plain(rent),
        _plain(term.click_mono if term else Decimal(0)),
        _plain(term.click_colour if term else Decimal(0)),
        _a3_factor(term),
        model.kwh_per_week if model is not None and model.kwh_per_week is not None else _KWH,
        model.duty_cycle if model is not None and model.duty_cycle else _DUTY_CYCLE,
    )


def _a3_factor(term: ContractTerm | None) -> Decimal:
    if term is None or not term.click_mono:
        return Decimal(2)
    return _plain((term.click_mono_a3 / term.click_mono).quantize(Decimal("0.0001")))


def _plain(amount: Decimal) -> Decimal:
    """Without zeros at the end that only the database's column has."""
    plain = amount.normalize()
    return plain.quantize(Decimal(1)) if plain.as_tuple().exponent > 0 else plain  # type: ignore[operator]


def _catalogue(municipality: Municipality, remarks: list[str]) -> tuple[DeviceType, ...]:
    """A type for each class of device that the running contracts have, with what all devices of the class can do."""
    today = timezone.localdate()
    by_class: dict[tuple[int, str], list[ContractDevice]] = defaultdict(list)
    for row in ContractDevice.objects.filter(municipality=municipality).select_related(
        "contract", "device__device_model"
    ):
        if row.contract.runs_on(today):
            by_class[row.contract_id, row.device_class].append(row)
    types: list[DeviceType] = []
    for (contract_id, name), rows in sorted(by_class.items()):
        rent, term = _price(rows[0])
        if term is None:
            continue
        able = frozenset.intersection(*(_abilities(row.device) for row in rows))
        running = replace(_running(rows[0].device, rent, term), can=able)
        label = name or _("device of contract %(number)s") % {"number": rows[0].contract.number}
        types.append(DeviceType(f"k{contract_id}-{len(types) + 1}", label[:120], running))
    if types:
        return tuple(types)
    remarks.append(
        _("No contract runs: the catalogue below is an example. Put in the framework's types and prices.")
    )
    return CATALOGUE
