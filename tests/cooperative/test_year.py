# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A year of the cooperative, from the first invoice to the last pay-out: the books balance to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from allmende.cooperative.accounts import Account, balance_of, balances, unbalanced_entries
from allmende.cooperative.bank.statements import import_statements, unmatched
from allmende.cooperative.claims import open_claims
from allmende.cooperative.contributions import charge_contributions
from allmende.cooperative.invoices.issued import Invoice, issue_all
from allmende.cooperative.member_list import Draft, EntryKind, ExitReason, append_entries
from allmende.cooperative.money import ZERO
from allmende.cooperative.reminders import due_reminders
from allmende.cooperative.sepa.collecting import CollectionItem, create_collections
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.pay_outs import PayOut, create_pay_outs
from allmende.cooperative.shares import settle_exit, share_standing, subscribe_shares

from .money_makers import (
    iban_of,
    make_paying_member,
    make_profile,
    make_scale,
    statement_xml,
    transaction_xml,
)

pytestmark = pytest.mark.django_db
D = Decimal


def bank_day(day: date) -> date:
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


def test_a_year_with_a_bounced_debit_and_an_exit() -> None:
    """Three members at 100 euros a month (one at 50), shares of 5,000 euros, charged by quarters; one leaves at the year's end."""
    year = timezone.localdate().year
    make_profile()
    make_scale(date(year, 1, 1))
    founded = date(year - 2, 1, 1)
    zerbst = make_paying_member("Zerbst", founded, mandate=True)
    stendal = make_paying_member("Stendal", founded, mandate=True)
    small = make_paying_member("Kleindorf", founded, inhabitants=3_000)
    for member in (zerbst, stendal, small):
        subscribe_shares(None, member, 1, date(year, 1, 2), date(year, 1, 31))

    # Shares are paid by transfer, with the reference, from accounts of their own.
    claims = [claim for claim, _amount in open_claims()]
    assert [claim.reference for claim in claims] == ["GA-00001", "GA-00002", "GA-00003"]
    entries = [
        transaction_xml("5000.00", date(year, 1, 20), purpose=f"Anteil {claim.reference}") for claim in claims
    ]
    done = import_statements(None, statement_xml("1", date(year, 1, 20), "0", entries, ["5000.00"] * 3))
    assert done.matched == 3
    assert share_standing(zerbst).paid_in == D("5000.00")

    opening, number = D("15000.00"), 1
    today = timezone.localdate()
    for quarter, month in enumerate((1, 4, 7, 10), start=1):
        charge_contributions(None, date(year, month, 1))
        issued, refused = issue_all(None, date(year, month, 2))
        assert [each.gross for each in issued] == [D("150.00"), D("300.00"), D("300.00")]
        assert not refused
        # The two with a mandate are collected; of Zerbst's debit the second comes back, with a fee of 3.50.
        runs = create_collections(None, bank_day(max(today + timedelta(days=15), issued[0].due_day)))
        items = list(CollectionItem.objects.filter(run=runs[0]).order_by("claim__member__name"))
        assert [each.is_first for each in items] == [quarter == 1] * 2
        paid_on = date(year, month, 25)
        invoice = next(each for each in issued if each.member == small)
        amounts = ["300.00", "300.00", "150.00"]
        rows = [transaction_xml("300.00", paid_on, end_to_end=each.end_to_end) for each in items]
        rows.append(transaction_xml("150.00", paid_on, purpose=f"Rechnung {invoice.number} Kleindorf"))
        if quarter == 2:
            bounced = next(each for each in items if each.claim.member == zerbst)
            amounts.append("-303.50")
            rows.append(
                transaction_xml(
                    "-303.50", paid_on, end_to_end=bounced.end_to_end, return_code="AM04", returned="300.00"
                )
            )
        number += 1
        done = import_statements(None, statement_xml(str(number), paid_on, str(opening), rows, amounts))
        assert done.matched == len(rows)
        opening += sum((D(each) for each in amounts), ZERO)
        if quarter == 2:
            bounced.refresh_from_db()
            assert (bounced.state, bounced.return_code) == ("returned", "AM04")
            still_open = {claim.kind: amount for claim, amount in open_claims(member=zerbst)}
            assert still_open == {"invoice": D("300.00"), "fee": D("3.50")}
            late = due_reminders(date(year, 7, 30))
            assert [(each.claim.reference, each.stage.number) for each in late] == [
                (bounced.claim.reference, 1)
            ]
            # Zerbst pays both by transfer.
            fee = next(claim for claim, _a in open_claims(member=zerbst) if claim.kind == "fee")
            number += 1
            row = transaction_xml(
                "303.50", date(year, 5, 5), purpose=f"{bounced.claim.reference} und {fee.reference}"
            )
            import_statements(
                None, statement_xml(str(number), date(year, 5, 5), str(opening), [row], ["303.50"])
            )
            opening += D("303.50")

    assert [claim.reference for claim, _amount in open_claims()] == []
    assert unmatched() == []

    # Stendal leaves at the year's end; the balance is paid out.
    last = date(year, 12, 31)
    append_entries([Draft(stendal, EntryKind.EXIT, last, exit_reason=ExitReason.NOTICE)], actor=None)
    settle_exit(None, stendal)
    assert share_standing(stendal).to_pay_out == D("5000.00")
    create_pay_outs(None, bank_day(today + timedelta(days=1)))
    pay_out = PayOut.objects.get()
    assert (pay_out.amount, pay_out.iban) == (D("5000.00"), stendal.mandates.get().iban)
    paid = date(year + 1, 1, 15)
    row = transaction_xml("-5000.00", paid, end_to_end=pay_out.reference, name="Stendal", iban=iban_of(1))
    import_statements(None, statement_xml("99", paid, str(opening), [row], ["-5000.00"]))
    opening -= D("5000.00")

    books = balances()
    assert books[Account.BANK] == opening == D("13000.00")
    assert books[Account.CONTRIBUTIONS] == D("-3000.00")
    assert books[Account.SHARES] == D("-10000.00")
    assert books[Account.FEES] == D("-3.50")
    assert books[Account.BANK_COSTS] == D("3.50")
    for empty in (
        Account.UNCLEAR,
        Account.RECEIVABLES,
        Account.SHARES_DUE,
        Account.SHARES_UNCALLED,
        Account.SHARES_PAYABLE,
    ):
        assert books[empty] == ZERO, empty
    assert sum(books.values(), ZERO) == ZERO
    assert unbalanced_entries() == []
    numbers = list(Invoice.objects.order_by("serial").values_list("serial", flat=True))
    assert numbers == list(range(1, 13))
    # On any day past, the books say what they said: before the first quarter nothing but shares.
    assert balance_of(Account.BANK, on=date(year, 1, 20)) == D("15000.00")
    assert balance_of(Account.CONTRIBUTIONS, on=date(year, 1, 1)) == ZERO
