# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the page of a membership shows of other rooms, which this room does not know: the composition connects functions here.

Without them the page leaves the sections out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class MemberSaving:
    """Euros of a year, as proved for these days (both included); negative where it costs more than before."""

    euros_a_year: Decimal
    first_day: date
    last_day: date
    #: Where the proof stands.
    href: str


@dataclass(frozen=True, slots=True)
class MemberContract:
    title: str
    supplier: str
    number: str
    first_day: date
    last_day: date | None
    href: str


SavingSource = Callable[[int], MemberSaving | None]
ContractSource = Callable[[int], Sequence[MemberContract]]
_saving: list[SavingSource] = []
_contracts: list[ContractSource] = []


def set_saving_source(source: SavingSource | None) -> None:
    """`source` takes the municipality's id; None when nothing is proved. Setting it again replaces it; None takes it away."""
    _saving[:] = [source] if source is not None else []


def set_contract_source(source: ContractSource | None) -> None:
    """`source` takes the municipality's id."""
    _contracts[:] = [source] if source is not None else []


def saving_of(municipality_id: int) -> MemberSaving | None:
    return _saving[0](municipality_id) if _saving else None


def contracts_of(municipality_id: int) -> Sequence[MemberContract]:
    return _contracts[0](municipality_id) if _contracts else ()
