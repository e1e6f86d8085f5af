# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares: subscribed, due, paid in, paid out, kept in the books and in no second place.

    subscription   subscribed, not yet due (debit)   to  shares (credit)
    day of payment due, not yet paid                 to  subscribed, not yet due
    payment        bank                              to  due, not yet paid
    exit           shares                            to  balance to be paid out     (what was paid in, less a share of a loss)
                   shares                            to  due, or not yet due        (what was never paid in falls away)
    pay-out        balance to be paid out            to  bank

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

from allmende.cooperative.accounts import Account, BookEntry, Line, balance_of, book
from allmende.cooperative.claims import Claim, ClaimKind, next_number
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.member_list import is_member_on, memberships_of
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.directory.people import Person

AMOUNT_RULE = "statutes.share_amount"
#: From the end of membership (§ 73 Abs. 2 Satz 2 GenG: six months).
PAY_OUT_RULE = "genossenschaftsgesetz.73.pay_out"


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


@dataclass(frozen=True, slots=True)
class PayOutDue:
    member: Member
    amount: Decimal
    #: The membership's last day, and the last day for the money.
    left_on: date
    due_day: date


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
        number = next_number("GA")
        reference = f"GA-{number:05d}"
        claim = Claim.objects.create(
            member=member,
            kind=ClaimKind.SHARE,
            reference=reference,
            text=f"Einzahlung auf {count} Geschäftsanteil{'e' if count > 1 else ''}",
            day=day,
            due_day=due_day,
        )
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


def settle_exit(actor: Person | None, member: Member, *, loss: Decimal = ZERO) -> BookEntry | None:
    """At the end of the membership: the balance becomes money to be paid out, what was never paid in falls away. None where nothing is left.

    `loss` is the member's part of a loss that reduces its balance (§ 19 GenG). Raises MoneyRefusedError.
    """
    ended = [each.last_day for each in memberships_of(member) if each.last_day is not None]
    if not ended or any(each.last_day is None for each in memberships_of(member)):
        raise MoneyRefusedError(
            gettext("The list of members knows no end of this membership: record the exit first.")
        )
    day = max(ended)
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(pk=member.pk))
        standing = share_standing(member)
        if not standing.subscribed:
            return None
        if not ZERO <= loss <= standing.paid_in:
            raise MoneyRefusedError(
                gettext("The part of the loss is between zero and the member's balance of %(amount)s.")
                % {"amount": euros(standing.paid_in)}
            )
        lines = [Line(Account.SHARES, standing.subscribed, member)]
        for subscription in Subscription.objects.filter(member=member).select_related("claim"):
            unpaid = subscription.claim.open_amount()
            if unpaid:
                lines.append(Line(Account.SHARES_DUE, -unpaid, member, subscription.claim))
        if standing.not_due:
            lines.append(Line(Account.SHARES_UNCALLED, -standing.not_due, member))
        if standing.paid_in - loss:
            lines.append(Line(Account.SHARES_PAYABLE, -(standing.paid_in - loss), member))
        if loss:
            lines.append(Line(Account.RESERVES, -loss, member))
        entry = book(
            day,
            f"Auseinandersetzung {member.name}",
            lines,
            source_key=f"shares:exit:{member.pk}:{day}",
            actor=actor,
        )
        record_change(
            actor, "shares", member.pk, "settled", {"day": day, "paid_in": standing.paid_in, "loss": loss}
        )
    return entry


def transfer_shares(
    actor: Person | None, giver: Member, taker: Member, day: date, amount: Decimal
) -> BookEntry:
    """Move paid-in balance from one member to another (§ 76 GenG; a merger of bodies too). Raises MoneyRefusedError."""
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(pk__in=[giver.pk, taker.pk]))
        if giver.pk == taker.pk or not ZERO < amount <= share_standing(giver).paid_in:
            raise MoneyRefusedError(
                gettext("%(name)s has a paid-in balance of %(amount)s: no more than that can be transferred.")
                % {"name": giver.name, "amount": euros(share_standing(giver).paid_in)}
            )
        number = next_number("GU")
        lines = [Line(Account.SHARES, amount, giver), Line(Account.SHARES, -amount, taker)]
        text = f"Übertragung von Geschäftsguthaben: {giver.name} an {taker.name}"
        entry = book(
            day, text, lines, source_key=f"shares:transfer:{number}", document=f"GU-{number:05d}", actor=actor
        )
        record_change(
            actor, "shares", giver.pk, "transferred", {"to": taker.pk, "amount": amount, "day": day}
        )
    return entry


def due_pay_outs(on: date | None = None) -> list[PayOutDue]:
    """Balances of members who have left, the earliest day first. Raises UnknownRuleError."""
    found = []
    for member in Member.objects.filter(book_lines__account=Account.SHARES_PAYABLE).distinct():
        amount = share_standing(member, on).to_pay_out
        ended = [each.last_day for each in memberships_of(member) if each.last_day is not None]
        if amount > 0 and ended:
            left_on = max(ended)
            found.append(
                PayOutDue(member, amount, left_on, rule_on(PAY_OUT_RULE, left_on).period.after(left_on))
            )
    return sorted(found, key=lambda each: each.due_day)
