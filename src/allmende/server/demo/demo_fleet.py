# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The devices of the demo's year: buildings, rooms, models, where what stands, one move and one swap.

They have no address, so nobody can print to them; makers, models and serial numbers are invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from allmende.devices.device_models import DeviceModel
from allmende.devices.device_moves import MoveKind
from allmende.devices.device_relocation import move_device, record_move, settle_location, swap_devices
from allmende.devices.devices import Device
from allmende.devices.places import Floor, Room, write_place
from allmende.devices.sites import Site
from allmende.server.demo.demo_people import town_of

if TYPE_CHECKING:
    from allmende.directory.municipalities import Municipality
    from allmende.directory.people import Person
    from allmende.server.demo.demo_calendar import DemoDays

A3_COLOUR: Final = "A3 Farbe"
A4_COLOUR: Final = "A4 Farbe"
A4_MONO: Final = "A4 Schwarzweiß"


@dataclass(frozen=True, slots=True)
class Kind:
    """A model of the small catalogue, and its class in the contract's price lists."""

    maker: str
    name: str
    device_class: str
    pages_per_minute: int
    duty_cycle: int
    kwh_per_week: str


KINDS: Final = {
    "a3": Kind("Havelprint", "H 4500c", A3_COLOUR, 45, 25_000, "6.2"),
    "a4c": Kind("Havelprint", "H 3300c", A4_COLOUR, 33, 12_000, "3.1"),
    "a4": Kind("Elbwerk", "E 40", A4_MONO, 40, 12_000, "2.1"),
    "virtual": Kind("Allmende", "Virtual Device", A3_COLOUR, 60, 25_000, "6.2"),
    "old": Kind("Elbwerk", "E 35", A4_MONO, 35, 10_000, "2.9"),
}


@dataclass(frozen=True, slots=True)
class Stand:
    """A device and what happens at it: its part of the town's sheets, who bears them, and shares from 0 to 1."""

    slug: str
    name: str
    room: str
    kind: str
    weight: float
    centres: tuple[tuple[str, float], ...]
    colour: float = 0.0
    duplex: float = 0.4
    a3: float = 0.0
    #: Copies made at the glass without a chip: the meter counts them, the ledger does not.
    walk_up: float = 0.01


STANDS: Final = (
    Stand(
        "buergeramt",
        "Bürgeramt",
        "Bürgerservice",
        "a3",
        13,
        (("1100", 0.9), ("1000", 0.1)),
        0.14,
        0.3,
        0.01,
        0.03,
    ),
    Stand("standesamt", "Standesamt", "Trauzimmer, Büro", "a4c", 4, (("3400", 1.0),), 0.2, 0.2),
    Stand("hauptamt", "Hauptamt", "Hauptamt", "a3", 10, (("1000", 0.8), ("1010", 0.2)), 0.12, 0.5, 0.03),
    Stand("ratsbuero", "Ratsbüro", "Ratsbüro", "a3", 11, (("1000", 1.0),), 0.1, 0.65, 0.02),
    Stand("kaemmerei", "Kämmerei", "Kämmerei", "a4", 8, (("2000", 1.0),), 0.0, 0.5),
    Stand("ordnungsamt", "Ordnungsamt", "Ordnungsamt", "a4", 7, (("3000", 1.0),), 0.0, 0.4, 0.0, 0.02),
    Stand("bauamt-eg", "Bauamt EG", "Bauberatung", "a3", 9, (("6000", 0.8), ("6600", 0.2)), 0.24, 0.3, 0.12),
    Stand("bauamt-og", "Bauamt OG", "Kopierraum", "a4c", 5, (("6000", 0.7), ("6600", 0.3)), 0.18, 0.4),
    Stand("tiefbau", "Tiefbau", "Planlager", "a3", 4, (("6600", 1.0),), 0.3, 0.2, 0.25),
    Stand("bauverwaltung", "Bauverwaltung", "Bauverwaltung", "a4", 4, (("6000", 1.0),), 0.0, 0.5),
    Stand(
        "soziales",
        "Soziales",
        "Wartebereich",
        "a3",
        11,
        (("4000", 0.75), ("5100", 0.25)),
        0.08,
        0.45,
        0.0,
        0.03,
    ),
    Stand("jugend", "Jugend", "Jugendhilfe", "a4", 6, (("5100", 1.0),), 0.0, 0.4),
    Stand("kita-verwaltung", "Kita-Verwaltung", "Kita-Verwaltung", "a4c", 5, (("4600", 1.0),), 0.22, 0.3),
    Stand("bauhof", "Bauhof", "Meisterbüro", "a4", 3, (("7700", 1.0),), 0.0, 0.2),
)
#: Replaced on the calendar's `swap_day`; until then what is counted at `ordnungsamt` was counted here.
REPLACED: Final = "ordnungsamt-alt"
MOVED: Final = "bauverwaltung"

#: Site → address, floors → rooms: name, x, y in metres, people.
SITES: Final[dict[str, tuple[str, dict[tuple[str, int], tuple[tuple[str, float, float, int], ...]]]]] = {
    "Rathaus": (
        "Schloßfreiheit 12",
        {
            ("Erdgeschoss", 0): (
                ("Bürgerservice", 6, 4, 8), ("Flur", 14, 8.5, 0), ("Trauzimmer, Büro", 24, 4, 6), ("Ordnungsamt", 34, 4, 9),
            ),
            ("Obergeschoss", 1): (
                ("Hauptamt", 6, 4, 6), ("Kopierraum", 14, 8.5, 0), ("Ratsbüro", 24, 4, 3), ("Kämmerei", 34, 4, 8),
            ),
        },
    ),
    "Technisches Rathaus": (
        "Puschkinpromenade 2",
        {
            ("Erdgeschoss", 0): (
                ("Bauberatung", 4, 4, 3), ("Bauaufsicht", 12, 4, 3), ("Flur", 20, 8.5, 0), ("Tiefbau", 30, 4, 4), ("Planlager", 40, 4, 0),
            ),
            ("Obergeschoss", 1): (
                ("Bauverwaltung", 4, 4, 3), ("Kopierraum", 14, 8.5, 0), ("Stadtplanung", 26, 4, 3), ("Liegenschaften", 38, 4, 2),
            ),
        },
    ),
    "Haus der Familie": (
        "Fritz-Brandt-Straße 16",
        {
            ("Erdgeschoss", 0): (
                ("Wartebereich", 5, 6, 0), ("Sozialhilfe", 12, 4, 7), ("Wohngeld", 18, 4, 5), ("Jugendhilfe", 26, 4, 8), ("Kita-Verwaltung", 33, 4, 7),
            ),
        },
    ),
    "Bauhof": ("Kastanienallee 5", {("Erdgeschoss", 0): (("Meisterbüro", 5, 4, 3), ("Werkstatt", 15, 6, 4))}),
}  # fmt: skip
_SITE_OF: Final = {
    "bauamt-eg": "Technisches Rathaus", "bauamt-og": "Technisches Rathaus", "tiefbau": "Technisches Rathaus",
    "bauverwaltung": "Technisches Rathaus", "soziales": "Haus der Familie", "jugend": "Haus der Familie",
    "kita-verwaltung": "Haus der Familie", "bauhof": "Bauhof",
}  # fmt: skip


def make_fleet(actor: Person, days: DemoDays, seed: random.Random) -> dict[str, Device]:
    """By short name; with the history of how they came to stand where they stand."""
    town = town_of(actor)
    rooms = _make_rooms(town)
    models = make_models(town)
    devices = {}
    for number, stand in enumerate(STANDS, 101):
        room = rooms[_SITE_OF.get(stand.slug, "Rathaus"), stand.room]
        devices[stand.slug] = _make_device(
            stand, room, models[stand.kind], number=number, days=days, seed=seed
        )
    for stand in STANDS:
        if stand.slug in (MOVED, "ordnungsamt"):
            continue
        _place(actor, devices[stand.slug], days)
    _move_one(actor, devices[MOVED], rooms["Technisches Rathaus", "Liegenschaften"], days)
    devices[REPLACED] = _swap_one(actor, devices["ordnungsamt"], models["old"], days)
    for slug, place in (("rathaus-eg", "Flur"), ("rathaus-og", "Kopierraum")):
        virtual = Device.objects.filter(municipality=town, slug=slug)
        virtual.filter(room=None).update(room=rooms["Rathaus", place])
        virtual.update(device_model=models["virtual"])
    return devices


def make_models(town: Municipality) -> dict[str, DeviceModel]:
    models = {}
    for key, kind in KINDS.items():
        models[key], _is_new = DeviceModel.objects.get_or_create(
            municipality=town,
            maker=kind.maker,
            name=kind.name,
            defaults={
                "is_colour": kind.device_class != A4_MONO,
                "has_a3": kind.device_class == A3_COLOUR,
                "has_finisher": kind.device_class == A3_COLOUR,
                "pages_per_minute": kind.pages_per_minute,
                "duty_cycle": kind.duty_cycle,
                "kwh_per_week": Decimal(kind.kwh_per_week),
            },
        )
    return models


def _make_rooms(town: Municipality) -> dict[tuple[str, str], Room]:
    rooms = {}
    for site_name, (address, floors) in SITES.items():
        site, _is_new = Site.objects.get_or_create(municipality=town, name=site_name)
        if not site.address:
            site.address = address
            site.save(update_fields=["address"])
        for (floor_name, level), each_room in floors.items():
            floor, _is_new = Floor.objects.get_or_create(
                municipality=town, site=site, name=floor_name, defaults={"level": level}
            )
            for name, x, y, people in each_room:
                rooms[site_name, name], _is_new = Room.objects.get_or_create(
                    municipality=town,
                    floor=floor,
                    name=name,
                    defaults={"x": Decimal(str(x)), "y": Decimal(str(y)), "people_count": people},
                )
    return rooms


def _make_device(
    stand: Stand,
    room: Room,
    model: DeviceModel,
    *,
    number: int,
    days: DemoDays,
    seed: random.Random,
) -> Device:
    return Device.objects.create(
        municipality_id=room.municipality_id,
        slug=stand.slug,
        name=stand.name,
        site=room.floor.site,
        room=room,
        place=write_place(room),
        device_model=model,
        make_and_model=str(model),
        serial_number=f"{model.maker[:2].upper()}{seed.randrange(10**6, 10**7)}",
        inventory_number=f"Z-{number}",
        acquired_on=days.counted_from,
    )


def _place(actor: Person, device: Device, days: DemoDays) -> None:
    where = settle_location(device.municipality_id, None, device.room_id, "")
    record_move(actor, device, MoveKind.PLACED, where, days.counted_from)


def _move_one(actor: Person, device: Device, was_in: Room, days: DemoDays) -> None:
    """It stood in another room first."""
    now_in = device.room_id
    first = settle_location(device.municipality_id, None, was_in.pk, "")
    record_move(actor, device, MoveKind.PLACED, first, days.counted_from)
    target = settle_location(device.municipality_id, None, now_in, "")
    move_device(
        actor, device, target, days.contract_begin + timedelta(days=40), remark="Umbau im Obergeschoss"
    )


def _swap_one(actor: Person, coming: Device, model: DeviceModel, days: DemoDays) -> Device:
    """An old device that broke down stood there until the swap."""
    where = settle_location(coming.municipality_id, None, coming.room_id, "")
    leaving = Device.objects.create(
        municipality=coming.municipality,
        slug=REPLACED,
        name="Ordnungsamt (alt)",
        site=where.site,
        room=where.room,
        place=where.place,
        device_model=model,
        make_and_model=str(model),
        serial_number="EL2093417",
        inventory_number="Z-064",
        acquired_on=days.counted_from,
    )
    record_move(actor, leaving, MoveKind.PLACED, where, days.counted_from)
    Device.objects.filter(pk=coming.pk).update(acquired_on=days.swap_day, site=None, room=None, place="")
    swap_devices(
        actor, leaving, coming, days.swap_day, remark="Fixiereinheit defekt, Austausch durch den Lieferanten"
    )
    leaving.refresh_from_db()
    coming.refresh_from_db()
    return leaving
