# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who stands behind a device: noted with each entry, forgotten with the ledger's people, and still counted then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.printing.ledger.device_users import DeviceUse, DeviceUser, uses_of_devices
from allmende.printing.ledger.retention import forget_people
from makers import ensure_cost_centres, make_device, make_entry, make_person, make_town

pytestmark = pytest.mark.django_db


def test_a_person_counts_once_and_with_their_last_day() -> None:
    town = make_town()
    device, anna = make_device(town), make_person(town)
    today = timezone.localdate()
    make_entry(town, device=device, person=anna, day=today - timedelta(days=3))
    make_entry(town, device=device, person=anna, day=today)
    assert DeviceUser.objects.get().last_day == today
    assert uses_of_devices(town.pk) == {device.pk: DeviceUse(people=frozenset({anna.pk}))}


def test_who_is_forgotten_stays_one_more_person() -> None:
    town = make_town()
    device = make_device(town)
    now = timezone.now()
    old = timezone.localdate() - timedelta(days=town.ledger_person_days + 1)
    for login in ("anna", "bernd"):
        make_entry(town, device=device, person=make_person(town, login), day=old)
    clara = make_person(town, "clara")
    make_entry(town, device=device, person=clara, day=timezone.localdate())
    forget_people(now)
    assert set(DeviceUser.objects.values_list("person_id", flat=True)) == {None, clara.pk}
    (use,) = uses_of_devices(town.pk).values()
    assert len(use.people) == 3


def test_where_no_person_is_known_the_cost_centres_are_told() -> None:
    town = make_town()
    device, other = make_device(town), make_device(town, "rathaus-og")
    centre = ensure_cost_centres(town, ["1101"])["1101"]
    make_entry(town, device=device, cost_centre=centre)
    make_entry(town, device=device)
    make_entry(town, device=other, person=make_person(town), cost_centre=centre)
    uses = uses_of_devices(town.pk)
    assert uses[device.pk] == DeviceUse(cost_centre_ids=frozenset({0, centre.pk}))
    assert uses[other.pk].cost_centre_ids == frozenset()
