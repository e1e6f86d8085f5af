# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Exits, cancelled shares, transfers, mergers and splits: the days on which they take effect, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from allmende.cooperative import share_counts
from allmende.cooperative.due_sources import due_of_exits
from allmende.cooperative.exits import (
    MemberExit,
    RefusedExitError,
    cancel_shares,
    correct_entry,
    exits_paid_out_between,
    last_day_after_notice,
    record_exit,
    revoke_exit,
)
from allmende.cooperative.legal_rules import LegalRule, UnknownRuleError
from allmende.cooperative.member_events import (
    MembershipEndRevoked,
    MembershipEnds,
    SharesCancelled,
    SharesTransferred,
    subscribe,
    unsubscribe,
)
from allmende.cooperative.member_list import (
    Draft,
    EntryKind,
    ExitReason,
    MemberListEntry,
    append_entries,
    is_member_on,
    members_on,
)
from allmende.cooperative.members import Member
from allmende.cooperative.mergers import merge_members, split_member
from allmende.cooperative.share_counts import set_share_source, shares_held
from allmende.cooperative.transfers import transfer_shares

from .member_makers import make_document, make_member

pytestmark = pytest.mark.django_db

EVENTS = (MembershipEnds, MembershipEndRevoked, SharesCancelled, SharesTransferred)


@pytest.fixture(autouse=True)
def list_says_how_many_shares() -> Iterator[None]:
    """The accounts of shares have tests of their own."""
    before = list(share_counts._source)
    set_share_source(None)
    yield
    share_counts._source[:] = before


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    found: list[Any] = []
    for event in EVENTS:
        subscribe(event, found.append)
    yield found
    for event in EVENTS:
        unsubscribe(event, found.append)


@pytest.fixture
def town() -> Member:
    return make_member("Burg", date(2010, 1, 1))


def set_notice(number: int, unit: str) -> None:
    LegalRule.objects.filter(key="statutes.notice_period").update(number=number, unit=unit)


@pytest.mark.parametrize(
    ("number", "unit", "received", "last"),
    [
        (3, "months", date(2021, 9, 30), date(2021, 12, 31)),
        (3, "months", date(2021, 10, 1), date(2022, 12, 31)),
        (1, "years", date(2020, 12, 31), date(2021, 12, 31)),
        (1, "years", date(2021, 1, 1), date(2022, 12, 31)),
        (2, "years", date(2020, 2, 29), date(2022, 12, 31)),
        (5, "years", date(2020, 12, 31), date(2025, 12, 31)),
    ],
)
def test_a_notice_ends_with_the_first_year_that_leaves_its_period(
    number: int, unit: str, received: date, last: date
) -> None:
    set_notice(number, unit)
    assert last_day_after_notice(received) == last


def test_a_financial_year_may_end_in_february() -> None:
    set_notice(3, "months")
    LegalRule.objects.filter(key="statutes.financial_year_end").update(text="02-29")
    assert last_day_after_notice(date(2023, 11, 29)) == date(2024, 2, 29)
    assert last_day_after_notice(date(2023, 11, 30)) == date(2024, 2, 29)
    assert last_day_after_notice(date(2023, 12, 1)) == date(2025, 2, 28)


def test_without_a_rule_nothing_is_guessed(town: Member) -> None:
    LegalRule.objects.filter(key="statutes.notice_period").delete()
    with pytest.raises(UnknownRuleError, match=r"statutes\.notice_period"):
        record_exit(town, ExitReason.NOTICE, date(2020, 5, 5), actor=None, document=make_document())
    assert is_member_on(town, date(2040, 1, 1))


def test_an_exit_its_pay_out_and_its_revocation(town: Member, heard: list[Any]) -> None:
    made = record_exit(town, ExitReason.NOTICE, date(2020, 5, 5), actor=None, document=make_document())
    assert (made.last_day, made.pay_out_due) == (date(2021, 12, 31), date(2022, 6, 30))
    assert exits_paid_out_between(date(2022, 6, 1), date(2022, 6, 30)) == [made]
    assert exits_paid_out_between(date(2022, 7, 1), date(2022, 7, 31)) == []
    with pytest.raises(RefusedExitError, match="Revoke it first"):
        record_exit(town, ExitReason.EXCLUSION, date(2020, 6, 1), actor=None)
    revoke_exit(made, actor=None, note="zurückgezogen")
    assert is_member_on(town, date(2022, 1, 1))
    assert exits_paid_out_between(date(2022, 6, 1), date(2022, 6, 30)) == []
    with pytest.raises(RefusedExitError, match="revoked already"):
        revoke_exit(made, actor=None, note="nochmal")
    assert heard == [
        MembershipEnds(2, town.pk, date(2021, 12, 31), "notice", date(2022, 6, 30), None),
        MembershipEndRevoked(2, town.pk, date(2021, 12, 31)),
    ]


def test_a_corrected_row_revokes_the_exit_that_rests_on_it(town: Member, heard: list[Any]) -> None:
    made = record_exit(town, ExitReason.EXCLUSION, date(2020, 5, 5), actor=None)
    correct_entry(made.list_entry, actor=None, note="falsches Mitglied")
    made.refresh_from_db()
    assert made.revoked_at is not None
    assert heard[-1] == MembershipEndRevoked(2, town.pk, date(2020, 12, 31))
    correct_entry(MemberListEntry.objects.get(number=1), actor=None, note="nie beigetreten")
    assert not is_member_on(town, date(2015, 1, 1))


def test_an_exclusion_takes_the_running_years_end(town: Member) -> None:
    made = record_exit(town, ExitReason.EXCLUSION, date(2020, 12, 30), actor=None)
    assert made.last_day == date(2020, 12, 31)


def test_impossible_exits_are_refused(town: Member) -> None:
    document = make_document()
    tomorrow = timezone.localdate() + timedelta(days=1)
    for reason, day, words in (
        (ExitReason.NOTICE, tomorrow, "future"),
        (ExitReason.NOTICE, date(2009, 12, 31), "is no member"),
        (ExitReason.TRANSFER, date(2020, 1, 1), "own page"),
        (ExitReason.DISSOLUTION, date(2020, 1, 1), "own page"),
    ):
        with pytest.raises(RefusedExitError, match=words):
            record_exit(town, reason, day, actor=None, document=document)
    with pytest.raises(RefusedExitError, match="as a file"):
        record_exit(town, ExitReason.NOTICE, date(2020, 1, 1), actor=None)
    assert not MemberExit.objects.exists()


def test_single_shares_end_with_the_year_and_one_stays(town: Member, heard: list[Any]) -> None:
    append_entries([Draft(town, EntryKind.SHARES, date(2012, 1, 1), share_count=2)], actor=None)
    assert shares_held(town, date(2012, 1, 1)) == 3
    cancel_shares(town, 1, date(2020, 5, 5), actor=None)
    assert [shares_held(town, day) for day in (date(2021, 12, 31), date(2022, 1, 1))] == [3, 2]
    for count in (0, 2, 3):
        with pytest.raises(RefusedExitError, match="one must stay"):
            cancel_shares(town, count, date(2020, 6, 1), actor=None)
    assert heard == [SharesCancelled(3, town.pk, date(2021, 12, 31), 1, date(2022, 6, 30))]


def test_the_accounts_of_shares_may_say_how_many_there_are(town: Member) -> None:
    set_share_source(lambda _member, _day: 7)
    try:
        assert shares_held(town, date(2020, 1, 1)) == 7
    finally:
        set_share_source(None)
    assert shares_held(town, date(2020, 1, 1)) == 1


def test_a_whole_transfer_ends_the_membership_on_its_day_without_pay_out(
    town: Member, heard: list[Any]
) -> None:
    taker = make_member("Genthin", date(2011, 1, 1))
    transfer_shares(town, taker, date(2020, 3, 15), actor=None)
    assert [is_member_on(town, day) for day in (date(2020, 3, 15), date(2020, 3, 16))] == [True, False]
    assert shares_held(taker, date(2020, 3, 15)) == 2
    made = MemberExit.objects.get()
    assert (made.pay_out_due, made.reason) == (None, "transfer")
    assert heard[-1] == SharesTransferred(3, town.pk, taker.pk, date(2020, 3, 15), None)


def test_transfers_that_can_not_be_are_refused(town: Member) -> None:
    taker, stranger = make_member("Genthin", date(2011, 1, 1)), make_member("Loburg")
    with pytest.raises(RefusedExitError, match="another member"):
        transfer_shares(town, town, date(2020, 1, 1), actor=None)
    with pytest.raises(RefusedExitError, match="must join first"):
        transfer_shares(town, stranger, date(2020, 1, 1), actor=None)
    with pytest.raises(RefusedExitError, match="future"):
        transfer_shares(town, taker, timezone.localdate() + timedelta(days=1), actor=None)
    with pytest.raises(RefusedExitError, match="one must stay"):
        transfer_shares(town, taker, date(2020, 1, 1), actor=None, share_count=1)
    assert MemberListEntry.objects.count() == 2


def test_two_members_become_one_of_them(town: Member) -> None:
    other = make_member("Genthin", date(2011, 1, 1))
    merge_members([town, other], other, date(2016, 7, 1), actor=None)
    assert [len(members_on(day)) for day in (date(2016, 6, 30), date(2016, 7, 1), date(2017, 1, 1))] == [
        2,
        1,
        1,
    ]
    made = MemberExit.objects.get()
    assert (made.last_day, made.pay_out_due, made.pay_out_to) == (date(2016, 6, 30), date(2017, 6, 30), other)
    # The dissolved body can't be told.
    (told,) = [each for each in due_of_exits(date(2016, 7, 2)) if each.key.endswith(":told")]
    assert str(told.title) == "Genthin: tell that the exit of Burg stands in the list of members"


def test_two_members_become_a_new_body_until_the_years_end(town: Member) -> None:
    other, new = make_member("Genthin", date(2011, 1, 1)), make_member("Burg-Genthin")
    merge_members([town, other], new, date(2016, 1, 1), actor=None)
    assert [each.is_succession for each in members_on(date(2016, 12, 31))] == [True]
    assert members_on(date(2017, 1, 1)) == []
    assert {each.pay_out_due for each in MemberExit.objects.all()} == {date(2017, 6, 30)}


def test_a_notice_that_runs_is_overtaken_by_the_merger(town: Member) -> None:
    other = make_member("Genthin", date(2011, 1, 1))
    record_exit(town, ExitReason.NOTICE, date(2016, 5, 5), actor=None, document=make_document())
    merge_members([town], other, date(2017, 2, 1), actor=None)
    assert [is_member_on(town, day) for day in (date(2017, 1, 31), date(2017, 2, 1))] == [True, False]
    assert [(each.reason, each.revoked_at is None) for each in MemberExit.objects.order_by("pk")] == [
        ("notice", False),
        ("dissolution", True),
    ]


def test_a_member_splits_with_and_without_an_end_of_its_own(town: Member) -> None:
    north, south, east = make_member("Nord"), make_member("Süd"), make_member("Ost")
    split_member(town, [east], date(2015, 4, 1), source_remains=True, actor=None)
    assert [each.name for each in members_on(date(2015, 4, 1))] == ["Burg", "Ost"]
    split_member(town, [north, south], date(2016, 7, 1), source_remains=False, actor=None)
    assert [each.name for each in members_on(date(2016, 7, 1))] == ["Nord", "Süd"]
    assert members_on(date(2017, 1, 1)) == []


def test_mergers_that_can_not_be_are_refused(town: Member) -> None:
    stranger = make_member("Loburg")
    with pytest.raises(RefusedExitError, match="each once"):
        merge_members([town], town, date(2016, 1, 1), actor=None)
    with pytest.raises(RefusedExitError, match="no member on the day before"):
        merge_members([stranger], town, date(2016, 1, 1), actor=None)
    for bodies, remains in (([], True), ([stranger], False), ([stranger, stranger], False), ([town], True)):
        with pytest.raises(RefusedExitError, match="each once"):
            split_member(town, bodies, date(2016, 1, 1), source_remains=remains, actor=None)
    assert MemberListEntry.objects.count() == 1
