# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A report on a person: two people, a reason, a week, and all of it on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from allmende.directory.audit import AuditEntry
from allmende.directory.people import Person
from allmende.directory.personal_data import lookups_of
from allmende.directory.roles import Role, RoleName
from allmende.fleet.person_reports import (
    KEPT_FOR,
    OPEN_FOR,
    PersonReport,
    PersonReportLook,
    ask_for_report,
    decide_on_report,
    delete_old_person_reports,
    look_at_report,
)
from allmende.fleet.reports.periods import Period
from fleet.reports.ledger import count_sheets
from makers import make_person, make_town

pytestmark = pytest.mark.django_db
PERIOD = Period(date(2026, 1, 1), date(2026, 3, 31))


@pytest.fixture
def people() -> dict[str, Person]:
    town = make_town("zerbst")
    made = {name: make_person(town, name) for name in ("it", "chef", "kasse", "anna")}
    roles = {"it": RoleName.IT, "chef": RoleName.MANAGEMENT, "kasse": RoleName.FINANCE}
    for name, role in roles.items():
        Role.objects.create(municipality=town, person=made[name], name=role)
    count_sheets(town, date(2026, 2, 1), mono=12, colour=3, person=made["anna"])
    count_sheets(town, date(2026, 4, 1), mono=100, person=made["anna"])
    count_sheets(town, date(2026, 2, 1), mono=500, person=made["kasse"])
    return made


def test_two_people_and_a_reason_open_it(people: dict[str, Person]) -> None:
    report = ask_for_report(people["it"], people["anna"], PERIOD, " Complaint about costs ")
    with pytest.raises(PermissionDenied):
        look_at_report(people["it"], report)
    assert decide_on_report(people["chef"], report, grant=True)
    report.refresh_from_db()
    sums = look_at_report(people["it"], report)
    assert (sums.impressions_mono, sums.impressions_colour) == (12, 3)
    look_at_report(people["chef"], report)
    assert [look.by for look in PersonReportLook.objects.all()] == [people["it"], people["chef"]]
    actions = AuditEntry.objects.filter(action__startswith="person_report.").values_list("action", flat=True)
    assert sorted(actions) == [
        "person_report.asked",
        "person_report.granted",
        "person_report.looked",
        "person_report.looked",
    ]
    (lookup,) = lookups_of(people["anna"])
    assert (lookup.asked_by, lookup.reason, len(lookup.looks)) == ("It", "Complaint about costs", 2)


def test_one_person_is_not_two(people: dict[str, Person]) -> None:
    report = ask_for_report(people["it"], people["anna"], PERIOD, "why")
    for name in ("it", "kasse", "anna"):
        with pytest.raises(PermissionDenied):
            decide_on_report(people[name], report, grant=True)
    assert PersonReport.objects.get().is_granted is None


def test_nobody_consents_to_look_at_themselves(people: dict[str, Person]) -> None:
    with pytest.raises(PermissionDenied):
        ask_for_report(people["chef"], people["chef"], PERIOD, "why")
    report = ask_for_report(people["it"], people["chef"], PERIOD, "why")
    with pytest.raises(PermissionDenied):
        decide_on_report(people["chef"], report, grant=True)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_no_reason_no_report(people: dict[str, Person], reason: str) -> None:
    with pytest.raises(ValueError):
        ask_for_report(people["it"], people["anna"], PERIOD, reason)


def test_neither_other_roles_nor_other_towns(people: dict[str, Person]) -> None:
    stranger = make_person(make_town("coswig"), "it", it=True)
    for actor in (people["kasse"], people["anna"], stranger):
        with pytest.raises(PermissionDenied):
            ask_for_report(actor, people["it"], PERIOD, "why")
    report = ask_for_report(people["it"], people["anna"], PERIOD, "why")
    with pytest.raises(PermissionDenied):
        decide_on_report(stranger, report, grant=True)


def test_it_closes_after_a_week_and_when_refused(people: dict[str, Person]) -> None:
    report = ask_for_report(people["it"], people["anna"], PERIOD, "why")
    decide_on_report(people["chef"], report, grant=True)
    PersonReport.objects.update(decided_at=timezone.now() - OPEN_FOR)
    report.refresh_from_db()
    with pytest.raises(PermissionDenied):
        look_at_report(people["it"], report)
    other = ask_for_report(people["it"], people["anna"], PERIOD, "why")
    assert decide_on_report(people["chef"], other, grant=False)
    assert not decide_on_report(people["chef"], other, grant=True), "decided is decided"
    other.refresh_from_db()
    with pytest.raises(PermissionDenied):
        look_at_report(people["it"], other)
    assert not PersonReportLook.objects.exists()


def test_who_lost_the_role_looks_no_more(people: dict[str, Person]) -> None:
    report = ask_for_report(people["it"], people["anna"], PERIOD, "why")
    decide_on_report(people["chef"], report, grant=True)
    report.refresh_from_db()
    Role.objects.filter(person=people["it"]).delete()
    with pytest.raises(PermissionDenied):
        look_at_report(people["it"], report)


def test_old_requests_end_and_that_is_logged(people: dict[str, Person]) -> None:
    ask_for_report(people["it"], people["anna"], PERIOD, "why")
    assert delete_old_person_reports() == 0
    assert delete_old_person_reports(timezone.now() + KEPT_FOR + timedelta(days=1)) == 1
    assert AuditEntry.objects.get(action="retention.person_reports").detail == {"count": 1}


def test_on_pages(people: dict[str, Person]) -> None:
    it, chef, anna = Client(), Client(), Client()
    for client, name in ((it, "it"), (chef, "chef"), (anna, "anna")):
        client.force_login(people[name])
    address = "/verwaltung/personenberichte/"
    wrong = it.post(address, {"login": "gibtsnicht", "zeitraum": "this_year", "reason": "Mein Grund"})
    assert wrong.status_code == 422
    assert "Mein Grund" in wrong.content.decode(), "nothing typed gets lost"
    form = {
        "login": "anna",
        "zeitraum": "free",
        "von": "2026-01-01",
        "bis": "2026-03-31",
        "reason": "Mein Grund",
    }
    assert it.post(address, form).status_code == 302
    number = PersonReport.objects.get().pk
    assert chef.post(f"{address}{number}/entscheiden/", {"decision": "grant"}).status_code == 302
    assert ">15<" in it.post(f"{address}{number}/ansehen/").content.decode()
    assert it.get(f"{address}{number}/ansehen/").status_code == 405, "to look is an act"
    seen = anna.get("/meine-daten/auskunft/").content.decode()
    assert "Mein Grund" in seen
    assert "It, " in seen
    assert anna.get(address).status_code == 403
