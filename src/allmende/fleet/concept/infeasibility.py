# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why there is no plan: which wishes collide, in words.

First what one group alone can't have (no place near enough, no type that can it, too many people for any device). Otherwise the
smallest set of wishes that can't be had together is looked for by QuickXplain: every wish in it is needed for the collision, so
giving way at any one of them resolves this collision (others may stand behind it). Source: U. Junker, AAAI 2004, 167-172.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from allmende.fleet.concept.distances import measure_walks
from allmende.fleet.concept.model import Ability, Concept
from allmende.fleet.concept.program import Wish, solve_part
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.concept.sentences import mark as _
from allmende.fleet.concept.tasks import Part, Task, suits

_MOST_CONFLICTS = 20


@dataclass(frozen=True, slots=True)
class Conflict:
    """Wishes that can't be had together; `is_minimal` where each of them was proved to be needed for it."""

    wishes: tuple[Sentence, ...]
    is_minimal: bool


class _OutOfTimeError(Exception):
    pass


def explain_infeasible(concept: Concept, stuck: Sequence[Part], *, seconds: float = 20.0) -> list[Conflict]:
    """What collides in each part that can't be planned; at least one conflict for each, `_MOST_CONFLICTS` in all."""
    deadline = time.monotonic() + seconds
    conflicts: list[Conflict] = []
    for part in stuck:
        alone = [found for t in range(len(part.tasks)) if (found := _alone(concept, part, t))]
        conflicts += [Conflict((sentence,), is_minimal=True) for sentence in alone]
        if not alone:
            conflicts.append(_collide(concept, part, deadline))
        if len(conflicts) >= _MOST_CONFLICTS:
            break
    return conflicts[:_MOST_CONFLICTS]


def name_task(concept: Concept, task: Task) -> dict[str, str | int]:
    """Values for sentences: room, building, floor, people, metres, needs."""
    room = concept.room_of[concept.group_of[task.group].room]
    return {
        "room": room.name,
        "building": concept.building_of[room.building].name,
        "people": concept.group_of[task.group].people,
        "metres": metres(task.limit),
        "needs": ", ".join(sorted(task.needs)) or "-",
    }


def metres(length: int) -> str:
    return f"{length / 100:g}"


def _alone(concept: Concept, part: Part, t: int) -> Sentence | None:
    """What this task can't have, whatever the others want."""
    task = part.tasks[t]
    values = name_task(concept, task)
    options = [option for s in part.reach[t] for option in part.stands[s].options]
    if not part.reach[t]:
        group = concept.group_of[task.group]
        walks = measure_walks(concept, step_free=group.is_step_free)
        public = {place.id for place in concept.places if place.is_public}
        near = min(
            (
                length
                for (room, place), length in walks.items()
                if room == group.room and not (group.is_confidential and place in public)
            ),
            default=None,
        )
        if near is None:
            return Sentence(
                _(
                    "%(building)s, room %(room)s: there is no way from it to any permitted place. Add a place, or a distance."
                ),
                values,
            )
        return Sentence(
            _(
                "%(building)s, room %(room)s: no permitted place within %(metres)s m, the nearest is at %(near)s m. Add a place, or allow a longer walk."
            ),
            {**values, "near": metres(near)},
        )
    if not any(task.needs <= option.running.can for option in options):
        return Sentence(
            _(
                "%(building)s, room %(room)s: nothing that can stand within %(metres)s m can do all of: %(needs)s. Add a type that can, a place where it fits, or give up a need."
            ),
            values,
        )
    if not any(suits(option, task) for option in options):
        return Sentence(
            _(
                "%(building)s, room %(room)s: %(people)s people with %(load)s A4 impressions a month are more than any one device may serve. Split the group, or raise the limit."
            ),
            {**values, "load": task.volume.load},
        )
    second = part.second[t]
    if second is None:
        return None
    able = [s for s in second if any(task.needs <= option.running.can for option in part.stands[s].options)]
    if sum(len(part.stands[s].slots) for s in able) < 2:
        return Sentence(
            _(
                "%(building)s, room %(room)s: there is no second place within %(second)s m for a device that can do: %(needs)s. Add a place, allow a longer walk to the second device, or do without one."
            ),
            {**values, "second": metres(max(concept.parameters.second_walk, task.limit))},
        )
    return None


# --- collisions ----------------------------------------------------------------------------------------------------------


def _collide(concept: Concept, part: Part, deadline: float) -> Conflict:
    wishes = _wishes(part)
    try:
        found = _quick_xplain(part, [], wishes, deadline, is_background_new=False)
        is_minimal = True
    except _OutOfTimeError:
        found, is_minimal = wishes, False
    shown = found if is_minimal else found[:_MOST_CONFLICTS]
    return Conflict(tuple(_say(concept, part, wish) for wish in shown), is_minimal)


def _wishes(part: Part) -> list[Wish]:
    """All that could give way, what people give way at last first."""
    wishes: list[Wish] = [("users", 0), ("duty", 0)]
    if any(option.lowest_load or option.fewest_users for stand in part.stands for option in stand.options):
        wishes.append(("lowest", 0))
    wishes += [("stay", n) for n, (_count, stay) in enumerate(part.standing.values()) if stay]
    wishes += [("slots", s) for s in range(len(part.stands))]
    wishes += [("walk", t) for t in range(len(part.tasks))]
    wishes += [("second", t) for t, second in enumerate(part.second) if second is not None]
    return wishes


def _is_possible(part: Part, kept: Sequence[Wish], deadline: float) -> bool:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _OutOfTimeError
    without = frozenset(_wishes(part)) - frozenset(kept)
    solution = solve_part(part, 1, left, without=without or frozenset({("nothing", 0)}))
    if solution.status == "unknown":
        raise _OutOfTimeError
    return solution.status != "infeasible"


def _quick_xplain(
    part: Part, background: list[Wish], wishes: list[Wish], deadline: float, *, is_background_new: bool
) -> list[Wish]:
    if is_background_new and not _is_possible(part, background, deadline):
        return []
    if len(wishes) <= 1:
        return wishes
    half = len(wishes) // 2
    first, later = wishes[:half], wishes[half:]
    of_later = _quick_xplain(part, background + first, later, deadline, is_background_new=bool(first))
    of_first = _quick_xplain(part, background + of_later, first, deadline, is_background_new=bool(of_later))
    return of_first + of_later


def _say(concept: Concept, part: Part, wish: Wish) -> Sentence:
    kind, index = wish
    if kind == "users":
        return Sentence(
            _("At most %(most)s people use a device (or fewer, by its type)."),
            {"most": concept.parameters.most_users},
        )
    if kind == "duty":
        return Sentence(
            _("No device prints more than %(percent)s %% of its duty cycle."),
            {"percent": f"{concept.parameters.highest_share * 100:f}".rstrip("0").rstrip(".") or "0"},
        )
    if kind == "lowest":
        return Sentence(
            _("Every device has at least %(fewest)s people and %(percent)s %% of its duty cycle."),
            {
                "fewest": concept.parameters.fewest_users,
                "percent": f"{concept.parameters.lowest_share * 100:f}".rstrip("0").rstrip(".") or "0",
            },
        )
    if kind == "stay":
        place = list(part.standing)[index][0]
        return Sentence(_("Devices of today stay at “%(place)s”."), {"place": concept.place_of[place].name})
    if kind == "slots":
        slots = part.stands[index].slots
        names = sorted({concept.place_of[slot.place].name for slot in slots})
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        return Sentence(
            _("No more than %(count)s devices at: %(places)s."), {"count": len(slots), "places": shown}
        )
    task = part.tasks[index]
    values = name_task(concept, task)
    if kind == "second":
        far = max(concept.parameters.second_walk, task.limit)
        return Sentence(
            _("%(building)s, room %(room)s: a second device within %(second)s m."),
            {**values, "second": metres(far)},
        )
    if task.needs - {Ability.SCAN}:
        return Sentence(
            _(
                "%(building)s, room %(room)s: %(people)s people within %(metres)s m of a device that can do: %(needs)s."
            ),
            values,
        )
    return Sentence(
        _("%(building)s, room %(room)s: %(people)s people within %(metres)s m of a device."), values
    )
