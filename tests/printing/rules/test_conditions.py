# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one check of conditions: what comes out of it holds, and nothing else gets through or past it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.printing.rules.conditions import (
    MAX_NUMBER,
    MAX_VALUES,
    Condition,
    ConditionError,
    parse_conditions,
)
from allmende.printing.rules.facts import Facts
from printing.rules.made import all_facts, conditions, make_facts

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(conditions(most=4))
def test_what_is_written_is_read(found: tuple[Condition, ...]) -> None:
    stored = json.loads(json.dumps([condition.to_json() for condition in found]))
    assert parse_conditions(stored) == found


@given(_JSON)
def test_anything_parses_or_raises_the_one_error(value: Any) -> None:
    try:
        found = parse_conditions(value)
    except ConditionError:
        return
    assert value == [] or found


@given(st.lists(st.dictionaries(st.sampled_from(["kind", "values", "at_least", "at_most", "from", "until"]),
                                st.sampled_from(["persons", "pages", "hours", "formats"]) | _JSON), max_size=3))  # fmt: skip
def test_nearly_right_rows_parse_to_conditions_that_evaluate(rows: list[dict[str, Any]]) -> None:
    try:
        found = parse_conditions(rows)
    except ConditionError:
        return
    for condition in found:
        assert condition.holds(make_facts()) in {True, False, None}


@pytest.mark.parametrize(
    "row",
    [
        None,
        "pages > 10",
        {},
        {"kind": "title", "values": ["Haushalt"]},
        {"kind": ["pages"], "at_least": 1},
        {"kind": "__class__", "values": [1]},
        {"kind": "pages"},
        {"kind": "pages", "at_least": None, "at_most": None},
        {"kind": "pages", "at_least": -1},
        {"kind": "pages", "at_least": True},
        {"kind": "pages", "at_least": 1.5},
        {"kind": "pages", "at_least": "10"},
        {"kind": "pages", "at_least": MAX_NUMBER + 1},
        {"kind": "pages", "at_least": float("nan")},
        {"kind": "pages", "at_least": 10, "at_most": 9},
        {"kind": "pages", "at_least": 1, "script": "import os"},
        {"kind": "persons", "values": []},
        {"kind": "persons", "values": ["1"]},
        {"kind": "persons", "values": [0]},
        {"kind": "persons", "values": [2**63]},
        {"kind": "persons", "values": [[1]]},
        {"kind": "persons", "values": {"1": 1}},
        {"kind": "persons", "values": list(range(1, MAX_VALUES + 2))},
        {"kind": "weekdays", "values": [8]},
        {"kind": "cost_centres", "values": [""]},
        {"kind": "cost_centres", "values": ["4100\n"]},
        {"kind": "cost_centres", "values": ["\u202e4100"]},
        {"kind": "cost_centres", "values": ["x" * 61]},
        {"kind": "hours", "from": "08:00", "until": "08:00"},
        {"kind": "hours", "from": "8:00", "until": "09:00"},
        {"kind": "hours", "from": "08:00", "until": "24:00"},
        {"kind": "hours", "from": "٠٨:00", "until": "09:00"},
        {"kind": "hours", "from": 8, "until": 9},
    ],
)
def test_hostile_rows_are_refused(row: Any) -> None:
    with pytest.raises(ConditionError):
        parse_conditions([row])


def test_a_kind_occurs_once() -> None:
    row = {"kind": "pages", "at_least": 1, "at_most": None}
    with pytest.raises(ConditionError, match="twice"):
        parse_conditions([row, row])
    with pytest.raises(ConditionError, match="too many"):
        parse_conditions([row] * 1000)


@given(conditions(most=1), conditions(most=1), all_facts())
def test_inclusion_and_overlap_say_what_they_mean(
    first: tuple[Condition, ...], second: tuple[Condition, ...], facts: Facts
) -> None:
    for one in first:
        for other in second:
            if one.kind != other.kind:
                continue
            if one.includes(other) and other.holds(facts):
                assert one.holds(facts)
            if one.holds(facts) and other.holds(facts):
                assert one.overlaps(other)


@pytest.mark.parametrize(
    ("hour", "night", "day"), [(17, False, True), (18, True, False), (2, True, False), (6, False, True)]
)
def test_hours_reach_over_midnight(hour: int, night: bool, day: bool) -> None:
    facts = make_facts(at=datetime(2026, 11, 18, hour, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    (over,) = parse_conditions([{"kind": "hours", "from": "18:00", "until": "06:00"}])
    (within,) = parse_conditions([{"kind": "hours", "from": "06:00", "until": "18:00"}])
    assert (over.holds(facts), within.holds(facts)) == (night, day)


def test_colour_that_nobody_asked_for_is_no_colour() -> None:
    (colour,) = parse_conditions([{"kind": "colour_impressions", "at_least": 1, "at_most": None}])
    assert colour.holds(make_facts(colour_pages=4, copies=2)) is True
    assert colour.holds(make_facts(colour_pages=4, colour=False)) is False
    assert colour.holds(make_facts(colour_pages=None)) is None
    assert colour.holds(make_facts(colour_pages=None, colour=False)) is False
