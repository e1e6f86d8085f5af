# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which closed settlements would come out otherwise after a change of a contract's rows. They stay as they are; whoever changes is told.

Always holds: this only reads. What costs the same on a day as before is no change of that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from allmende.fleet.contract_terms import OPEN_END, days_of
from allmende.fleet.contracts import ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.prices import ONE_DAY
from allmende.fleet.settlement.arithmetic import Days
from allmende.fleet.settlement.settlements import Settlement

Row = ContractTerm | ContractDevice | ContractCharge
#: The days on which a row costs something, and what; its words and numbers of the supplier cost nothing.
Effect = tuple[Days, tuple[object, ...]]


def effect_of(row: Row) -> Effect:
    """As the other rows of its contract are now: a price list ends where the next one begins."""
    if isinstance(row, ContractTerm):
        later = row.contract.terms.exclude(pk=row.pk).filter(first_day__gt=row.first_day)
        following = later.order_by("first_day").values_list("first_day", flat=True).first()
        last_day = following - ONE_DAY if following else OPEN_END
        prices = (
            row.rent, row.rents, row.click_mono, row.click_colour, row.click_mono_a3, row.click_colour_a3,
            row.volume_kind, row.volume_mono, row.volume_colour, row.volume_pooled, row.volume_per, row.tax_rate,
        )  # fmt: skip
        return Days(row.first_day, last_day), prices
    if isinstance(row, ContractDevice):
        return days_of(row), (row.device_id, row.device_class)
    return Days(row.day, row.day), (row.amount, row.is_credit)


def settlements_left(contract_id: int, before: Effect | None, after: Effect | None) -> list[Settlement]:
    """The newest version of each settled period in which the change would cost otherwise, by time."""
    left: dict[date, Settlement] = {}
    for days in _changed_days(before, after):
        rows = Settlement.objects.filter(
            contract=contract_id, first_day__lte=days.last_day, last_day__gte=days.first_day
        )
        left |= {row.first_day: row for row in rows.order_by("version")}
    return [left[first_day] for first_day in sorted(left)]


def _changed_days(before: Effect | None, after: Effect | None) -> Iterator[Days]:
    if before is None or after is None or before[1] != after[1] or before[0].within(after[0]) is None:
        yield from (effect[0] for effect in (before, after) if effect is not None)
        return
    one, other = before[0], after[0]
    if one.first_day != other.first_day:
        yield Days(min(one.first_day, other.first_day), max(one.first_day, other.first_day) - ONE_DAY)
    if one.last_day != other.last_day:
        yield Days(min(one.last_day, other.last_day) + ONE_DAY, max(one.last_day, other.last_day))
