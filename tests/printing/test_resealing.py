# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a tap puts right: documents that came too late for the enrolment, and keys of delegates who are none any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.directory.delegations import delegate_to, end_delegation
from allmende.directory.people import Delegation
from allmende.printing.job_access import open_with_identity
from allmende.printing.job_states import State
from allmende.printing.jobs import Job, JobDocument, SealedTo
from allmende.printing.visit.release import list_visit_jobs
from allmende.printing.visit.resealing import recipients_of
from allmende.printing.visit.visits import begin_visit
from allmende.seal import Identity, Recipient, unseal_bytes
from makers import PDF, make_chip, make_device, make_job, make_person, make_queue, make_token
from printing.standing import Standing, stand

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stored(job_id: int) -> tuple[Job, bytes]:
    return Job.objects.get(pk=job_id), bytes(JobDocument.objects.get(job_id=job_id).sealed)


def arrive_late(standing: Standing, **job: object) -> int:
    """A job of an enrolled person that was sealed when this process still believed that they had no chip."""
    recipient, standing.person.recipient = standing.person.recipient, ""
    made = make_job(standing.town, standing.person, **job)  # type: ignore[arg-type]
    standing.person.recipient = recipient
    assert made.job.sealed_to == SealedTo.ENROLMENT
    return made.job.pk


def test_of_a_job_under_a_replaced_key_its_owner_is_told_and_nothing_is_thrown_away() -> None:
    standing = stand()
    gone = make_job(standing.town, standing.person, recipients=[Identity.generate().recipient]).job
    assert [job.id for job in list_visit_jobs(standing.visit)] == standing.job_ids
    job, _sealed = stored(gone.pk)
    assert (job.state, job.reason) == (State.HELD, "key-replaced")
    assert Job.objects.get(pk=standing.job_ids[0]).reason == ""


def test_a_job_that_came_too_late_for_the_enrolment_is_re_sealed_at_the_tap() -> None:
    standing = stand(jobs=0)
    job_id = arrive_late(standing)
    visit = standing.tap()
    assert [job.title for job in list_visit_jobs(visit)] == ["Haushaltsplan"]
    wait_until(lambda: Job.objects.get(pk=job_id).sealed_to == SealedTo.PERSON)
    job, sealed = stored(job_id)
    assert open_with_identity(job, visit.identity) is not None
    assert unseal_bytes(visit.identity, sealed) == PDF


def test_a_direct_queue_s_job_stays_where_its_device_can_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    standing = stand(jobs=0)
    arrive_late(standing, queue=make_queue(standing.town, standing.device))
    called: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "allmende.printing.visit.resealing.reseal_soon", lambda town, person: called.append((town, person))
    )
    assert len(list_visit_jobs(standing.tap())) == 1
    assert called == []


@pytest.mark.parametrize("spooled", [False, True])
def test_a_former_delegate_s_key_goes_at_the_owner_s_next_tap(spooled: bool) -> None:
    standing = stand(jobs=0)
    former, still = make_person(standing.town, "bernd"), make_person(standing.town, "clara")
    make_chip(former, "04b1b2c3")
    make_chip(still, "04c1c2c3")
    delegation, _ = delegate_to(standing.person, former), delegate_to(standing.person, still)
    recipients = recipients_of(standing.person, timezone.now())
    assert len(recipients) == 3
    made = make_job(standing.town, standing.person, recipients=recipients, spooled=spooled)
    token, _clear = make_token(make_device(standing.town, "rathaus-og"))
    former_identity = begin_visit(token, "04b1b2c3").identity
    still_identity = begin_visit(token, "04c1c2c3").identity
    end_delegation(standing.person, delegation)
    assert open_with_identity(made.job, former_identity) is not None

    old_key = made.job.spool_key
    visit = standing.tap()
    list_visit_jobs(visit)
    wait_until(lambda: open_with_identity(Job.objects.get(pk=made.job.pk), former_identity) is None)
    job = Job.objects.get(pk=made.job.pk)
    assert job.state == State.HELD
    assert open_with_identity(job, visit.identity) is not None
    assert open_with_identity(job, still_identity) is not None
    assert (job.spool_key != old_key) is spooled


def test_what_arrived_before_a_delegation_stays_with_its_owner() -> None:
    standing = stand(jobs=0)
    bernd = make_person(standing.town, "bernd")
    make_chip(bernd, "04b1b2c3")
    delegate_to(standing.person, bernd)
    begun = Delegation.objects.get().created_at
    own = Recipient.from_text(standing.person.recipient)
    assert recipients_of(standing.person, begun - timedelta(seconds=1)) == [own]
    assert recipients_of(standing.person, begun) == [own, Recipient.from_text(bernd.recipient)]
