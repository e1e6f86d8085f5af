# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A concept as an input file; `input_file.read_concept` reads the same concept from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from allmende.fleet.concept.input_file import FORMAT
from allmende.fleet.concept.model import (
    Centimetres,
    Concept,
    MinimumVolume,
    Parameters,
    Point,
    Running,
    Volume,
)

Value = str | int | bool | Decimal | list[str] | None


def write_concept(concept: Concept) -> str:
    """TOML; keys with nothing in them are left out."""
    lines = [
        f"format = {FORMAT}",
        f"title = {_value(concept.title)}",
        "",
        "[parameters]",
        *_parameters(concept.parameters),
    ]
    if concept.minimum is not None:
        lines += ["", "[minimum]", *_minimum(concept.minimum)]
    for building in concept.buildings:
        lines += _table(
            "building",
            id=building.id,
            name=building.name,
            lift=building.has_lift or None,
            floor_change_m=_metres(building.floor_change),
            **_point(building.stairs, "stairs_x", "stairs_y"),
        )
    for room in concept.rooms:
        lines += _table(
            "room",
            id=room.id,
            name=room.name,
            building=room.building,
            floor=room.floor,
            **_point(room.at),
            width_m=_metres(room.width),
            depth_m=_metres(room.depth),
        )
    for place in concept.places:
        where: dict[str, Value] = (
            {"room": place.room} if place.room else {"building": place.building, "floor": place.floor}
        )
        lines += _table(
            "place",
            id=place.id,
            name=place.name,
            **where,
            **_point(place.at),
            holds=place.holds,
            public=place.is_public or None,
            for_new=None if place.is_for_new else False,
            types=sorted(place.types) or None,
        )
    for group in concept.groups:
        lines += _table(
            "group",
            id=group.id,
            room=group.room,
            people=group.people,
            **_volume(group.volume, always=True),
            needs=sorted(group.needs) or None,
            counter=group.is_counter or None,
            confidential=group.is_confidential or None,
            step_free=group.is_step_free or None,
            longest_walk_m=None if group.own_walk is None else _metres(group.own_walk),
        )
    for kind in concept.types:
        lines += _table("type", id=kind.id, name=kind.name, **_running(kind.running), one_off=kind.one_off)
    for device in concept.devices:
        lines += _table(
            "device",
            id=device.id,
            name=device.name,
            place=device.place,
            **_running(device.running),
            **_volume(device.volume),
            fate=device.fate.value,
            may_move=device.may_move or None,
            move_cost=device.move_cost or None,
            give_back_cost=device.give_back_cost or None,
            in_contract=device.is_in_contract or None,
        )
    for way in concept.ways:
        lines += _table(
            "way",
            **{"from": way.start, "to": way.end},
            metres=_metres(way.length),
            stairs=way.is_stairs or None,
        )
    for (room_id, place_id), length in concept.distances.items():
        lines += _table("distance", room=room_id, place=place_id, metres=_metres(length))
    return "\n".join(lines) + "\n"


def _parameters(parameters: Parameters) -> Iterable[str]:
    far = ", ".join(f"{need.value} = {_metres(walk)}" for need, walk in parameters.longest_walk_for.items())
    values: dict[str, Value] = {
        "months": parameters.months,
        "energy_price_kwh": parameters.energy_price,
        "tax_percent": parameters.tax_percent,
        "longest_walk_m": _metres(parameters.longest_walk),
        "second_device_walk_m": _metres(parameters.second_walk),
        "counter_walk_m": _metres(parameters.counter_walk),
        "confidential_walk_m": _metres(parameters.confidential_walk),
        "most_users": parameters.most_users,
        "fewest_users": parameters.fewest_users,
        "lowest_duty_share": parameters.lowest_share,
        "highest_duty_share": parameters.highest_share,
        "enforce_lowest": parameters.enforces_lowest,
    }
    yield from (f"{key} = {_value(value)}" for key, value in values.items())
    if far:
        yield f"longest_walk_for = {{ {far} }}"


def _minimum(minimum: MinimumVolume) -> Iterable[str]:
    values: dict[str, Value] = {
        "mono": minimum.mono,
        "colour": minimum.colour,
        "click_mono": minimum.click_mono,
        "click_colour": minimum.click_colour,
        "pooled": minimum.is_pooled,
    }
    return (f"{key} = {_value(value)}" for key, value in values.items())


def _table(kind: str, **values: Value) -> list[str]:
    return [
        "",
        f"[[{kind}]]",
        *(f"{key} = {_value(value)}" for key, value in values.items() if value is not None),
    ]


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False)


def _metres(length: Centimetres) -> Decimal:
    return Decimal(length).scaleb(-2)


def _point(at: Point | None, key_x: str = "x", key_y: str = "y") -> dict[str, Value]:
    return {} if at is None else {key_x: _metres(at.x), key_y: _metres(at.y)}


def _volume(volume: Volume, *, always: bool = False) -> dict[str, Value]:
    counts = {key: getattr(volume, key) for key in ("mono", "colour", "a3_mono", "a3_colour")}
    return {key: count for key, count in counts.items() if count or (always and key == "mono")}


def _running(running: Running) -> dict[str, Value]:
    return {
        "can": sorted(running.can),
        "rent_month": running.rent,
        "click_mono": running.click_mono,
        "click_colour": running.click_colour,
        "a3_factor": running.a3_factor,
        "energy_kwh_week": running.energy_kwh_week,
        "duty_cycle": running.duty_cycle,
        "most_users": running.most_users,
    }
