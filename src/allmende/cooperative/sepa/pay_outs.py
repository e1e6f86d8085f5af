# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pay-outs: balances of members who have left, and credit of members. A file for the bank (pain.001); booked when the statement says so.

Always holds: what is owed is in one pay-out at a time; one that failed, because the bank rejected it or sent it back, is kept as it was, and what it
was to pay can be paid out again, with a reference of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.accounts import BookEntry
from allmende.cooperative.billing_profile import billing_of, billing_profile, clean_iban
from allmende.cooperative.claims import Claim, next_number, open_claims
from allmende.cooperative.continued_memberships import successor_of
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.members import Member
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros, summed
from allmende.cooperative.sepa.files import Party, Transfer, is_bank_day, transfer_file
from allmende.cooperative.share_endings import ShareEnding, due_pay_outs
from allmende.directory.people import Person


class PayOutKind(models.TextChoices):
    SHARES = "shares", _("balance of shares")
    CREDIT = "credit", _("credit")


class PayOutRun(models.Model):
    day = models.DateField(_("day of payment"))
    message_id = models.CharField(max_length=35, unique=True)
    xml = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("file of pay-outs")
        verbose_name_plural = _("files of pay-outs")

    def __str__(self) -> str:
        return self.message_id


class PayOut(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="pay_outs")
    kind = models.CharField(_("kind"), max_length=10, choices=PayOutKind.choices)
    #: Of credit: the overpaid or credited claim.
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="pay_outs")
    #: Of a balance of shares: what ended.
    ending = models.ForeignKey(
        ShareEnding, on_delete=models.PROTECT, null=True, blank=True, related_name="pay_outs"
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    iban = models.CharField(_("IBAN"), max_length=34)
    reference = models.CharField(_("reference"), max_length=35, unique=True)
    text = models.CharField(_("text"), max_length=140)
    run = models.ForeignKey(PayOutRun, on_delete=models.PROTECT, related_name="pay_outs")
    paid_on = models.DateField(null=True, blank=True)
    #: The day on which the bank rejected it or its money came back.
    failed_on = models.DateField(_("rejected or returned on"), null=True, blank=True)
    #: The booking of the money that came back; none where the bank never paid.
    returned_by = models.OneToOneField(
        BookEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="returned_pay_out"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("pay-out")
        verbose_name_plural = _("pay-outs")

    def __str__(self) -> str:
        return f"{self.reference} {euros(self.amount)}"


def payable() -> list[PayOut]:
    """Unsaved: what is to be paid out and in no file yet. `iban` is empty where none is known."""
    under_way = pending_pay_outs()
    endings = set(under_way.filter(ending__isnull=False).values_list("ending_id", flat=True))
    claims = set(under_way.filter(claim__isnull=False).values_list("claim_id", flat=True))
    found = [
        PayOut(
            member=each.ending.member,
            kind=PayOutKind.SHARES,
            ending=each.ending,
            amount=each.amount,
            iban=_iban_of(each.ending.member),
            text="Auszahlung Geschäftsguthaben",
        )
        for each in due_pay_outs()
        if each.ending.pk not in endings
    ]
    found += [
        PayOut(
            member=claim.member,
            kind=PayOutKind.CREDIT,
            claim=claim,
            amount=-amount,
            iban=_iban_of(claim.member),
            text=f"Guthaben aus {claim.reference}",
        )
        for claim, amount in open_claims()
        if amount < 0 and claim.pk not in claims
    ]
    return found


def create_pay_outs(actor: Person | None, day: date, *, expected: Decimal | None = None) -> PayOutRun:
    """The file with all that is payable and has an IBAN. Raises MoneyRefusedError, NoProfileError."""
    profile = billing_profile()
    if not is_bank_day(day):
        raise MoneyRefusedError(gettext("Banks are closed on this day: choose another one."))
    with transaction.atomic():
        list(Member.objects.select_for_update())
        wanted = [each for each in payable() if each.iban]
        if not wanted:
            raise MoneyRefusedError(gettext("There is nothing to pay out, or no IBAN is known."))
        if expected is not None and sum((each.amount for each in wanted), ZERO) != expected:
            raise MoneyRefusedError(
                gettext("Something has changed meanwhile. Please look at the amounts again.")
            )
        for each in wanted:
            each.reference = f"AU-{next_number('AU'):05d}"
        file = transfer_file(Party(profile.name, profile.iban, profile.bic), day, _transfers(wanted))
        run = PayOutRun.objects.create(day=day, message_id=file.message_id, xml=file.xml, created_by=actor)
        for each in wanted:
            each.run = run
            each.save()
        record_change(
            actor, "pay_out", run.pk, "created", {"day": day, "sum": sum((e.amount for e in wanted), ZERO)}
        )
    return run


def pending_pay_outs() -> models.QuerySet[PayOut]:
    """In a file, and the bank has neither paid nor rejected it."""
    return PayOut.objects.filter(paid_on__isnull=True, failed_on__isnull=True)


def returnable_pay_outs() -> models.QuerySet[PayOut]:
    """Paid, and not come back."""
    return PayOut.objects.filter(paid_on__isnull=False, failed_on__isnull=True)


def repaid_by_member(day: date) -> dict[int, Decimal]:
    """Balances of shares that the bank has paid out up to and with the day, and that had not come back by then."""
    rows = PayOut.objects.filter(kind=PayOutKind.SHARES, paid_on__lte=day)
    rows = rows.filter(models.Q(failed_on__isnull=True) | models.Q(failed_on__gt=day))
    sums = rows.values("member").annotate(sum=models.Sum("amount")).order_by()
    return {row["member"]: summed(row["sum"]) for row in sums}


def _transfers(pay_outs: Sequence[PayOut]) -> list[Transfer]:
    return [
        Transfer(each.member.name, each.iban, each.amount, each.reference, f"{each.reference} {each.text}")
        for each in pay_outs
    ]


def _iban_of(member: Member) -> str:
    """What the member named for pay-outs, else the account of its last mandate; of a dissolved body its successor's."""
    named = billing_of(member).payout_iban
    if named:
        return named
    mandate = member.mandates.order_by("-signed_on", "-pk").first()
    if mandate is not None:
        return clean_iban(mandate.iban)
    heir = successor_of(member)
    return _iban_of(heir) if heir is not None else ""
