# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a rule may ask of a job, and the one place where stored or sent conditions are checked.

A condition is stored as a JSON object with a `kind`; all conditions of a rule must hold, and each kind occurs once at most, so that two
rules can be compared (`includes`, `overlaps`). Nothing here asks for a title or the content of a document, and nothing runs text
of anybody's: no expressions, no patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from allmende.printing.rules.facts import Facts

MAX_VALUES: Final = 500
MAX_TEXT: Final = 60
#: Pages, impressions and bytes are counted so far.
MAX_NUMBER: Final = 10**12
_MAX_ID: Final = 2**63 - 1
_DAY_MINUTES: Final = 24 * 60
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)

Value = int | str


class ConditionError(ValueError):
    """Not a condition of ours. `where` names the place, e.g. `conditions[2].at_least`."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact is one of these: row numbers of persons, devices and sites, numbers of cost centres, formats, ISO weekdays (1 Monday)."""

    kind: str
    values: frozenset[Value]

    def holds(self, facts: Facts) -> bool | None:
        """None where the fact is not known."""
        fact = _CHOICES[self.kind](facts)
        return None if fact is None else fact in self.values

    def includes(self, other: Condition) -> bool:
        """Whether this holds wherever `other`, of the same kind, does."""
        return isinstance(other, OneOf) and other.values <= self.values

    def overlaps(self, other: Condition) -> bool:
        return not isinstance(other, OneOf) or bool(self.values & other.values)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "values": sorted(self.values, key=str)}


@dataclass(frozen=True, slots=True)
class Between:
    """The number lies in these bounds, both of them included; None is open."""

    kind: str
    at_least: int | None
    at_most: int | None

    def holds(self, facts: Facts) -> bool | None:
        number = _NUMBERS[self.kind](facts)
        if number is None:
            return None
        return (self.at_least or 0) <= number and (self.at_most is None or number <= self.at_most)

    def includes(self, other: Condition) -> bool:
        if not isinstance(other, Between) or (self.at_least or 0) > (other.at_least or 0):
            return False
        return self.at_most is None or (other.at_most is not None and other.at_most <= self.at_most)

    def overlaps(self, other: Condition) -> bool:
        if not isinstance(other, Between):
            return True
        lowest = max(self.at_least or 0, other.at_least or 0)
        return all(bound is None or lowest <= bound for bound in (self.at_most, other.at_most))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "at_least": self.at_least, "at_most": self.at_most}


@dataclass(frozen=True, slots=True)
class DailyHours:
    """From a minute of the town's day until before another; over midnight where the first is the later one."""

    first: int
    until: int
    kind: str = "hours"

    @property
    def minutes(self) -> frozenset[int]:
        if self.first < self.until:
            return frozenset(range(self.first, self.until))
        return frozenset(range(_DAY_MINUTES)) - frozenset(range(self.until, self.first))

    def holds(self, facts: Facts) -> bool | None:
        minute = facts.at.hour * 60 + facts.at.minute
        if self.first < self.until:
            return self.first <= minute < self.until
        return minute >= self.first or minute < self.until

    def includes(self, other: Condition) -> bool:
        return isinstance(other, DailyHours) and other.minutes <= self.minutes

    def overlaps(self, other: Condition) -> bool:
        return not isinstance(other, DailyHours) or bool(self.minutes & other.minutes)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "from": clock(self.first), "until": clock(self.until)}


Condition = OneOf | Between | DailyHours

_CHOICES: Final[dict[str, Callable[[Facts], Value | None]]] = {
    "persons": lambda facts: facts.person_id,
    "cost_centres": lambda facts: facts.cost_centre,
    "formats": lambda facts: facts.document_format or None,
    "weekdays": lambda facts: facts.at.isoweekday(),
    "devices": lambda facts: facts.device_id,
    "sites": lambda facts: facts.site_id,
}
_NUMBERS: Final[dict[str, Callable[[Facts], int | None]]] = {
    "pages": lambda facts: facts.pages,
    "impressions": lambda facts: facts.impressions,
    "colour_impressions": lambda facts: facts.colour_impressions,
    "bytes": lambda facts: facts.size,
}
_TEXTS: Final = frozenset({"cost_centres", "formats"})
#: Every kind, in the order in which conditions are shown.
KINDS: Final = (*_CHOICES, *_NUMBERS, "hours")


def parse_conditions(stored: object) -> tuple[Condition, ...]:
    """The conditions in the order of `KINDS`. Raises ConditionError for everything else than a list of them."""
    if not isinstance(stored, list):
        raise ConditionError("conditions", "must be a list")
    if len(stored) > len(KINDS):
        raise ConditionError("conditions", "too many")
    found: dict[str, Condition] = {}
    for number, row in enumerate(stored):
        where = f"conditions[{number}]"
        condition = _parse(where, row)
        if condition.kind in found:
            raise ConditionError(f"{where}.kind", "occurs twice")
        found[condition.kind] = condition
    return tuple(found[kind] for kind in KINDS if kind in found)


def _parse(where: str, row: object) -> Condition:
    if not isinstance(row, dict):
        raise ConditionError(where, "must be an object")
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConditionError(f"{where}.kind", "is not known")
    if kind in _CHOICES:
        _check_names(where, row, {"kind", "values"})
        return OneOf(kind, _values(f"{where}.values", kind, row.get("values")))
    if kind in _NUMBERS:
        _check_names(where, row, {"kind", "at_least", "at_most"})
        return _between(where, kind, row)
    _check_names(where, row, {"kind", "from", "until"})
    first = _minute(f"{where}.from", row.get("from"))
    until = _minute(f"{where}.until", row.get("until"))
    if first == until:
        raise ConditionError(f"{where}.until", "is the same as from")
    return DailyHours(first, until)


def _check_names(where: str, row: Mapping[Any, Any], known: set[str]) -> None:
    if not set(row) <= known:
        raise ConditionError(where, "has a field that is not known")


def _values(where: str, kind: str, values: object) -> frozenset[Value]:
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_VALUES:
        raise ConditionError(where, f"must be a list of 1 to {MAX_VALUES}")
    for value in values:
        if kind in _TEXTS:
            if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT or not value.isprintable():
                raise ConditionError(where, "must hold short texts")
        elif not _is_number(value, 1, 7 if kind == "weekdays" else _MAX_ID):
            raise ConditionError(where, "must hold numbers in their bounds")
    return frozenset(values)


def _between(where: str, kind: str, row: Mapping[Any, Any]) -> Between:
    bounds = row.get("at_least"), row.get("at_most")
    for name, bound in zip(("at_least", "at_most"), bounds, strict=True):
        if bound is not None and not _is_number(bound, 0, MAX_NUMBER):
            raise ConditionError(f"{where}.{name}", "must be a number in its bounds, or null")
    at_least, at_most = bounds
    if at_least is None and at_most is None:
        raise ConditionError(where, "needs a bound")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise ConditionError(f"{where}.at_most", "is less than at_least")
    return Between(kind, at_least, at_most)


def _is_number(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _minute(where: str, text: object) -> int:
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ConditionError(where, "must be a time such as 17:30")
    return int(match[1]) * 60 + int(match[2])


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
