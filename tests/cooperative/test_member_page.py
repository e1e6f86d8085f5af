# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from allmende.cooperative.charges import Charge, ChargeKind
from allmende.cooperative.invoices.issued import issue_invoice
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
