# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares: subscribed, due, paid in, paid out, kept in the books and in no second place.

    subscription   subscribed, not yet due (debit)   to  shares (credit)
    day of payment due, not yet paid                 to  subscribed, not yet due
    payment        bank                              to  due, not yet paid
    end            shares                            to  balance to be paid out     (what was paid in, less a share of a loss)
                   shares                            to  due, or not yet due        (what was never paid in falls away)
    pay-out        balance to be paid out            to  bank

Ends and pay-outs are in `share_endings`, transfers and successions in `share_moves`.
Always holds: a member's balance (Geschäftsguthaben) is what it has paid in on its shares; a further share is subscribed only when the earlier
ones are paid in full (§ 15b Abs. 2 GenG).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import Account, Line, balance_of, book
from allmende.cooperative.claims import Claim, ClaimKind, next_number
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.member_list import is_member_on
from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError, euros
from allmende.directory.people import Person

AMOUNT_RULE = "statutes.share_amount"


class Subscription(models.Model):
    """So many shares, subscribed together. What happened to them stands in the books."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="subscriptions")
    day = models.DateField(_("subscribed on"))
    count = models.PositiveIntegerField(_("shares"))
    amount_each = models.DecimalField(_("amount of one share"), max_digits=12, decimal_places=2)
    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="subscription")

    class Meta:
        ordering = ["day", "pk"]
        verbose_name = _("subscription of shares")
        verbose_name_plural = _("subscriptions of shares")

    def __str__(self) -> str:
        return f"{self.member}: {self.count}"

    @property
    def amount(self) -> Decimal:
        return self.amount_each * self.count


@dataclass(frozen=True, slots=True)
class ShareStanding:
    """Euros, on a day. `subscribed` = `not_due` + `due` + `paid_in`."""

    subscribed: Decimal
    not_due: Decimal
    due: Decimal
    paid_in: Decimal
    to_pay_out: Decimal


def share_standing(member: Member, on: date | None = None) -> ShareStanding:
    def balance(account: Account) -> Decimal:
        return balance_of(account, on=on, member=member)

    subscribed, not_due, due = (
        -balance(Account.SHARES),
        balance(Account.SHARES_UNCALLED),
        balance(Account.SHARES_DUE),
    )
    return ShareStanding(
        subscribed, not_due, due, subscribed - not_due - due, -balance(Account.SHARES_PAYABLE)
    )


def subscribe_shares(
    actor: Person | None, member: Member, count: int, day: date, due_day: date
) -> Subscription:
    """One share has the amount that the statutes say for the day.

    Raises MoneyRefusedError (no member on the day, earlier shares not paid in full, days), UnknownRuleError.
    """
    if count < 1 or due_day < day:
        raise MoneyRefusedError(gettext("At least one share, and its payment is due on the day or later."))
    each = rule_on(AMOUNT_RULE, day).amount
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(pk=member.pk))
        if not is_member_on(member, day):
            raise MoneyRefusedError(
                gettext("%(name)s is no member on %(day)s: record the admission first.")
                % {"name": member.name, "day": date_format(day, "SHORT_DATE_FORMAT")}
            )
        standing = share_standing(member)
        if standing.not_due + standing.due > 0:
            raise MoneyRefusedError(
                gettext(
                    "A further share needs the earlier ones to be paid in full (§ 15b GenG): %(amount)s are missing."
                )
                % {"amount": euros(standing.not_due + standing.due)}
            )
        text = f"Einzahlung auf {count} Geschäftsanteil{'e' if count > 1 else ''}"
        claim = make_share_claim(member, text, day, due_day)
        reference = claim.reference
        made = Subscription.objects.create(member=member, day=day, count=count, amount_each=each, claim=claim)
        lines = [
            Line(Account.SHARES_UNCALLED, made.amount, member),
            Line(Account.SHARES, -made.amount, member),
        ]
        book(
            day, claim.text, lines, source_key=f"shares:{made.pk}:subscribed", document=reference, actor=actor
        )
        lines = [
            Line(Account.SHARES_DUE, made.amount, member, claim),
            Line(Account.SHARES_UNCALLED, -made.amount, member),
        ]
        book(due_day, claim.text, lines, source_key=f"shares:{made.pk}:due", document=reference, actor=actor)
        record_change(
            actor, "shares", made.pk, "subscribed", {"member": member.pk, "count": count, "each": each}
        )
    return made


def make_share_claim(member: Member, text: str, day: date, due_day: date) -> Claim:
    """With the next reference of claims on shares; what it comes to is booked by the caller."""
    return Claim.objects.create(
        member=member,
        kind=ClaimKind.SHARE,
        reference=f"GA-{next_number('GA'):05d}",
        text=text[:200],
        day=day,
        due_day=due_day,
    )


def unpaid_share_claims(member: Member) -> list[tuple[Claim, Decimal]]:
    """With what is open, the newest first."""
    claims = Claim.objects.filter(member=member, kind=ClaimKind.SHARE).order_by("-day", "-pk")
    return [(claim, amount) for claim in claims if (amount := claim.open_amount())]
