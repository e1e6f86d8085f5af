# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every address of portal and panel, and every operation of the HTTP API, walked with the rows of another town.

What lies below `/verwaltung/` is walked in `tests/server/test_administration_walk.py`. Both towns have the same names: devices,
people and chips' numbers differ by their town alone.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from allmende.devices.device_tokens import DeviceToken, TokenKind
from allmende.directory.chips import Chip
from allmende.directory.delegations import delegate_to
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Delegation, Person
from allmende.printing.http_api.api import api
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.panel.access import TOKEN_COOKIE, VISIT_COOKIE
from allmende.printing.queue_addresses import QueueAddress
from allmende.printing.rules.approvals import ApprovalRequest
from allmende.printing.rules.print_rules import PrintRule
from allmende.printing.visit.visits import OpenVisit, Visit, begin_visit
from makers import make_chip, make_device, make_job, make_person, make_token, make_town

pytestmark = pytest.mark.django_db(transaction=True)

MODELS: dict[str, type[models.Model]] = {
    "job_id": Job,
    "chip_id": Chip,
    "address_id": QueueAddress,
    "delegation_id": Delegation,
    "approval_id": ApprovalRequest,
}
#: Public, or for whoever holds a secret in the address, or with a walk of its own.
ELSEWHERE = (
    "verwaltung/",
    "admin/",
    "i18n/",
    "api/",
    "passwort/neu/",
    "static/",
    "genossenschaft/",
    "mitgliedschaft/",
)
CHIP = "04a1b2c3"


@dataclass
class Town:
    row: Municipality
    person: Person
    device_slug: str
    clear_token: str
    token: DeviceToken
    visit: OpenVisit

    def numbers(self, name: str) -> list[int]:
        rows = MODELS[name]._default_manager.filter(municipality=self.row)
        return list(rows.values_list("pk", flat=True))

    def rows(self) -> list[Any]:
        kept = [
            list(m._default_manager.filter(municipality=self.row).order_by("pk").values())
            for m in MODELS.values()
        ]
        return [*kept, Visit.objects.filter(municipality=self.row).count()]


def make_full_town(slug: str, device_slug: str) -> Town:
    town = make_town(slug)
    person, friend = make_person(town, "anna"), make_person(town, "bernd")
    make_chip(person, CHIP)
    device = make_device(town, device_slug)
    token, clear = make_token(device, TokenKind.PANEL)
    QueueAddress.objects.create(municipality=town, person=person, label="Notebook")
    delegate_to(person, friend)
    for state in (State.HELD, State.UNCERTAIN, State.RELEASED):
        make_job(town, person, state=state, preview=b"png", device=device if state != State.HELD else None)
    make_job(town, None, state=State.QUARANTINED, claimed_name="anna")
    rule = PrintRule.objects.create(
        municipality=town, position=1, name="Genehmigung", effect="approve", approver=person, is_active=False
    )
    now = timezone.now()
    ApprovalRequest.objects.create(
        municipality=town, job=Job.objects.filter(municipality=town, person=person).first(), rule=rule,
        owner=friend, asked_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return Town(town, person, device_slug, clear, token, begin_visit(token, CHIP))


@pytest.fixture
def towns() -> tuple[Town, Town]:
    return make_full_town("zerbst", "rathaus-eg"), make_full_town("coswig", "rathaus-og")


def routes(resolver: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(ELSEWHERE):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, route)
        else:
            yield route


def addresses(route: str, town: Town, device_slug: str) -> list[str]:
    """The route with every row of the town in its place."""
    route = route.replace("<slug:device>", device_slug)
    names = [part.strip("<>").partition(":")[2] for part in route.split("/") if part.startswith("<int:")]
    found = []
    for numbers in itertools.product(*(town.numbers(name) for name in names)):
        address = route
        for name, number in zip(names, numbers, strict=True):
            address = address.replace(f"<int:{name}>", str(number))
        found.append("/" + address)
    return found


def test_the_portal_knows_no_row_of_another_town(towns: tuple[Town, Town]) -> None:
    mine, other = towns
    client = Client()
    client.force_login(mine.person)
    before = other.rows()
    walked = set()
    for route in routes():
        if "<int:" not in route or "<slug:device>" in route:
            continue
        for address, method in itertools.product(addresses(route, other, ""), ("get", "post")):
            status = getattr(client, method)(address).status_code
            assert status in {403, 404, 405}, (method, address, status)
            walked.add(route)
    assert len(walked) >= 7, walked
    assert other.rows() == before


def panel_client(panel: Town, visit: OpenVisit) -> Client:
    client = Client()
    client.get(f"/panel/{panel.device_slug}?token={panel.clear_token}")
    if TOKEN_COOKIE not in client.cookies:
        client.post(f"/panel/{panel.device_slug}", {"token": panel.clear_token})
    assert TOKEN_COOKIE in client.cookies
    # A browser would keep them to the panel's own address; who attacks does not.
    client.cookies[TOKEN_COOKIE]["path"] = "/"
    client.cookies[VISIT_COOKIE] = visit.token
    shown = client.get(f"/panel/{panel.device_slug}")
    assert (shown.status_code, b"Haushaltsplan" in shown.content) == (200, visit is panel.visit)
    return client


def test_a_panel_serves_its_own_device_alone(towns: tuple[Town, Town]) -> None:
    mine, other = towns
    client = panel_client(mine, mine.visit)
    before = other.rows()
    walked = 0
    for route in routes():
        if "<slug:device>" not in route:
            continue
        for address, method in itertools.product(addresses(route, other, other.device_slug), ("get", "post")):
            status = getattr(client, method)(address).status_code
            assert status in {403, 404, 405}, (method, address, status)
            walked += 1
    assert walked >= 20
    assert other.rows() == before


def test_a_visit_at_my_panel_knows_no_job_of_another_town(towns: tuple[Town, Town]) -> None:
    mine, other = towns
    client = panel_client(mine, mine.visit)
    before = other.rows()
    jobs = other.numbers("job_id")
    for job_id, word in itertools.product(jobs, ("", "/bild", "/antwort")):
        address = f"/panel/{mine.device_slug}/{job_id}{word}"
        for answer in (client.get(address), client.post(address, {"came_out": "yes"})):
            assert answer.status_code in {302, 404, 405}, address
            assert b"Haushaltsplan" not in answer.content
    for action in ("release", "cancel", "take-over", "stop", "print"):
        client.post(f"/panel/{mine.device_slug}/auftrag", {"action": action, "job": jobs, "jobs": jobs})
    for job_id in jobs:
        client.post(
            f"/panel/{mine.device_slug}/fehlt", {"job": job_id, "number": job_id, "claimed_name": "anna"}
        )
    assert other.rows() == before


def test_a_visit_of_another_town_opens_nothing_at_my_panel(towns: tuple[Town, Town]) -> None:
    mine, other = towns
    client = panel_client(mine, other.visit)
    before = other.rows()
    for route in routes():
        if "<slug:device>" not in route:
            continue
        for address, method in itertools.product(addresses(route, other, mine.device_slug), ("get", "post")):
            answer = getattr(client, method)(address)
            assert b"Haushaltsplan" not in answer.content, address
    assert other.rows() == before


#: A body that each operation accepts, with the numbers of the other town's jobs in it.
def bodies(operation: str, jobs: list[int]) -> list[Any]:
    last = operation.rsplit("/", 1)[1]
    wishes: dict[str, list[Any]] = {
        "taps": [{"chip": "04ffffff"}, {"chip": "04ffffff", "release": "all"}],
        "enrolments": [{"chip": "04ffffff", "code": "AAAA-AAAA-AAAA"}],
        "releases": [{"jobs": jobs}],
        "take-overs": [{"jobs": jobs}],
        "stops": [{"jobs": jobs}],
        "settlement": [{"came_out": True}, {"came_out": False}],
        "claims": [{"job": job, "claimed_name": "anna"} for job in jobs],
        "chips": [{"chip": "04ffffff"}],
    }
    return wishes.get(last, [None])


def operations() -> list[tuple[str, str]]:
    """(method, path) of all that the API's own description names."""
    paths = api.get_openapi_schema()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def call(method: str, path: str, body: Any, *, token: str, visit: str = "") -> Any:
    return Client().generic(
        method,
        path,
        b"" if body is None else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Allmende-Visit": visit},
    )


def test_the_api_is_closed_to_another_town_s_tokens(towns: tuple[Town, Town]) -> None:
    """My device's token with the other's device, the other's visit, and no valid token at all."""
    mine, other = towns
    jobs = other.numbers("job_id")
    before = other.rows()
    assert len(operations()) >= 14
    for method, path in operations():
        for job_id, body in itertools.product(jobs, bodies(path, jobs)):
            address = path.replace("{device}", other.device_slug).replace("{job_id}", str(job_id))
            for token in (mine.clear_token, other.clear_token[:-2] + "xx"):
                answer = call(method, address, body, token=token, visit=other.visit.token)
                assert answer.status_code in {401, 403, 404, 410}, (method, address, answer.status_code)
                assert b"Haushaltsplan" not in answer.content
    assert other.rows() == before


def test_my_visit_reaches_no_job_of_another_town(towns: tuple[Town, Town]) -> None:
    mine, other = towns
    jobs = other.numbers("job_id")
    before = other.rows()
    for method, path in operations():
        if (
            "visits/current" not in path
            or path.endswith("/chips")
            or (method, path[-8:]) == ("DELETE", "/current")
        ):
            continue
        for job_id, body in itertools.product(jobs, bodies(path, jobs)):
            address = path.replace("{job_id}", str(job_id))
            answer = call(method, address, body, token=mine.clear_token, visit=mine.visit.token)
            if "{job_id}" in path or path.endswith("/claims"):
                assert answer.status_code in {404, 429}, (method, address, answer.status_code)
            elif answer.status_code == 200 and method == "POST":
                assert not any(outcome["done"] for outcome in answer.json()), address
            elif (answer.status_code == 200 and path.endswith("-jobs")) or path.endswith("/jobs"):
                shown = {job["id"] for job in answer.json()}
                assert shown, address
                assert shown <= set(mine.numbers("job_id")), address
    assert other.rows() == before
