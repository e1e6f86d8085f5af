# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A cooperative's year, from the charging of contributions to books that balance to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from allmende.cooperative.accounts import Account, balance_of, balances, unbalanced_entries
from allmende.cooperative.ballots import cast_ballot, check_receipt, close_secret_voting
from allmende.cooperative.bank.statements import import_statements, unmatched
from allmende.cooperative.charges import Charge
from allmende.cooperative.claims import open_claims
from allmende.cooperative.contribution_charging import charge_contributions
from allmende.cooperative.due_dates import agenda_of
from allmende.cooperative.exits import record_exit
from allmende.cooperative.invoices.issued import Invoice, issue_all
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.member_list import ExitReason, members_on
from allmende.cooperative.member_votes import MemberVotes, add_votes
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members
from allmende.cooperative.money import ZERO
from allmende.cooperative.reminders import due_reminders
from allmende.cooperative.resolutions import Resolution
from allmende.cooperative.sepa.collecting import CollectionItem, create_collections
from allmende.cooperative.sepa.files import is_bank_day
from allmende.cooperative.sepa.mandates import mandate_for
from allmende.cooperative.sepa.pay_outs import PayOut, create_pay_outs
from allmende.cooperative.share_counts import shares_held
from allmende.cooperative.share_endings import keep_shares, open_endings, settle_ending
from allmende.cooperative.shares import share_standing, subscribe_shares
from allmende.cooperative.vote_counting import ABSTAIN, NO, YES
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.contracts import InvoicedBy
from allmende.fleet.settlement.arithmetic import quarter_of
from allmende.fleet.settlement.closing import close_settlement
from allmende.fleet.settlement.drafts import draft_settlement
from fleet.contract_makers import at, make_contract, make_keeper, make_term, place_device, read_meter
from makers import make_person, make_town

from .meeting_makers import Cooperative, make_session, make_voting
from .member_makers import make_document
from .money_makers import (
    make_paying_member,
    make_profile,
    make_scale,
    statement_xml,
    transaction_xml,
)

pytestmark = pytest.mark.django_db
D = Decimal
NAMES = ("Zerbst", "Stendal", "Kleindorf", "Loburg")


def bank_day(day: date) -> date:
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


class Bank:
    """The cooperative's account: one statement after the other."""

    def __init__(self) -> None:
        self.balance, self.number = ZERO, 0

    def tell(self, day: date, *rows: tuple[str, str]) -> None:
        """`rows`: the entry and its amount; all of them are matched by themselves."""
        self.number += 1
        xml = statement_xml(
            str(self.number), day, str(self.balance), [row for row, _a in rows], [a for _row, a in rows]
        )
        done = import_statements(None, xml)
        assert done.matched == len(rows)
        self.balance += sum((D(amount) for _row, amount in rows), ZERO)


def make_members(since: date) -> dict[str, Member]:
    """With towns and heads on the platform; Zerbst, Stendal and Loburg pay by debit."""
    small = {"Kleindorf", "Loburg"}
    found = {
        name: make_paying_member(
            name, since, inhabitants=3_000 if name in small else 20_000, mandate=name != "Kleindorf"
        )
        for name in NAMES
    }
    for name, member in found.items():
        member.municipality = make_town(name.lower(), name=name)
        member.save()
    return found


def pay_shares(bank: Bank, members: dict[str, Member], year: int) -> None:
    """By transfer, with the reference, from accounts of their own."""
    for member in members.values():
        subscribe_shares(None, member, 1, date(year, 1, 2), date(year, 1, 31))
    claims = [claim for claim, _amount in open_claims()]
    assert [claim.reference for claim in claims] == [f"GA-{number:05d}" for number in range(1, 5)]
    day = date(year, 1, 20)
    bank.tell(
        day,
        *(
            (transaction_xml("5000.00", day, purpose=f"Anteil {claim.reference}"), "5000.00")
            for claim in claims
        ),
    )
    assert share_standing(members["Zerbst"]).paid_in == D("5000.00")


def run_quarter(bank: Bank, month: int, year: int) -> list[CollectionItem]:
    """Charge, invoice, collect; who has no mandate pays by transfer. The items of the collection."""
    charge_contributions(None, date(year, month, 1))
    issued, refused = issue_all(None, date(year, month, 2))
    assert not refused
    run = create_collections(
        None, bank_day(max(timezone.localdate() + timedelta(days=15), issued[0].due_day))
    )[0]
    items = list(run.items.select_related("claim__member").order_by("claim__member__name"))
    day = date(year, month, 25)
    rows = [
        (transaction_xml(f"{each.amount}", day, end_to_end=each.end_to_end), f"{each.amount}")
        for each in items
    ]
    rows += [
        (transaction_xml(f"{each.gross}", day, purpose=f"Rechnung {each.number}"), f"{each.gross}")
        for each in issued
        if each.member.name == "Kleindorf"
    ]
    bank.tell(day, *rows)
    return items


def bounce(bank: Bank, item: CollectionItem, day: date) -> None:
    """The debit comes back with a fee of 3.50; the member then pays both by transfer."""
    row = transaction_xml(
        "-303.50", day, end_to_end=item.end_to_end, return_code="AM04", returned=f"{item.amount}"
    )
    bank.tell(day, (row, "-303.50"))
    item.refresh_from_db()
    assert (item.state, item.return_code) == ("returned", "AM04")
    member = item.claim.member
    still_open = {claim.kind: amount for claim, amount in open_claims(member=member)}
    assert still_open == {"invoice": D("300.00"), "fee": D("3.50")}
    late = due_reminders(day + timedelta(days=90))
    assert [(each.claim.reference, each.stage.number) for each in late] == [(item.claim.reference, 1)]
    fee = next(claim for claim, _a in open_claims(member=member) if claim.kind == "fee")
    paid = day + timedelta(days=9)
    purpose = f"{item.claim.reference} und {fee.reference}"
    bank.tell(paid, (transaction_xml("303.50", paid, purpose=purpose), "303.50"))


def settle_printing(member: Member, year: int) -> Decimal:
    """A contract whose settlements the cooperative invoices: its first quarter is closed. The net amount."""
    town = member.municipality
    assert town is not None
    contract = make_contract(town, first_day=date(year, 1, 1), invoiced_by=InvoicedBy.COOPERATIVE)
    make_term(contract)
    device = place_device(contract, "eg")
    read_meter(device, at(date(year, 1, 1)), 1_000, 100)
    read_meter(device, at(date(year, 4, 1)), 4_333, 451)
    period = quarter_of(date(year, 1, 1))
    closed = close_settlement(
        make_keeper(town),
        contract,
        period,
        draft_settlement(contract, period).digest,
        today=date(year, 4, 15),
    )
    return closed.net


def meet_in_secret(office: Person, members: list[Member]) -> None:
    """A general meeting of today's members, with one secret ballot and its receipts."""
    heads = []
    for member in members:
        assert member.municipality is not None
        head = make_person(member.municipality, "head", display_name=f"Head of {member.name}")
        Role.objects.create(municipality=member.municipality, person=head, name=RoleName.MANAGEMENT)
        heads.append(head)
    cooperative = Cooperative(office.municipality, office, members, heads)
    voting = make_voting(cooperative, make_session(cooperative))
    choices = [YES, NO]
    receipts = [
        cast_ballot(head, voting, member.pk, choice)
        for member, head, choice in zip(members, heads, choices, strict=True)
    ]
    # Zerbst has two votes by the statutes and gives both.
    receipts.append(cast_ballot(heads[0], voting, members[0].pk, YES))
    close_secret_voting(office, voting)
    voting.refresh_from_db()
    assert (voting.tally, voting.outcome) == ({YES: 2, NO: 1, ABSTAIN: 0}, "adopted")
    assert all(check_receipt(voting, receipt) is not None for receipt in receipts)
    assert Resolution.objects.get(voting=voting).number == 1


def test_a_year_ends_with_accounts_that_balance_to_the_cent() -> None:
    """Members at 100 euros a month (two at 50), shares of 5,000 euros, charged by quarters. A debit bounces, Loburg is merged into Zerbst in
    July, Stendal leaves at the year's end, Kleindorf's printing is settled through the cooperative.
    """
    today = timezone.localdate()
    year = today.year - 1
    LegalRule.objects.filter(key="statutes.notice_period").update(number=3, unit="months")
    tenant = make_town("kitu", name="Genossenschaft", is_cooperative=True)
    office = make_person(tenant, "office")
    Role.objects.create(municipality=tenant, person=office, name=RoleName.OFFICE)
    make_profile()
    make_scale(date(year, 1, 1))
    members, bank = make_members(date(year, 1, 1)), Bank()
    zerbst, stendal, small, loburg = (members[name] for name in NAMES)
    pay_shares(bank, members, year)

    run_quarter(bank, 1, year)
    items = run_quarter(bank, 4, year)
    assert [(each.claim.member.name, each.amount) for each in items] == [
        ("Loburg", D("150.00")),
        ("Stendal", D("300.00")),
        ("Zerbst", D("300.00")),
    ]
    bounce(bank, items[2], date(year, 4, 28))

    notice = date(year, 5, 5)
    leaving = record_exit(stendal, ExitReason.NOTICE, notice, actor=None, document=make_document())
    assert (leaving.last_day, leaving.pay_out_due) == (date(year, 12, 31), date(year + 1, 6, 30))

    # Loburg's share, contribution, votes and (had Zerbst none) mandate go over to Zerbst until the year's end.
    merge_members([loburg], zerbst, date(year, 7, 1), actor=None)
    assert (share_standing(loburg).subscribed, share_standing(zerbst).paid_in) == (ZERO, D("10000.00"))
    assert mandate_for(loburg, today) == loburg.mandates.get()
    net = settle_printing(small, year)
    charge = Charge.objects.get(kind="settlement")
    assert (charge.member, charge.net) == (small, net)
    assert net == D("90.00") + cents_of(3_333, "0.0042") + cents_of(351, "0.039")
    items = run_quarter(bank, 7, year)
    assert [(each.claim.member.name, each.amount) for each in items] == [
        ("Stendal", D("300.00")),
        ("Zerbst", D("450.00")),
    ]
    run_quarter(bank, 10, year)
    assert charge_contributions(None, date(year, 10, 1)) == []
    assert [claim.reference for claim, _amount in open_claims()] == []
    assert unmatched() == []

    # The year is over: the office confirms what is announced, one by one, as its page of the day says.
    titles = [each.item.title for each in agenda_of(today).items]
    assert "Confirm the balance of Stendal" in titles
    assert "Zerbst: pay out or keep the shares taken over from Loburg" in titles
    for ending in open_endings(before=today):
        if ending.predecessor == loburg:
            keep_shares(None, ending)
        else:
            settle_ending(None, ending)
    assert [(each.name, each.further_shares) for each in members_on(today)] == [
        ("Zerbst", 1),
        ("Kleindorf", 0),
    ]
    assert [shares_held(each, today) for each in (zerbst, small, stendal)] == [2, 1, 0]
    create_pay_outs(None, bank_day(today + timedelta(days=1)))
    pay_out = PayOut.objects.get()
    assert (pay_out.amount, pay_out.iban) == (D("5000.00"), stendal.mandates.get().iban)
    paid = date(year + 1, 1, 15)
    bank.tell(paid, (transaction_xml("-5000.00", paid, end_to_end=pay_out.reference), "-5000.00"))
    assert f"Stendal has left and owes nothing: end the mandate {stendal.mandates.get()}" in [
        each.item.title for each in agenda_of(today).items
    ]

    add_votes(office, MemberVotes(member=zerbst, votes=2, valid_from=today, source="§ 12 der Satzung"))
    meet_in_secret(office, [zerbst, small])

    tax = (net * D("0.19")).quantize(D("0.01"))
    books = balances()
    # 4 x 900 for the contributions of four memberships, whoever owed them.
    assert books[Account.CONTRIBUTIONS] == D("-3600.00")
    assert books[Account.CHARGES] == -net
    assert books[Account.TAX] == -tax
    assert books[Account.SHARES] == D("-15000.00")
    assert books[Account.FEES] == D("-3.50")
    assert books[Account.BANK_COSTS] == D("3.50")
    assert books[Account.BANK] == bank.balance == D("15000.00") + D("3600.00") + net + tax
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
    assert numbers == list(range(1, len(numbers) + 1))
    # On any day past, the books say what they said: before the first quarter nothing but shares.
    assert balance_of(Account.BANK, on=date(year, 1, 20)) == D("20000.00")
    assert balance_of(Account.CONTRIBUTIONS, on=date(year, 1, 1)) == ZERO


def cents_of(count: int, price: str) -> Decimal:
    return (count * D(price)).quantize(D("0.01"))
