# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's IT and jobs: cancelling and assigning, never opening or taking."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.administration.job_administration import assign_job, cancel_town_job
from allmende.printing.job_states import ForbiddenChangeError, State
from allmende.printing.jobs import JobDocument, JobEvent
from makers import make_job, make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


def test_a_cancelled_job_is_gone_and_audited(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna")
    job = make_job(town, person).job
    assert cancel_town_job(it, job)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert not JobDocument.objects.filter(job=job).exists()
    assert JobEvent.objects.filter(job=job).last().actor == it  # type: ignore[union-attr]
    assert AuditEntry.objects.get(action="job.cancelled").detail == {"person": person.pk}
    assert not cancel_town_job(it, job)
    assert AuditEntry.objects.filter(action="job.cancelled").count() == 1


def test_the_page_asks_before_it_deletes(client: Client, town: Municipality, it: Person) -> None:
    job = make_job(town, make_person(town, "anna")).job
    client.force_login(it)
    page = f"/verwaltung/auftraege/{job.pk}/loeschen/"
    assert "Diesen Auftrag löschen?" in client.get(page).content.decode()
    job.refresh_from_db()
    assert job.state == State.HELD
    client.post(page)
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert client.get(page).headers["Location"] == f"/verwaltung/auftraege/{job.pk}/"


def test_a_stray_job_gets_its_owner(town: Municipality, it: Person) -> None:
    person = make_person(town, "anna")
    job = make_job(town, None, state=State.QUARANTINED, claimed_name="aahorn").job
    assign_job(it, job, person)
    job.refresh_from_db()
    assert (job.state, job.person) == (State.HELD, person)
    entry = AuditEntry.objects.get(action="job.assigned")
    assert entry.detail == {"person": person.pk, "claimed_name": "aahorn"}
    with pytest.raises(ForbiddenChangeError):
        assign_job(it, job, make_person(town, "bernd"))


def test_nobody_takes_a_stray_job_for_themselves_or_for_another_town(town: Municipality, it: Person) -> None:
    job = make_job(town, None, state=State.QUARANTINED, claimed_name="x").job
    inactive = make_person(town, "gone", is_active=False)
    other = make_person(make_town("coswig"), "anna", it=True)
    for actor, person in ((it, it), (it, other), (it, inactive), (other, other), (inactive, it)):
        with pytest.raises(PermissionDenied):
            assign_job(actor, job, person)
    job.refresh_from_db()
    assert job.state == State.QUARANTINED


def test_only_the_towns_own_it_cancels(town: Municipality, it: Person) -> None:
    job = make_job(town, make_person(town, "anna")).job
    for actor in (make_person(town, "bernd"), make_person(make_town("coswig"), "it", it=True)):
        with pytest.raises(PermissionDenied):
            cancel_town_job(actor, job)
    job.refresh_from_db()
    assert job.state == State.HELD
