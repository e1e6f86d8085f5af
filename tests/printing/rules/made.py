# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Facts, conditions and rules for tests: by hand, and as hypothesis draws them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from allmende.printing.rules.conditions import KINDS, Condition, parse_conditions
from allmende.printing.rules.evaluation import Effect, Rule
from allmende.printing.rules.facts import LONG_EDGE, Facts

#: A Wednesday.
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def make_facts(**fields: Any) -> Facts:
    values: dict[str, Any] = {
        "person_id": 1,
        "cost_centre": "4100",
        "document_format": "application/pdf",
        "pages": 10,
        "colour_pages": 4,
        "size": 500_000,
        "copies": 1,
        "sides": "one-sided",
        "colour": True,
        "device_id": 1,
        "site_id": 1,
        "at": NOON,
        **fields,
    }
    return Facts(**values)


def make_rule(number: int, effect: Effect, *conditions: dict[str, Any], **fields: Any) -> Rule:
    return Rule(
        id=number,
        name=f"rule {number}",
        effect=effect,
        conditions=parse_conditions(list(conditions)),
        **fields,
    )


def pages_from(number: int) -> dict[str, Any]:
    return {"kind": "pages", "at_least": number, "at_most": None}


_small = st.integers(1, 4)
_number = st.one_of(st.none(), st.integers(0, 30))


def condition_rows(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Valid rows, from so small a world that rules meet each other."""
    if kind == "hours":
        hours = st.integers(0, 23).map(lambda hour: f"{hour:02d}:00")
        pairs = st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1])
        return pairs.map(lambda pair: {"kind": kind, "from": pair[0], "until": pair[1]})
    if kind in {"pages", "impressions", "colour_impressions", "bytes"}:
        bounds = st.tuples(_number, _number).filter(
            lambda pair: pair != (None, None) and (None in pair or pair[0] <= pair[1])
        )
        return bounds.map(lambda pair: {"kind": kind, "at_least": pair[0], "at_most": pair[1]})
    texts = {"cost_centres": ["4100", "4200"], "formats": ["application/pdf", "image/png"]}
    values: st.SearchStrategy[Any] = st.sampled_from(texts[kind]) if kind in texts else _small
    return st.lists(values, min_size=1, max_size=3).map(lambda chosen: {"kind": kind, "values": chosen})


def conditions(most: int = 2) -> st.SearchStrategy[tuple[Condition, ...]]:
    kinds = st.lists(st.sampled_from(KINDS), max_size=most, unique=True)
    return kinds.flatmap(lambda chosen: st.tuples(*(condition_rows(kind) for kind in chosen))).map(
        lambda rows: parse_conditions(list(rows))
    )


_days = st.one_of(st.none(), st.integers(-2, 2).map(lambda days: NOON.date() + timedelta(days=days)))


@st.composite
def rule_lists(draw: st.DrawFn, most: int = 6) -> list[Rule]:
    count = draw(st.integers(0, most))
    return [
        Rule(
            id=number,
            name=f"rule {number}",
            effect=draw(st.sampled_from(Effect)),
            conditions=draw(st.one_of(conditions(), st.none()) if draw(st.booleans()) else conditions()),
            is_active=draw(st.sampled_from([True, True, True, False])),
            valid_from=draw(_days),
            valid_until=draw(_days),
            advised_device_id=draw(st.one_of(st.none(), _small)),
            asks_first=draw(st.booleans()),
            needs_no_approval=frozenset(draw(st.lists(_small, max_size=2))),
        )
        for number in range(1, count + 1)
    ]


@st.composite
def all_facts(draw: st.DrawFn) -> Facts:
    pages = draw(_number)
    return Facts(
        person_id=draw(st.one_of(st.none(), _small)),
        cost_centre=draw(st.sampled_from([None, "4100", "4200"])),
        document_format=draw(st.sampled_from(["", "application/pdf", "image/png"])),
        pages=pages,
        colour_pages=draw(st.one_of(st.none(), st.integers(0, pages or 0))),
        size=draw(st.integers(0, 40)),
        copies=draw(st.integers(1, 4)),
        sides=draw(st.sampled_from(["one-sided", LONG_EDGE, "two-sided-short-edge"])),
        colour=draw(st.booleans()),
        device_id=draw(_small),
        site_id=draw(st.one_of(st.none(), _small)),
        at=NOON + timedelta(hours=draw(st.integers(-80, 80))),
        can_duplex=draw(st.sampled_from([None, True, False])),
        can_colour=draw(st.sampled_from([None, True, False])),
        settled=frozenset(draw(st.lists(st.integers(1, 6), max_size=3))),
    )
