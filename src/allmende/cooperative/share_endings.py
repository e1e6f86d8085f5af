# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares that end: with the membership, by notice of single shares, or at the end of the year in which a legal successor has continued them.

    announced   the list of members says that they end; nothing is booked yet
    settled     the office has confirmed the balance, less a part of a loss that the annual accounts show (§ 73 Abs. 2 GenG); it is to be paid out
    paid out    the bank's statement says so
    withdrawn   the end was taken back, or the successor keeps the shares

Always holds: an ending comes from a row of the list and never by itself; what was booked for it is reversed when it is withdrawn, never changed; what
is with the bank already can't be withdrawn; each ending is settled once, those of one member in the order of their days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import (
    Account,
    BookEntry,
    BookLine,
    Line,
    book,
    closed_up_to,
    reverse_booking,
)
from allmende.cooperative.claims import Claim
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import rule_on
from allmende.cooperative.member_list import Draft, EntryKind, append_entries, members_on
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros
from allmende.cooperative.share_moves import move_key
from allmende.cooperative.shares import AMOUNT_RULE, share_standing, unpaid_share_claims
from allmende.cooperative.stored_documents import StoredDocument
from allmende.directory.people import Person


class ShareEnding(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="share_endings")
    #: Number of the row of the list of members that it comes from.
    list_row = models.PositiveIntegerField(_("row of the list of members"))
    last_day = models.DateField(_("held until"))
    pay_out_due = models.DateField(_("pay-out at the latest"))
    #: None: all that the member then has.
    share_count = models.PositiveIntegerField(_("shares"), null=True, blank=True)
    #: From whom the member has them, where it continues them as legal successor.
    predecessor = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    #: Empty where nothing was subscribed any more.
    settled_by = models.OneToOneField(
        BookEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="share_ending"
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        ordering = ["last_day", "pk"]
        verbose_name = _("end of shares")
        verbose_name_plural = _("ends of shares")
        indexes = [models.Index(fields=["member", "last_day"], name="share_ending_by_member")]

    def __str__(self) -> str:
        return f"{self.member} {self.last_day:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class EndingSum:
    """Euros: `subscribed` shares end; of them `paid_in` becomes payable and `unpaid` falls away."""

    subscribed: Decimal
    unpaid: Decimal

    @property
    def paid_in(self) -> Decimal:
        return self.subscribed - self.unpaid


@dataclass(frozen=True, slots=True)
class PayOutDue:
    ending: ShareEnding
    amount: Decimal


def open_endings(*, before: date | None = None) -> models.QuerySet[ShareEnding]:
    """Neither settled nor withdrawn, the earliest first; with a day: those that were over by then."""
    rows = ShareEnding.objects.filter(settled_at__isnull=True, withdrawn_at__isnull=True)
    rows = rows.select_related("member", "predecessor")
    return rows.filter(last_day__lt=before) if before is not None else rows


def shares_on(member_id: int, day: date) -> int:
    """At the end of the day, by the amount of a share on that day; what has ended counts no more, whether it is settled or not."""
    member = Member(pk=member_id)
    each = rule_on(AMOUNT_RULE, day).amount
    if not each:
        return 0
    count = int(share_standing(member, day).subscribed // each)
    ended = open_endings(before=day).filter(member=member_id)
    if any(row.share_count is None for row in ended):
        return 0
    return max(count - sum(row.share_count or 0 for row in ended), 0)


def sum_of(ending: ShareEnding) -> EndingSum:
    """What settling it would come to now. Raises UnknownRuleError."""
    subscribed = share_standing(ending.member).subscribed
    if ending.share_count is not None:
        each = rule_on(AMOUNT_RULE, ending.last_day).amount
        subscribed = min(subscribed, each * ending.share_count)
    unpaid = sum((amount for _claim, amount in _unpaid_claims(ending)), ZERO)
    return EndingSum(subscribed, min(unpaid, subscribed))


def _unpaid_claims(ending: ShareEnding) -> list[tuple[Claim, Decimal]]:
    """The newest first; of shares that were taken over only what came with them."""
    found = [(claim, amount) for claim, amount in unpaid_share_claims(ending.member) if amount > 0]
    if ending.predecessor_id is None:
        return found
    moved = BookLine.objects.filter(entry__source_key=move_key(ending.list_row), member=ending.member_id)
    taken = set(moved.filter(claim__isnull=False).values_list("claim_id", flat=True))
    return [(claim, amount) for claim, amount in found if claim.pk in taken]


def settle_ending(actor: Person | None, ending: ShareEnding, *, loss: Decimal = ZERO) -> BookEntry | None:
    """The balance becomes money to be paid out, what was never paid in falls away. None where nothing was left.

    `loss` is the part of a loss that reduces the balance (§ 73 Abs. 2, § 19 GenG). Raises MoneyRefusedError, UnknownRuleError.
    """
    with transaction.atomic():
        list(Member.objects.select_for_update().filter(pk=ending.member_id))
        standing = _locked(ending)
        today = timezone.localdate()
        if standing.last_day >= today:
            raise MoneyRefusedError(
                gettext("These shares are held until %(day)s: settle them after that day.")
                % {"day": _short(standing.last_day)}
            )
        earlier = open_endings().filter(member=standing.member_id, last_day__lte=standing.last_day)
        before = earlier.exclude(pk=standing.pk)
        if standing.share_count is not None:
            before = before.filter(last_day__lt=standing.last_day)
        first = before.first()
        if first is not None:
            raise MoneyRefusedError(
                gettext("Another end of shares of %(name)s, on %(day)s, comes first: settle that one.")
                % {"name": standing.member.name, "day": _short(first.last_day)}
            )
        found = sum_of(standing)
        if not ZERO <= loss <= found.paid_in:
            raise MoneyRefusedError(
                gettext("The part of the loss is between zero and the member's balance of %(amount)s.")
                % {"amount": euros(found.paid_in)}
            )
        entry = None
        if found.subscribed:
            closed = closed_up_to()
            day = standing.last_day if closed is None or closed < standing.last_day else today
            entry = book(
                day,
                f"Auseinandersetzung {standing.member.name}",
                _lines(standing, found, loss),
                source_key=f"shares:ending:{standing.pk}",
                actor=actor,
            )
        standing.settled_by, standing.settled_at = entry, timezone.now()
        standing.save(update_fields=["settled_by", "settled_at"])
        values = {"member": standing.member_id, "paid_in": found.paid_in, "loss": loss}
        record_change(actor, "share_ending", standing.pk, "settled", values)
    ending.refresh_from_db()
    return entry


def _lines(ending: ShareEnding, found: EndingSum, loss: Decimal) -> list[Line]:
    member = ending.member
    lines = [Line(Account.SHARES, found.subscribed, member)]
    left = found.unpaid
    for claim, amount in _unpaid_claims(ending):
        part = min(amount, left)
        if part > 0:
            lines.append(Line(Account.SHARES_DUE, -part, member, claim))
            left -= part
    if found.paid_in - loss:
        lines.append(Line(Account.SHARES_PAYABLE, -(found.paid_in - loss), member))
    if loss:
        lines.append(Line(Account.RESERVES, -loss, member))
    return lines


def keep_shares(
    actor: Person | None, ending: ShareEnding, *, document: StoredDocument | None = None, note: str = ""
) -> None:
    """The legal successor, a member in its own right, takes the shares as further ones of its own; the list gets a row.

    Raises MoneyRefusedError, RefusedEntryError.
    """
    with transaction.atomic():
        standing = _locked(ending)
        if standing.predecessor_id is None or standing.share_count is None:
            raise MoneyRefusedError(gettext("Only shares that were continued for another can be kept."))
        standing.withdrawn_at = timezone.now()
        standing.save(update_fields=["withdrawn_at"])
        record_change(actor, "share_ending", standing.pk, "kept", {"member": standing.member_id})
        day = min(standing.last_day, timezone.localdate())
        record_shares(standing.member, day, actor=actor, document=document, note=note)
    ending.refresh_from_db()


def withdraw_ending(ending: ShareEnding) -> None:
    """The end was taken back; what was booked is reversed. Raises MoneyRefusedError where the money is with the bank already."""
    with transaction.atomic():
        standing = ShareEnding.objects.select_for_update().get(pk=ending.pk)
        if standing.withdrawn_at is not None:
            return
        pay_out = standing.pay_outs.filter(failed_on__isnull=True).first()
        if pay_out is not None:
            raise MoneyRefusedError(
                gettext(
                    "The balance of %(name)s was handed to the bank already (%(reference)s). Its end can't be taken back; the body joins anew."
                )
                % {"name": standing.member.name, "reference": pay_out.reference}
            )
        if standing.settled_by is not None:
            reverse_share_booking(standing.settled_by)
        standing.withdrawn_at = timezone.now()
        standing.save(update_fields=["withdrawn_at"])
        record_change(None, "share_ending", standing.pk, "withdrawn", {"member": standing.member_id})


def reverse_share_booking(entry: BookEntry) -> None:
    """On its own day, so that the accounts of every day say it, or today where the books are closed."""
    closed = closed_up_to()
    day = entry.day if closed is None or closed < entry.day else timezone.localdate()
    reverse_booking(entry, day, reason="Ende zurückgenommen")


def record_shares(
    member: Member,
    day: date,
    *,
    actor: Person | None,
    document: StoredDocument | None = None,
    note: str = "",
) -> None:
    """A row of the list with the number of further shares (§ 30 Abs. 2 Nr. 2 GenG), where the list says another. Raises RefusedEntryError."""
    continued = open_endings().filter(member=member, predecessor__isnull=False)
    held = shares_on(member.pk, day) - sum(
        row.share_count or 0 for row in continued.filter(last_day__gte=day)
    )
    listed = next((each for each in members_on(day) if each.member.pk == member.pk), None)
    further = max(held - 1, 0)
    if listed is not None and listed.further_shares != further:
        draft = Draft(member, EntryKind.SHARES, day, share_count=further, document=document, note=note)
        append_entries([draft], actor=actor)


def due_pay_outs(on: date | None = None) -> list[PayOutDue]:
    """What was settled and the bank has not paid yet, or has sent back, the earliest day first."""
    rows = ShareEnding.objects.filter(settled_by__isnull=False, withdrawn_at__isnull=True)
    done = models.Q(pay_outs__paid_on__isnull=False, pay_outs__failed_on__isnull=True)
    rows = rows.alias(done=models.FilteredRelation("pay_outs", condition=done)).filter(done__isnull=True)
    rows = rows.select_related("member", "settled_by")
    if on is not None:
        rows = rows.filter(settled_by__day__lte=on)
    found = []
    for ending in rows.order_by("pay_out_due", "pk"):
        lines = ending.settled_by.lines.filter(account=Account.SHARES_PAYABLE) if ending.settled_by else []
        amount = -sum((line.amount for line in lines), ZERO)
        if amount > 0:
            found.append(PayOutDue(ending, amount))
    return found


def _locked(ending: ShareEnding) -> ShareEnding:
    """Raises MoneyRefusedError where it is settled or withdrawn."""
    standing = ShareEnding.objects.select_for_update().get(pk=ending.pk)
    if standing.withdrawn_at is not None:
        raise MoneyRefusedError(gettext("This end was taken back: there is nothing to settle."))
    if standing.settled_at is not None:
        raise MoneyRefusedError(gettext("This is settled already."))
    return standing


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
