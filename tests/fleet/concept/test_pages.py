# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.concept import concept_runs, pages
from allmende.fleet.concept.concept_records import ConceptRun, RunState
from allmende.fleet.concept.concept_runs import begin_run, cancel_run, keep_outcome, read_run, tell_so_far
from allmende.fleet.concept.file_writer import write_concept
from allmende.fleet.concept.generator import Measure, generate_town
from allmende.fleet.concept.input_file import read_concept
from allmende.fleet.concept.results import Result, plan_concept
from allmende.fleet.concept.solving_process import solve_run
from fleet.contract_makers import make_contract, make_term
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
SOURCE = write_concept(generate_town(Measure("Kleinstadt", 6, 4, 3, 1, 60_000, 6_000, 12), 1))
ROOT = "/verwaltung/konzept/"


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def finance(town: Municipality) -> Person:
    return with_role(town, "fin", RoleName.FINANCE)


def with_role(town: Municipality, login: str, role: RoleName) -> Person:
    person = make_person(town, login)
    Role.objects.create(municipality=town, person=person, name=role)
    return person


def client_of(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ConceptRun]:
    """The runs for which a process would be started."""
    runs: list[ConceptRun] = []
    monkeypatch.setattr(pages, "start_process", runs.append)
    return runs


@pytest.fixture(scope="module")
def solved() -> Result:
    return plan_concept(read_concept(SOURCE), seconds=20)


def make_run(finance: Person, solved: Result | None = None) -> ConceptRun:
    assert finance.municipality is not None
    run = begin_run(finance, finance.municipality, SOURCE, 60)
    if solved is not None:
        assert keep_outcome(run.pk, solved)
        run.refresh_from_db()
    return run


def test_from_the_text_to_the_plan(finance: Person, started: list[ConceptRun]) -> None:
    client = client_of(finance)
    answer = client.post(ROOT + "neu/", {"source": SOURCE, "seconds": "60"})
    assert answer.status_code == 302
    (run,) = started
    waiting = client.get(answer["Location"])
    assert waiting.headers["Refresh"]
    assert b"just beginning" in waiting.content
    solve_run(run.pk)
    shown = client.get(answer["Location"]).content.decode()
    assert "proven that no cheaper plan" in shown
    assert shown.count("<svg") >= 2
    assert "What each wish costs" in shown
    assert client.get(f"{answer['Location']}konzept.pdf").content.startswith(b"%PDF")
    assert json.loads(client.get(f"{answer['Location']}konzept.json").content)["plan"]["status"] == "optimal"
    assert client.get(f"{answer['Location']}konzept.toml").content.decode() == SOURCE


def test_faults_are_told_and_nothing_typed_is_lost(finance: Person, started: list[ConceptRun]) -> None:
    wrong = SOURCE.replace("months = 60", "months = -1")
    answer = client_of(finance).post(ROOT + "neu/", {"source": wrong, "seconds": "60"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "parameters.months" in text
    assert "months = -1" in text
    assert not started


def test_one_at_a_time(finance: Person, started: list[ConceptRun]) -> None:
    run = make_run(finance)
    answer = client_of(finance).post(ROOT + "neu/", {"source": SOURCE, "seconds": "60"})
    assert "is being solved" in answer.content.decode()
    ConceptRun.objects.filter(pk=run.pk).update(seen_at=timezone.now() - timedelta(minutes=5))
    assert client_of(finance).post(ROOT + "neu/", {"source": SOURCE, "seconds": "60"}).status_code == 302
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert [each.version for each in started] == [2]


def test_what_was_cancelled_gets_no_result(finance: Person, solved: Result) -> None:
    run = make_run(finance)
    assert client_of(finance).post(f"{ROOT}{run.pk}/abbrechen/").status_code == 302
    assert not keep_outcome(run.pk, solved)
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert not run.result
    assert not cancel_run(finance, run)


def test_collisions_are_shown(finance: Person, town: Municipality) -> None:
    run = begin_run(finance, town, SOURCE.replace("longest_walk_m = 30.00", "longest_walk_m = 0.01"), 60)
    solve_run(run.pk)
    shown = client_of(finance).get(f"{ROOT}{run.pk}/").content.decode()
    assert "No plan is possible" in shown
    assert "the nearest is at" in shown


def test_plans_side_by_side(finance: Person, solved: Result) -> None:
    first, second = make_run(finance, solved), make_run(finance, solved)
    shown = client_of(finance).get(f"{ROOT}vergleich/?lauf={first.pk}&lauf={second.pk}").content.decode()
    assert "Kleinstadt (1)" in shown
    assert "Kleinstadt (2)" in shown
    assert (
        "Choose at least two" in client_of(finance).get(f"{ROOT}vergleich/?lauf={first.pk}").content.decode()
    )


@pytest.mark.parametrize(
    ("role", "reads", "begins"),
    [
        (RoleName.MANAGEMENT, 200, 403),
        (RoleName.AUDITOR, 200, 403),
        (RoleName.IT, 200, 302),
        (RoleName.FINANCE, 200, 302),
    ],
)
def test_who_reads_and_who_begins(
    town: Municipality, started: list[ConceptRun], role: RoleName, reads: int, begins: int
) -> None:
    client = client_of(with_role(town, "someone", role))
    assert client.get(ROOT).status_code == reads
    assert client.post(ROOT + "neu/", {"source": SOURCE, "seconds": "60"}).status_code == begins


def test_another_town_has_no_such_concept(finance: Person, solved: Result) -> None:
    run = make_run(finance, solved)
    other = client_of(with_role(make_town("gommern"), "fin", RoleName.FINANCE))
    get: Callable[..., Any] = other.get
    for address in ("", "konzept.pdf", "konzept.json", "konzept.toml"):
        assert get(f"{ROOT}{run.pk}/{address}").status_code == 404
    assert get(f"{ROOT}vergleich/?lauf={run.pk}").status_code == 404
    assert get(f"{ROOT}neu/?lauf={run.pk}").status_code == 404
    assert other.post(f"{ROOT}{run.pk}/abbrechen/").status_code == 404
    assert "Kleinstadt" not in get(ROOT).content.decode()


def test_nobody_without_a_role_comes_in(town: Municipality) -> None:
    assert client_of(make_person(town, "anna")).get(ROOT).status_code == 403


def test_the_inventory_s_text_names_what_is_missing(finance: Person) -> None:
    shown = client_of(finance).get(ROOT + "neu/?aus=bestand").content.decode()
    assert "No contract runs" in shown


def test_who_waits_sees_what_is_proven_so_far(finance: Person) -> None:
    run, client = make_run(finance), client_of(finance)
    tell_so_far(run.pk, None, Decimal("4100.25"))
    shown = client.get(f"{ROOT}{run.pk}/").content.decode()
    assert "none costs less than 4,100.25" in shown.replace("\xa0", " ").replace("€", "")
    tell_so_far(run.pk, Decimal("4300.50"), Decimal("4200.75"))
    shown = client.get(f"{ROOT}{run.pk}/").content.decode()
    assert "4,300.50" in shown
    assert "4,200.75" in shown
    cancel_run(finance, run)
    tell_so_far(run.pk, Decimal(1), Decimal(1))
    run.refresh_from_db()
    assert run.so_far["cost"] == "4300.50", "an ended run is not written again"
    assert "Cancelled" in client.get(f"{ROOT}{run.pk}/").content.decode()
    assert client.get(f"{ROOT}{run.pk}/konzept.json").status_code == 404
    assert read_run(run)[1] is None


def test_solving_tells_what_is_proven_on_the_way(finance: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Decimal | None, Decimal]] = []
    monkeypatch.setattr(
        concept_runs, "tell_so_far", lambda _run, cost, bound: told.append((cost, bound)) or None
    )
    run = make_run(finance)
    solve_run(run.pk)
    run.refresh_from_db()
    a_year = Decimal(run.result["plan"]["total"]) * 12 / run.result["plan"]["months"]
    assert told
    assert all(bound <= a_year + Decimal("0.01") for _cost, bound in told)


def test_the_inventory_s_text_has_the_contract_s_minimum(finance: Person, town: Municipality) -> None:
    contract = make_contract(town, first_day=date(2020, 1, 1), last_day=None, settled="quarterly")
    make_term(
        contract,
        first_day=date(2020, 1, 1),
        volume_kind="minimum",
        volume_pooled=True,
        volume_per="period",
        volume_mono=9000,
        volume_colour=300,
    )
    concept = tomllib.loads(
        client_of(finance).get(ROOT + "neu/?aus=bestand").context["form"].initial["source"]
    )
    assert concept["minimum"]["mono"] == 3000
    assert concept["minimum"]["colour"] == 100
    assert concept["minimum"]["pooled"] is True
