# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The print-and-copy concept of one building of the demo town, from its inventory, readings and contract; solved like any other."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from allmende.fleet.concept.concept_records import ConceptRun
from allmende.fleet.concept.concept_runs import begin_run
from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.from_town import write_from_town
from allmende.fleet.concept.input_file import read_concept
from allmende.fleet.concept.model import Concept
from allmende.server.demo.demo_people import town_of

if TYPE_CHECKING:
    from allmende.directory.people import Person

BUILDING: Final = "Technisches Rathaus"
#: Citizens wait here while something is printed for them; the inventory does not know that.
COUNTER: Final = "Bauberatung"
#: What a new device costs once, euros, net; invented.
DELIVERY: Final = Decimal(35)
_SECONDS: Final = 30


def begin_concept(it: Person) -> ConceptRun | None:
    """To be solved by whoever calls; None where the town has one already."""
    town = town_of(it)
    if ConceptRun.objects.filter(municipality=town).exists():
        return None
    concept = only_building(read_concept(write_from_town(town)), BUILDING)
    return begin_run(it, town, write_concept(concept), _SECONDS)


def only_building(concept: Concept, name: str) -> Concept:
    """What of the town's concept is about this building."""
    building = next(each for each in concept.buildings if each.name == name)
    rooms = tuple(room for room in concept.rooms if room.building == building.id)
    places = tuple(place for place in concept.places if place.building == building.id)
    names, place_ids = {room.id: room.name for room in rooms}, {place.id for place in places}
    return replace(
        concept,
        title=f"Druck- und Kopierkonzept {name}",
        buildings=(building,),
        rooms=rooms,
        places=places,
        groups=tuple(
            replace(group, is_counter=names[group.room] == COUNTER)
            for group in concept.groups
            if group.room in names
        ),
        types=tuple(replace(kind, one_off=DELIVERY) for kind in concept.types),
        devices=tuple(device for device in concept.devices if device.place in place_ids),
    )
