# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Withholding: nobody computes a small group's figure back from what a report shows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.reports.withholding import (
    choose_withheld,
    choose_withheld_people,
    withheld_cost_centres,
    withheld_places,
)
from fleet.reports.ledger import count_sheets
from makers import make_device, make_person, make_town

people = st.dictionaries(st.integers(1, 10_000), st.integers(0, 30), min_size=1, max_size=12)


@given(people, st.integers(3, 12))
def test_every_small_group_is_withheld(groups: dict[int, int], least: int) -> None:
    withheld = choose_withheld(groups, least)
    assert {group for group, count in groups.items() if count < least} <= withheld


@given(people, st.integers(3, 12))
def test_what_is_withheld_together_is_large_enough(groups: dict[int, int], least: int) -> None:
    """The rest to the total is published, so it must itself be a figure that may be told."""
    withheld = choose_withheld(groups, least)
    if withheld and withheld != set(groups):
        assert len(withheld) >= 2
        assert sum(groups[group] for group in withheld) >= least


@given(people, st.integers(3, 12), st.data())
def test_no_withheld_figure_can_be_computed_back(
    groups: dict[int, int], least: int, data: st.DataObject
) -> None:
    """Whatever the figures are: for each withheld one there is another figure with which all that is published stays the same."""
    withheld = choose_withheld(groups, least)
    figures = {group: data.draw(st.integers(0, 1000)) for group in groups}
    if len(withheld) < 2 or not sum(figures[group] for group in withheld):
        return
    published = {group: figure for group, figure in figures.items() if group not in withheld}
    total = sum(figures.values())
    for group in withheld:
        other = next(each for each in withheld if each != group)
        moved = figures | {group: figures[group] + figures[other], other: 0}
        if not figures[other]:
            giver = max(withheld, key=lambda each: figures[each])
            taker = other if giver == group else group
            moved = figures | {giver: figures[giver] - 1, taker: figures[taker] + 1}
        assert moved[group] != figures[group]
        assert min(moved.values()) >= 0
        assert sum(moved.values()) == total
        assert {each: figure for each, figure in moved.items() if each not in withheld} == published


@given(people, st.integers(3, 12))
def test_the_choice_does_not_depend_on_the_order(groups: dict[int, int], least: int) -> None:
    turned = dict(reversed(list(groups.items())))
    assert choose_withheld(turned, least) == choose_withheld(groups, least)


def test_large_groups_are_all_told() -> None:
    assert choose_withheld({1: 5, 2: 5, 3: 40}, 5) == frozenset()


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    assert choose_withheld({1: 2, 2: 9, 3: 40}, 5) == {1, 2}


@pytest.mark.django_db
def test_a_towns_cost_centres_by_the_people_behind_them() -> None:
    town, other = make_town("zerbst"), make_town("coswig")
    large, small, middle, project = (
        CostCentre.objects.create(municipality=town, number=str(number)) for number in range(4)
    )
    for number in range(9):
        make_person(town, f"large{number}", cost_centre=large.number)
    for number in range(6):
        make_person(town, f"middle{number}", cost_centre=middle.number)
    for number in range(7):
        make_person(town, f"small{number}", cost_centre=small.number, is_active=number < 4)
    foreign = CostCentre.objects.create(municipality=other, number="1")
    assert withheld_cost_centres(town) == {small.pk, project.pk, middle.pk}
    assert foreign.pk not in withheld_cost_centres(town)
    town.least_people = 4
    assert withheld_cost_centres(town) == {small.pk, project.pk}


crowds = st.dictionaries(
    st.integers(1, 50), st.frozensets(st.integers(1, 20), max_size=12), min_size=1, max_size=8
)


@given(crowds, st.integers(3, 8))
def test_people_who_stand_behind_several_groups_count_once(
    groups: dict[int, frozenset[int]], least: int
) -> None:
    withheld = choose_withheld_people(groups, least)
    assert {group for group, people in groups.items() if len(people) < least} <= withheld
    if withheld and withheld != set(groups):
        assert len(withheld) >= 2
        assert len(frozenset().union(*(groups[group] for group in withheld))) >= least


def _print(town: Municipality, device: Device, *people: Person) -> None:
    for person in people:
        count_sheets(town, date(2026, 3, 1), mono=1, device=device, person=person)


@pytest.fixture
def town() -> Municipality:
    return make_town("zerbst")


def places(town: Municipality, *sites: int) -> list[list[Device]]:
    """So many devices at each site."""
    found = []
    for number, count in enumerate(sites):
        site = Site.objects.create(municipality=town, name=f"Haus {number}")
        found.append([make_device(town, f"h{number}-{n}") for n in range(count)])
        Device.objects.filter(pk__in=[device.pk for device in found[-1]]).update(site=site)
    return found


@pytest.mark.django_db
def test_a_device_of_one_person_is_withheld_with_the_next_of_its_site(town: Municipality) -> None:
    (one, two, three), (far,) = places(town, 3, 1)
    people = [make_person(town, f"p{number}") for number in range(9)]
    _print(town, one, people[0])
    _print(town, two, *people[:6])
    _print(town, three, *people)
    _print(town, far, *people)
    found = withheld_places(town)
    assert found.devices == {one.pk, two.pk}
    assert found.sites == frozenset()


@pytest.mark.django_db
def test_a_site_of_few_is_withheld_with_another_and_so_are_all_their_devices(town: Municipality) -> None:
    (one,), (two, three), (four, five) = places(town, 1, 2, 2)
    people = [make_person(town, f"p{number}") for number in range(12)]
    _print(town, one, *people[:2])
    for device in (two, three):
        _print(town, device, *people[:6])
    for device in (four, five):
        _print(town, device, *people)
    found = withheld_places(town)
    assert found.sites == set(Site.objects.filter(name__in=("Haus 0", "Haus 1")).values_list("pk", flat=True))
    # Else the site of two devices would be the sum of what is told, and the small one the rest.
    assert found.devices == {one.pk, two.pk, three.pk}


@pytest.mark.django_db
def test_where_nobody_is_known_the_people_of_the_cost_centres_stand_behind_it(town: Municipality) -> None:
    ((one, two),) = places(town, 2)
    small, large = (CostCentre.objects.create(municipality=town, number=number) for number in ("1", "2"))
    for number in range(8):
        make_person(town, f"p{number}", cost_centre="1" if number < 2 else "2")
    count_sheets(town, date(2026, 3, 1), mono=1, device=one, cost_centre=large)
    count_sheets(town, date(2026, 3, 1), mono=1, device=two, cost_centre=large)
    assert withheld_places(town).devices == frozenset()
    third = make_device(town, "h0-2")
    Device.objects.filter(pk=third.pk).update(site=Site.objects.get())
    count_sheets(town, date(2026, 3, 1), mono=1, device=third, cost_centre=small)
    assert third.pk in withheld_places(town).devices
    assert len(withheld_places(town).devices) == 2


@pytest.mark.django_db
def test_a_device_that_never_printed_hides_nothing(town: Municipality) -> None:
    places(town, 3)
    assert withheld_places(town).devices == frozenset()
