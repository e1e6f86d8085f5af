# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares that go over from one member to another: by transfer (§ 76 GenG), or with a dissolved body to its legal successor (§ 77a GenG).

Always holds: what one gives the other receives, account by account, so no balance but theirs changes; what was never paid in goes along as a
claim of its own on whoever receives; nobody receives by transfer what it may not hold yet (§ 15b Abs. 2 GenG).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from allmende.cooperative.accounts import Account, BookEntry, Line, book
from allmende.cooperative.claims import next_number
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.shares import make_share_claim, share_standing, unpaid_share_claims


def move_key(list_row: int) -> str:
    """The source key of the move that this row of the list says."""
    return f"shares:moved:row:{list_row}"


@transaction.atomic
def transfer_shares(
    giver: Member, taker: Member, day: date, amount: Decimal | None, *, source_key: str
) -> BookEntry | None:
    """`amount` None: all that the giver has; else so much of what is paid in. None where there is nothing to move. Raises MoneyRefusedError."""
    list(Member.objects.select_for_update().filter(pk__in=[giver.pk, taker.pk]))
    theirs = share_standing(taker)
    if theirs.not_due + theirs.due > 0:
        raise MoneyRefusedError(
            gettext(
                "%(name)s can't take over shares before its own are paid in full (§ 15b GenG): %(amount)s are missing."
            )
            % {"name": taker.name, "amount": euros(theirs.not_due + theirs.due)}
        )
    if amount is None:
        return move_all_shares(giver, taker, day, source_key=source_key)
    paid_in = share_standing(giver).paid_in
    if not ZERO < amount <= paid_in:
        raise MoneyRefusedError(
            gettext("%(name)s has a paid-in balance of %(amount)s: no more than that can be transferred.")
            % {"name": giver.name, "amount": euros(paid_in)}
        )
    lines = [Line(Account.SHARES, amount, giver), Line(Account.SHARES, -amount, taker)]
    return _book_move(day, lines, amount, source_key)


@transaction.atomic
def move_all_shares(giver: Member, taker: Member, day: date, *, source_key: str) -> BookEntry | None:
    """All that the giver has subscribed, paid in or not. None where it has nothing."""
    list(Member.objects.select_for_update().filter(pk__in=[giver.pk, taker.pk]))
    subscribed = share_standing(giver).subscribed
    if not subscribed:
        return None
    lines = [Line(Account.SHARES, subscribed, giver), Line(Account.SHARES, -subscribed, taker)]
    for claim, amount in unpaid_share_claims(giver):
        if amount <= 0:  # paid twice: that is the giver's credit
            continue
        text = f"{claim.text}, übernommen von {giver.name}"
        taken = make_share_claim(taker, text, day, max(day, claim.due_day))
        lines += [
            Line(Account.SHARES_DUE, -amount, giver, claim),
            Line(Account.SHARES_DUE, amount, taker, taken),
        ]
    return _book_move(day, lines, subscribed, source_key)


def _book_move(day: date, lines: list[Line], amount: Decimal, source_key: str) -> BookEntry:
    """The first two lines are the giver's and the taker's shares."""
    giver, taker = lines[0].member, lines[1].member
    text = f"Übergang von Geschäftsguthaben: {giver} an {taker}"
    document = f"GU-{next_number('GU'):05d}"
    entry = book(day, text, lines, source_key=source_key, document=document)
    values = {"to": str(taker), "amount": amount, "day": day}
    record_change(None, "shares", document, "moved", {"from": str(giver), **values})
    return entry
