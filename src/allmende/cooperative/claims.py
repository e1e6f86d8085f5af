# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What members owe: an invoice, a share's payment, a fee. One reference each, by which a payment finds it.

Always holds: how much of a claim is open is the sum of its lines in the books, and nothing else; so a returned debit opens it again and a
payment closes it without anybody writing a state.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from django.db import models, transaction
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import Account, BookLine
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, summed


class ClaimKind(models.TextChoices):
    INVOICE = "invoice", _("invoice")
    SHARE = "share", _("payment of shares")
    FEE = "fee", _("fee")


#: The account on which a claim of this kind stands.
ACCOUNT_OF: Final = {
    ClaimKind.INVOICE: Account.RECEIVABLES,
    ClaimKind.FEE: Account.RECEIVABLES,
    ClaimKind.SHARE: Account.SHARES_DUE,
}


class Claim(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="claims")
    kind = models.CharField(_("kind"), max_length=10, choices=ClaimKind.choices)
    #: What the member writes on the payment, and the end-to-end reference of a debit; unique.
    reference = models.CharField(_("reference"), max_length=30, unique=True)
    text = models.CharField(_("text"), max_length=200)
    day = models.DateField(_("day"))
    due_day = models.DateField(_("due"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["due_day", "pk"]
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return self.reference

    @property
    def account(self) -> Account:
        return ACCOUNT_OF[ClaimKind(self.kind)]

    def open_amount(self, on: date | None = None) -> Decimal:
        """Euros; negative where more was paid than owed."""
        lines = BookLine.objects.filter(claim=self)
        if on is not None:
            lines = lines.filter(entry__day__lte=on)
        return summed(lines.aggregate(sum=Sum("amount"))["sum"])


class ReferenceCounter(models.Model):
    """One row for each sequence, e.g. `GA` (shares) or `GB` (fees); the last number given."""

    key = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("counter of references")
        verbose_name_plural = _("counters of references")

    def __str__(self) -> str:
        return f"{self.key} {self.last}"


def next_number(key: str) -> int:
    """Inside of the caller's transaction: where that is undone, so is the number, and nothing is left out.

    The counter's row is locked until the transaction ends; SQLite locks the whole file for the same time.
    """
    with transaction.atomic():
        ReferenceCounter.objects.get_or_create(key=key)
        counter = ReferenceCounter.objects.select_for_update().get(key=key)
        counter.last += 1
        counter.save(update_fields=["last"])
        return counter.last


def open_claims(*, on: date | None = None, member: Member | None = None) -> list[tuple[Claim, Decimal]]:
    """Claims of which something is open (or overpaid), the oldest first."""
    booked = Q(lines__entry__day__lte=on) if on is not None else Q()
    rows = (
        Claim.objects.select_related("member")
        .annotate(
            open=Coalesce(Sum("lines__amount", filter=booked), ZERO, output_field=models.DecimalField())
        )
        # Said here: in a query that groups Django leaves the model's own order out.
        .order_by("due_day", "pk")
    )
    if member is not None:
        rows = rows.filter(member=member)
    return [(row, amount) for row in rows if (amount := summed(row.open))]
