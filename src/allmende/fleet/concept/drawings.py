# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A floor before and after, drawn: rooms, the devices with what happens to them, who walks where.

Always holds: well-formed XML whatever names say; every drawing has a title and a description (`role="img"`), the tables beside it say
the same. Marks differ by shape and letter, not by colour alone. On a page colours are classes (`fleet/concept.css`); `is_paper` writes
fixed ones. What has no coordinates is set in a row below, and the drawing says so.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from allmende.fleet.concept.model import Concept, Place, Point, Room
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.concept.sentences import mark as _

SVG: Final = "http://www.w3.org/2000/svg"
#: Drawing units to the metre.
_METRE: Final = 24
_MARGIN: Final = 30
_MARK: Final = 11
_NARROWEST: Final = 760
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
_PAPER: Final = {
    "room": {"fill": "#ffffff", "stroke": "#57534e", "stroke-width": "1"},
    "text": {"fill": "#111111", "font-family": "Libertinus Serif", "font-size": "11"},
    "small": {"fill": "#333333", "font-family": "Libertinus Serif", "font-size": "9.5"},
    "walk": {"stroke": "#1f3d7a", "stroke-width": "1.2", "fill": "none", "stroke-opacity": "0.75"},
    "apart": {"stroke": "#c25700", "stroke-width": "1.2", "fill": "none", "stroke-dasharray": "5 4"},
    "place": {"fill": "none", "stroke": "#8a8580", "stroke-width": "1"},
    "keep": {"fill": "#0f766e", "stroke": "#ffffff", "stroke-width": "1"},
    "new": {"fill": "#1f3d7a", "stroke": "#ffffff", "stroke-width": "1"},
    "move": {"fill": "#6d28d9", "stroke": "#ffffff", "stroke-width": "1"},
    "give_back": {"fill": "#9f1239", "stroke": "#ffffff", "stroke-width": "1"},
    "letter": {
        "fill": "#ffffff",
        "font-family": "Libertinus Serif",
        "font-size": "11",
        "font-weight": "bold",
        "text-anchor": "middle",
    },
}
LETTERS: Final = {"keep": "=", "new": "+", "move": "→", "give_back": "×"}

Say = Callable[[Sentence], str]


@dataclass(frozen=True, slots=True)
class FloorKey:
    building: str
    floor: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A device on the drawing."""

    id: str
    name: str
    place: str
    fate: str


def floors_of(concept: Concept) -> list[FloorKey]:
    """Floors with rooms or places of use, buildings in the file's order, from below."""
    order = {building.id: number for number, building in enumerate(concept.buildings)}
    keys = {FloorKey(room.building, room.floor) for room in concept.rooms}
    keys |= {FloorKey(place.building, place.floor) for place in concept.places}
    return sorted(keys, key=lambda key: (order[key.building], key.floor))


def marks_before(concept: Concept, plan: Plan) -> list[Mark]:
    fates = {fate.device: fate.fate for fate in plan.fates}
    return [
        Mark(device.id, device.name, device.place, fates.get(device.id, "keep")) for device in concept.devices
    ]


def marks_after(plan: Plan) -> list[Mark]:
    return [Mark(device.id, device.name, device.place, device.mode) for device in plan.devices]


def draw_floor(
    concept: Concept,
    key: FloorKey,
    marks: Iterable[Mark],
    title: str,
    say: Say,
    *,
    plan: Plan | None = None,
    is_paper: bool = False,
) -> str:
    """SVG of one floor; with a plan, who walks to which device."""
    drawing = _Drawing(concept, key, is_paper=is_paper)
    here = [mark for mark in marks if drawing.is_here(mark.place)]
    root = ET.Element("svg", {"xmlns": SVG, "role": "img"})
    name = "c" + hashlib.sha256(f"{key}{title}{is_paper}".encode()).hexdigest()[:10]
    root.set("aria-labelledby", f"{name}t {name}d")
    root.set("viewBox", " ".join(str(value) for value in drawing.frame))
    if is_paper:
        root.set("width", str(drawing.frame[2]))
        root.set("height", str(drawing.frame[3]))
    else:
        root.set("class", "floor-plan")
    ET.SubElement(root, "title", {"id": f"{name}t"}).text = _clean(title)
    words = Sentence(
        _("%(rooms)s rooms, %(devices)s devices on this floor."),
        {"rooms": len(drawing.rooms), "devices": len(here)},
    )
    ET.SubElement(root, "desc", {"id": f"{name}d"}).text = _clean(say(words))
    drawing.draw_rooms(root)
    drawing.draw_places(root, {mark.place for mark in here})
    if plan is not None:
        drawing.draw_walks(root, plan, say)
    drawing.draw_marks(root, here)
    if drawing.is_schematic:
        drawing.write(
            root,
            drawing.frame[0] + 6,
            drawing.frame[1] + drawing.frame[3] - 8,
            say(Sentence(_("Without coordinates: not to scale."))),
            "small",
        )
    return ET.tostring(root, encoding="unicode")


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


class _Drawing:
    """Where everything lies, in drawing units."""

    def __init__(self, concept: Concept, key: FloorKey, *, is_paper: bool) -> None:
        self.concept, self.key, self.is_paper = concept, key, is_paper
        self.rooms = [r for r in concept.rooms if (r.building, r.floor) == (key.building, key.floor)]
        self.places = [p for p in concept.places if (p.building, p.floor) == (key.building, key.floor)]
        spots: list[Room | Place] = [*self.rooms, *self.places]
        known = [spot.at for spot in spots if spot.at is not None]
        base = max((point.y for point in known), default=0)
        left = min((point.x for point in known), default=0)
        self.points: dict[str, Point] = {spot.id: spot.at for spot in spots if spot.at is not None}
        loose: list[str] = [room.id for room in self.rooms if room.at is None]
        loose += [
            place.id
            for place in self.places
            if place.at is None and place.room not in self.points and place.room not in loose
        ]
        for number, spot_id in enumerate(loose):
            row, column = divmod(number, 12)
            self.points[spot_id] = Point(left + 300 + column * 500, base + 800 + row * 600)
        for place in self.places:
            if place.id not in self.points:
                self.points[place.id] = self.points[place.room]
        self.is_schematic = bool(loose)
        self.frame = self._frame()

    def is_here(self, place: str) -> bool:
        return place in self.points

    def _frame(self) -> tuple[int, int, int, int]:
        xs, ys = [0], [0]
        if self.points:
            xs = [point.x for point in self.points.values()]
            ys = [point.y for point in self.points.values()]
        for room in self.rooms:
            at = self.points[room.id]
            xs += [at.x - room.width // 2, at.x + room.width // 2]
            ys += [at.y - room.depth // 2, at.y + room.depth // 2]
        left, top = _unit(min(xs)) - _MARGIN, _unit(min(ys)) - _MARGIN
        width, height = _unit(max(xs)) + _MARGIN - left, _unit(max(ys)) + _MARGIN - top
        # Never narrower than this, so that a small building is not blown up over the whole page.
        return left, top, max(_NARROWEST, 2 * height, width), height

    def style(self, kind: str) -> dict[str, str]:
        return dict(_PAPER[kind]) if self.is_paper else {"class": f"floor-plan__{kind}"}

    def write(self, root: ET.Element, x: float, y: float, text: str, kind: str) -> None:
        ET.SubElement(root, "text", {"x": f"{x:g}", "y": f"{y:g}", **self.style(kind)}).text = _clean(text)

    def draw_rooms(self, root: ET.Element) -> None:
        people: dict[str, int] = defaultdict(int)
        for group in self.concept.groups:
            people[group.room] += group.people
        for room in self.rooms:
            x, y = self._corner(room)
            size = {"width": str(_unit(room.width)), "height": str(_unit(room.depth))}
            ET.SubElement(root, "rect", {"x": str(x), "y": str(y), **size, **self.style("room")})
            fitting = max(3, _unit(room.width) // 7)
            self.write(
                root,
                x + 5,
                y + 14,
                room.name if len(room.name) <= fitting else room.name[: fitting - 1] + "…",
                "text",
            )
            if people[room.id]:
                self.write(root, x + 5, y + 27, f"{people[room.id]} P", "small")

    def _corner(self, room: Room) -> tuple[int, int]:
        at = self.points[room.id]
        return _unit(at.x - room.width // 2), _unit(at.y - room.depth // 2)

    def draw_places(self, root: ET.Element, taken: set[str]) -> None:
        for place in self.places:
            if place.is_for_new and place.id not in taken:
                at = self.points[place.id]
                x, y = _unit(at.x), _unit(at.y)
                corners = f"{x},{y - 5} {x + 5},{y} {x},{y + 5} {x - 5},{y}"
                ET.SubElement(root, "polygon", {"points": corners, **self.style("place")})

    def draw_walks(self, root: ET.Element, plan: Plan, say: Say) -> None:
        place_of = {device.id: device.place for device in plan.devices}
        elsewhere: dict[str, list[str]] = defaultdict(list)
        order = {device.id: number for number, device in enumerate(plan.devices)}
        inside = {room.id for room in self.rooms}
        for walk in plan.walks:
            room = self.concept.group_of[walk.group].room
            if room not in inside:
                continue
            place = place_of[walk.device]
            if not self.is_here(place):
                floor = self.concept.place_of[place].floor
                if walk.device not in " ".join(elsewhere[room]):
                    elsewhere[room].append(
                        f"{walk.device} ({floor:+d})"
                        if self.concept.place_of[place].building == self.key.building
                        else walk.device
                    )
                continue
            start, end = self.points[room], self.points[place]
            x1, y1, x2, y2 = _unit(start.x), _unit(start.y), _unit(end.x), _unit(end.y)
            # Each device has a line of its own along the corridor, so that one sees who goes to which.
            y2 += (order[walk.device] % 5 - 2) * 4
            x1 += 4 if walk.kind else 0
            path = f"M{x1} {y1}V{y2}H{x2}"
            ET.SubElement(root, "path", {"d": path, **self.style("apart" if walk.kind else "walk")})
        for room_id, devices in elsewhere.items():
            at = self.points[room_id]
            depth = self.concept.room_of[room_id].depth
            self.write(
                root, _unit(at.x) - 42, _unit(at.y + depth // 2) - 6, "→ " + ", ".join(devices[:2]), "small"
            )
        del say

    def draw_marks(self, root: ET.Element, marks: list[Mark]) -> None:
        beside: dict[str, int] = defaultdict(int)
        for mark in marks:
            at = self.points[mark.place]
            x, y = _unit(at.x) + beside[mark.place] * (2 * _MARK + 4), _unit(at.y)
            beside[mark.place] += 1
            group = ET.SubElement(root, "g")
            ET.SubElement(group, "title").text = _clean(f"{mark.id}: {mark.name}")
            style = self.style(mark.fate)
            if mark.fate == "give_back":
                ET.SubElement(group, "circle", {"cx": str(x), "cy": str(y), "r": str(_MARK), **style})
            elif mark.fate == "new":
                side = {"width": str(2 * _MARK), "height": str(2 * _MARK)}
                ET.SubElement(group, "rect", {"x": str(x - _MARK), "y": str(y - _MARK), **side, **style})
            else:
                m = _MARK + 3
                ET.SubElement(
                    group, "polygon", {"points": f"{x},{y - m} {x + m},{y} {x},{y + m} {x - m},{y}", **style}
                )
            self.write(group, x, y + 4, LETTERS[mark.fate], "letter")
            self.write(group, x - _MARK, y + _MARK + 12, mark.id[:14], "small")


def _unit(length: int) -> int:
    return round(length * _METRE / 100)
