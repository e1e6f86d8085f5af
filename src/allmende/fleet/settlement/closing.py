# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which periods are due, and closing them: from a draft to rows that never change.

Always holds: periods are closed one after the other, when they are over; what is closed is exactly what was looked at (the draft's digest); two
people at once close a period once. A correction needs a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.people import Person
from allmende.fleet.contracts import Contract, InvoicedBy, Settled
from allmende.fleet.events import SettlementClosed, publish
from allmende.fleet.prices import ONE_DAY
from allmende.fleet.settlement.arithmetic import Days, month_of, quarter_of
from allmende.fleet.settlement.drafts import Draft, DraftLine, draft_settlement
from allmende.fleet.settlement.settlements import Settlement, SettlementLine
from allmende.fleet.settlement.shares import UNASSIGNED

#: Periods that are offered where nothing was settled yet and the contract is old.
_OFFERED: Final = 12


class NotClosedError(Exception):
    """The period was not closed; nothing is stored."""


class ChangedMeanwhileError(NotClosedError):
    """Readings, prices or the ledger changed since the draft was looked at."""


class NotDueError(NotClosedError):
    """The period is not over, not one of this contract, or one before it is open."""


class ReasonMissingError(NotClosedError):
    """A correction without a reason, or counts that are missing and were not accepted."""


def period_of(contract: Contract, day: date) -> Days:
    """The calendar month or quarter that the contract settles the day in."""
    return month_of(day) if contract.settled == Settled.MONTHLY else quarter_of(day)


def due_periods(contract: Contract, today: date) -> list[Days]:
    """Those that are over and not closed, oldest first. Where nothing was closed yet, one of them may be chosen to begin with."""
    last = Settlement.objects.filter(contract=contract).order_by("-last_day").first()
    first_day = last.last_day + ONE_DAY if last else contract.first_day
    return list(_periods(contract, first_day, today))[-_OFFERED:]


def may_close(contract: Contract, period: Days, today: date) -> bool:
    """A due period that no open one stands before, or one that was closed and is corrected."""
    if Settlement.objects.filter(contract=contract, first_day=period.first_day).exists():
        return True
    due = due_periods(contract, today)
    if not Settlement.objects.filter(contract=contract).exists():
        return period in due
    return bool(due) and period == due[0]


def close_settlement(
    actor: Person,
    contract: Contract,
    period: Days,
    digest: str,
    *,
    today: date,
    reason: str = "",
    accept_missing: bool = False,
) -> Settlement:
    """Raises PermissionDenied, NotClosedError, PriceError, RefusedClosingError (of who hears of it)."""
    if not may_keep_contracts(actor, contract.municipality_id):
        raise PermissionDenied
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract.pk)
        if not may_close(contract, period, today):
            raise NotDueError
        draft = draft_settlement(contract, period)
        if draft.digest != digest:
            raise ChangedMeanwhileError
        if (draft.previous and not reason) or (draft.is_missing_counts and not accept_missing):
            raise ReasonMissingError
        settlement = _store(actor, draft, reason)
        record_audit(
            contract.municipality,
            actor,
            "settlement.closed",
            f"settlement:{settlement.pk}",
            contract=str(contract),
            first_day=period.first_day.isoformat(),
            version=settlement.version,
            gross=str(settlement.gross),
            reason=reason,
        )
        publish(
            SettlementClosed(
                contract.municipality_id,
                settlement.pk,
                contract.pk,
                contract.supplier,
                contract.number,
                period.first_day,
                period.last_day,
                settlement.version,
                settlement.net,
                settlement.tax,
                settlement.gross,
                contract.invoiced_by == InvoicedBy.COOPERATIVE,
            )
        )
    return settlement


def _periods(contract: Contract, first_day: date, today: date) -> Iterator[Days]:
    last_day = contract.last_day or today
    period = period_of(contract, first_day)
    while period.last_day < today and period.first_day <= last_day:
        yield period
        period = period_of(contract, period.last_day + ONE_DAY)


def _store(actor: Person, draft: Draft, reason: str) -> Settlement:
    contract = draft.contract
    settlement = Settlement.objects.create(
        municipality_id=contract.municipality_id,
        contract=contract,
        first_day=draft.period.first_day,
        last_day=draft.period.last_day,
        version=draft.version,
        reverses=draft.previous,
        reason=reason,
        net=draft.net,
        tax=draft.tax,
        gross=draft.gross,
        taxes=[{"rate": str(each.rate), "net": str(each.net), "tax": str(each.tax)} for each in draft.taxes],
        centres=[
            {
                **_centre(draft, each.cost_centre_id),
                "net": str(each.net),
                "tax": str(each.tax),
                "gross": str(each.gross),
            }
            for each in draft.centres
        ],
        problems=[
            {
                "problem": each.problem.value,
                "device_id": each.device_id,
                "device": each.device_name,
                "first_day": each.days.first_day.isoformat(),
                "last_day": each.days.last_day.isoformat(),
            }
            for each in draft.problems
        ],
        closed_by=actor,
    )
    SettlementLine.objects.bulk_create(
        [to_row(draft, settlement, position, each) for position, each in enumerate(draft.lines, start=1)],
        batch_size=500,
    )
    return settlement


def to_row(draft: Draft, settlement: Settlement | None, position: int, each: DraftLine) -> SettlementLine:
    """Also for drafts (`settlement` None), so that pages show one kind of row; such a row is never saved."""
    line = each.line
    return SettlementLine(
        municipality_id=draft.contract.municipality_id,
        settlement=settlement,
        position=position,
        kind=line.kind.value,
        device_id=line.device_id,
        device_name=each.device_name,
        label=line.label,
        impression_class=line.impression_class.value if line.impression_class else "",
        first_day=line.days.first_day,
        last_day=line.days.last_day,
        counted=line.counted,
        free=line.free,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        tax_rate=line.tax_rate,
        is_estimate=line.is_estimate,
        is_reversal=each.is_reversal,
        evidence=dict(each.evidence),
        shares=[
            {**_centre(draft, key), "amount": str(amount), "weight": each.weights.get(key, 0)}
            for key, amount in each.shares.items()
        ],
    )


def _centre(draft: Draft, key: int) -> dict[str, Any]:
    number, name = draft.centre_names.get(key, ("", ""))
    return {"cost_centre_id": None if key == UNASSIGNED else key, "number": number, "name": name}
