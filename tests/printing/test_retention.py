# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from allmende.directory.attempts import AttemptCount
from allmende.directory.chip_enrolment import issue_enrolment_code
from allmende.directory.chips import EnrolmentCode
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import Change, State
from allmende.printing.jobs import Job, JobDocument
from allmende.printing.retention import sweep_once
from allmende.printing.visit.visits import Visit
from allmende.printing.visit.waiting_chips import WaitingChip
from allmende.spool import new_key
from makers import make_job
from printing.standing import stand

pytestmark = pytest.mark.django_db


def keys() -> list[str]:
    return list(job_spool().keys())


@pytest.mark.parametrize("state", [State.HELD, State.QUARANTINED, State.UNCERTAIN])
@pytest.mark.parametrize("spooled", [False, True])
def test_what_nobody_collects_expires_with_its_document(state: State, spooled: bool) -> None:
    stand(spooled=spooled, state=state)
    assert sweep_once(job_spool()).expired == 0
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep_once(job_spool()).expired == 1
    assert Job.objects.get().state == State.EXPIRED
    assert (JobDocument.objects.count(), keys()) == (0, [])


@pytest.mark.parametrize("state", [State.RELEASED, State.DELIVERING])
def test_what_is_in_flight_does_not_expire(state: State) -> None:
    stand(spooled=True, state=state)
    Job.objects.update(expires_at=timezone.now() - timedelta(days=2))
    sweep_once(job_spool())
    assert Job.objects.get().state == state
    assert len(keys()) == 1


def test_orphans_go_after_an_hour_and_waiting_documents_never() -> None:
    standing = stand(spooled=True)
    kept = Job.objects.get().spool_key
    orphan = new_key(standing.town.slug)
    with job_spool().create(orphan) as writer:
        writer.write(b"age-encryption.org/v1")
        writer.commit()
    assert sweep_once(job_spool()).orphans == 0
    assert sweep_once(job_spool(), timezone.now() + timedelta(hours=2)).orphans == 1
    assert keys() == [kept]


def test_titles_and_names_go_when_the_town_says() -> None:
    standing = stand(claimed_name="anna")
    change_job(Job.objects.get(), Change.CANCEL)
    make_job(standing.town, standing.person)
    soon, late = timezone.now() + timedelta(days=29), timezone.now() + timedelta(days=31)
    assert sweep_once(job_spool(), soon).titles == 0
    held = Job.objects.latest("id")
    Job.objects.filter(pk=held.pk).update(state=State.HELD.value, expires_at=late + timedelta(days=1))
    assert sweep_once(job_spool(), late).titles == 1
    ended = Job.objects.earliest("id")
    assert (bytes(ended.title_sealed), ended.claimed_name, bytes(ended.header)) == (b"", "", b"")


def test_visits_codes_and_counts_go_when_they_are_over() -> None:
    standing = stand()
    issue_enrolment_code(standing.person, standing.person)
    AttemptCount.objects.create(purpose="pin", target_id=1, count=3, ends_at=timezone.now())
    WaitingChip.objects.create(
        municipality=standing.town, device=standing.device, for_panel=b"x", expires_at=timezone.now()
    )
    swept = sweep_once(job_spool(), timezone.now() + timedelta(hours=1))
    # The other one counts that the person enrolled a chip.
    assert (swept.visits, swept.chips, swept.attempts) == (1, 1, 2)
    assert (Visit.objects.count(), EnrolmentCode.objects.count(), AttemptCount.objects.count()) == (0, 0, 0)


def test_what_a_crash_left_under_the_enrolment_key_is_re_sealed() -> None:
    standing = stand(jobs=0)
    recipient, standing.person.recipient = standing.person.recipient, ""
    make_job(standing.town, standing.person)
    standing.person.recipient = recipient
    assert sweep_once(job_spool()).resealed == 1
    assert Job.objects.get().sealed_to == "person"
