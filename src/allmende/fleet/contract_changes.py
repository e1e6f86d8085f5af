# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Changing contracts, their price lists, devices and one-off amounts. What would contradict itself is refused, with what to do.

Always holds: every change is in the audit trail with what it was before; closed settlements stay as they are, and days that they
settled do not fall out of the contract.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from allmende.directory.access import may_keep_contracts
from allmende.directory.audit import record_audit
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.fleet.closed_days import effect_of, settlements_left
from allmende.fleet.contract_terms import OPEN_END
from allmende.fleet.contracts import Contract, ContractCharge, ContractDevice, ContractTerm
from allmende.fleet.prices import ONE_DAY
from allmende.fleet.settlement.closing import period_of
from allmende.fleet.settlement.settlements import Settlement, SettlementLine

Row = Contract | ContractTerm | ContractDevice | ContractCharge
R = TypeVar("R", bound=models.Model)
_WORDS: Final[dict[type[models.Model], str]] = {
    Contract: "contract",
    ContractTerm: "contract_term",
    ContractDevice: "contract_device",
    ContractCharge: "contract_charge",
}
#: No contract begins before; it keeps typing errors out of the list of due periods.
_LONGEST: Final = timedelta(days=366 * 30)


class RefusedError(Exception):
    """In the reader's language: what is wrong, and what to do."""


def access_row_for(actor: Person, model: type[R], row_id: int) -> R:
    """A row of the actor's town; Http404 for every other number."""
    row = _rows(model).filter(pk=row_id, municipality_id=town_id_of(actor)).first()
    if row is None:
        raise Http404
    return row


def keep_row(actor: Person, row: Row) -> list[Settlement]:
    """Store a new or changed row; the closed settlements that would come out otherwise with it, and stay as they are.

    Raises PermissionDenied, RefusedError.
    """
    if not may_keep_contracts(actor, row.municipality_id):
        raise PermissionDenied
    with transaction.atomic():
        contract_id = row.pk if isinstance(row, Contract) else row.contract_id
        # One change of a contract at a time: what is checked below still holds when it is stored.
        list(Contract.objects.select_for_update().filter(pk=contract_id))
        _check(row)
        stored = _rows(type(row)).filter(pk=row.pk).first() if row.pk else None
        before = _values(stored)
        effect = None if stored is None or isinstance(stored, Contract) else effect_of(stored)
        row.save()
        after = _values(row)
        changed = {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}
        if changed:
            word = _WORDS[type(row)]
            done = "changed" if before else "added"
            record_audit(row.municipality, actor, f"{word}.{done}", f"{word}:{row.pk}", **changed)
        # Read anew, for what came as text compares as what is stored.
        row.refresh_from_db()
        return [] if isinstance(row, Contract) else settlements_left(row.contract_id, effect, effect_of(row))


def delete_row(actor: Person, row: ContractTerm | ContractDevice | ContractCharge) -> list[Settlement]:
    """The closed settlements that had it, and stay as they are. Raises PermissionDenied, RefusedError."""
    if not may_keep_contracts(actor, row.municipality_id):
        raise PermissionDenied
    with transaction.atomic():
        if isinstance(row, ContractTerm):
            _check_term_goes(row)
        if isinstance(row, ContractDevice) and _is_settled(row):
            raise RefusedError(
                _(
                    "Closed settlements have this device. Set its last day in the contract instead of removing it."
                )
            )
        word = _WORDS[type(row)]
        record_audit(row.municipality, actor, f"{word}.deleted", f"{word}:{row.pk}", **_values(row))
        left = settlements_left(row.contract_id, effect_of(row), None)
        row.delete()
        return left


def _check(row: Row) -> None:
    if isinstance(row, Contract):
        _check_contract(row)
    elif isinstance(row, ContractTerm):
        _check_term(row)
    elif isinstance(row, ContractDevice):
        _check_device(row)
    else:
        _check_in_contract(row.contract, row.day)


def _check_contract(row: Contract) -> None:
    if row.last_day is not None and row.last_day < row.first_day:
        raise RefusedError(_("The contract ends before it begins: correct one of the two days."))
    if row.last_day is not None and row.last_day - row.first_day > _LONGEST:
        raise RefusedError(_("More than thirty years: correct one of the two days."))
    same = Contract.objects.filter(
        municipality=row.municipality_id, supplier=row.supplier, number=row.number
    ).exclude(pk=row.pk)
    if same.exists():
        raise RefusedError(
            _(
                "This supplier's contract with this number is there already: open that one, or correct the number."
            )
        )
    if row._state.adding:  # noqa: SLF001 - Django's way to ask
        return
    first_term = row.terms.order_by("first_day").first()
    if first_term is not None and first_term.first_day > row.first_day:
        raise RefusedError(
            _("The first price list begins on %(day)s only: let it begin with the contract first.")
            % {"day": _day(first_term.first_day)}
        )
    settled = Settlement.objects.filter(contract=row).order_by("last_day")
    first, last = settled.first(), settled.last()
    if first is None or last is None:
        return
    if row.first_day > first.last_day or (row.last_day is not None and row.last_day < last.first_day):
        raise RefusedError(
            _("%(since)s to %(until)s are settled and closed: the contract must reach over these days.")
            % {"since": _day(first.first_day), "until": _day(last.last_day)}
        )
    following = period_of(row, last.last_day + ONE_DAY)
    if following.first_day <= last.last_day:
        raise RefusedError(
            _(
                "Settled up to %(day)s, which is not the end of a quarter: change to quarters at the end of one."
            )
            % {"day": _day(last.last_day)}
        )


def _check_term(row: ContractTerm) -> None:
    contract = row.contract
    _check_in_contract(contract, row.first_day)
    others = list(contract.terms.exclude(pk=row.pk).values_list("first_day", flat=True))
    if row.first_day in others:
        raise RefusedError(
            _("Another price list begins on %(day)s already: change that one, or choose another day.")
            % {"day": _day(row.first_day)}
        )
    earliest = min([*others, row.first_day])
    if earliest > contract.first_day:
        raise RefusedError(
            _(
                "From %(since)s to %(until)s there would be no price: the first price list must begin on %(since)s."
            )
            % {"since": _day(contract.first_day), "until": _day(earliest - ONE_DAY)}
        )


def _check_term_goes(row: ContractTerm) -> None:
    others = row.contract.terms.exclude(pk=row.pk)
    settled = Settlement.objects.filter(contract=row.contract_id).exists()
    if row.first_day <= row.contract.first_day and (others.exists() or settled):
        raise RefusedError(
            _("Without it the contract's first days would have no price: change this price list instead.")
        )


def _check_device(row: ContractDevice) -> None:
    contract = row.contract
    if row.device.municipality_id != row.municipality_id:
        raise PermissionDenied
    if row.last_day is not None and row.last_day < row.first_day:
        raise RefusedError(_("The last day is before the first: correct one of the two."))
    _check_in_contract(contract, row.first_day)
    twin = (
        ContractDevice.objects.select_related("contract")
        .filter(
            Q(last_day__isnull=True) | Q(last_day__gte=row.first_day),
            device=row.device_id,
            first_day__lte=row.last_day or OPEN_END,
        )
        .exclude(pk=row.pk)
        .first()
    )
    if twin is not None:
        raise RefusedError(
            _(
                "%(device)s is in the contract %(contract)s from %(since)s to %(until)s: end it there first, or begin here later."
            )
            % {
                "device": row.device,
                "contract": twin.contract,
                "since": _day(twin.first_day),
                "until": _day(twin.last_day) if twin.last_day else _("further notice"),
            }
        )


def _check_in_contract(contract: Contract, day: date) -> None:
    if not contract.runs_on(day):
        raise RefusedError(
            _("%(day)s is outside of the contract (%(since)s to %(until)s).")
            % {
                "day": _day(day),
                "since": _day(contract.first_day),
                "until": _day(contract.last_day) if contract.last_day else _("further notice"),
            }
        )


def _is_settled(row: ContractDevice) -> bool:
    return SettlementLine.objects.filter(
        settlement__contract=row.contract_id,
        device=row.device_id,
        first_day__gte=row.first_day,
        first_day__lte=row.last_day or OPEN_END,
    ).exists()


def _rows(model: type[R]) -> models.Manager[R]:
    return model._default_manager  # noqa: SLF001 - Django's way to the rows of any model


def _values(row: models.Model | None) -> dict[str, Any]:
    """As the audit trail keeps them: text, numbers and lists."""
    if row is None:
        return {}
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]  # noqa: SLF001 - Django's way to any model's fields
    plain = (bool, int, list, dict, type(None))
    return {
        name: value if isinstance(value := getattr(row, name), plain) else str(value)
        for name in names
        if name not in {"municipality_id", "created_at"}
    }


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
