# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The concept as a paper for the council: the figures, what happens to each device, what wishes cost, and every floor drawn."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from allmende.fleet.concept.drawings import draw_floor, floors_of, marks_after, marks_before
from allmende.fleet.concept.model import Concept, MinimumVolume
from allmende.fleet.concept.results import Result
from allmende.fleet.concept.words import (
    constraints_table,
    costs_table,
    devices_table,
    fates_table,
    floor_title,
    say,
    sum_up,
    walks_table,
)
from allmende.fleet.figures import count_words, percent_words
from allmende.fleet.papers import Section, typeset_paper

#: More floors than this make the paper too long to read; the page has them all.
_MOST_FLOORS = 60


def write_paper(
    concept: Concept, result: Result, *, town: str = "", written_at: datetime | None = None
) -> bytes:
    """The PDF, in the active language. The result must carry a plan."""
    if result.plan is None:
        raise ValueError("a paper needs a plan")
    plan = result.plan
    sections = [Section(_("What it is made of"), table=costs_table(plan))]
    if result.constraints:
        sections.append(
            Section(
                _("What each wish costs"), (_constraints_note(),), table=constraints_table(result.constraints)
            )
        )
    if plan.fates:
        sections.append(Section(_("What happens to today's devices"), table=fates_table(concept, plan)))
    sections.append(Section(_("Devices of the plan"), table=devices_table(concept, plan)))
    floors = floors_of(concept)
    legend = legend_words()
    for key in floors[:_MOST_FLOORS]:
        name = floor_title(concept, key)
        pair = [(_("%(floor)s: after") % {"floor": name}, marks_after(plan), True)]
        if concept.devices:
            pair.insert(0, (_("%(floor)s: today") % {"floor": name}, marks_before(concept, plan), False))
        for title, marks, with_walks in pair:
            plot = draw_floor(
                concept, key, marks, title, say, plan=plan if with_walks else None, is_paper=True
            )
            sections.append(Section(title, (legend,), plot, title))
            legend = ""
    if len(floors) > _MOST_FLOORS:
        left = _("%(count)s more floors are drawn on the page.") % {"count": len(floors) - _MOST_FLOORS}
        sections.append(Section("", (left,)))
    sections.append(Section(_("Who walks where"), table=walks_table(concept, plan)))
    sections.append(Section(_("What was assumed"), tuple(assumptions(concept))))
    return typeset_paper(
        _("Print-and-copy concept: %(title)s") % {"title": concept.title},
        town,
        sections,
        lead=sum_up(concept, plan),
        written_at=written_at,
    )


def _constraints_note() -> str:
    return _(
        "Each line is the whole concept planned again with one change; the effect is the difference to this plan."
    )


def legend_words() -> str:
    return _(
        "+ new, = stays, → moves here, × is given back; an empty diamond is a place that stays free; P: people. Lines lead to the device that a room uses, dashed ones to that for A3, colour or finishing."
    )


def _minimum_words(minimum: MinimumVolume) -> str:
    values = {
        "mono": count_words(minimum.mono),
        "colour": count_words(minimum.colour),
        "click_mono": f"{minimum.click_mono:f}",
        "click_colour": f"{minimum.click_colour:f}",
    }
    words = (
        _(
            "The contract bills at least %(mono)s mono and %(colour)s colour impressions a month for all its devices together; each one that lacks costs %(click_mono)s or %(click_colour)s EUR."
        )
        if minimum.is_pooled
        else _(
            "The contract bills at least %(mono)s mono and %(colour)s colour impressions a month for each of its devices; each one that lacks costs %(click_mono)s or %(click_colour)s EUR."
        )
    )
    return words % values


def assumptions(concept: Concept) -> list[str]:
    now = concept.parameters
    lines = [
        _("Prices are net, over %(months)s months; energy costs %(price)s EUR per kWh.")
        % {"months": now.months, "price": f"{now.energy_price:f}"},
        _(
            "Nobody walks further than %(metres)s m to the everyday device. A parameter: no authoritative distance exists."
        )
        % {"metres": f"{now.longest_walk / 100:g}"},
        _(
            "At most %(users)s people use a device; %(fewest)s or more, and %(share)s of its duty cycle, are aimed at."
        )
        % {"users": now.most_users, "fewest": now.fewest_users, "share": percent_words(now.lowest_share, 0)},
    ]
    if now.second_walk:
        lines.append(
            _(
                "If a device fails, everybody finds another one that can do the same within %(metres)s m; that it could bear all their printing is not asked."
            )
            % {"metres": f"{now.second_walk / 100:g}"}
        )
    else:
        lines.append(_("If a device fails, no second one is asked for."))
    if concept.minimum is not None:
        lines.append(_minimum_words(concept.minimum))
    if not now.enforces_lowest:
        lines.append(
            _("Fewest people and least load are goals: devices below them are named, not forbidden.")
        )
    return lines
