# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Budgets: warned, refused, reserved, settled; and never overdrawn by many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.directory.cost_centres import CostCentre
from allmende.printing.administration.budget_administration import states_of
from allmende.printing.budget_reservations import BUDGET_EXCEEDED, BudgetExceededError, hold_budgets
from allmende.printing.budget_words import budget_words
from allmende.printing.budgets import Budget, BudgetReservation, BudgetUse, period_of, to_parts
from allmende.printing.delivery.port import DeliveryOrder, Progress, set_running_delivery
from allmende.printing.delivery.recovery import release_direct
from allmende.printing.job_changes import change_job
from allmende.printing.job_states import Change, State
from allmende.printing.job_tickets import TicketChanges
from allmende.printing.jobs import Job
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.prices import ImpressionPrices, set_price_source
from allmende.printing.visit.bearers import choose_bearer
from allmende.printing.visit.release import release_jobs, stop_jobs, take_over_jobs
from makers import make_device, make_entry, make_job, make_person, make_queue, make_town
from printing.standing import Standing, stand

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate


class Silent:
    """A delivery that takes everything and does nothing."""

    def __init__(self) -> None:
        self.orders: list[DeliveryOrder] = []

    def new_holder(self) -> str:
        return f"test.{len(self.orders)}"

    def submit(self, orders: Sequence[DeliveryOrder]) -> None:
        self.orders += orders

    def warm(self, device_id: int) -> None: ...
    def withdraw(self, job_id: int) -> None: ...
    def stop_job(self, job_id: int) -> None: ...
    def inspect_later(self, job_id: int, file_key: object) -> None: ...
    def progress(self, job_id: int) -> Progress | None:
        return Progress("follow")


@pytest.fixture(autouse=True)
def delivery() -> Iterator[Silent]:
    silent = Silent()
    set_running_delivery(silent)
    yield silent
    set_running_delivery(None)
    set_price_source(None)


def budget(
    standing: Standing, limit: int, *, hard: bool = True, unit: str = "sheets", number: str = "1101"
) -> Budget:
    centre, _ = CostCentre.objects.get_or_create(municipality=standing.town, number=number)
    if standing.person.cost_centre is None:
        standing.person.cost_centre = centre
        standing.person.save()
    return Budget.objects.create(
        municipality=standing.town,
        cost_centre=centre,
        period="month",
        unit=unit,
        limit_parts=to_parts(Decimal(limit), unit),
        is_hard=hard,
        contact="Frau Berger",
    )


def used_and_reserved() -> tuple[int, int]:
    use = BudgetUse.objects.get()
    assert use.reserved_parts == sum(BudgetReservation.objects.values_list("parts", flat=True))
    return use.used_parts, use.reserved_parts


def begin_and_finish(job_id: int, sheets: int) -> None:
    job = Job.objects.get(pk=job_id)
    change_job(job, Change.BEGIN)
    change_job(job, Change.FINISH, impressions_completed=sheets, sheets_completed=sheets)


def test_a_hard_budget_refuses_before_release_and_says_the_way_out() -> None:
    standing = stand(jobs=1, pages=11)
    budget(standing, 10)
    (outcome,) = release_jobs(standing.tap())
    assert (outcome.code, outcome.done) == (BUDGET_EXCEEDED, False)
    assert Job.objects.get().state == State.HELD
    assert used_and_reserved() == (0, 0)
    words = budget_words(outcome.budgets[0])
    for part in ("1101", "10", "11", "Frau Berger"):
        assert part in words
    choose_bearer(
        standing.visit, number=CostCentre.objects.create(municipality=standing.town, number="2").number
    )
    (outcome,) = release_jobs(standing.visit)
    assert outcome.done
    assert Job.objects.get().cost_centre.number == "2"  # type: ignore[union-attr]


def test_a_soft_budget_warns_and_prints() -> None:
    standing = stand(pages=11)
    budget(standing, 10, hard=False)
    (outcome,) = release_jobs(standing.tap())
    assert outcome.done
    assert [note.is_refusal for note in outcome.budgets] == [False]
    assert used_and_reserved() == (0, 11)


def test_what_is_reserved_is_used_when_counted() -> None:
    standing = stand(jobs=2, pages=4)
    budget(standing, 10)
    release_jobs(standing.tap())
    assert used_and_reserved() == (0, 8)
    begin_and_finish(standing.job_ids[0], 3)
    assert used_and_reserved() == (3, 4)
    begin_and_finish(standing.job_ids[1], 9)
    assert used_and_reserved() == (12, 0)
    (state,) = states_of(list(Budget.objects.all()), TODAY())
    assert (state.used, state.left, state.percent, state.is_exceeded) == (12, 0, 100, True)


def test_a_job_that_comes_back_gives_its_reservation_back() -> None:
    standing = stand(pages=4)
    budget(standing, 10)
    release_jobs(standing.tap())
    assert stop_jobs(standing.visit, standing.job_ids)[0].done
    assert used_and_reserved() == (0, 0)


def test_a_job_that_is_fetched_to_another_device_is_reserved_once() -> None:
    standing = stand(pages=4)
    budget(standing, 4)
    release_jobs(standing.tap())
    elsewhere = standing.tap(make_device(standing.town, "rathaus-og"))
    assert take_over_jobs(elsewhere, standing.job_ids)[0].done
    assert used_and_reserved() == (0, 4)


def test_what_an_owner_takes_back_is_given_back() -> None:
    standing = stand(pages=4)
    budget(standing, 10)
    release_jobs(standing.tap())
    job = Job.objects.get()
    change_job(job, Change.BEGIN)
    change_job(job, Change.LOSE_SIGHT, impressions_completed=3, sheets_completed=3, holder="")
    assert used_and_reserved() == (3, 0)
    change_job(job, Change.RETRY)
    assert used_and_reserved() == (0, 0)


def test_a_budget_set_in_the_middle_begins_with_what_was_printed() -> None:
    standing = stand(pages=3)
    first = budget(standing, 10)
    make_entry(standing.town, cost_centre=first.cost_centre, sheets=8, impressions_mono=8)
    assert release_jobs(standing.tap())[0].code == BUDGET_EXCEEDED
    assert used_and_reserved() == (8, 0)


def test_euros_are_kept_to_a_hundredth_of_a_cent() -> None:
    prices = ImpressionPrices(mono=Decimal("0.0045"), colour=Decimal("0.035"))
    set_price_source(lambda _device, _day: prices)
    standing = stand(pages=4, colour_pages=1)
    budget(standing, 1, unit="euros")
    release_jobs(standing.tap())
    assert used_and_reserved() == (0, 485)
    begin_and_finish(standing.job_ids[0], 4)
    assert used_and_reserved() == (485, 0)


def test_a_persons_quota_and_a_centres_budget_both_count() -> None:
    standing = stand(pages=4)
    budget(standing, 100)
    Budget.objects.create(
        municipality=standing.town,
        person=standing.person,
        period="year",
        unit="sheets",
        limit_parts=3,
        is_hard=True,
    )
    (outcome,) = release_jobs(standing.tap())
    assert outcome.budgets[0].of_person
    assert not BudgetReservation.objects.exists()
    assert list(BudgetUse.objects.values_list("reserved_parts", flat=True)) == [0, 0]


def test_a_direct_queue_is_refused_too_and_not_tried_again() -> None:
    town = make_town()
    person = make_person(town, cost_centre="1101")
    job = make_job(town, person, pages=4, queue=make_queue(town, make_device(town))).job
    Budget.objects.create(
        municipality=town,
        cost_centre=person.cost_centre,
        period="month",
        unit="sheets",
        limit_parts=3,
        is_hard=True,
    )
    assert release_direct(job.pk, "x.1") is None
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.HELD, BUDGET_EXCEEDED)


def test_a_town_without_budgets_pays_one_query(django_assert_num_queries: object) -> None:
    standing = stand(jobs=3)
    with transaction.atomic(), django_assert_num_queries(1):  # type: ignore[operator]
        assert hold_budgets(standing.town.pk, TODAY(), list(Job.objects.none()), [1]) is None


def test_many_at_once_never_overdraw() -> None:
    """Threads on PostgreSQL hold rows against each other; on SQLite one writer at a time. Either way six of ten fit."""
    standing = stand(jobs=10, pages=3)
    centre = budget(standing, 20).cost_centre
    assert centre is not None
    device = standing.device
    start = threading.Barrier(5)
    outcomes: list[bool] = []

    def work(job_ids: list[int]) -> None:
        start.wait()
        try:
            for job_id in job_ids:
                with transaction.atomic():
                    job = Job.objects.select_related("person").get(pk=job_id)
                    held = hold_budgets(standing.town.pk, TODAY(), [job], [centre.pk])
                    assert held is not None
                    try:
                        with transaction.atomic():
                            held.reserve(job, centre.pk, device.pk, TicketChanges())
                    except BudgetExceededError:
                        outcomes.append(False)
                    else:
                        outcomes.append(True)
        finally:
            connections.close_all()

    numbers = standing.job_ids
    threads = [threading.Thread(target=work, args=(numbers[n::5],)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 4 + [True] * 6
    assert used_and_reserved() == (0, 18)
    assert connection.vendor in {"sqlite", "postgresql"}


DEEDS = st.lists(
    st.tuples(st.sampled_from(["release", "stop", "finish", "lose", "retry"]), st.integers(0, 3)), max_size=20
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_whatever_happens_reserved_is_what_is_on_its_way_and_used_is_what_is_counted(
    deeds: list[tuple[str, int]],
) -> None:
    with transaction.atomic():
        standing = stand(jobs=4, pages=3)
        row = budget(standing, 8)
        visit = standing.tap()
        for deed, which in deeds:
            job = Job.objects.get(pk=standing.job_ids[which])
            if deed == "release" and job.state == State.HELD:
                release_jobs(visit, [job.pk])
            elif deed == "stop":
                stop_jobs(visit, [job.pk])
            elif deed in {"finish", "lose"} and job.state == State.RELEASED:
                change_job(job, Change.BEGIN)
                change = Change.FINISH if deed == "finish" else Change.LOSE_SIGHT
                change_job(job, change, impressions_completed=2, sheets_completed=2, holder="")
            elif deed == "retry" and job.state == State.UNCERTAIN:
                change_job(job, Change.RETRY)
            flying = Job.objects.filter(pk__in=standing.job_ids, state=State.RELEASED.value).count()
            counted = sum(
                SheetEntry.objects.filter(cost_centre=row.cost_centre).values_list("sheets", flat=True)
            )
            use = BudgetUse.objects.filter(budget=row).first()
            assert (use.used_parts, use.reserved_parts) == (counted, 3 * flying) if use else not counted
            assert use is None or use.used_parts + use.reserved_parts <= 8
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("month", date(2028, 2, 1), date(2028, 2, 29)),
        ("quarter", date(2028, 1, 1), date(2028, 3, 31)),
        ("year", date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_periods_are_those_of_the_calendar(period: str, first: date, last: date) -> None:
    assert period_of(period, date(2028, 2, 29)) == (first, last)
