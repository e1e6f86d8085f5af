# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What exits, cancellations, transfers and mergers mean for the accounts of shares, and that all of it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allmende.cooperative.accounts import (
    Account,
    BookEntry,
    Line,
    balance_of,
    balances,
    book,
    close_books,
    unbalanced_entries,
)
from allmende.cooperative.bank.statements import import_statements
from allmende.cooperative.claims import open_claims
from allmende.cooperative.exits import (
    RefusedExitError,
    cancel_shares,
    correct_entry,
    record_exit,
    revoke_exit,
)
from allmende.cooperative.legal_rules import LegalRule
from allmende.cooperative.member_events import MemberAdmitted, publish
from allmende.cooperative.member_list import (
    EntryKind,
    ExitReason,
    MemberListEntry,
    RefusedEntryError,
    members_on,
)
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members, split_member
from allmende.cooperative.money import ZERO, MoneyRefusedError
from allmende.cooperative.sepa.pay_outs import PayOut, create_pay_outs, payable, repaid_by_member
from allmende.cooperative.share_endings import (
    ShareEnding,
    due_pay_outs,
    keep_shares,
    open_endings,
    settle_ending,
    shares_on,
)
from allmende.cooperative.shares import share_standing, subscribe_shares
from allmende.cooperative.transfers import transfer_shares

from .member_makers import make_document, make_member
from .money_makers import make_paying_member, make_profile, statement_xml, transaction_xml
from .test_year import bank_day

pytestmark = pytest.mark.django_db
D = Decimal
LAST_YEAR = timezone.localdate().year - 1
END = date(LAST_YEAR, 12, 31)
IN_MARCH = date(LAST_YEAR, 3, 1)


@pytest.fixture(autouse=True)
def three_months_of_notice() -> None:
    LegalRule.objects.filter(key="statutes.notice_period").update(number=3, unit="months")


def pay_in(member: Member, amount: Decimal | None = None) -> None:
    """All that is open, or so much of the oldest claim."""
    for claim, due in open_claims(member=member):
        paid = due if amount is None else amount
        lines = [Line(Account.BANK, paid), Line(Account.SHARES_DUE, -paid, member, claim)]
        book(claim.due_day, "Einzahlung", lines, source_key=f"test:{claim.pk}:{paid}")


def make_holder(name: str, count: int = 1, paid: Decimal | None = None) -> Member:
    """A member since 2015 with so many shares of 5,000, paid in wholly, or in part."""
    member = make_member(name, date(2015, 1, 1))
    publish(MemberAdmitted(member.pk, date(2015, 1, 1), count))
    pay_in(member, paid)
    return member


def leave(member: Member) -> ShareEnding:
    record_exit(member, ExitReason.NOTICE, IN_MARCH, actor=None, document=make_document())
    return open_endings().get(member=member)


def refuses(words: str, do: Callable[[], object]) -> None:
    with pytest.raises(MoneyRefusedError, match=words), transaction.atomic():
        do()


def test_an_exit_announces_the_balance_which_the_office_confirms_and_the_bank_pays() -> None:
    make_profile()
    member = make_paying_member("Burg", date(2015, 1, 1), mandate=True)
    publish(MemberAdmitted(member.pk, date(2015, 1, 1), 1))
    pay_in(member)
    ending = leave(member)
    assert (ending.last_day, ending.pay_out_due) == (END, date(LAST_YEAR + 1, 6, 30))
    assert (ending.share_count, share_standing(member).to_pay_out, payable()) == (None, ZERO, [])
    assert [shares_on(member.pk, day) for day in (END, END + timedelta(days=1))] == [1, 0]
    refuses("between zero and", lambda: settle_ending(None, ending, loss=D("5000.01")))
    entry = settle_ending(None, ending, loss=D("120.55"))
    assert entry is not None
    assert entry.day == END
    refuses("settled already", lambda: settle_ending(None, ending))
    assert [(each.ending, each.amount) for each in due_pay_outs()] == [(ending, D("4879.45"))]
    create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    assert payable() == []
    assert balance_of(Account.RESERVES) == D("-120.55")
    assert unbalanced_entries() == []


def test_a_revoked_exit_takes_back_what_was_announced_and_what_was_booked() -> None:
    member = make_holder("Burg", 2, D("7000.00"))
    before = balances()
    leave(member)
    revoke_exit(member.exits.get(), actor=None, note="zurückgezogen")
    assert not open_endings().exists()
    assert shares_on(member.pk, END + timedelta(days=1)) == 2

    settle_ending(None, leave(member))
    assert share_standing(member).to_pay_out == D("7000.00")
    assert open_claims(member=member) == []
    entries = list(BookEntry.objects.values_list("pk", "day", "text"))
    revoke_exit(member.exits.get(revoked_at__isnull=True), actor=None, note="zurückgezogen")
    assert balances() == before
    assert balances(on=END) == before
    assert [amount for _claim, amount in open_claims(member=member)] == [D("3000.00")]
    assert list(BookEntry.objects.values_list("pk", "day", "text"))[: len(entries)] == entries


def test_what_the_bank_has_already_is_not_taken_back() -> None:
    make_profile()
    member = make_paying_member("Burg", date(2015, 1, 1), mandate=True)
    publish(MemberAdmitted(member.pk, date(2015, 1, 1), 1))
    pay_in(member)
    settle_ending(None, leave(member))
    create_pay_outs(None, bank_day(timezone.localdate() + timedelta(days=1)))
    refuses("AU-00001", lambda: revoke_exit(member.exits.get(), actor=None, note="zu spät"))
    assert member.exits.get().revoked_at is None
    assert share_standing(member).to_pay_out == D("5000.00")


def test_a_balance_that_the_bank_sends_back_is_owed_again() -> None:
    make_profile()
    member = make_paying_member("Burg", date(2015, 1, 1), mandate=True)
    publish(MemberAdmitted(member.pk, date(2015, 1, 1), 1))
    pay_in(member)
    ending = settled(member)
    today = timezone.localdate()
    create_pay_outs(None, bank_day(today + timedelta(days=1)))
    pay_out = PayOut.objects.get()
    out = transaction_xml("-5000.00", today, end_to_end=pay_out.reference)
    import_statements(None, statement_xml("1", today, "0", [out], ["-5000.00"]))
    assert (due_pay_outs(), repaid_by_member(today)) == ([], {member.pk: D("5000.00")})
    back = transaction_xml("5000.00", today, end_to_end=pay_out.reference, return_code="AC04")
    import_statements(None, statement_xml("2", today, "-5000.00", [back], ["5000.00"]))
    pay_out.refresh_from_db()
    assert (pay_out.paid_on, pay_out.failed_on) == (today, today)
    assert [each.ending for each in due_pay_outs()] == [ending]
    assert ([each.amount for each in payable()], repaid_by_member(today)) == ([D("5000.00")], {})
    assert share_standing(member).to_pay_out == D("5000.00")
    # Nothing is with the bank: the end can be taken back.
    revoke_exit(member.exits.get(), actor=None, note="bleibt")
    assert (share_standing(member).to_pay_out, payable()) == (ZERO, [])
    assert unbalanced_entries() == []


def settled(member: Member) -> ShareEnding:
    ending = leave(member)
    settle_ending(None, ending)
    return ending


def test_nothing_is_settled_before_its_day_nor_into_closed_books() -> None:
    member = make_holder("Burg")
    LegalRule.objects.filter(key="statutes.notice_period").update(number=5, unit="years")
    ending = leave(member)
    refuses("held until", lambda: settle_ending(None, ending))
    ShareEnding.objects.filter(pk=ending.pk).update(last_day=END)
    close_books(None, END)
    entry = settle_ending(None, ending)
    assert entry is not None
    assert entry.day == timezone.localdate()


def test_single_shares_end_and_are_paid_out_while_the_membership_goes_on() -> None:
    member = make_holder("Burg", 3)
    row = cancel_shares(member, 2, IN_MARCH, actor=None, document=make_document())
    with pytest.raises(Exception, match="one must stay"):
        cancel_shares(member, 1, IN_MARCH, actor=None)
    assert [shares_on(member.pk, day) for day in (END, END + timedelta(days=1))] == [3, 1]
    settle_ending(None, open_endings().get())
    standing = share_standing(member)
    assert (standing.subscribed, standing.to_pay_out) == (D("5000.00"), D("10000.00"))
    assert [each.amount for each in due_pay_outs()] == [D("10000.00")]
    correct_entry(row, actor=None, note="war ein Irrtum")
    assert share_standing(member).subscribed == D("15000.00")
    assert due_pay_outs() == []


def test_single_shares_come_before_the_exit_of_the_same_day() -> None:
    member = make_holder("Burg", 3, D("11000.00"))
    cancel_shares(member, 1, IN_MARCH, actor=None)
    whole = leave_all(member)
    refuses("comes first", lambda: settle_ending(None, whole))
    for ending in open_endings().exclude(pk=whole.pk):
        settle_ending(None, ending)
    # What was never paid in falls away with the shares that end first.
    assert share_standing(member).to_pay_out == D("1000.00")
    settle_ending(None, whole)
    assert share_standing(member).to_pay_out == D("11000.00")
    assert balance_of(Account.SHARES_DUE) == ZERO


def leave_all(member: Member) -> ShareEnding:
    record_exit(member, ExitReason.NOTICE, IN_MARCH, actor=None, document=make_document())
    return open_endings().get(member=member, share_count__isnull=True)


def test_a_transfer_moves_what_is_paid_in_and_the_debt_goes_with_the_whole() -> None:
    giver, taker = make_holder("Burg", 3, D("6000.00")), make_holder("Genthin")
    refuses("paid-in balance of", lambda: transfer(giver, taker, 2))
    transfer(giver, taker, 1)
    assert (share_standing(giver).paid_in, share_standing(taker).paid_in) == (D("1000.00"), D("10000.00"))
    transfer(giver, taker, None)
    assert share_standing(giver).subscribed == ZERO
    theirs = share_standing(taker)
    assert (theirs.subscribed, theirs.paid_in, theirs.due) == (D("20000.00"), D("11000.00"), D("9000.00"))
    assert [(claim.member, amount) for claim, amount in open_claims()] == [(taker, D("9000.00"))]
    assert not open_endings().exists()


def transfer(giver: Member, taker: Member, count: int | None) -> None:
    with transaction.atomic():
        transfer_shares(giver, taker, IN_MARCH, actor=None, share_count=count, document=make_document())


def test_nobody_takes_over_shares_while_its_own_are_not_paid() -> None:
    giver, taker = make_holder("Burg", 2), make_holder("Genthin", 1, D("100.00"))
    refuses("own are paid in full", lambda: transfer(giver, taker, 1))
    assert not MemberListEntry.objects.filter(kind=EntryKind.TRANSFER_IN).exists()
    refuses("earlier ones", lambda: subscribe_shares(None, taker, 1, IN_MARCH, IN_MARCH))


def test_what_is_cancelled_already_is_not_given_away() -> None:
    giver, taker = make_holder("Burg", 3), make_holder("Genthin")
    cancel_shares(giver, 1, IN_MARCH, actor=None)
    refuses("one must stay", lambda: transfer(giver, taker, 2))
    transfer(giver, taker, 1)
    assert shares_on(giver.pk, END + timedelta(days=1)) == 1


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("count", [1, None])
def test_a_corrected_row_of_a_transfer_takes_both_rows_and_the_money_back(
    which: int, count: int | None
) -> None:
    giver, taker = make_holder("Burg", 2), make_holder("Genthin")
    before = [share_standing(each) for each in (giver, taker)]
    last = MemberListEntry.objects.count()
    transfer(giver, taker, count)
    rows = list(MemberListEntry.objects.filter(number__gt=last).order_by("number"))
    assert all(row.document_id for row in rows)
    correct_entry(rows[which], actor=None, note="falsches Mitglied")
    assert [share_standing(each) for each in (giver, taker)] == before
    assert MemberListEntry.objects.filter(kind=EntryKind.REVERSAL).count() == 2
    assert [shares_on(each.pk, END) for each in (giver, taker)] == [2, 1]


def test_a_merged_bodys_shares_go_over_and_end_with_the_year_or_are_kept() -> None:
    burg, genthin = make_holder("Burg", 2, D("8000.00")), make_holder("Genthin")
    merge_members([burg], genthin, IN_MARCH, actor=None)
    assert share_standing(burg).subscribed == ZERO
    assert share_standing(genthin).paid_in == D("13000.00")
    assert balance_of(Account.SHARES, member=burg, on=IN_MARCH - timedelta(days=1)) == D("-10000.00")
    ending = open_endings().get()
    assert (ending.member, ending.predecessor, ending.share_count) == (genthin, burg, 2)
    assert (ending.last_day, ending.pay_out_due) == (END, date(LAST_YEAR + 1, 6, 30))
    assert shares_on(genthin.pk, END + timedelta(days=1)) == 1
    keep_shares(None, ending, document=make_document())
    assert shares_on(genthin.pk, END + timedelta(days=1)) == 3
    listed = next(each for each in members_on(timezone.localdate()) if each.member == genthin)
    assert listed.further_shares == 2
    refuses("taken back", lambda: settle_ending(None, ending))


def test_a_corrected_merger_gives_the_shares_back() -> None:
    burg, genthin = make_holder("Burg", 2, D("8000.00")), make_holder("Genthin")
    before = [share_standing(each) for each in (burg, genthin)]
    merge_members([burg], genthin, IN_MARCH, actor=None)
    row = burg.exits.get().list_entry
    settle_ending(None, open_endings().get())
    correct_entry(row, actor=None, note="nicht zustande gekommen")
    assert [share_standing(each) for each in (burg, genthin)] == before
    assert not open_endings().exists()
    assert sum(balances().values(), ZERO) == ZERO


def test_a_new_body_keeps_what_it_continues_when_it_joins_in_its_own_right() -> None:
    burg, genthin, new = make_holder("Burg"), make_holder("Genthin"), make_member("Burg-Genthin")
    merge_members([burg, genthin], new, IN_MARCH, actor=None)
    ending = open_endings().get()
    assert (ending.member, ending.share_count, ending.last_day) == (new, None, END)
    assert share_standing(new).paid_in == D("10000.00")
    row = next(each for each in MemberListEntry.objects.filter(member=new) if each.kind == EntryKind.EXIT)
    correct_entry(row, actor=None, note="eigener Beitritt")
    publish(MemberAdmitted(new.pk, date(LAST_YEAR, 6, 1), 3))
    assert not open_endings().exists()
    assert (share_standing(new).subscribed, share_standing(new).due) == (D("15000.00"), D("5000.00"))
    listed = next(each for each in members_on(date(LAST_YEAR, 6, 1)) if each.member == new)
    assert listed.further_shares == 2


def test_a_split_hands_all_to_the_first_and_it_may_pass_some_on() -> None:
    burg = make_holder("Burg", 2)
    north, south = make_member("Nord"), make_member("Süd")
    split_member(burg, [north, south], IN_MARCH, source_remains=False, actor=None)
    assert [share_standing(each).paid_in for each in (burg, north, south)] == [ZERO, D("10000.00"), ZERO]
    transfer_shares(north, south, IN_MARCH, actor=None, share_count=1)
    assert [shares_on(each.pk, END) for each in (north, south)] == [1, 1]
    for ending in open_endings():
        settle_ending(None, ending)
    assert [share_standing(each).to_pay_out for each in (north, south)] == [D("5000.00")] * 2


STEPS = st.lists(st.sampled_from(["exit", "cancel", "transfer", "merge", "settle", "undo"]), max_size=7)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    STEPS,
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1_500_000)), min_size=3, max_size=3),
    st.data(),
)
def test_in_any_order_no_cent_is_lost(
    steps: list[str], holdings: list[tuple[int, int]], data: st.DataObject
) -> None:
    """What was paid in is held as balance, waits for its pay-out, or is in the reserves; and what everybody still owes is what is subscribed less that."""
    with transaction.atomic():
        holders = [
            make_holder(name, count, min(D(paid) / 100, D(5000 * count)) or D("0.01"))
            for name, (count, paid) in zip("ABC", holdings, strict=True)
        ]
        paid_in = balance_of(Account.BANK)
        for step in steps:
            first, second = data.draw(st.permutations(holders))[:2]
            # A step that can't be is refused; what must hold is checked below.
            with suppress(RefusedExitError, RefusedEntryError, MoneyRefusedError), transaction.atomic():
                do_step(step, first, second, data)
            books = balances()
            assert sum(books.values(), ZERO) == ZERO
            unpaid = books[Account.SHARES_DUE] + books[Account.SHARES_UNCALLED]
            held = -books[Account.SHARES] - unpaid
            assert held - books[Account.SHARES_PAYABLE] - books[Account.RESERVES] == paid_in
            assert unpaid == sum((amount for _claim, amount in open_claims()), ZERO)
            for holder in holders:
                standing = share_standing(holder)
                assert min(standing.subscribed, standing.paid_in, standing.to_pay_out) >= 0
        transaction.set_rollback(True)


def do_step(step: str, first: Member, second: Member, data: st.DataObject) -> None:
    if step == "exit":
        leave_all(first)
    elif step == "cancel":
        cancel_shares(first, 1, IN_MARCH, actor=None)
    elif step == "transfer":
        transfer(first, second, data.draw(st.sampled_from([1, None])))
    elif step == "merge":
        merge_members([first], second, date(LAST_YEAR, 6, 1), actor=None)
    elif step == "settle" and (ending := open_endings(before=timezone.localdate()).first()) is not None:
        settle_ending(None, ending, loss=data.draw(st.sampled_from([ZERO, D("0.01"), D("333.33")])))
    elif step == "undo":
        rows = MemberListEntry.objects.filter(reversed_by__isnull=True).exclude(
            kind__in=[EntryKind.REVERSAL, EntryKind.ADMISSION, EntryKind.SHARES]
        )
        row = rows.order_by("-number").first()
        if row is not None:
            correct_entry(row, actor=None, note="zurück")
