# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the portal says of a held job before its owner stands at any device: as rules and devices leave it, or the span between devices."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from allmende.devices.devices import Device
from allmende.directory.people import Person
from allmende.printing.jobs import Job
from allmende.printing.portal.job_outlooks import PortalOutlook
from allmende.printing.portal.my_jobs import list_my_jobs
from allmende.printing.prices import ImpressionPrices, set_price_source
from allmende.printing.rules.conditions import parse_conditions
from allmende.printing.rules.editing import RuleDetails, add_rule
from allmende.printing.rules.evaluation import Effect
from makers import make_device, make_job, make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Iterator[Person]:
    town = make_town(shows_cost=True)
    make_device(town)
    person = make_person(town)
    make_job(town, person, pages=4, colour_pages=2)
    set_price_source(lambda _device, _day: ImpressionPrices(mono=Decimal("0.01"), colour=Decimal("0.10")))
    yield person
    set_price_source(None)


def rule(person: Person, effect: Effect, *devices: Device) -> None:
    assert person.municipality is not None
    it = Person.objects.filter(login="it").first() or make_person(person.municipality, "it", it=True)
    conditions = [{"kind": "devices", "values": [device.pk for device in devices]}] if devices else []
    details = RuleDetails(name=effect.value, effect=effect, conditions=parse_conditions(conditions))
    add_rule(it, person.municipality, details)


def outlook(person: Person) -> PortalOutlook:
    (job,) = list_my_jobs(person)
    assert job.outlook is not None
    return job.outlook


def test_without_rules_it_is_as_sent(anna: Person) -> None:
    found = outlook(anna)
    assert (found.sides, found.is_changed, found.is_black) == ("one-sided", False, False)
    assert (found.sheets, found.costs) == ((4, 4), (Decimal("0.22"), Decimal("0.22")))


def test_a_rule_that_holds_everywhere_is_told_as_what_comes_out(anna: Person) -> None:
    rule(anna, Effect.DUPLEX)
    rule(anna, Effect.MONO)
    found = outlook(anna)
    assert (found.sides, found.is_changed, found.is_black) == ("two-sided-long-edge", True, True)
    assert (found.sheets, found.costs) == ((2, 2), (Decimal("0.04"), Decimal("0.04")))
    client = Client(headers={"accept-language": "en"})
    client.force_login(anna)
    page = client.get("/").content.decode()
    assert "sent one-sided: rules “duplex, mono”" in page
    assert "2 sheets" in page
    assert "€0.04" in page


def test_where_devices_differ_the_span_is_told(anna: Person) -> None:
    assert anna.municipality is not None
    rule(anna, Effect.DUPLEX, make_device(anna.municipality, "rathaus-og"))
    found = outlook(anna)
    assert (found.sides, found.is_changed, found.sheets) == ("", False, (2, 4))


def test_what_is_in_the_inventory_only_has_no_say(anna: Person) -> None:
    assert anna.municipality is not None
    inventory = make_device(anna.municipality, "archiv", uri="")
    rule(anna, Effect.DUPLEX, inventory)
    assert outlook(anna).sheets == (4, 4)


def test_of_unknown_pages_no_sheets_are_promised(anna: Person) -> None:
    Job.objects.update(pages=None, colour_pages=None)
    found = outlook(anna)
    assert (found.sheets, found.costs) == (None, None)
