# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The published cases, and strategies that make cases of every shape the file format has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from allmende.fleet.proof.case import (
    Case,
    Click,
    Cost,
    CostKind,
    Fleet,
    Membership,
    Origin,
    Per,
    Reading,
    Tax,
    Volume,
)

CASES = Path(__file__).parents[3] / "docs" / "cases"

_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
).filter(str.strip)
origins = st.one_of(
    st.builds(Origin, source=_texts, note=_texts, measured=st.booleans()),
    st.builds(Origin, note=_texts, assumed=st.just(True)),
)


def euros(most: str = "1000000") -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=0, max_value=Decimal(most), places=2)


_days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    per = draw(st.sampled_from(Per))
    since, until = sorted([draw(_days), draw(_days)])
    is_span = per is Per.SPAN
    return Cost(
        kind=draw(st.sampled_from(CostKind)),
        name=draw(_texts),
        amount=draw(euros()),
        per=per,
        origin=draw(origins),
        months=draw(st.integers(1, 120)) if per is Per.TERM else 0,
        since=since if is_span else None,
        until=until if is_span else None,
        count=draw(st.integers(1, 50)),
        tax=draw(st.sampled_from([None, Tax.NET, Tax.GROSS])),
        tax_percent=draw(st.decimals(0, 25, places=2)),
    )


clicks = st.builds(
    Click,
    pages=st.sampled_from(["mono", "colour", "all"]),
    cents=st.decimals(0, 50, places=6),
    origin=origins,
    included=st.integers(0, 100_000),
    minimum=st.integers(0, 100_000),
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    mono, colour = draw(st.integers(0, 10**7)), draw(st.integers(0, 10**7))
    return Reading(
        device=draw(_texts),
        mono_from=mono,
        mono_to=mono + draw(st.integers(0, 10**6)),
        colour_from=colour,
        colour_to=colour + draw(st.integers(0, 10**6)),
        origin=draw(origins),
    )


@st.composite
def volumes(draw: st.DrawFn) -> Volume:
    """Always with black and white and colour, so that every price per page has its pages."""
    origin = draw(origins)
    if draw(st.booleans()):
        since, until = sorted([draw(_days), draw(_days)])
        rows = tuple(draw(st.lists(readings(), min_size=1, max_size=4)))
        return Volume(origin, Per.SPAN, since=since, until=until, readings=rows)
    counts = st.integers(0, 10**8)
    return Volume(
        origin, draw(st.sampled_from([Per.MONTH, Per.YEAR])), mono=draw(counts), colour=draw(counts)
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    count = st.none() | st.integers(0, 1000)
    membership = st.builds(
        Membership,
        euros(),
        st.sampled_from([Per.MONTH, Per.QUARTER, Per.YEAR]),
        origins,
        st.none() | euros(),
    )
    return Case(
        name=draw(_texts),
        tax=draw(st.sampled_from(Tax)),
        notes=tuple(draw(st.lists(_texts, max_size=2))),
        unpriced=tuple(draw(st.lists(_texts, max_size=1))),
        before=tuple(draw(st.lists(costs(), min_size=1, max_size=5))),
        after=tuple(draw(st.lists(costs(), min_size=1, max_size=5))),
        after_clicks=tuple(draw(st.lists(clicks, max_size=2))),
        volume_before=draw(st.none() | volumes()),
        volume_after=draw(volumes()),
        fleet=draw(st.none() | st.builds(Fleet, origins, count, count, count, count, count)),
        membership=draw(st.none() | membership),
    )
