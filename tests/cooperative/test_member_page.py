# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from allmende.cooperative.accounts import Account, Line, book
from allmende.cooperative.charges import Charge, ChargeKind, add_member_charge
from allmende.cooperative.invoices.issued import Invoice, credit_invoice, issue_invoice
from allmende.cooperative.member_page import balance_of_membership
from allmende.cooperative.members import Member
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.tax import Tax
from allmende.directory.roles import Role, RoleName
from makers import make_person, make_town

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


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_credited_invoice_is_not_called_paid_and_what_is_owed_back_is_named(language: str) -> None:
    add_money_rules()
    make_profile()
    town = make_town("zerbst")
    member = make_paying_member("Zerbst", date(2014, 7, 1))
    Member.objects.filter(pk=member.pk).update(municipality=town)
    charge = add_member_charge(
        member, source_key="c:1", kind=ChargeKind.CONTRIBUTION, text="Beitrag", first_day=DAY, last_day=DAY, net=Decimal("300.00"), tax=Tax.OUTSIDE,
    )  # fmt: skip
    invoice = issue_invoice(None, [charge], timezone.localdate())
    head = make_person(town, "head")
    Role.objects.create(municipality=town, person=head, name=RoleName.MANAGEMENT)
    client = Client(headers={"accept-language": language})
    client.force_login(head)
    words = {
        "en": ("300.00 € open", "300.00 € overdue", "credited", "300.00 € credit", "paid</"),
        "de": ("300,00 € offen", "300,00 € überfällig", "gutgeschrieben", "300,00 € Guthaben", "bezahlt</"),
    }[language]

    def page() -> str:
        return client.get("/mitgliedschaft/").content.decode()

    assert words[0] in page()
    Invoice.objects.filter(pk=invoice.pk).update(due_day=timezone.localdate() - timedelta(days=1))
    assert words[1] in page()
    lines = [
        Line(Account.BANK, invoice.gross),
        Line(invoice.claim.account, -invoice.gross, member, invoice.claim),
    ]
    book(timezone.localdate(), "Zahlung", lines, source_key="paid:1")
    assert words[4] in page()
    credit_invoice(None, invoice, timezone.localdate())
    shown = page()
    assert words[2] in shown
    assert words[3] in shown
    assert words[4] not in shown
