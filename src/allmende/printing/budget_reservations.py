# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Holding budgets while jobs are on their way: reserve at release, settle when counted.

Always holds: `used + reserved` of a hard budget never goes beyond its limit by a release, however many processes release at once; what
really came out is counted even where it is more than was reserved, because paper can't be taken back; a reservation ends with its job's
delivery, whatever became of it.

How: all of a release happens in one transaction that locks first the jobs' rows, then the rows of use, each in the order of their keys
(SQLite locks the whole database instead), and everybody else who touches both locks in the same order. A town without budgets
pays one small query per release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection, models, transaction
from django.db.models import F, Q, Sum

from allmende.printing.budgets import (
    Budget,
    BudgetReservation,
    BudgetUnit,
    BudgetUse,
    from_parts,
    period_of,
    to_parts,
)
from allmende.printing.delivery.port import TicketChanges
from allmende.printing.job_tickets import change_ticket, load_ticket
from allmende.printing.jobs import Job
from allmende.printing.ledger.job_counts import SheetCount, media_class, own_count
from allmende.printing.ledger.rollups import SheetTotal
from allmende.printing.ledger.sheets import SheetEntry
from allmende.printing.prices import exact_cost, prices_at

#: The keyword for a job that a hard budget keeps back.
BUDGET_EXCEEDED: Final = "budget-exceeded"


@dataclass(frozen=True, slots=True)
class BudgetNote:
    """What a budget has to say of a release. `left`: sheets or euros that were left before the job; `wanted`: what it would use."""

    bearer: str
    unit: str
    period: str
    limit: Decimal
    left: Decimal
    wanted: Decimal
    is_refusal: bool
    of_person: bool
    contact: str
    #: It has enough left for this job alone, but not after those that would be printed before it.
    after_others: bool = False


class BudgetExceededError(Exception):
    """A hard budget has too little left."""

    def __init__(self, note: BudgetNote) -> None:
        super().__init__(note.bearer)
        self.note = note


@dataclass(slots=True)
class HeldBudgets:
    """The budgets of one release, locked for its transaction."""

    day: date
    budgets: list[Budget]
    uses: dict[int, BudgetUse] = field(default_factory=dict)

    def reserve(
        self, job: Job, cost_centre_id: int | None, device_id: int, changes: TicketChanges
    ) -> tuple[BudgetNote, ...]:
        """Set aside what the job will use. Warnings of soft budgets; raises BudgetExceededError, with nothing set aside.

        A reservation of the same job at another device is given up first.
        """
        drop_reservations(job.pk)
        notes: list[BudgetNote] = []
        wanted = []
        for budget, parts in _wanted(
            self.budgets, self.day, job, changes, bearer=cost_centre_id, device_id=device_id
        ):
            use = self.uses[budget.pk]
            use.refresh_from_db(fields=["used_parts", "reserved_parts"])
            left = budget.limit_parts - use.used_parts - use.reserved_parts
            if parts > left:
                note = _note(budget, left, parts)
                if budget.is_hard:
                    raise BudgetExceededError(note)
                notes.append(note)
            wanted.append((use, parts))
        for use, parts in wanted:
            BudgetUse.objects.filter(pk=use.pk).update(reserved_parts=F("reserved_parts") + parts)
        BudgetReservation.objects.bulk_create(
            BudgetReservation(use=use, job_number=job.pk, parts=parts) for use, parts in wanted
        )
        return tuple(notes)


@dataclass(slots=True)
class ForeseenBudgets:
    """What budgets would say if jobs were released one after another. Nothing is locked or set aside, so a release may find less."""

    day: date
    budgets: list[Budget]
    #: Parts that are left, and were left before the first job, by the budget's number.
    left: dict[int, int]
    whole: dict[int, int]

    def foresee(
        self, job: Job, cost_centre_id: int | None, device_id: int, changes: TicketChanges, *, alone: bool
    ) -> tuple[BudgetNote, ...]:
        """As `HeldBudgets.reserve` would answer: a refusal alone, else warnings. `alone`: as if no other job went before or after."""
        left_now = self.whole if alone else self.left
        notes = []
        wanted = list(
            _wanted(self.budgets, self.day, job, changes, bearer=cost_centre_id, device_id=device_id)
        )
        for budget, parts in wanted:
            left = left_now[budget.pk]
            if parts <= left:
                continue
            note = replace(_note(budget, left, parts), after_others=parts <= self.whole[budget.pk])
            if budget.is_hard:
                return (note,)
            notes.append(note)
        if not alone:
            for budget, parts in wanted:
                self.left[budget.pk] -= parts
        return tuple(notes)


def foresee_budgets(
    municipality_id: int, day: date, people: Iterable[int | None], cost_centres: Iterable[int | None]
) -> ForeseenBudgets | None:
    """For these bearers; None where the town has no budget that matters. One or two small queries."""
    budgets = _budgets_of(municipality_id, people, cost_centres)
    if not budgets:
        return None
    periods = {budget.pk: period_of(budget.period, day) for budget in budgets}
    rows = _uses_in(BudgetUse.objects.all(), periods)
    if len(rows) < len(budgets):
        with transaction.atomic():
            rows = _lock_uses(budgets, day)
    left = {
        budget.pk: budget.limit_parts - rows[budget.pk].used_parts - rows[budget.pk].reserved_parts
        for budget in budgets
    }
    return ForeseenBudgets(day, budgets, left, dict(left))


def hold_budgets(
    municipality_id: int, day: date, jobs: Sequence[Job], cost_centres: Iterable[int | None]
) -> HeldBudgets | None:
    """Lock these jobs and what they and their bearers may need, within the caller's transaction; None where the town has no budget that matters."""
    # Always, and in one order: the same chip at two devices sends the same jobs in two orders, and each would wait for the other.
    # Jobs before budgets, as in every change of a job.
    if connection.features.has_select_for_update:
        list(
            Job.objects.select_for_update()
            .filter(pk__in=[job.pk for job in jobs])
            .order_by("pk")
            .values_list("pk")
        )
    budgets = _budgets_of(municipality_id, (job.person_id for job in jobs), cost_centres)
    if not budgets:
        return None
    return HeldBudgets(day, budgets, _lock_uses(budgets, day))


def settle_budgets(job: Job, entry: SheetEntry | None, day: date) -> None:
    """A delivery is over: its reservations end, and what was counted is used. Call it before the entry is written."""
    drop_reservations(job.pk)
    if entry is not None:
        use_budgets(entry, day)


def use_budgets(entry: SheetEntry, day: date) -> None:
    """Count an entry that is about to be written against the budgets of its bearers; counter-entries give back."""
    bearers = Q()
    if entry.cost_centre_id is not None:
        bearers |= Q(cost_centre_id=entry.cost_centre_id)
    if entry.person_id is not None:
        bearers |= Q(person_id=entry.person_id)
    if not bearers:
        return
    budgets = list(Budget.objects.filter(bearers, municipality_id=entry.municipality_id, is_active=True))
    if not budgets:
        return
    count = SheetCount(entry.impressions_mono, entry.impressions_colour, entry.sheets)
    for budget_id, use in sorted(_lock_uses(budgets, day).items(), key=lambda item: item[1].pk):
        unit = next(budget.unit for budget in budgets if budget.pk == budget_id)
        parts = parts_of(unit, count, entry.media, entry.device_id, day)
        BudgetUse.objects.filter(pk=use.pk).update(used_parts=F("used_parts") + parts)


def drop_reservations(job_number: int) -> None:
    """What was set aside for a job is free again."""
    rows = list(BudgetReservation.objects.filter(job_number=job_number).order_by("use_id"))
    for row in rows:
        # Only who deletes the row gives its amount back.
        if BudgetReservation.objects.filter(pk=row.pk).delete()[0]:
            BudgetUse.objects.filter(pk=row.use_id).update(reserved_parts=F("reserved_parts") - row.parts)


def parts_of(unit: str, count: SheetCount, media: str, device_id: int | None, day: date) -> int:
    """What a count uses of a budget. Euros without a known price are none: the budgets' page says which devices have no price."""
    if unit == BudgetUnit.SHEETS:
        return count.sheets
    prices = prices_at(device_id, day) if device_id is not None else None
    if prices is None:
        return 0
    cost = exact_cost(prices, mono=count.mono, colour=count.colour, sheets=count.sheets, media=media)
    return to_parts(cost, unit)


def use_now(budget: Budget, day: date) -> BudgetUse:
    """The row of the period that has this day, made from the ledger where there is none yet."""
    return _lock_uses([budget], day)[budget.pk]


def count_use(budget: Budget, first: date, last: date) -> int:
    """What the ledger says was used from `first` to `last`: the beginning of a budget that is set in the middle of a period."""
    rows: models.QuerySet[Any]
    if budget.person_id is not None:
        rows = SheetEntry.objects.filter(person_id=budget.person_id)
        rows = rows.order_by().values_list("day", "device_id", "media")
    else:
        rows = SheetTotal.objects.filter(cost_centre_number=budget.cost_centre_id or 0)
        rows = rows.order_by().values_list("day", "device_number", "media")
    rows = rows.filter(municipality_id=budget.municipality_id, day__gte=first, day__lte=last)
    parts = 0
    for day, device_id, media, mono, colour, sheets in rows.annotate(
        sum_mono=Sum("impressions_mono"), sum_colour=Sum("impressions_colour"), sum_sheets=Sum("sheets")
    ):
        parts += parts_of(budget.unit, SheetCount(mono, colour, sheets), media, device_id or None, day)
    return parts


def _lock_uses(budgets: Sequence[Budget], day: date) -> dict[int, BudgetUse]:
    """Per budget its row of the period, locked in the order of keys."""
    periods = {budget.pk: period_of(budget.period, day) for budget in budgets}
    rows = _find_uses(periods)
    missing = [budget for budget in budgets if budget.pk not in rows]
    if missing:
        BudgetUse.objects.bulk_create(
            [
                BudgetUse(
                    budget=budget,
                    period_start=periods[budget.pk][0],
                    used_parts=count_use(budget, *periods[budget.pk]),
                )
                for budget in sorted(missing, key=lambda one: one.pk)
            ],
            ignore_conflicts=True,
        )
        rows = _find_uses(periods)
    return rows


def _find_uses(periods: dict[int, tuple[date, date]]) -> dict[int, BudgetUse]:
    return _uses_in(BudgetUse.objects.select_for_update(), periods)


def _uses_in(rows: models.QuerySet[BudgetUse], periods: dict[int, tuple[date, date]]) -> dict[int, BudgetUse]:
    starts = {first for first, _last in periods.values()}
    found = rows.filter(budget_id__in=periods, period_start__in=starts).order_by("pk")
    return {row.budget_id: row for row in found if row.period_start == periods[row.budget_id][0]}


def _budgets_of(
    municipality_id: int, people: Iterable[int | None], cost_centres: Iterable[int | None]
) -> list[Budget]:
    bearers = Q(cost_centre_id__in={one for one in cost_centres if one is not None})
    bearers |= Q(person_id__in={one for one in people if one is not None})
    rows = Budget.objects.filter(bearers, municipality_id=municipality_id, is_active=True)
    return list(rows.select_related("cost_centre", "person"))


def _wanted(
    budgets: Iterable[Budget],
    day: date,
    job: Job,
    changes: TicketChanges,
    *,
    bearer: int | None,
    device_id: int,
) -> Iterator[tuple[Budget, int]]:
    """The budgets that bear this job, each with what the job would use of it."""
    ticket = change_ticket(load_ticket(job.ticket), changes)
    count = own_count(job.pages, job.colour_pages, ticket)
    media = media_class(ticket.media or job.media)
    for budget in budgets:
        if _bears(budget, bearer, job.person_id):
            yield budget, parts_of(budget.unit, count, media, device_id, day)


def _bears(budget: Budget, cost_centre_id: int | None, person_id: int | None) -> bool:
    if budget.cost_centre_id is not None:
        return budget.cost_centre_id == cost_centre_id
    return budget.person_id == person_id


def _note(budget: Budget, left: int, wanted: int) -> BudgetNote:
    return BudgetNote(
        bearer=str(budget),
        unit=budget.unit,
        period=budget.period,
        limit=budget.limit,
        left=from_parts(max(0, left), budget.unit),
        wanted=from_parts(wanted, budget.unit),
        is_refusal=budget.is_hard,
        of_person=budget.person_id is not None,
        contact=budget.contact,
    )
