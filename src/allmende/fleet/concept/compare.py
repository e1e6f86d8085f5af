# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Several plans side by side: the figures that a council decides by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from allmende.fleet.concept.model import Concept
from allmende.fleet.concept.plans import Plan
from allmende.fleet.concept.words import metres_words
from allmende.fleet.figures import count_words, money_words, percent_words
from allmende.fleet.tables import Cell, Column, Table


@dataclass(frozen=True, slots=True)
class Planned:
    name: str
    concept: Concept
    plan: Plan


def compare_plans(planned: Sequence[Planned]) -> Table:
    """One column a plan. The difference is to the first."""
    first = planned[0].plan

    def row(title: str, cells: Sequence[str]) -> tuple[Cell, ...]:
        return (title, *cells)

    def fates(plan: Plan, fate: str) -> str:
        return count_words(sum(each.fate == fate for each in plan.fates))

    plans = [each.plan for each in planned]
    difference = [plan.a_year(plan.total) - first.a_year(first.total) for plan in plans]
    rows = (
        row(_("Cost a year"), [money_words(plan.a_year(plan.total)) for plan in plans]),
        row(_("Difference to the first, a year"), [money_words(each) for each in difference]),
        row(_("Saved a year against today"), [money_words(plan.a_year(plan.saving)) for plan in plans]),
        row(
            _("Saved, share"),
            [percent_words(plan.saving / plan.today if plan.today else Decimal(0)) for plan in plans],
        ),
        row(_("Devices"), [count_words(len(plan.devices)) for plan in plans]),
        row(
            _("New devices"),
            [count_words(sum(each.mode == "new" for each in plan.devices)) for plan in plans],
        ),
        row(_("Devices of today that stay"), [fates(plan, "keep") for plan in plans]),
        row(_("Devices of today that move"), [fates(plan, "move") for plan in plans]),
        row(_("Devices of today given back"), [fates(plan, "give_back") for plan in plans]),
        row(_("Walk on average"), [metres_words(each.plan.mean_walk(each.concept)) for each in planned]),
        row(_("Longest walk"), [metres_words(plan.longest_walk) for plan in plans]),
        row(
            _("Longest walk allowed"),
            [metres_words(each.concept.parameters.longest_walk) for each in planned],
        ),
        row(
            _("Second device within"),
            [
                metres_words(each.concept.parameters.second_walk)
                if each.concept.parameters.second_walk
                else "–"
                for each in planned
            ],
        ),
        row(
            _("People a device, at most"),
            [count_words(each.concept.parameters.most_users) for each in planned],
        ),
        row(_("Term"), [_("%(months)s months") % {"months": plan.months} for plan in plans]),
        row(
            _("Proven to be the cheapest"),
            [
                _("yes")
                if plan.status == "optimal" and plan.total == plan.bound
                else _("yes, to within %(gap)s") % {"gap": percent_words(plan.gap_percent / 100, 3)}
                if plan.status == "optimal"
                else _("no, up to %(gap)s cheaper") % {"gap": percent_words(plan.gap_percent / 100, 2)}
                for plan in plans
            ],
        ),
    )
    return Table(
        _("Plans side by side"), (Column(_("Figure")), *(Column(each.name) for each in planned)), rows
    )
