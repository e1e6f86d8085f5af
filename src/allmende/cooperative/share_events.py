# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the list of members tells the accounts of shares. Handlers run in the transaction of what they hear of: both stand, or neither."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from allmende.cooperative.accounts import Account, balance_of
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.member_events import MemberAdmitted, SharesTransferred, subscribe
from allmende.cooperative.members import Member
from allmende.cooperative.share_counts import set_share_source
from allmende.cooperative.shares import AMOUNT_RULE, share_standing, subscribe_shares, transfer_shares

PAID_WITHIN_RULE = "statutes.share_paid_within"


def connect_shares() -> None:
    """From now on the accounts follow the list of members, and say how many shares a member holds."""
    subscribe(MemberAdmitted, _admitted)
    subscribe(SharesTransferred, _transferred)
    set_share_source(shares_on)


def shares_on(member_id: int, day: date) -> int:
    """At the end of the day, by the amount of a share on that day."""
    subscribed = -balance_of(Account.SHARES, on=day, member=Member(pk=member_id))
    each = rule_on(AMOUNT_RULE, day).amount
    return int(subscribed // each) if each else 0


def _admitted(event: MemberAdmitted) -> None:
    if event.share_count < 1:
        return
    member = Member.objects.get(pk=event.member_id)
    due_day = rule_on(PAID_WITHIN_RULE, event.effective_on).period.after(event.effective_on)
    subscribe_shares(None, member, event.share_count, event.effective_on, due_day)


def _transferred(event: SharesTransferred) -> None:
    """Only what is paid in moves; a whole balance, or so many shares of it."""
    giver, taker = Member.objects.get(pk=event.from_member_id), Member.objects.get(pk=event.to_member_id)
    paid_in = share_standing(giver).paid_in
    each = rule_on(AMOUNT_RULE, event.effective_on).amount
    amount = paid_in if event.share_count is None else min(paid_in, each * Decimal(event.share_count))
    if amount > 0:
        transfer_shares(None, giver, taker, event.effective_on, amount)
