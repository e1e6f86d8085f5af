# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A first plan, quickly: it gives the solver something to improve on. It proves nothing and may find nothing."""

from __future__ import annotations

from collections import defaultdict

from allmende.fleet.concept.tasks import Option, Part, suits, task_cost

Found = tuple[dict[tuple[int, int], int], list[tuple[int, int]]]


def plan_greedily(part: Part, months: int) -> Found | None:
    """Devices by (stand, option) and each task's; None where the rules could not be kept this way.

    Opens, again and again, the device that serves the tasks left over at the least cost a person; then second devices.
    """
    if any(stay for _count, stay in part.standing.values()) or any(
        option.lowest_load or option.fewest_users for stand in part.stands for option in stand.options
    ):
        return None
    near: dict[int, list[int]] = defaultdict(list)
    for t, stands in enumerate(part.reach):
        for s in stands:
            near[s].append(t)
    for tasks in near.values():
        tasks.sort(key=lambda t: len(part.reach[t]))
    free = [len(stand.slots) for stand in part.stands]
    left = dict(part.pools)
    devices: dict[tuple[int, int], int] = defaultdict(int)
    serves: dict[int, tuple[int, int]] = {}

    def can_open(s: int, option: Option) -> bool:
        if free[s] == 0 or (option.mode != "new" and left[option.kind] == 0):
            return False
        if option.mode != "keep":
            return True
        places = {slot.place for slot in part.stands[s].slots}
        count = sum(part.standing.get((place, option.kind), (0, 0))[0] for place in places)
        return (
            sum(n for (each, o), n in devices.items() if each == s and part.stands[s].options[o] == option)
            < count
        )

    def open_device(s: int, o: int) -> None:
        option = part.stands[s].options[o]
        devices[s, o] += 1
        free[s] -= 1
        if option.mode != "new":
            left[option.kind] -= 1

    while len(serves) < len(part.tasks):
        best: tuple[float, int, int, list[int]] | None = None
        for s, stand in enumerate(part.stands):
            for o, option in enumerate(stand.options):
                if not can_open(s, option):
                    continue
                taken, people, load, clicks = [], 0, 0, 0.0
                for t in near[s]:
                    task = part.tasks[t]
                    if t in serves or not suits(option, task):
                        continue
                    if people + task.people > option.most_users or load + task.volume.load > option.capacity:
                        continue
                    taken.append(t)
                    people, load = people + task.people, load + task.volume.load
                    clicks += float(task_cost(task, option, months))
                if taken:
                    score = (float(option.cost) + clicks) / (people + 0.1 * len(taken))
                    if best is None or score < best[0]:
                        best = (score, s, o, taken)
        if best is None:
            return None
        _score, s, o, taken = best
        open_device(s, o)
        for t in taken:
            serves[t] = (s, o)
    for t, second in enumerate(part.second):
        if second is None:
            continue
        needs = part.tasks[t].needs
        while (
            sum(
                n
                for (s, o), n in devices.items()
                if s in second and needs <= part.stands[s].options[o].running.can
            )
            < 2
        ):
            choice = min(
                (
                    (float(option.cost), s, o)
                    for s in second
                    for o, option in enumerate(part.stands[s].options)
                    if needs <= option.running.can and can_open(s, option)
                ),
                default=None,
            )
            if choice is None:
                return None
            open_device(choice[1], choice[2])
    return devices, [serves[t] for t in range(len(part.tasks))]
