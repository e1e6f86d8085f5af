# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the cooperative offers to other rooms, brought together by the composition. Functions and frozen dataclasses, never models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.continued_memberships import successor_of
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.member_list import is_member_on, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.tax import Tax, settlement_tax_on

__all__ = ["AddedCharge", "MoneyRefusedError", "add_charge", "is_charged"]


@dataclass(frozen=True, slots=True)
class AddedCharge:
    """`invoice_number` is empty until an invoice has it."""

    charge_id: int
    invoice_number: str


def add_charge(
    municipality_id: int,
    *,
    source_key: str,
    text: str,
    first_day: date,
    last_day: date,
    net: Decimal,
    corrects: str = "",
) -> AddedCharge:
    """A charge for the member behind this town, e.g. the settlement of a printing contract; the office invoices it with the next run.

    `net` in euros, negative for money back. `source_key` names the event for all time, e.g. `settlement:17:1`: the same event brought again
    adds nothing. Value-added tax is as the office's rule says for the last day; what `corrects` another charge (its source key) is taxed as that was.
    Raises MoneyRefusedError (in the reader's language) where the town is no member, the rule is missing, or the key has another content.
    """
    member = Member.objects.filter(municipality_id=municipality_id).first()
    if member is None or not memberships_of(member):
        raise MoneyRefusedError(gettext("This town is no member of the cooperative."))
    if not is_member_on(member, timezone.localdate()):
        # A dissolved body's debts are its legal successor's; who has left otherwise still owes what is settled late.
        member = successor_of(member) or member
    charge = add_member_charge(
        member,
        source_key=source_key,
        kind=ChargeKind.SETTLEMENT,
        text=text,
        first_day=first_day,
        last_day=last_day,
        net=net,
        tax=_tax_of(source_key, corrects, last_day),
    )
    found = Charge.objects.filter(pk=charge.pk).values_list("invoice__number", flat=True).first()
    return AddedCharge(charge.pk, found or "")


def _tax_of(source_key: str, corrects: str, last_day: date) -> Tax:
    """Raises MoneyRefusedError."""
    for key in (source_key, corrects):
        standing = Charge.objects.filter(source_key=key).values_list("tax", flat=True).first()
        if standing is not None:
            return Tax(standing)
    try:
        return settlement_tax_on(last_day)
    except UnknownRuleError as error:
        raise MoneyRefusedError(str(error)) from error


def is_charged(source_key: str) -> bool:
    """Whether this event was brought as a charge, and not taken away by the office."""
    return Charge.objects.filter(source_key=source_key).exists()
