# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which cost centres', devices' and sites' figures are withheld, because too few people stand behind them.

Always holds: a withheld figure can't be computed back from the total. So at least two groups are withheld or none, and all withheld
ones together have at least as many people as one group needs (complementary suppression). Which groups that are depends on the
people alone, never on the figures or the period: otherwise months could be subtracted from a year.

Devices and sites are two steps of one sum, so both are looked at together: all devices of a withheld site are withheld, and in a site
that is told at least two or none. Behind a device stand the persons whom the ledger has there; where it has none, those of the cost
centres that its sheets went on, which are at least as many.

What this does not hide: that nothing at all was printed, where the sum of the withheld is zero; figures of before and after people
moved, compared with each other; and a device's own meter, on which the supplier's bill rests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, TypeVar

from django.db.models import Count, Q

from allmende.devices.devices import Device
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.api import DeviceUse, uses_of_devices

Group = TypeVar("Group", bound=int | None)
_Places = dict[int | None, AbstractSet[int]]


@dataclass(frozen=True, slots=True)
class WithheldPlaces:
    """Numbers of sites and devices; None: devices without a site, sheets of no known device."""

    sites: frozenset[int | None]
    devices: frozenset[int | None]


NOTHING_WITHHELD: Final = WithheldPlaces(frozenset(), frozenset())


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


def choose_withheld_people(people: Mapping[Group, AbstractSet[int]], least: int) -> frozenset[Group]:
    """The same where one person can stand behind several groups: together they count once."""
    by_size = sorted(people, key=lambda group: (len(people[group]), group or 0))
    withheld = [group for group in by_size if len(people[group]) < least]
    if not withheld:
        return frozenset()
    together = set().union(*(people[group] for group in withheld))
    for group in by_size[len(withheld) :]:
        if len(withheld) > 1 and len(together) >= least:
            break
        withheld.append(group)
        together |= people[group]
    return frozenset(withheld)


def withheld_places(municipality: Municipality) -> WithheldPlaces:
    """Of the devices that the ledger has; who never printed anywhere hides nothing."""
    people = _people_of_devices(municipality)
    site_of: dict[int | None, int | None] = dict(
        Device.objects.filter(municipality=municipality).values_list("pk", "site_id")
    )
    of_site: dict[int | None, _Places] = defaultdict(dict)
    for device_id, known in people.items():
        of_site[site_of.get(device_id)][device_id] = known
    least = municipality.least_people
    sites = choose_withheld_people(
        {site_id: frozenset().union(*devices.values()) for site_id, devices in of_site.items()}, least
    )
    devices: set[int | None] = set()
    for site_id, places in of_site.items():
        devices |= places.keys() if site_id in sites else choose_withheld_people(places, least)
    return WithheldPlaces(sites, frozenset(devices))


def _people_of_devices(municipality: Municipality) -> _Places:
    uses = uses_of_devices(municipality.pk)
    centres: dict[int, set[int]] = defaultdict(set)
    if any(use.cost_centre_ids for use in uses.values()):
        rows = Person.objects.filter(municipality=municipality, is_active=True)
        for person_id, centre_id in rows.values_list("pk", "cost_centre_id"):
            centres[centre_id or 0].add(person_id)
    return {device_id or None: _people(use, centres) for device_id, use in uses.items()}


def _people(use: DeviceUse, centres: Mapping[int, AbstractSet[int]]) -> AbstractSet[int]:
    return use.people or frozenset().union(*(centres.get(each, ()) for each in use.cost_centre_ids))


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
