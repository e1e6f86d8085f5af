# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The promise of the state table, tried in any order of events: nothing lost, nothing printed twice by itself.

People, devices, crashes and processes that were taken for dead act on a few jobs at random. The test keeps its own book of what lies on paper
and compares it with what the rows say.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from allmende.directory.audit import AuditEntry
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.printing.delivery.port import DeliveryOrder, set_running_delivery
from allmende.printing.delivery.records import Verdict, begin_delivery, load_delivery, settle_delivery
from allmende.printing.delivery.recovery import give_back, recover_dead
from allmende.printing.job_changes import change_job
from allmende.printing.job_spool import job_spool
from allmende.printing.job_states import IN_FLIGHT, TABLE, TERMINAL, Change, ForbiddenChangeError, State
from allmende.printing.jobs import Job, JobDocument, JobEvent
from allmende.printing.retention import sweep_once
from allmende.printing.visit.release import (
    cancel_jobs,
    release_jobs,
    settle_uncertain,
    stop_jobs,
    take_over_jobs,
)
from makers import make_job
from printing.standing import Standing, stand
from printing.test_release import Recorder

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = st.integers(0, 3)


class Process(Recorder):
    """A delivering process whose name is dead from the beginning: any recovery may take its jobs away from it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.releases = 0
        #: What it has loaded and not settled: job rows as this process knows them.
        self.sending: list[Any] = []

    def new_holder(self) -> str:
        self.releases += 1
        return f"{self.name}.{self.releases}"


class Printing(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        AuditEntry.objects.all().delete()
        Job.objects.all().delete()
        Person.objects.all().delete()
        Municipality.objects.all().delete()
        self.processes = [Process("one"), Process("two")]
        self.paper: Counter[int] = Counter()
        self.asked_again: Counter[int] = Counter()
        self.given_up: set[int] = set()
        self.use(0)
        self.standing: Standing = stand(jobs=0)
        self.jobs = [
            make_job(self.standing.town, self.standing.person, spooled=n == 1).job.pk for n in range(3)
        ]

    def use(self, number: int) -> Process:
        process = self.processes[number % 2]
        set_running_delivery(process)
        return process

    def job(self, number: int) -> int:
        return self.jobs[number % len(self.jobs)]

    @rule(number=NUMBERS, process=NUMBERS)
    def release(self, number: int, process: int) -> None:
        self.use(process)
        release_jobs(self.standing.visit, [self.job(number)])

    @rule(process=NUMBERS)
    def release_all(self, process: int) -> None:
        self.use(process)
        release_jobs(self.standing.visit)

    @rule(number=NUMBERS, process=NUMBERS)
    def take_over(self, number: int, process: int) -> None:
        self.use(process)
        take_over_jobs(self.standing.visit, [self.job(number)])

    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        job = Job.objects.get(pk=self.job(number))
        if cancel_jobs(self.standing.visit, [job.pk])[0].done and job.state != State.DELIVERING:
            self.given_up.add(job.pk)

    @rule(number=NUMBERS)
    def call_back(self, number: int) -> None:
        stop_jobs(self.standing.visit, [self.job(number)])

    @rule(number=NUMBERS, came_out=st.booleans())
    def settle(self, number: int, came_out: bool) -> None:
        if settle_uncertain(self.standing.visit, self.job(number), came_out).done and not came_out:
            self.asked_again[self.job(number)] += 1

    @rule(process=NUMBERS, began=st.booleans())
    def deliver(self, process: int, began: bool) -> None:
        """A process takes its next order as far as BEGIN; what it may send afterwards comes out."""
        here = self.processes[process % 2]
        if not here.orders:
            return
        order: DeliveryOrder = here.orders.pop(0)
        loaded = load_delivery(order, "turn")
        if loaded is None:
            return
        if not began:
            give_back(order)
            return
        if begin_delivery(loaded.job, 7):
            self.paper[order.job_id] += 1
            here.sending.append(loaded.job)

    @rule(process=NUMBERS, change=st.sampled_from([Change.FINISH, Change.LOSE_SIGHT, Change.CANCEL]))
    def end(self, process: int, change: Change) -> None:
        here = self.processes[process % 2]
        if here.sending:
            job = here.sending.pop(0)
            if settle_delivery(job, Verdict(change), self.standing.person) and change is Change.CANCEL:
                self.given_up.add(job.pk)

    @rule(process=NUMBERS)
    def end_without_a_sheet(self, process: int) -> None:
        """The device says explicitly that nothing was printed."""
        here = self.processes[process % 2]
        if here.sending:
            job = here.sending.pop(0)
            self.paper[job.pk] -= 1
            settle_delivery(job, Verdict(Change.RETURN, "device-aborted", 0, 0), None)

    @rule()
    def crash(self) -> None:
        """All processes die, or are taken for dead while they go on; what is followed is lost from sight here."""
        for job in recover_dead("three", "three"):
            settle_delivery(job, Verdict(Change.LOSE_SIGHT, "service-restarted"), None)

    @rule(process=NUMBERS)
    def kill(self, process: int) -> None:
        """Its memory is gone; recovery comes later."""
        self.processes[process % 2].orders.clear()
        self.processes[process % 2].sending.clear()

    @rule()
    def sweep(self) -> None:
        sweep_once(job_spool())

    @invariant()
    def nothing_is_printed_twice_by_itself(self) -> None:
        for job_id, sheets in self.paper.items():
            assert sheets <= 1 + self.asked_again[job_id]

    @invariant()
    def nothing_is_lost(self) -> None:
        for job in Job.objects.all():
            if job.state in TERMINAL:
                printed = self.paper[job.pk] > 0 or self.asked_again[job.pk]
                assert job.pk in self.given_up or job.state == State.PRINTED, job.state
                assert printed or job.pk in self.given_up
            elif job.spool_key:
                assert job_spool().size(job.spool_key)
            else:
                assert JobDocument.objects.filter(job=job).exists()
            assert (job.state in IN_FLIGHT) == bool(job.holder)

    @invariant()
    def the_events_tell_the_same_story(self) -> None:
        for job_id in self.jobs:
            state = State.HELD
            for event in JobEvent.objects.filter(job_id=job_id)[1:]:
                state = TABLE[state, Change(event.change)]
                assert event.state == state
            assert Job.objects.get(pk=job_id).state == state


def test_any_order_of_events_keeps_the_promises() -> None:
    try:
        run_state_machine_as_test(
            Printing,
            settings=settings(
                max_examples=30,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        set_running_delivery(None)


def test_a_change_outside_the_table_changes_nothing() -> None:
    standing = stand(jobs=0)
    for state, change in product(State, Change):
        job = make_job(standing.town, standing.person, state=state).job
        if (state, change) in TABLE:
            after = change_job(job, change)
            assert after == TABLE[state, change]
            assert JobDocument.objects.filter(job=job).exists() == (after not in TERMINAL)
        else:
            after = state
            with pytest.raises(ForbiddenChangeError):
                change_job(job, change)
        assert Job.objects.get(pk=job.pk).state == after
        assert JobEvent.objects.filter(job=job).count() == (2 if (state, change) in TABLE else 1)


def test_of_two_who_change_a_job_one_wins() -> None:
    stand()
    first, second = Job.objects.get(), Job.objects.get()
    change_job(first, Change.RELEASE, holder="a.1")
    with pytest.raises(ForbiddenChangeError):
        change_job(second, Change.RELEASE, holder="b.1")
    with pytest.raises(ForbiddenChangeError):
        change_job(second, Change.CANCEL)
    assert Job.objects.get().holder == "a.1"
