# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which cost centres' figures are withheld, because too few people stand behind them.

Always holds: a withheld figure can't be computed back from the total. So at least two groups are withheld or none, and all withheld
ones together have at least as many people as one group needs (complementary suppression). Which groups that are depends on the
numbers of people alone, never on the figures or the period: otherwise months could be subtracted from a year.

What this does not hide: that nothing at all was printed, where the sum of the withheld is zero; and figures of before and after people
moved, compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Q

from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


def choose_withheld(people: Mapping[int, int], least: int) -> frozenset[int]:
    """The groups to withhold; `people` says how many stand behind each."""
    by_size = sorted(people, key=lambda group: (people[group], group))
    withheld = [group for group in by_size if people[group] < least]
    if not withheld:
        return frozenset()
    for group in by_size[len(withheld) :]:
        if len(withheld) > 1 and sum(people[each] for each in withheld) >= least:
            break
        withheld.append(group)
    return frozenset(withheld)


def withheld_cost_centres(municipality: Municipality) -> frozenset[int]:
    """Numbers of the town's cost centres (0: sheets without one, where people have none).

    Of a project or a closed centre nobody knows how many people printed: no person is assigned to it, so it is withheld.
    """
    active = Q(people__is_active=True)
    people = dict(
        CostCentre.objects.filter(municipality=municipality)
        .annotate(head_count=Count("people", filter=active))
        .values_list("pk", "head_count")
    )
    without = Person.objects.filter(municipality=municipality, is_active=True, cost_centre=None).count()
    if without:
        people[0] = without
    return choose_withheld(people, municipality.least_people)
