# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the bank writes and what it is for: sums of a whole file, rejected debits, pay-outs that come back, and what is only listed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from lxml import etree

from allmende.cooperative.accounts import Account, balance_of, balances
from allmende.cooperative.bank.matching import (
    match_by_hand,
    match_returned_pay_out,
    reject_pay_out,
    undo_match,
)
from allmende.cooperative.bank.statements import BankTransaction, Match, import_statements, unmatched
from allmende.cooperative.charges import ChargeKind, add_member_charge
from allmende.cooperative.hash_chain import ChangeEntry
from allmende.cooperative.invoices.issued import Invoice, credit_invoice, issue_all
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.sepa.collecting import (
    CollectionItem,
    CollectionRun,
    collectible,
    create_collections,
    reject_item,
)
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.pay_outs import PayOut, create_pay_outs, payable
from allmende.cooperative.tax import Tax
from allmende.directory.people import Person
from makers import make_person, make_town

from .money_makers import make_paying_member, make_profile, statement_xml, transaction_xml

pytestmark = pytest.mark.django_db
D = Decimal


def bank_day(day: date) -> date:
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


@pytest.fixture
def clerk() -> Person:
    return make_person(make_town(), "m.stein")


def charge(member: Member, net: str) -> None:
    add_member_charge(
        member,
        source_key=f"{member.pk}:{net}:{Invoice.objects.count()}",
        kind=ChargeKind.OTHER,
        text="Beitrag",
        first_day=date(2026, 1, 1),
        last_day=date(2026, 1, 31),
        net=D(net),
        tax=Tax.OUTSIDE,
    )


def collect(*amounts: str) -> list[CollectionItem]:
    """One member with a mandate for each amount, invoiced and in one file."""
    add_money_rules()
    make_profile()
    today = timezone.localdate()
    for number, amount in enumerate(amounts):
        charge(make_paying_member(f"Ort {number}", date(today.year - 1, 1, 1), mandate=True), amount)
    issue_all(None, today)
    create_collections(None, bank_day(today + timedelta(days=15)))
    return list(CollectionItem.objects.order_by("claim__member__name"))


def book(number: int, opening: str, *rows: tuple[str, dict[str, str]]) -> int:
    """A statement of today; how many of its payments were matched."""
    today = timezone.localdate()
    entries = [transaction_xml(amount, today, **values) for amount, values in rows]
    data = statement_xml(str(number), today, opening, entries, [amount for amount, _values in rows])
    return import_statements(None, data).matched


def parts_of(run: CollectionRun) -> list[str]:
    return [str(each.text) for each in etree.fromstring(bytes(run.xml)).iterfind(".//{*}PmtInf/{*}PmtInfId")]


@pytest.mark.parametrize("by_part", [True, False])
def test_a_file_that_the_bank_books_as_one_sum_pays_all_its_debits(by_part: bool) -> None:
    items = collect("100.00", "200.00")
    run = items[0].run
    batch = parts_of(run)[0] if by_part else run.message_id
    assert book(1, "0", ("300.00", {"batch": batch})) == 1
    assert set(CollectionItem.objects.values_list("state", flat=True)) == {"paid"}
    assert balance_of(Account.RECEIVABLES) == balance_of(Account.UNCLEAR) == 0


def test_a_sum_that_does_not_fit_is_listed_and_nothing_is_guessed() -> None:
    items = collect("100.00", "200.00")
    assert book(1, "0", ("299.99", {"batch": parts_of(items[0].run)[0]})) == 0
    assert [each.open_amount for each in unmatched()] == [D("299.99")]
    assert set(CollectionItem.objects.values_list("state", flat=True)) == {"pending"}
    assert balance_of(Account.UNCLEAR) == D("-299.99")


def test_a_sum_less_a_rejected_debit_is_parted_by_hand(clerk: Person) -> None:
    paid, rejected = collect("100.00", "200.00")
    book(1, "0", ("100.00", {"batch": parts_of(paid.run)[0]}))
    (row,) = unmatched()
    match_by_hand(clerk, row, paid.claim, D("100.00"))
    paid.refresh_from_db()
    assert (paid.state, paid.paid_on) == ("paid", timezone.localdate())
    # The other one never stands on a statement: the office says so, and it can be collected again, as the first still.
    later = bank_day(timezone.localdate() + timedelta(days=40))
    assert collectible(later) == []
    reject_item(clerk, rejected)
    (again,) = collectible(later)
    assert (again.claim, again.is_first) == (rejected.claim, True)
    with pytest.raises(MoneyRefusedError, match="not waiting any more"):
        reject_item(clerk, rejected)
    # What was paid by hand and comes back is known.
    assert (
        book(
            2,
            "100.00",
            ("-103.00", {"end_to_end": paid.end_to_end, "return_code": "AC04", "returned": "100.00"}),
        )
        == 1
    )
    paid.refresh_from_db()
    assert (paid.state, paid.return_code, paid.claim.open_amount()) == ("returned", "AC04", D("100.00"))


def test_what_was_matched_by_hand_and_is_undone_waits_again(clerk: Person) -> None:
    (item,) = collect("100.00")
    book(1, "0", ("100.00", {"purpose": "ohne Angabe"}))
    match_by_hand(clerk, BankTransaction.objects.get(), item.claim, D("100.00"))
    undo_match(clerk, Match.objects.get())
    item.refresh_from_db()
    assert (item.state, item.paid_on, item.claim.open_amount()) == ("pending", None, D("100.00"))
    assert balance_of(Account.UNCLEAR) == D("-100.00")


def test_a_claim_is_in_one_file_at_a_time() -> None:
    collect("100.00")
    with pytest.raises(MoneyRefusedError, match="nothing to collect"):
        create_collections(None, bank_day(timezone.localdate() + timedelta(days=20)))
    assert CollectionRun.objects.count() == 1


@pytest.mark.parametrize("as_sum", [True, False])
def test_a_pay_out_that_comes_back_is_owed_again(as_sum: bool) -> None:
    collect("100.00", "50.00")
    items = CollectionItem.objects.all()
    assert book(1, "0", ("150.00", {"batch": items[0].run.message_id})) == 1
    for invoice in Invoice.objects.all():
        credit_invoice(None, invoice, timezone.localdate())
    assert sorted(each.amount for each in payable()) == [D("50.00"), D("100.00")]
    run = create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    assert payable() == []
    with pytest.raises(MoneyRefusedError, match="nothing to pay out"):
        create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    if as_sum:
        part = next(
            each.text for each in etree.fromstring(bytes(run.xml)).iterfind(".//{*}PmtInf/{*}PmtInfId")
        )
        assert book(2, "150.00", ("-150.00", {"batch": str(part)})) == 1
    else:
        outs = [(f"-{each.amount}", {"end_to_end": each.reference}) for each in PayOut.objects.all()]
        assert book(2, "150.00", *outs) == 2
    assert not any(balances().values())
    back = PayOut.objects.get(amount=D("50.00"))
    assert book(3, "0", ("50.00", {"end_to_end": back.reference, "return_code": "AC01"})) == 1
    (owed,) = payable()
    assert (owed.member, owed.amount) == (back.member, D("50.00"))
    assert balance_of(Account.UNCLEAR) == 0


def test_the_same_statement_is_refused_also_in_another_file() -> None:
    add_money_rules()
    make_profile()
    book(1, "0", ("10.00", {"purpose": "Spende"}))
    before = balances()
    with pytest.raises(MoneyRefusedError, match="imported already; nothing was booked twice"):
        book(1, "0", ("10.00", {"purpose": "Spende"}))
    # A file that has it twice is refused whole.
    today = timezone.localdate()
    one = statement_xml("2", today, "10.00", [transaction_xml("1.00", today)], ["1.00"])
    twice = one.replace(
        b"</Stmt>", b"</Stmt>" + one[one.index(b"<Stmt>") : one.index(b"</BkToCstmrStmt>")], 1
    )
    with pytest.raises(MoneyRefusedError, match="imported already"):
        import_statements(None, twice)
    with pytest.raises(MoneyRefusedError, match="one between is missing"):
        book(3, "11.00", ("1.00", {}))
    assert balances() == before


def owed_to_members(*amounts: str) -> list[PayOut]:
    """Invoices of these amounts, paid and then credited, in one file of pay-outs."""
    items = collect(*amounts)
    total = f"{sum(map(D, amounts)):.2f}"
    book(1, "0", (total, {"batch": items[0].run.message_id}))
    for invoice in Invoice.objects.all():
        credit_invoice(None, invoice, timezone.localdate())
    create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    return list(PayOut.objects.order_by("-amount"))


def test_a_rejected_pay_out_can_be_paid_out_again_and_the_rest_of_its_file_fits(clerk: Person) -> None:
    paid, rejected = owed_to_members("100.00", "50.00")
    # The bank debits the file less the one that it rejects.
    assert book(2, "150.00", ("-100.00", {"batch": paid.run.message_id})) == 0
    reject_pay_out(clerk, rejected)
    paid.refresh_from_db()
    assert (paid.paid_on, unmatched()) == (timezone.localdate(), [])
    (again,) = payable()
    assert (again.claim, again.amount) == (rejected.claim, D("50.00"))
    assert ChangeEntry.objects.filter(noun="pay_out", key=rejected.pk, what="rejected").count() == 1
    with pytest.raises(MoneyRefusedError, match="not waiting any more"):
        reject_pay_out(clerk, rejected)
    with pytest.raises(MoneyRefusedError, match="not waiting any more"):
        reject_pay_out(clerk, paid)
    create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    anew = PayOut.objects.get(paid_on__isnull=True, failed_on__isnull=True)
    assert anew.reference != rejected.reference
    # What was rejected is not paid by a statement that names it; the new one is.
    assert book(3, "50.00", ("-50.00", {"end_to_end": rejected.reference})) == 0
    assert book(4, "0", ("50.00", {}), ("-50.00", {"end_to_end": anew.reference})) == 1


def test_a_pay_out_that_came_back_unnamed_is_said_by_hand_and_that_can_be_undone(clerk: Person) -> None:
    (paid,) = owed_to_members("50.00")
    book(2, "50.00", ("-50.00", {"end_to_end": paid.reference}))
    assert book(3, "0", ("50.00", {"purpose": "Rückgabe, Konto erloschen"})) == 0
    (row,) = unmatched()
    match_returned_pay_out(clerk, row, paid)
    paid.refresh_from_db()
    assert (paid.failed_on, [each.amount for each in payable()]) == (row.booked_on, [D("50.00")])
    assert (balance_of(Account.UNCLEAR), balance_of(Account.RECEIVABLES)) == (0, D("-50.00"))
    assert ChangeEntry.objects.filter(noun="pay_out", key=paid.pk, what="returned").count() == 1
    undo_match(clerk, Match.objects.get(transaction=row))
    paid.refresh_from_db()
    assert (paid.failed_on, payable()) == (None, [])
    assert (balance_of(Account.UNCLEAR), balance_of(Account.RECEIVABLES)) == (D("-50.00"), 0)
    # Said again, and paid out anew: then it can't be undone any more, else it would be paid twice.
    match_returned_pay_out(clerk, row, paid)
    with pytest.raises(MoneyRefusedError, match="not the amount"):
        match_returned_pay_out(clerk, row, paid)
    create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    with pytest.raises(MoneyRefusedError, match="paid out anew already"):
        undo_match(clerk, Match.objects.get(transaction=row, undone_at__isnull=True))
