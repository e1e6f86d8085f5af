# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.invoices.issued import credit_invoice, issue_invoice
from allmende.cooperative.member_page import balance_of_membership
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.tax import Tax

from .money_makers import make_paying_member, make_profile

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 2)


def test_what_the_membership_has_cost_is_exact_to_the_cent() -> None:
    """A binary sum of a thousand times ten cents is not a hundred euros."""
    add_money_rules()
    make_profile()
    member = make_paying_member("Zerbst", date(2014, 7, 1))
    charges = [
        Charge.objects.create(
            source_key=f"c:{number}",
            member=member,
            kind=ChargeKind.CONTRIBUTION,
            text="Beitrag",
            first_day=DAY,
            last_day=DAY,
            net=Decimal("0.10"),
            tax=Tax.OUTSIDE,
        )
        for number in range(1000)
    ]
    assert balance_of_membership(member, 0, DAY).contributions == 0
    invoice = issue_invoice(None, charges, timezone.localdate())
    assert invoice.gross == Decimal("100.00")
    assert str(balance_of_membership(member, 0, DAY).contributions) == "100.00"


def test_what_was_invoiced_names_its_periods_and_a_credited_invoice_counts_no_more() -> None:
    add_money_rules()
    make_profile()
    member = make_paying_member("Zerbst", date(2014, 7, 1))
    invoices = []
    for first, last, net in (
        (date(2026, 1, 1), date(2026, 3, 31), "300.00"),
        (date(2026, 4, 1), date(2026, 6, 30), "310.00"),
    ):
        charge = add_member_charge(
            member, source_key=f"c:{first}", kind=ChargeKind.CONTRIBUTION, text="Beitrag", first_day=first, last_day=last, net=Decimal(net), tax=Tax.OUTSIDE,
        )  # fmt: skip
        invoices.append(issue_invoice(None, [charge], timezone.localdate()))
    found = balance_of_membership(member, 0, DAY)
    assert found.contributions == Decimal("610.00")
    assert found.periods == (
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), date(2026, 6, 30)),
    )
    credit_invoice(None, invoices[0], timezone.localdate())
    found = balance_of_membership(member, 0, DAY)
    assert (found.contributions, found.periods) == (
        Decimal("310.00"),
        ((date(2026, 4, 1), date(2026, 6, 30)),),
    )
