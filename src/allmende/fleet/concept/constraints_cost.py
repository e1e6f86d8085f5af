# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each constraint costs: the same concept solved again with one wish loosened or tightened.

"5 m less walking costs 1,140 EUR a year": the difference of two plans, each with its own proof. Where one of the two was not solved to
the end, `is_proven` is False and the figure is only what was found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from allmende.fleet.concept.infeasibility import metres
from allmende.fleet.concept.model import SEPARABLE, Ability, Concept, Fate
from allmende.fleet.concept.optimise import Outcome, find_plan
from allmende.fleet.concept.plans import Plan, is_near
from allmende.fleet.concept.refining import RELATIVE_GAP
from allmende.fleet.concept.sentences import Sentence
from allmende.fleet.concept.sentences import mark as _
from allmende.fleet.concept.tasks import all_needs

#: Whether every plan of the concept keeps the changed rules too, or the other way round; None: neither.
Direction = Literal["looser", "tighter"] | None
#: (what is changed, the changed concept, its direction)
Variation = tuple[Sentence, Concept, Direction]


@dataclass(frozen=True, slots=True)
class ConstraintCost:
    """`a_year`: EUR net more than the plan (negative: less); None where it can't be had (`infeasible`) or was not found in time."""

    what: Sentence
    status: str
    a_year: Decimal | None
    devices: int | None
    is_proven: bool
    #: EUR a year that the true figure may lie beside this one, as far as both plans were proven.
    give_or_take: Decimal = Decimal(0)


def price_constraints(
    concept: Concept,
    plan: Plan,
    *,
    seconds: float = 120.0,
    progress: Callable[[int, int], None] | None = None,
) -> list[ConstraintCost]:
    """Each variation of `vary`, within `seconds` in all; what there is no time for is `unknown`."""
    begun = time.monotonic()
    variations = list(vary(concept))
    costs = []
    for number, (what, changed, direction) in enumerate(variations):
        if progress:
            progress(number, len(variations))
        left = seconds - (time.monotonic() - begun)
        if left <= 0.5:
            costs.append(ConstraintCost(what, "unknown", None, None, is_proven=False))
            continue
        outcome = find_plan(changed, seconds=left / (len(variations) - number) * 2)
        costs.append(_compare(what, plan, outcome, direction))
    return costs


def _compare(what: Sentence, plan: Plan, outcome: Outcome, direction: Direction) -> ConstraintCost:
    """Nothing that was loosened costs more, nothing that was tightened costs less: that proves what the solver had no time for."""
    other = outcome.plan
    if other is None:
        return ConstraintCost(what, outcome.status, None, None, outcome.status == "infeasible")
    total, bound, devices = other.total, other.bound, len(other.devices)
    if direction == "looser" and plan.total < total:
        total, devices = plan.total, len(plan.devices)
    if direction == "tighter":
        bound = max(bound, plan.bound)
    is_proven = plan.status == "optimal" and is_near(total, bound, RELATIVE_GAP)
    slack = max(plan.total - plan.bound, total - bound) if is_proven else Decimal(0)
    status = "optimal" if is_near(total, bound, RELATIVE_GAP) else outcome.status
    return ConstraintCost(
        what, status, plan.a_year(total - plan.total), devices, is_proven, plan.a_year(slack)
    )


def vary(concept: Concept) -> Iterator[Variation]:
    """Only what makes a difference in this concept."""
    now = concept.parameters

    def with_walk(walk: int) -> Concept:
        return replace(concept, parameters=replace(now, longest_walk=walk))

    if now.longest_walk > 500:
        yield (
            Sentence(_("5 m less walking (%(metres)s m)"), {"metres": metres(now.longest_walk - 500)}),
            with_walk(now.longest_walk - 500),
            "tighter",
        )
    yield (
        Sentence(_("5 m more walking (%(metres)s m)"), {"metres": metres(now.longest_walk + 500)}),
        with_walk(now.longest_walk + 500),
        "looser",
    )
    yield (
        Sentence(_("10 m more walking (%(metres)s m)"), {"metres": metres(now.longest_walk + 1000)}),
        with_walk(now.longest_walk + 1000),
        "looser",
    )
    if now.second_walk:
        yield (
            Sentence(_("No second device within reach")),
            replace(concept, parameters=replace(now, second_walk=0)),
            "looser",
        )
    else:
        yield (
            Sentence(_("A second device within %(metres)s m"), {"metres": metres(2 * now.longest_walk)}),
            replace(concept, parameters=replace(now, second_walk=2 * now.longest_walk)),
            "tighter",
        )
    fewer, more = max(1, now.most_users * 2 // 3), now.most_users * 4 // 3
    yield (
        Sentence(_("At most %(count)s people a device"), {"count": fewer}),
        replace(concept, parameters=replace(now, most_users=fewer)),
        "tighter",
    )
    yield (
        Sentence(_("Up to %(count)s people a device"), {"count": more}),
        replace(concept, parameters=replace(now, most_users=more)),
        "looser",
    )
    lowest = replace(now, enforces_lowest=not now.enforces_lowest)
    if now.enforces_lowest:
        yield (
            Sentence(_("Fewest people and least load only as goals")),
            replace(concept, parameters=lowest),
            "looser",
        )
    elif now.fewest_users or now.lowest_share:
        yield (
            Sentence(_("Fewest people and least load kept at every device")),
            replace(concept, parameters=lowest),
            "tighter",
        )
    yield from _vary_groups(concept)
    if any(device.fate != Fate.GIVE_BACK for device in concept.devices):
        back = tuple(replace(device, fate=Fate.GIVE_BACK) for device in concept.devices)
        # What has to stay and now goes is another task, not a tighter one.
        has_to_stay = any(device.fate == Fate.STAY for device in concept.devices)
        yield (
            Sentence(_("All devices of today are given back")),
            replace(concept, devices=back),
            None if has_to_stay else "tighter",
        )


def _vary_groups(concept: Concept) -> Iterator[Variation]:
    groups, now = concept.groups, concept.parameters
    if any(group.is_counter for group in groups):
        yield (
            Sentence(_("Counters walk as far as everybody")),
            replace(concept, groups=tuple(replace(group, is_counter=False) for group in groups)),
            "looser",
        )
    if any(group.is_confidential for group in groups):
        yield (
            Sentence(_("Confidential offices walk as far as everybody")),
            replace(concept, groups=tuple(replace(group, is_confidential=False) for group in groups)),
            "looser",
        )
    if any(group.is_step_free or group.own_walk is not None for group in groups):
        may_walk_further = any((group.own_walk or 0) > now.longest_walk for group in groups)
        yield (
            Sentence(_("No shorter or step-free ways for individual people")),
            replace(
                concept, groups=tuple(replace(group, is_step_free=False, own_walk=None) for group in groups)
            ),
            None if may_walk_further else "looser",
        )
    needed = frozenset(need for group in groups for need in all_needs(group))
    for need in (Ability.A3, Ability.COLOUR, Ability.FINISHER):
        if need not in needed or need not in SEPARABLE:
            continue
        far = 2 * now.longest_walk
        if now.longest_walk_for.get(need, 0) < far:
            longer = replace(now, longest_walk_for={**now.longest_walk_for, need: far})
            text = {
                Ability.A3: _("A3 up to %(metres)s m away"),
                Ability.COLOUR: _("Colour up to %(metres)s m away"),
                Ability.FINISHER: _("The finisher up to %(metres)s m away"),
            }[need]
            yield Sentence(text, {"metres": metres(far)}), replace(concept, parameters=longer), "looser"
