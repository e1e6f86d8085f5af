# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Setting budgets, by the town's IT or finance office; and how much of each is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from allmende.devices.devices import Device
from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.cost_centres import CostCentre
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.budget_reservations import count_use, use_now
from allmende.printing.budgets import (
    Budget,
    BudgetPeriod,
    BudgetUnit,
    BudgetUse,
    from_parts,
    period_of,
    to_parts,
)
from allmende.printing.prices import prices_at


@dataclass(frozen=True, slots=True)
class BudgetDetails:
    """`limit`: sheets or euros."""

    cost_centre: CostCentre | None
    person: Person | None
    period: BudgetPeriod
    unit: BudgetUnit
    limit: Decimal
    is_hard: bool
    contact: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget and its current period; `percent` of the limit that is used or reserved, at most 100."""

    budget: Budget
    first: date
    last: date
    used: Decimal
    reserved: Decimal

    @property
    def left(self) -> Decimal:
        return max(Decimal(0), self.budget.limit - self.used - self.reserved)

    @property
    def percent(self) -> int:
        limit = self.budget.limit
        return 100 if limit <= 0 else min(100, int((self.used + self.reserved) * 100 / limit))

    @property
    def is_exceeded(self) -> bool:
        return self.used + self.reserved > self.budget.limit


def access_budget_for(actor: Person, budget_id: int) -> Budget:
    """A budget of the actor's town; Http404 for every other number."""
    rows = Budget.objects.select_related("cost_centre", "person", "municipality")
    found = rows.filter(pk=budget_id, municipality_id=town_id_of(actor)).first()
    if found is None:
        raise Http404
    return found


def list_budgets(municipality: Municipality) -> QuerySet[Budget]:
    """Those in use first; by who they are for."""
    rows = Budget.objects.filter(municipality=municipality).select_related("cost_centre", "person")
    return rows.order_by("-is_active", "cost_centre__number", "person__display_name", "pk")


def states_of(budgets: Sequence[Budget], day: date) -> list[BudgetState]:
    """How much of each is used in the period of this day; writes nothing."""
    spans = {budget.pk: period_of(budget.period, day) for budget in budgets}
    starts = {first for first, _last in spans.values()}
    uses = {
        use.budget_id: use
        for use in BudgetUse.objects.filter(budget_id__in=spans, period_start__in=starts)
        if use.period_start == spans[use.budget_id][0]
    }
    states = []
    for budget in budgets:
        first, last = spans[budget.pk]
        use = uses.get(budget.pk)
        used = use.used_parts if use is not None else count_use(budget, first, last)
        reserved = use.reserved_parts if use is not None else 0
        states.append(
            BudgetState(budget, first, last, from_parts(used, budget.unit), from_parts(reserved, budget.unit))
        )
    return states


def devices_without_price(municipality: Municipality, day: date) -> list[Device]:
    """What comes out there uses nothing of a budget in euros."""
    devices = Device.objects.filter(municipality=municipality, is_active=True)
    return [device for device in devices if prices_at(device.pk, day) is None]


def set_budget(
    actor: Person, municipality: Municipality, details: BudgetDetails, day: date, budget: Budget | None = None
) -> Budget:
    """Make a budget or change one; what the period used already is counted from the ledger. Raises PermissionDenied."""
    bearer = details.cost_centre or details.person
    if not may_keep_contracts(actor, municipality.pk) or bearer is None:
        raise PermissionDenied
    if bearer.municipality_id != municipality.pk or (budget and budget.municipality_id != municipality.pk):
        raise PermissionDenied
    action = "budget.added" if budget is None else "budget.changed"
    row = budget or Budget(municipality=municipality)
    before = (row.cost_centre_id, row.person_id, row.period, row.unit)
    row.cost_centre, row.person = details.cost_centre, details.person
    row.period, row.unit = details.period, details.unit
    row.limit_parts = to_parts(details.limit, details.unit)
    row.is_hard, row.contact, row.is_active = details.is_hard, details.contact, details.is_active
    with transaction.atomic():
        row.save()
        if before != (row.cost_centre_id, row.person_id, row.period, row.unit):
            # What was counted until now was counted for something else.
            row.uses.all().delete()
        use_now(row, day)
        limit = f"{details.limit} {details.unit} {details.period}"
        record_audit(municipality, actor, action, f"budget:{row.pk}", limit=limit, hard=details.is_hard)
    return row


def delete_budget(actor: Person, budget: Budget) -> None:
    """Raises PermissionDenied."""
    if not may_keep_contracts(actor, budget.municipality_id):
        raise PermissionDenied
    with transaction.atomic():
        record_audit(budget.municipality, actor, "budget.deleted", f"budget:{budget.pk}")
        budget.delete()
