# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who bears what is printed: own, or chosen for the visit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.directory.delegations import delegate_to
from allmende.printing.visit.bearers import (
    NoSuchCostCentreError,
    choose_bearer,
    current_bearer,
    favourite_cost_centres,
    find_cost_centres,
    may_choose_bearer,
)
from allmende.printing.visit.visit_jobs import list_visit_jobs
from allmende.printing.visit.visits import resume_visit
from makers import make_entry, make_job, make_person, make_town
from printing.standing import stand

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_choice_holds_for_the_visit_and_no_longer() -> None:
    standing = stand()
    own, other = (ensure_cost_centres(standing.town, ["1", "2"])[number] for number in ("1", "2"))
    standing.person.cost_centre = own
    standing.person.save()
    visit = standing.tap()
    assert (current_bearer(visit), may_choose_bearer(visit)) == (own, True)
    choose_bearer(visit, number="2")
    assert current_bearer(resume_visit(standing.token, visit.token)) == other
    assert current_bearer(standing.tap()) == own


def test_a_job_that_goes_on_another_one_than_the_visit_shows_says_so() -> None:
    standing = stand()
    own, other = (ensure_cost_centres(standing.town, ["1", "2"])[number] for number in ("1", "2"))
    boss = make_person(standing.town, "chefin")
    for person, centre in ((standing.person, own), (boss, other)):
        person.cost_centre = centre
        person.save()
    delegate_to(boss, standing.person)
    make_job(standing.town, boss)
    visit = standing.tap()
    assert [job.bearer for job in list_visit_jobs(visit)] == [other, None]
    choose_bearer(visit, number="2")
    assert [job.bearer for job in list_visit_jobs(visit)] == [None, None]


def test_closed_ones_and_those_of_other_towns_can_not_be_chosen() -> None:
    standing = stand()
    yesterday = timezone.localdate() - timedelta(days=1)
    CostCentre.objects.create(municipality=standing.town, number="1", valid_to=yesterday)
    CostCentre.objects.create(municipality=standing.town, number="2", is_active=False)
    foreign = CostCentre.objects.create(municipality=make_town("coswig"), number="3")
    for number in ("1", "2", "3"):
        with pytest.raises(NoSuchCostCentreError):
            choose_bearer(standing.visit, number=number)
    with pytest.raises(NoSuchCostCentreError):
        choose_bearer(standing.visit, row_id=foreign.pk)
    assert find_cost_centres(standing.visit, "") == ([], False)


def test_favourites_are_what_the_person_used_last() -> None:
    standing = stand()
    rows = ensure_cost_centres(standing.town, ["1", "2", "3"])
    for number in ("3", "1", "3"):
        make_entry(standing.town, person=standing.person, cost_centre=rows[number])
    make_entry(standing.town, cost_centre=rows["2"])
    assert [row.number for row in favourite_cost_centres(standing.visit)] == ["3", "1"]
    CostCentre.objects.filter(number="2").update(name="Bürgeramt Markt")
    assert [row.number for row in find_cost_centres(standing.visit, "markt bürger")[0]] == ["2"]
