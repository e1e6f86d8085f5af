# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far it is from a room to a place, in centimetres, with and without stairs.

The first that is known counts: a measured distance; the shortest way through the corridors that were given; coordinates, walked
along the walls (the sum of both directions) and through the stairs where the floor changes. Between buildings only the first two.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable

from allmende.fleet.concept.model import Building, Centimetres, Concept, Place, Point, Room

Walks = dict[tuple[str, str], Centimetres]


def measure_walks(concept: Concept, *, step_free: bool = False) -> Walks:
    """(room, place) → walk; pairs without any way are absent. Step-free: no stairs, lifts are allowed."""
    by_building: dict[str, list[Place]] = defaultdict(list)
    for place in concept.places:
        by_building[place.building].append(place)
    walks: Walks = {}
    for room in concept.rooms:
        building = concept.building_of[room.building]
        for place in by_building[room.building]:
            walk = _walk_by_coordinates(building, room, place, step_free=step_free)
            if walk is not None:
                walks[room.id, place.id] = walk
    if concept.ways:
        walks.update(_walks_by_ways(concept, step_free=step_free))
    for (room_id, place_id), length in concept.distances.items():
        level = concept.room_of[room_id].floor == concept.place_of[place_id].floor
        lift = concept.building_of[concept.room_of[room_id].building].has_lift
        if not step_free or level or lift:
            walks[room_id, place_id] = length
        else:
            walks.pop((room_id, place_id), None)
    return walks


def _walk_by_coordinates(
    building: Building, room: Room, place: Place, *, step_free: bool
) -> Centimetres | None:
    if place.room == room.id:
        return 0
    if room.at is None or place.at is None:
        return None
    floors = abs(room.floor - place.floor)
    if not floors:
        return _along_walls(room.at, place.at)
    if step_free and not building.has_lift:
        return None
    change = floors * building.floor_change
    if building.stairs is None:
        return _along_walls(room.at, place.at) + change
    return _along_walls(room.at, building.stairs) + change + _along_walls(building.stairs, place.at)


def _along_walls(start: Point, end: Point) -> Centimetres:
    return abs(start.x - end.x) + abs(start.y - end.y)


def _walks_by_ways(concept: Concept, *, step_free: bool) -> Walks:
    neighbours: dict[str, list[tuple[str, Centimetres]]] = defaultdict(list)
    for way in concept.ways:
        if not (step_free and way.is_stairs):
            neighbours[way.start].append((way.end, way.length))
            neighbours[way.end].append((way.start, way.length))
    places = {place.id: place for place in concept.places if place.id in neighbours}
    inside: dict[str, list[str]] = defaultdict(list)
    for place in concept.places:
        if place.room in neighbours and place.id not in neighbours:
            inside[place.room].append(place.id)
    walks: Walks = {}
    for room in concept.rooms:
        if room.id not in neighbours:
            continue
        for node, length in _shortest(neighbours, room.id):
            reached: Iterable[str] = [node] if node in places else inside.get(node, [])
            for place_id in reached:
                walks[room.id, place_id] = length
    return walks


def _shortest(
    neighbours: dict[str, list[tuple[str, Centimetres]]], start: str
) -> Iterable[tuple[str, Centimetres]]:
    """Dijkstra's algorithm: every node that can be reached, nearest first."""
    known: set[str] = set()
    queue = [(0, start)]
    while queue:
        length, node = heapq.heappop(queue)
        if node in known:
            continue
        known.add(node)
        yield node, length
        for neighbour, stretch in neighbours[node]:
            if neighbour not in known:
                heapq.heappush(queue, (length + stretch, neighbour))
