# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What rules do to each other: those that can never act because an earlier one takes all, and those that contradict each other.

Found by comparing conditions kind by kind, which is exact because each kind occurs once in a rule. What follows from several rules
together (three rules that between them take every case) is not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from allmende.printing.rules.conditions import Between, Condition
from allmende.printing.rules.evaluation import Effect, Rule

_GATES: Final = frozenset({Effect.REFUSE, Effect.APPROVE})


@dataclass(frozen=True, slots=True)
class Conflict:
    """`never`: the rule can't act, because `by` takes every job of it. Else it contradicts `by` where both match, and `by` wins."""

    rule: Rule
    by: Rule
    never: bool


def find_conflicts(rules: Sequence[Rule]) -> list[Conflict]:
    """Among the active, readable rules in their order; at most one per rule, "never" before "contradicts"."""
    alive = [rule for rule in rules if rule.is_active and rule.conditions is not None]
    found = []
    for number, rule in enumerate(alive):
        earlier = alive[:number]
        taken = next((one for one in earlier if _takes_all(one, rule, alive)), None)
        against = next((one for one in earlier if _contradicts(one, rule)), None)
        if taken is not None:
            found.append(Conflict(rule, taken, never=True))
        elif against is not None:
            found.append(Conflict(rule, against, never=False))
    return found


def _takes_all(earlier: Rule, later: Rule, alive: Sequence[Rule]) -> bool:
    if not _covers(earlier, later):
        return False
    if earlier.effect is Effect.MONO and _asks_for_colour(later):
        return True
    return _same_question(earlier, later) or _ends_always(earlier, alive)


def _ends_always(rule: Rule, alive: Sequence[Rule]) -> bool:
    """An earlier approval can overrule a refusal, which then ends nothing."""
    if rule.effect is Effect.EXEMPT:
        return True
    return rule.effect is Effect.REFUSE and not any(
        one.effect is Effect.APPROVE and _meet(one, rule) for one in alive[: alive.index(rule)]
    )


def _same_question(earlier: Rule, later: Rule) -> bool:
    if earlier.effect in _GATES:
        return later.effect in _GATES
    if earlier.effect is Effect.ADVISE:
        # Advice says nothing at the advised device itself, where a later rule may name another one.
        return (
            later.effect is Effect.ADVISE
            and earlier.advised_device_id is not None
            and earlier.advised_device_id == later.advised_device_id
        )
    return earlier.effect is later.effect


def _contradicts(earlier: Rule, later: Rule) -> bool:
    if not _meet(earlier, later):
        return False
    if earlier.effect in _GATES and later.effect in _GATES:
        return earlier.effect is not later.effect
    return (
        earlier.effect is Effect.ADVISE
        and later.effect is Effect.ADVISE
        and earlier.advised_device_id != later.advised_device_id
    )


def _covers(earlier: Rule, later: Rule) -> bool:
    """Whether `earlier` matches whatever `later` does."""
    wanted = _by_kind(later)
    return _covers_days(earlier, later) and all(
        condition.kind in wanted and condition.includes(wanted[condition.kind])
        for condition in earlier.conditions or ()
    )


def _meet(earlier: Rule, later: Rule) -> bool:
    """Whether some job can match both."""
    wanted = _by_kind(later)
    return _days_meet(earlier, later) and all(
        condition.kind not in wanted or condition.overlaps(wanted[condition.kind])
        for condition in earlier.conditions or ()
    )


def _by_kind(rule: Rule) -> dict[str, Condition]:
    return {condition.kind: condition for condition in rule.conditions or ()}


def _asks_for_colour(rule: Rule) -> bool:
    condition = _by_kind(rule).get("colour_impressions")
    return isinstance(condition, Between) and (condition.at_least or 0) > 0


def _covers_days(earlier: Rule, later: Rule) -> bool:
    return (earlier.valid_from or date.min) <= (later.valid_from or date.min) and (
        earlier.valid_until or date.max
    ) >= (later.valid_until or date.max)


def _days_meet(earlier: Rule, later: Rule) -> bool:
    return max(earlier.valid_from or date.min, later.valid_from or date.min) <= min(
        earlier.valid_until or date.max, later.valid_until or date.max
    )
