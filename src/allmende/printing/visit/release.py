# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does with their jobs at a device: release, cancel, take over, settle.

Each job has its own outcome; one that can't be released never keeps the others back. All that one touch releases is one
durable commit. The document's file key goes from here to the delivery in memory and is written nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from allmende.printing.budget_reservations import (
    BUDGET_EXCEEDED,
    BudgetExceededError,
    BudgetNote,
    HeldBudgets,
    hold_budgets,
)
from allmende.printing.delivery.port import DeliveryOrder, DeliveryPort, TicketChanges, running_delivery
from allmende.printing.delivery.rules import Step
from allmende.printing.job_access import MAX_VISIT_JOBS, open_job, visible_jobs
from allmende.printing.job_changes import change_job, release_columns
from allmende.printing.job_endings import cancel_job, hold_job_again
from allmende.printing.job_states import Change, ForbiddenChangeError, State
from allmende.printing.job_tickets import change_ticket, chooses_no_page, load_ticket, read_changes
from allmende.printing.jobs import Job
from allmende.printing.ledger.entries import local_day
from allmende.printing.rules.at_release import ReleaseRules, RuleAnswer, count_ruling
from allmende.printing.visit.bearers import bearers_of, key_of
from allmende.printing.visit.claims import ClaimableJob, ClaimError, claim_job, claimable_jobs
from allmende.printing.visit.visit_jobs import VisitJob, list_visit_jobs, read_preview
from allmende.printing.visit.visits import OpenVisit, keep_visit_open

__all__ = [
    "ClaimError",
    "ClaimableJob",
    "InvalidChangesError",
    "ReleaseOutcome",
    "ServiceNotRunningError",
    "TicketChanges",
    "VisitJob",
    "cancel_jobs",
    "claim_job",
    "claimable_jobs",
    "list_visit_jobs",
    "read_preview",
    "release_jobs",
    "settle_uncertain",
    "stop_jobs",
    "take_over_jobs",
]

MAX_COPIES: Final = 999
MAX_PAGE: Final = 1_000_000
MAX_PAGE_RANGES: Final = 32
PAPER_FIRST_SECONDS: Final = 0.015
_BEFORE_SENDING: Final = frozenset({Step.TURN, Step.CONNECT, Step.CREATE})
SIDES: Final = frozenset({"one-sided", "two-sided-long-edge", "two-sided-short-edge"})
NO_SUCH_PAGES: Final = "no-such-pages"
NO_CHANGES: Final = TicketChanges()


class ServiceNotRunningError(Exception):
    """This process delivers nothing (a management command); only the running service releases."""


class InvalidChangesError(ValueError):
    """`field` names what is out of bounds: copies, sides, page_ranges."""

    def __init__(self, field: str) -> None:
        super().__init__(f"invalid change: {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class ReleaseOutcome:
    """`code` is empty when it was done, else `not-found`, `not-held`, `not-openable`, `not-uncertain`, `begun`, `not-waiting`, `no-such-pages`, or that of `rule`.

    `rule`: what a rule of the town says to the person: why the job does not go, or, of one that goes, a hint.
    `budgets`: the same of budgets; with the code `budget-exceeded` the one that refused. `overruled`: rules that go against what the
    person chose.
    """

    job_id: int
    code: str = ""
    rule: RuleAnswer | None = None
    budgets: tuple[BudgetNote, ...] = ()
    overruled: tuple[RuleAnswer, ...] = ()

    @property
    def done(self) -> bool:
        return not self.code


class _Way(NamedTuple):
    """How jobs come to a device: from which state, by which change, and what it is called when one is not there."""

    state: State
    change: Change
    refusal: str


_RELEASE: Final = _Way(State.HELD, Change.RELEASE, "not-held")
_TAKE_OVER: Final = _Way(State.RELEASED, Change.TAKE_OVER, "not-waiting")


def check_changes(changes: TicketChanges) -> None:
    """Raises InvalidChangesError for what no device could mean."""
    if changes.copies is not None and not 1 <= changes.copies <= MAX_COPIES:
        raise InvalidChangesError("copies")
    if changes.sides is not None and changes.sides not in SIDES:
        raise InvalidChangesError("sides")
    if changes.page_ranges is None:
        return
    if not 1 <= len(changes.page_ranges) <= MAX_PAGE_RANGES:
        raise InvalidChangesError("page_ranges")
    last = 0
    for lower, upper in changes.page_ranges:
        if not last < lower <= upper <= MAX_PAGE:
            raise InvalidChangesError("page_ranges")
        last = upper


def release_jobs(
    open_visit: OpenVisit,
    job_ids: Sequence[int] | None = None,
    changes: TicketChanges = NO_CHANGES,
    anyway: Collection[int] = (),
) -> list[ReleaseOutcome]:
    """Send held jobs to the visit's device, in the order of `job_ids`; None means all that are held, oldest first.

    The town's rules are applied to each; `anyway` names rules whose advice the person has read and does not take.
    Answers when the release is durable, before anything is sent. Raises InvalidChangesError, ServiceNotRunningError.
    """
    check_changes(changes)
    return _send_here(open_visit, job_ids, changes, _RELEASE, anyway)


def take_over_jobs(
    open_visit: OpenVisit, job_ids: Sequence[int], anyway: Collection[int] = ()
) -> list[ReleaseOutcome]:
    """Fetch jobs that wait for their turn at another device to this one, with the copies, sides, colour and pages that were chosen there.

    `begun`: its first bytes are on their way; `not-waiting`: it waits at no device. What a rule keeps from coming out here stays where
    it was.
    """
    outcomes = _send_here(open_visit, job_ids, None, _TAKE_OVER, anyway)
    # Asked afterwards: a job may have begun while this ran.
    missed = [outcome.job_id for outcome in outcomes if outcome.code == _TAKE_OVER.refusal]
    begun = {job.pk for job in visible_jobs(open_visit, (State.DELIVERING,)).filter(pk__in=missed)}
    return [replace(outcome, code="begun") if outcome.job_id in begun else outcome for outcome in outcomes]


def cancel_jobs(open_visit: OpenVisit, job_ids: Sequence[int]) -> list[ReleaseOutcome]:
    """Throw documents away for good: held, waiting, or uncertain. What prints already is stopped and then thrown away."""
    outcomes = []
    for job, job_id in _chosen(open_visit, job_ids, State):
        done = job is not None and cancel_job(open_visit.person, job)
        outcomes.append(ReleaseOutcome(job_id, "" if done else "not-found"))
    keep_visit_open(open_visit)
    return outcomes


def stop_jobs(open_visit: OpenVisit, job_ids: Sequence[int]) -> list[ReleaseOutcome]:
    """End a delivery that doesn't go on (jam, no paper), so that the job can be taken elsewhere.

    The device is told to cancel; what certainly printed nothing is then held again, else it is uncertain. A job that still waits
    for its turn is held again at once.
    """
    outcomes = []
    for job, job_id in _chosen(open_visit, job_ids, (State.RELEASED, State.DELIVERING)):
        code = "not-found"
        if job is not None:
            code = "" if hold_job_again(open_visit.person, job) else "begun"
        outcomes.append(ReleaseOutcome(job_id, code))
    keep_visit_open(open_visit)
    return outcomes


def settle_uncertain(open_visit: OpenVisit, job_id: int, came_out: bool) -> ReleaseOutcome:
    """The owner says what nobody else can know: it came out, or it did not and is held again. To drop it: `cancel_jobs`."""
    job = visible_jobs(open_visit, (State.UNCERTAIN,)).filter(pk=job_id).first()
    if job is None:
        return ReleaseOutcome(job_id, "not-uncertain")
    try:
        change_job(job, Change.CONFIRM if came_out else Change.RETRY, actor=open_visit.person, holder="")
    except ForbiddenChangeError:
        return ReleaseOutcome(job_id, "not-uncertain")
    keep_visit_open(open_visit)
    return ReleaseOutcome(job_id)


def _send_here(
    open_visit: OpenVisit,
    job_ids: Sequence[int] | None,
    changes: TicketChanges | None,
    way: _Way,
    anyway: Collection[int],
) -> list[ReleaseOutcome]:
    """`changes`: None means those of each job's last release."""
    delivery = running_delivery()
    if delivery is None:
        raise ServiceNotRunningError
    rules = ReleaseRules.of(open_visit, anyway)
    outcomes: list[ReleaseOutcome] = []
    orders: list[DeliveryOrder] = []
    with transaction.atomic():
        chosen = _chosen(open_visit, job_ids, (way.state,))
        jobs = [job for job, _job_id in chosen if job is not None]
        bearers = bearers_of(open_visit, jobs)
        held = hold_budgets(
            open_visit.visit.municipality_id,
            local_day(timezone.now()),
            jobs,
            {key_of(bearer) for bearer in bearers.values()},
        )
        for job, job_id in chosen:
            if job is None:
                outcomes.append(ReleaseOutcome(job_id, way.refusal))
                continue
            wished = read_changes(job.released_changes) if changes is None else changes
            ruling = rules.rule(job, wished, bearers[job.pk]) if rules is not None else None
            if ruling is not None and ruling.answer is not None:
                outcomes.append(ReleaseOutcome(job_id, ruling.answer.code, ruling.answer))
                continue
            wanted = wished if ruling is None else ruling.changes
            order, notes = _send_one(
                open_visit, delivery, job, wanted, way.change, bearer=key_of(bearers[job.pk]), held=held
            )
            if isinstance(order, str):
                outcomes.append(ReleaseOutcome(job_id, order or way.refusal, budgets=notes))
                continue
            if ruling is not None:
                count_ruling(job, ruling)
            orders.append(order)
            hint, overruled = (ruling.hint, ruling.overruled) if ruling is not None else (None, ())
            outcomes.append(ReleaseOutcome(job_id, rule=hint, budgets=notes, overruled=overruled))
        keep_visit_open(open_visit)
    for order in orders:
        if way is _TAKE_OVER:
            delivery.withdraw(order.job_id)
    delivery.submit(orders)
    if orders:
        _let_begin(delivery, orders[0].job_id)
    return outcomes


def _let_begin(delivery: DeliveryPort, job_id: int) -> None:
    """Paper first: what the caller does next (a list, a page) needs the same interpreter as the delivery's first steps.

    Never longer than `PAPER_FIRST_SECONDS`, whatever the device does.
    """
    deadline = time.monotonic() + PAPER_FIRST_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.001)
        progress = delivery.progress(job_id)
        if progress is not None and progress.step not in _BEFORE_SENDING:
            return


def _send_one(
    open_visit: OpenVisit,
    delivery: DeliveryPort,
    job: Job,
    changes: TicketChanges,
    change: Change,
    *,
    bearer: int | None,
    held: HeldBudgets | None,
) -> tuple[DeliveryOrder | str, tuple[BudgetNote, ...]]:
    """The order, or why there is none; and what budgets say."""
    opened = open_job(open_visit, job)
    if opened is None:
        return "not-openable", ()
    if chooses_no_page(job, change_ticket(load_ticket(job.ticket), changes)):
        # A device would call it printed, and the document would be gone without a sheet.
        return NO_SUCH_PAGES, ()
    holder = delivery.new_holder()
    columns = release_columns(
        device_id=open_visit.device.pk,
        holder=holder,
        cost_centre_id=bearer,
        changes=changes,
    )
    notes: tuple[BudgetNote, ...] = ()
    try:
        if held is None:
            change_job(job, change, actor=open_visit.person, **columns)
        else:
            with transaction.atomic():
                notes = held.reserve(job, bearer, open_visit.device.pk, changes)
                change_job(job, change, actor=open_visit.person, **columns)
    except ForbiddenChangeError:
        return "", ()
    except BudgetExceededError as error:
        return BUDGET_EXCEEDED, (error.note,)
    return DeliveryOrder(job.pk, open_visit.device.pk, holder, opened.file_key, changes), notes


def _chosen(
    open_visit: OpenVisit, job_ids: Sequence[int] | None, states: Sequence[State] | type[State]
) -> list[tuple[Job | None, int]]:
    """The chosen jobs in the order asked for, each once; None beside the number of one that is not there."""
    jobs = visible_jobs(open_visit, tuple(states))
    if job_ids is None:
        return [(job, job.pk) for job in reversed(jobs[:MAX_VISIT_JOBS])]
    wanted = list(dict.fromkeys(job_ids))[:MAX_VISIT_JOBS]
    found = {job.pk: job for job in jobs.filter(pk__in=wanted)}
    return [(found.get(job_id), job_id) for job_id in wanted]
