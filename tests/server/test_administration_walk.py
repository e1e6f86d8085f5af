# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every address below `/verwaltung/`, walked by who must not see it: strangers, people without a role, auditors, other towns' IT."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from allmende.devices.device_models import DeviceModel
from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.devices.fault_reports import FaultKind, FaultReport, report_fault
from allmende.devices.meters.alerts import DeviceAlert
from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.rounds import MeterRound
from allmende.devices.places import Floor, Room
from allmende.devices.sites import Site
from allmende.directory.chips import Chip
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.baselines import HeadValues, RowValues, save_baseline
from allmende.fleet.concept.concept_records import ConceptRun
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.person_reports import PersonReport
from allmende.fleet.reports.subscriptions import ReportSubscription
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.supplier_invoices import SupplierInvoice
from allmende.printing.budgets import Budget
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.queues import Queue
from allmende.printing.rules.print_rules import PrintRule
from fleet.contract_makers import make_full_contract
from makers import (
    make_chip,
    make_device,
    make_entry,
    make_job,
    make_person,
    make_queue,
    make_token,
    make_town,
)

pytestmark = pytest.mark.django_db

#: What the parts of addresses name.
MODELS: dict[str, type[models.Model]] = {
    "budget_id": Budget,
    "cost_centre_id": CostCentre,
    "entry_id": SheetEntry,
    "person_id": Person,
    "chip_id": Chip,
    "device_id": Device,
    "token_id": DeviceToken,
    "site_id": Site,
    "floor_id": Floor,
    "room_id": Room,
    "device_model_id": DeviceModel,
    "fault_id": FaultReport,
    "reading_id": MeterReading,
    "alert_id": DeviceAlert,
    "round_id": MeterRound,
    "queue_id": Queue,
    "job_id": Job,
    "rule_id": PrintRule,
    "subscription_id": ReportSubscription,
    "person_report_id": PersonReport,
    "contract_id": Contract,
    "term_id": ContractTerm,
    "contract_device_id": ContractDevice,
    "charge_id": ContractCharge,
    "settlement_id": Settlement,
    "line_id": SettlementLine,
    "invoice_id": SupplierInvoice,
    "run_id": ConceptRun,
}
#: Parts that name no row but something that every town counts or calls by itself.
OWN_NAMES: dict[str, list[str]] = {"name": ["saving"], "number": ["1"], "kind": ["toml", "pdf"]}
#: What there is only when something was measured or solved.
_LATER = ("nachweis.", "nachweis/zahl/", "konzept.")
CONCEPT = Path(__file__).parents[2] / "docs/concepts/small-town.toml"


def administration_routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    """Routes as they are written, such as `verwaltung/personen/<int:person_id>/`."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            if "verwaltung/".startswith(route[:11]):
                yield from administration_routes(pattern, route)
        elif route.startswith("verwaltung/"):
            yield route


def addresses_of(route: str, town: Municipality) -> list[str]:
    """The route with every row of the town in its place; one address where it names none."""
    names = re.findall(r"<[a-z]+:([a-z_]+)>", route)
    choices: list[Any] = [
        OWN_NAMES[name]
        if name in OWN_NAMES
        else MODELS[name]._default_manager.filter(municipality=town).values_list("pk", flat=True)
        for name in names
    ]
    found = []
    for numbers in itertools.product(*choices):
        address = route
        for name, number in zip(names, numbers, strict=True):
            address = re.sub(f"<[a-z]+:{name}>", str(number), address)
        found.append("/" + address)
    return found


def may_be_missing(route: str) -> bool:
    return any(part in route for part in _LATER)


def has_own_names(route: str) -> bool:
    return any(f":{name}>" in route for name in OWN_NAMES)


def make_full_town(slug: str) -> Municipality:
    """A town with a row of everything that an address can name."""
    town = make_town(slug)
    make_person(town, "it", it=True)
    person = make_person(town, "anna")
    make_chip(person)
    device = make_device(town)
    make_token(device)
    site = Site.objects.create(municipality=town, name="Rathaus")
    floor = Floor.objects.create(municipality=town, site=site, name="EG")
    Room.objects.create(municipality=town, floor=floor, name="12")
    DeviceModel.objects.create(municipality=town, maker="Kyocera", name="TASKalfa 3554ci")
    report_fault(device, FaultKind.JAM, "", None)
    now = timezone.now()
    MeterReading.objects.create(municipality=town, device=device, at=now, source="snmp", total=1)
    DeviceAlert.objects.create(
        municipality=town, device=device, kind="fault", detail="media-jam", since=now, raised_at=now
    )
    MeterRound.objects.create(municipality=town, kind="asked", ended_at=now)
    make_queue(town, device)
    centre = CostCentre.objects.create(municipality=town, number="1101", name=f"Hauptamt {slug}")
    Budget.objects.create(
        municipality=town, cost_centre=centre, period="month", unit="sheets", limit_parts=100
    )
    make_entry(town, device=device, cost_centre=centre)
    make_job(town, person)
    make_job(town, None, state=State.QUARANTINED, claimed_name="anna")
    PrintRule.objects.create(municipality=town, position=1, name="Beidseitig", effect="duplex")
    ReportSubscription.objects.create(municipality=town, recipient=person, kind="time", rhythm="monthly")
    PersonReport.objects.create(
        municipality=town,
        subject=person,
        since="2026-01-01",
        until="2026-01-31",
        reason="x",
        asked_by=Person.objects.get(municipality=town, login="it"),
        asked_at=timezone.now(),
    )
    make_full_contract(device)
    row = RowValues("paper", "Paper A4", Decimal("4100.00"), "year", "Account 1101")
    keeper = Person.objects.get(municipality=town, login="it")
    save_baseline(keeper, town, HeadValues(), [row], reason="x", after=0)
    ConceptRun.objects.create(
        municipality=town, title="Rathaus", version=1, state="cancelled", source=CONCEPT.read_text()
    )
    return town


def sign_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


_CHANGED: tuple[type[models.Model], ...] = (*MODELS.values(), Role)


def rows_of(town: Municipality) -> list[Any]:
    """All rows of the town that its IT can change, but for the time at which somebody was last here."""
    return [
        list(model._default_manager.filter(municipality=town).order_by("pk").values()) for model in _CHANGED
    ] + [list(Municipality.objects.filter(pk=town.pk).values())]


def test_there_is_something_to_walk() -> None:
    routes = list(administration_routes())
    town = make_full_town("zerbst")
    assert len(routes) > 35
    assert len({name for route in routes for name in MODELS if f":{name}>" in route}) == len(MODELS)
    assert all(addresses_of(route, town) for route in routes)


def test_another_town_does_not_exist() -> None:
    mine, other = make_full_town("zerbst"), make_full_town("coswig")
    client = sign_in(Person.objects.get(municipality=mine, login="it"))
    before = rows_of(other)
    walked = 0
    for route in administration_routes():
        if "<" not in route or ("run_id" not in route and has_own_names(route)):
            continue
        for address in addresses_of(route, other):
            for method in ("get", "post"):
                status = getattr(client, method)(address).status_code
                assert status in {404, 405}, (method, address, status)
            walked += 1
    assert walked >= 25
    assert rows_of(other) == before


def test_lists_show_the_own_town_alone() -> None:
    mine, other = make_full_town("zerbst"), make_full_town("coswig")
    Device.objects.filter(municipality=other).update(name="FREMDWORT-GERÄT")
    Person.objects.filter(municipality=other).update(display_name="FREMDWORT-PERSON")
    Queue.objects.filter(municipality=other).update(name="FREMDWORT-SCHLANGE")
    Site.objects.filter(municipality=other).update(name="FREMDWORT-ORT")
    Job.objects.filter(municipality=other).update(claimed_name="FREMDWORT-NAME")
    client = sign_in(Person.objects.get(municipality=mine, login="it"))
    client.get("/verwaltung/personen/liste.csv")
    sign_in(Person.objects.get(municipality=other, login="it")).get("/verwaltung/personen/liste.csv")
    for route in administration_routes():
        for address in addresses_of(route, mine):
            if "suche" in address or "zertifikat" in address:
                continue  # these look into the network
            response = client.get(address)
            body = b"".join(response) if response.streaming else response.content
            assert b"FREMDWORT" not in body, address
            assert b"coswig" not in body.lower(), address


def test_strangers_are_sent_to_sign_in() -> None:
    town = make_full_town("zerbst")
    client = Client()
    for route in administration_routes():
        for address, method in itertools.product(addresses_of(route, town), ("get", "post")):
            response = getattr(client, method)(address)
            refused = response.status_code == 405
            assert refused or response.headers["Location"].startswith("/anmelden/"), (method, address)


def test_people_without_a_role_are_refused() -> None:
    town = make_full_town("zerbst")
    client = sign_in(Person.objects.get(municipality=town, login="anna"))
    before = rows_of(town)
    for route in administration_routes():
        for address, method in itertools.product(addresses_of(route, town), ("get", "post")):
            status = getattr(client, method)(address).status_code
            assert status in {403, 405}, (method, address, status)
    assert rows_of(town) == before


def test_an_auditor_reads_and_changes_nothing() -> None:
    town = make_full_town("zerbst")
    auditor = make_person(town, "auditor")
    Role.objects.create(municipality=town, person=auditor, name=RoleName.AUDITOR)
    client = sign_in(auditor)
    before = rows_of(town)
    read = 0
    for route in administration_routes():
        for address in addresses_of(route, town):
            status = client.get(address).status_code
            assert status in {200, 403, 405} or (status == 404 and may_be_missing(route)), (address, status)
            read += status == 200
            status = client.post(address).status_code
            assert status in {403, 405}, (address, status)
    assert read >= 10
    assert rows_of(town) == before


def test_a_role_in_another_town_gives_nothing_here() -> None:
    mine, other = make_town("zerbst"), make_town("coswig")
    person = make_person(mine, "anna")
    Role.objects.create(municipality=other, person=person, name=RoleName.IT)
    assert sign_in(person).get("/verwaltung/personen/").status_code == 403


def test_an_inactive_person_is_out_at_once() -> None:
    town = make_town("zerbst")
    person = make_person(town, "it", it=True)
    client = sign_in(person)
    assert client.get("/verwaltung/").status_code == 200
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/verwaltung/").status_code == 302
