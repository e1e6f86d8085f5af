# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The services of a visit: release, take over, cancel, claim, and what another town can't do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connections

from allmende.directory.attempts import TooManyAttemptsError
from allmende.directory.delegations import delegate_to, end_delegation
from allmende.printing import job_endings
from allmende.printing.delivery.port import DeliveryOrder, Progress, set_running_delivery
from allmende.printing.delivery.stops import StopWish, read_stop
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, State
from allmende.printing.job_tickets import read_changes
from allmende.printing.jobs import Job, JobDocument, JobEvent
from allmende.printing.visit.claims import ClaimError
from allmende.printing.visit.release import (
    InvalidChangesError,
    ReleaseOutcome,
    ServiceNotRunningError,
    TicketChanges,
    cancel_jobs,
    claim_job,
    claimable_jobs,
    list_visit_jobs,
    read_preview,
    release_jobs,
    settle_uncertain,
    stop_jobs,
    take_over_jobs,
)
from allmende.printing.visit.resealing import reseal_waiting_jobs
from allmende.printing.visit.visits import OpenVisit, begin_visit
from allmende.seal import FileKey, Recipient, unseal_bytes
from makers import make_chip, make_device, make_job, make_person, make_token, make_town
from printing.standing import Standing, stand

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    """A delivery that only remembers."""

    def __init__(self) -> None:
        self.orders: list[DeliveryOrder] = []
        self.warmed: list[int] = []
        self.withdrawn: list[int] = []
        self.stopped: list[int] = []
        self.inspected: list[int] = []

    def new_holder(self) -> str:
        return f"test.{len(self.orders)}{len(self.withdrawn)}{id(self) % 1000}{Job.objects.exclude(holder='').count()}"

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        self.orders += orders

    def warm(self, device_id: int) -> None:
        self.warmed.append(device_id)

    def withdraw(self, job_id: int) -> None:
        self.withdrawn.append(job_id)

    def stop_job(self, job_id: int) -> None:
        self.stopped.append(job_id)

    def progress(self, job_id: int) -> Progress | None:
        return None

    def inspect_later(self, job_id: int, file_key: FileKey) -> None:
        self.inspected.append(job_id)


@pytest.fixture(autouse=True)
def delivery() -> object:
    recorder = Recorder()
    set_running_delivery(recorder)
    yield recorder
    set_running_delivery(None)


def test_release_hands_over_the_key_and_leaves_none_behind(delivery: Recorder) -> None:
    standing = stand()
    standing.release(copies=2)
    (order,) = delivery.orders
    job = Job.objects.get()
    assert (job.state, job.device_id, job.holder) == (State.RELEASED, standing.device.pk, order.holder)
    assert unseal_bytes(order.file_key, bytes(JobDocument.objects.get().sealed)).startswith(b"%PDF")
    assert order.changes == TicketChanges(copies=2)
    assert delivery.warmed == [standing.device.pk]


def test_release_of_all_is_oldest_first_and_leaves_the_rest_alone(delivery: Recorder) -> None:
    standing = stand(jobs=3)
    first, second, third = standing.job_ids
    Job.objects.filter(pk=second).update(state=State.UNCERTAIN.value)
    outcomes = release_jobs(standing.visit)
    assert [outcome.job_id for outcome in outcomes] == [first, third]
    assert [order.job_id for order in delivery.orders] == [first, third]


def test_the_same_chip_at_two_devices_in_two_orders_releases_each_job_once(delivery: Recorder) -> None:
    """On PostgreSQL each would hold the row that the other waits for, were rows not locked in one order."""
    standing = stand(jobs=12)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def release(job_ids: Sequence[int]) -> None:
        try:
            visit = standing.tap()
            start.wait(30)
            outcomes.extend(one.code for one in release_jobs(visit, job_ids))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=release, args=(order,))
        for order in (standing.job_ids, standing.job_ids[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == [""] * 12 + ["not-held"] * 12
    assert sorted(order.job_id for order in delivery.orders) == standing.job_ids


def test_each_job_has_its_own_outcome(delivery: Recorder) -> None:
    standing = stand(jobs=2)
    held, gone = standing.job_ids
    Job.objects.filter(pk=gone).update(header=b"age-encryption.org/v1\nbroken")
    outcomes = {one.job_id: one.code for one in release_jobs(standing.visit, [gone, held, 999_999, held])}
    assert outcomes == {gone: "not-openable", held: "", 999_999: "not-held"}


@pytest.mark.parametrize(
    "changes",
    [
        TicketChanges(copies=0),
        TicketChanges(copies=1000),
        TicketChanges(sides="three-sided"),
        TicketChanges(page_ranges=()),
        TicketChanges(page_ranges=((0, 1),)),
        TicketChanges(page_ranges=((5, 4),)),
        TicketChanges(page_ranges=((1, 3), (2, 5))),
        TicketChanges(page_ranges=tuple((n, n) for n in range(1, 100))),
    ],
)
def test_impossible_changes_are_refused(changes: TicketChanges) -> None:
    standing = stand()
    with pytest.raises(InvalidChangesError):
        release_jobs(standing.visit, changes=changes)
    assert Job.objects.get().state == State.HELD


def test_nothing_is_released_where_nothing_delivers() -> None:
    standing = stand()
    set_running_delivery(None)
    with pytest.raises(ServiceNotRunningError):
        release_jobs(standing.visit)
    assert Job.objects.get().state == State.HELD


def test_a_busy_device_is_left_for_the_next_one(delivery: Recorder) -> None:
    """The seed of this system: the same chip works at the next device."""
    standing = stand(jobs=3, pages=400)
    large, small, held = standing.job_ids
    release_jobs(standing.visit, [large, small])
    Job.objects.filter(pk=large).update(state=State.DELIVERING.value, impressions_completed=100)
    waiting = {job.id: job for job in list_visit_jobs(standing.visit)}
    assert (waiting[small].position, waiting[small].busy_with_pages) == (1, 300)

    elsewhere = make_device(standing.town, "rathaus-og")
    visit = standing.tap(elsewhere)
    outcomes = take_over_jobs(visit, [small, large, held, 999_999])
    assert [one.code for one in outcomes] == ["", "begun", "not-waiting", "not-waiting"]
    assert Job.objects.get(pk=small).device_id == elsewhere.pk
    assert delivery.orders[-1].device_id == elsewhere.pk
    assert delivery.orders[-1].holder != delivery.orders[1].holder
    assert delivery.withdrawn == [small]


def test_what_was_chosen_goes_along_to_the_next_device(delivery: Recorder) -> None:
    standing = stand(pages=3)
    chosen = TicketChanges(copies=2, sides="two-sided-long-edge", colour=False, page_ranges=((2, 3),))
    release_jobs(standing.visit, standing.job_ids, chosen)
    take_over_jobs(standing.tap(make_device(standing.town, "rathaus-og")), standing.job_ids)
    assert [order.changes for order in delivery.orders] == [chosen, chosen]
    assert read_changes(Job.objects.get().released_changes) == chosen


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({}, TicketChanges(page_ranges=((4, 9),))),
        ({"ticket": {"page_ranges": [[4, 9]]}}, TicketChanges()),
    ],
    ids=["chosen at the device", "sent by the client"],
)
def test_pages_that_the_document_does_not_have_are_not_printed(
    fields: dict[str, Any], changes: TicketChanges, delivery: Recorder
) -> None:
    """A device calls that completed, and the document would be gone without a sheet."""
    standing = stand(pages=3, **fields)
    (outcome,) = release_jobs(standing.visit, standing.job_ids, changes)
    assert outcome.code == "no-such-pages"
    assert Job.objects.get().state == State.HELD
    assert delivery.orders == []
    assert release_jobs(standing.visit, standing.job_ids, TicketChanges(page_ranges=((3, 9),)))[0].done


def test_a_picture_is_one_page_whatever_is_chosen(delivery: Recorder) -> None:
    standing = stand(pages=1, document_format="image/jpeg")
    changes = TicketChanges(page_ranges=((4, 9),))
    assert release_jobs(standing.visit, standing.job_ids, changes)[0].done


def test_cancel_ends_the_document(delivery: Recorder) -> None:
    standing = stand(jobs=2)
    held, delivering = standing.job_ids
    Job.objects.filter(pk=delivering).update(state=State.DELIVERING.value, holder="test.1")
    assert all(one.done for one in cancel_jobs(standing.visit, [held, delivering]))
    assert Job.objects.get(pk=held).state == State.CANCELLED
    assert not JobDocument.objects.filter(job_id=held).exists()
    assert Job.objects.get(pk=delivering).state == State.DELIVERING
    assert delivery.stopped == [delivering]


@pytest.mark.parametrize(("end", "wish"), [(cancel_jobs, StopWish.CANCEL), (stop_jobs, StopWish.HOLD)])
def test_what_begins_to_print_in_that_moment_is_stopped(
    end: Callable[[OpenVisit, list[int]], list[ReleaseOutcome]],
    wish: StopWish,
    delivery: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing = stand()
    (job_id,) = standing.job_ids
    standing.release()
    holder = delivery.orders[0].holder

    def begin_first(job: Job, *change: Change, **columns: Any) -> State:
        Job.objects.filter(pk=job.pk).update(state=State.DELIVERING.value)
        return change_job(job, *change, **columns)

    monkeypatch.setattr(job_endings, "change_job", begin_first)
    assert [outcome.done for outcome in end(standing.visit, [job_id])] == [True]
    stop = read_stop(job_id, holder)
    assert stop is not None
    assert stop.wish == wish
    assert delivery.stopped == [job_id]
    assert JobDocument.objects.filter(job_id=job_id).exists()


def test_a_job_that_waits_can_be_called_back(delivery: Recorder) -> None:
    standing = stand()
    standing.release()
    (outcome,) = stop_jobs(standing.visit, standing.job_ids)
    assert outcome.done
    job = Job.objects.get()
    assert (job.state, job.holder) == (State.HELD, "")
    assert delivery.withdrawn == standing.job_ids


@pytest.mark.parametrize(("came_out", "state"), [(True, State.PRINTED), (False, State.HELD)])
def test_the_owner_settles_what_is_uncertain(came_out: bool, state: State) -> None:
    standing = stand()
    assert settle_uncertain(standing.visit, standing.job_ids[0], came_out).code == "not-uncertain"
    Job.objects.update(state=State.UNCERTAIN.value)
    assert settle_uncertain(standing.visit, standing.job_ids[0], came_out).done
    assert Job.objects.get().state == state
    assert JobDocument.objects.exists() == (state is State.HELD)


def test_preview_and_title_open_with_the_chip_only() -> None:
    standing = stand(preview=b"\x89PNG page one", title="Geheime Vorlage")
    (shown,) = list_visit_jobs(standing.visit)
    assert (shown.title, shown.has_preview) == ("Geheime Vorlage", True)
    assert read_preview(standing.visit, shown.id) == b"\x89PNG page one"
    assert b"Geheime" not in bytes(Job.objects.get().title_sealed)


def test_what_was_not_looked_at_on_arrival_is_looked_at_now(delivery: Recorder) -> None:
    standing = stand(inspection="", pages=None)
    (shown,) = list_visit_jobs(standing.visit)
    assert (shown.pages, shown.sheets) == (None, None)
    assert delivery.inspected == standing.job_ids


# -- delegation ----------------------------------------------------------------------------------------------------


def test_a_delegate_collects_what_was_sealed_to_both(delivery: Recorder) -> None:
    standing = stand()
    owner = make_person(standing.town, "bernd")
    make_chip(owner, "0badcafe")
    earlier = make_job(standing.town, owner, title="vorher").job
    delegation = delegate_to(owner, standing.person)
    both = [Recipient.from_text(owner.recipient), Recipient.from_text(standing.person.recipient)]
    later = make_job(standing.town, owner, title="nachher", recipients=both).job

    shown = {job.id: job for job in list_visit_jobs(standing.visit)}
    assert earlier.pk not in shown
    assert (shown[later.pk].owner_name, shown[later.pk].title) == ("Bernd", "nachher")

    end_delegation(owner, delegation)
    assert later.pk not in {job.id for job in list_visit_jobs(standing.visit)}
    (outcome,) = release_jobs(standing.visit, [later.pk])
    assert outcome.code == "not-held"


def test_what_waited_when_a_delegation_began_stays_with_its_owner(delivery: Recorder) -> None:
    """Also where it would open: sealed to the delegate in an earlier delegation, or to the town for an owner without a chip."""
    standing = stand(jobs=0)
    owner, newcomer = make_person(standing.town, "bernd"), make_person(standing.town, "clara")
    make_chip(owner, "0badcafe")
    end_delegation(owner, delegate_to(owner, standing.person))
    both = [Recipient.from_text(owner.recipient), Recipient.from_text(standing.person.recipient)]
    jobs = [make_job(standing.town, owner, recipients=both).job, make_job(standing.town, newcomer).job]
    for each in (owner, newcomer):
        delegate_to(each, standing.person)
    assert list_visit_jobs(standing.visit) == []
    assert {outcome.code for outcome in release_jobs(standing.visit, [job.pk for job in jobs])} == {
        "not-held"
    }
    later = make_job(standing.town, newcomer).job
    assert [job.id for job in list_visit_jobs(standing.visit)] == [later.pk]


# -- quarantine ----------------------------------------------------------------------------------------------------


def quarantined(standing: Standing, name: str) -> Job:
    return make_job(standing.town, None, state=State.QUARANTINED, claimed_name=name).job


def test_a_job_under_ones_own_name_is_offered_and_re_sealed(delivery: Recorder) -> None:
    standing = stand(jobs=0)
    mine, foreign = quarantined(standing, "anna"), quarantined(standing, "clara")
    assert [job.id for job in claimable_jobs(standing.visit)] == [mine.pk]
    with pytest.raises(ClaimError):
        claim_job(standing.visit, foreign.pk)
    assert claim_job(standing.visit, mine.pk) == mine.pk
    reseal_waiting_jobs(standing.town.pk, standing.person.pk)
    mine.refresh_from_db()
    assert (mine.state, mine.person_id, mine.sealed_to) == (State.HELD, standing.person.pk, "person")
    assert unseal_bytes(standing.visit.identity, bytes(JobDocument.objects.get(job=mine).sealed))


def test_another_name_needs_number_and_name_and_is_bounded(delivery: Recorder) -> None:
    standing = stand(jobs=0)
    standing.town.login_domains = ["zerbst.local"]
    standing.town.save()
    foreign = quarantined(standing, "kiosk7")
    assert (
        claim_job(begin_visit(standing.token, standing.chip), foreign.pk, "KIOSK7@zerbst.local") == foreign.pk
    )
    for _ in range(10):
        with pytest.raises(ClaimError):
            claim_job(standing.visit, 12345, "kiosk7")
    with pytest.raises(TooManyAttemptsError):
        claim_job(standing.visit, foreign.pk, "kiosk7")


# -- the wrong town ------------------------------------------------------------------------------------------------


def test_another_town_and_another_person_reach_nothing(delivery: Recorder) -> None:
    standing = stand(preview=b"\x89PNG")
    (job_id,) = standing.job_ids
    other_town = make_town("dessau")
    strangers = [make_person(other_town, "anna"), make_person(standing.town, "bernd")]
    for number, stranger in enumerate(strangers):
        chip = make_chip(stranger, f"0badcaf{number}")
        assert stranger.municipality is not None
        token, _ = make_token(make_device(stranger.municipality, f"geraet-{number}"))
        visit = begin_visit(token, chip)
        assert list_visit_jobs(visit) == []
        assert read_preview(visit, job_id) is None
        for state, act in [
            (State.HELD, release_jobs),
            (State.RELEASED, take_over_jobs),
            (State.HELD, cancel_jobs),
            (State.RELEASED, stop_jobs),
            (State.DELIVERING, cancel_jobs),
            (State.DELIVERING, stop_jobs),
        ]:
            Job.objects.update(state=state.value)
            assert [one.done for one in act(visit, [job_id])] == [False], act
        Job.objects.update(state=State.UNCERTAIN.value)
        assert not settle_uncertain(visit, job_id, came_out=True).done
        Job.objects.update(state=State.QUARANTINED.value, claimed_name="anna", person=None)
        if stranger.municipality == other_town:
            assert claimable_jobs(visit) == []
            with pytest.raises(ClaimError):
                claim_job(visit, job_id, "anna")
        Job.objects.update(state=State.HELD.value, claimed_name="", person=standing.person)
    assert delivery.orders == []
    assert JobEvent.objects.count() == 1
