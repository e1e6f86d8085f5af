# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the list of members tells shares and contributions. Handlers run in the transaction of what they hear of: both stand, or neither.

    admitted                 the declared shares are subscribed; of a legal successor those beyond what it continues
    membership ends          an end of shares is announced; a dissolved body's shares go over to its successor at once; contributions
                             that were charged beyond the end are met by their difference
    single shares cancelled  an end of so many shares is announced
    transferred              the shares go over
    taken back               all of it is withdrawn or reversed
Mandates, votes and contributions of a dissolved body need no handler: they follow from `continued_memberships`.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext

from allmende.cooperative.accounts import Account, BookEntry
from allmende.cooperative.contribution_charging import correct_contributions
from allmende.cooperative.legal_rules import financial_year_on, rule_on
from allmende.cooperative.member_events import (
    MemberAdmitted,
    MembershipEndRevoked,
    MembershipEnds,
    ShareRowCorrected,
    SharesCancelled,
    SharesTransferred,
    subscribe,
)
from allmende.cooperative.member_list import ExitReason, MemberListEntry, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.share_counts import set_share_source
from allmende.cooperative.share_endings import (
    ShareEnding,
    open_endings,
    record_shares,
    reverse_share_booking,
    shares_on,
    withdraw_ending,
)
from allmende.cooperative.share_moves import move_all_shares, move_key, transfer_shares
from allmende.cooperative.shares import AMOUNT_RULE, share_standing, subscribe_shares

PAID_WITHIN_RULE = "statutes.share_paid_within"


def connect_shares() -> None:
    """From now on the accounts follow the list of members, and say how many shares a member holds."""
    subscribe(MemberAdmitted, _admitted)
    subscribe(MembershipEnds, _ends)
    subscribe(MembershipEndRevoked, _end_revoked)
    subscribe(SharesCancelled, _cancelled)
    subscribe(SharesTransferred, _transferred)
    subscribe(ShareRowCorrected, _row_corrected)
    set_share_source(shares_on)


def _admitted(event: MemberAdmitted) -> None:
    member = Member.objects.get(pk=event.member_id)
    count = event.share_count - shares_on(member.pk, event.effective_on)
    if count > 0:
        due_day = rule_on(PAID_WITHIN_RULE, event.effective_on).period.after(event.effective_on)
        subscribe_shares(None, member, count, event.effective_on, due_day)
    record_shares(member, event.effective_on, actor=None)


def _ends(event: MembershipEnds) -> None:
    member = Member.objects.get(pk=event.member_id)
    if event.pay_out_due is not None:
        if event.pay_out_to_id is None:
            ShareEnding.objects.create(
                member=member, list_row=event.list_row, last_day=event.last_day, pay_out_due=event.pay_out_due
            )
        else:
            _hand_over(event, member, Member.objects.get(pk=event.pay_out_to_id))
    _correct_contributions(event.list_row, member)


def _hand_over(event: MembershipEnds, member: Member, heir: Member) -> None:
    """To the successor on its first day. Where that is a member in its own right, what it took over ends with the financial year."""
    first = event.last_day + timedelta(days=1)
    count = int(share_standing(member).subscribed // rule_on(AMOUNT_RULE, first).amount)
    move_all_shares(member, heir, first, source_key=move_key(event.list_row))
    current = next((each for each in memberships_of(heir) if each.holds_on(first)), None)
    if count and current is not None and not current.is_succession and event.pay_out_due is not None:
        ShareEnding.objects.create(
            member=heir,
            list_row=event.list_row,
            last_day=financial_year_on(first).last_day,
            pay_out_due=event.pay_out_due,
            share_count=count,
            predecessor=member,
        )


def _end_revoked(event: MembershipEndRevoked) -> None:
    _take_back(event.list_row)
    _correct_contributions(event.list_row, Member.objects.get(pk=event.member_id))


def _cancelled(event: SharesCancelled) -> None:
    ShareEnding.objects.create(
        member_id=event.member_id,
        list_row=event.list_row,
        last_day=event.last_day,
        pay_out_due=event.pay_out_due,
        share_count=event.share_count,
    )


def _transferred(event: SharesTransferred) -> None:
    """A whole balance goes as it stands; single shares only when they are paid in."""
    giver, taker = Member.objects.get(pk=event.from_member_id), Member.objects.get(pk=event.to_member_id)
    each = rule_on(AMOUNT_RULE, event.effective_on).amount
    amount = None
    if event.share_count is not None:
        _refuse_promised(giver, event.share_count, int(share_standing(giver).subscribed // each))
        amount = each * event.share_count
    transfer_shares(giver, taker, event.effective_on, amount, source_key=move_key(event.list_row))


def _refuse_promised(giver: Member, count: int, held: int) -> None:
    """Raises MoneyRefusedError where with what is cancelled already not one share would stay."""
    promised = sum(row.share_count or 0 for row in open_endings().filter(member=giver))
    if held - promised - count < 1:
        raise MoneyRefusedError(
            gettext("%(count)d shares of %(name)s end already; of the others one must stay.")
            % {"count": promised, "name": giver.name}
        )


def _row_corrected(event: ShareRowCorrected) -> None:
    _take_back(event.list_row)


def _take_back(list_row: int) -> None:
    """Raises MoneyRefusedError."""
    for ending in ShareEnding.objects.filter(list_row=list_row):
        withdraw_ending(ending)
    entry = BookEntry.objects.filter(source_key=move_key(list_row), reversed_by__isnull=True).first()
    if entry is None:
        return
    for line in entry.lines.filter(account=Account.SHARES, amount__lt=0).select_related("member"):
        if line.member is not None and share_standing(line.member).subscribed < -line.amount:
            raise MoneyRefusedError(
                gettext("The shares that %(name)s took over are settled already: take that end back first.")
                % {"name": line.member.name}
            )
    reverse_share_booking(entry)


def _correct_contributions(list_row: int, member: Member) -> None:
    """Of the member, and of who continues its membership."""
    row = MemberListEntry.objects.get(number=list_row)
    bodies = [member]
    if row.exit_reason == ExitReason.DISSOLUTION and row.counterpart is not None:
        bodies.append(row.counterpart)
    for body in bodies:
        correct_contributions(body, row.effective_on)
