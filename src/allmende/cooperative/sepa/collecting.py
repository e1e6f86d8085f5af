# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Collections: which claims are collected, the file for the bank, and the notice to the member before.

Always holds: a claim is in one collection at a time; what was collected and came back can be collected again; a claim is collected only after
its notice: the invoice that named day and mandate, or a notice by mail, at least as many days before as the profile says.
Money is booked when the bank's statement says so, not when the file is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.billing_profile import BillingProfile, billing_of, billing_profile
from allmende.cooperative.claims import Claim, open_claims
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.money import ZERO, MoneyRefusedError, euros, summed
from allmende.cooperative.sepa.files import Collection, Party, collection_file, is_bank_day
from allmende.cooperative.sepa.mandates import Mandate, Scheme, mandate_for
from allmende.directory.people import Person


class ItemState(models.TextChoices):
    PENDING = "pending", _("handed to the bank")
    PAID = "paid", _("paid")
    RETURNED = "returned", _("returned")


#: Why banks send a debit back: of ISO 20022's external return reasons those that SEPA debits have.
RETURN_REASONS: Final[dict[str, str | Promise]] = {
    "AC01": _("wrong account number"),
    "AC04": _("account closed"),
    "AC06": _("account blocked"),
    "AC13": _("account of a consumer"),
    "AG01": _("debits are not allowed on this account"),
    "AM04": _("not enough money on the account"),
    "AM05": _("collected twice"),
    "MD01": _("no valid mandate"),
    "MD06": _("the account's holder has objected"),
    "MD07": _("the account's holder has died"),
    "MS02": _("refused by the account's holder, without a reason"),
    "MS03": _("refused by the bank, without a reason"),
    "SL01": _("the bank's own service for its customer"),
}


class CollectionRun(models.Model):
    day = models.DateField(_("day of collection"))
    scheme = models.CharField(_("scheme"), max_length=4, choices=Scheme.choices)
    message_id = models.CharField(max_length=35, unique=True)
    xml = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("collection")
        verbose_name_plural = _("collections")

    def __str__(self) -> str:
        return self.message_id

    @property
    def total(self) -> Decimal:
        return summed(self.items.aggregate(sum=models.Sum("amount"))["sum"])


class CollectionItem(models.Model):
    run = models.ForeignKey(CollectionRun, on_delete=models.PROTECT, related_name="items")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="collections")
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="collections")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    is_first = models.BooleanField(_("first by this mandate"))
    end_to_end = models.CharField(max_length=35, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=ItemState.choices, default=ItemState.PENDING)
    paid_on = models.DateField(null=True, blank=True)
    #: Why it came back: ISO 20022's code, e.g. `AM04`.
    return_code = models.CharField(_("reason"), max_length=4, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("item of a collection")
        verbose_name_plural = _("items of a collection")
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=models.Q(state="pending"), name="claim_collected_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.end_to_end


@dataclass(frozen=True, slots=True)
class Collectible:
    """`announced`: the member knows day and amount already; else the notice goes out with the file."""

    claim: Claim
    mandate: Mandate
    amount: Decimal
    announced: bool
    is_first: bool


def collectible(day: date) -> list[Collectible]:
    """What can be collected on the day: open, due by then, with a mandate, in no other collection. Raises NoProfileError."""
    found: list[Collectible] = []
    pending = set(CollectionItem.objects.filter(state=ItemState.PENDING).values_list("claim_id", flat=True))
    used: set[int] = set()
    for claim, amount in open_claims():
        if amount <= 0 or claim.due_day > day or claim.pk in pending:
            continue
        mandate = mandate_for(claim.member, day)
        if mandate is None:
            continue
        is_first = mandate.pk not in used and not _was_used(mandate)
        used.add(mandate.pk)
        found.append(Collectible(claim, mandate, amount, _announced(claim, mandate, day, amount), is_first))
    return found


def check_day(day: date, found: list[Collectible], profile: BillingProfile, today: date) -> None:
    """Raises MoneyRefusedError, with the day that would do."""
    earliest = today + timedelta(days=profile.notice_days if any(not each.announced for each in found) else 1)
    wanted = max(day, earliest)
    while not is_bank_day(wanted):
        wanted += timedelta(days=1)
    if wanted != day:
        raise MoneyRefusedError(
            gettext(
                "Not on this day: banks must be open, and members must know before. The next possible is %(day)s."
            )
            % {"day": date_format(wanted, "SHORT_DATE_FORMAT")}
        )


def create_collections(
    actor: Person | None, day: date, *, expected: Decimal | None = None, made_on: date | None = None
) -> list[CollectionRun]:
    """The file (one for each scheme) with all that can be collected on the day; notices go out to those who have none.

    `expected` is the sum that was shown before; `made_on` the day from which the notice counts, None for today. Raises MoneyRefusedError, NoProfileError.
    """
    profile = billing_profile()
    if not profile.creditor_id:
        raise MoneyRefusedError(
            gettext("Enter the creditor identifier with the cooperative's own details first.")
        )
    with transaction.atomic():
        list(Mandate.objects.select_for_update().filter(revoked_on__isnull=True))
        found = collectible(day)
        if not found:
            raise MoneyRefusedError(gettext("There is nothing to collect on this day."))
        if expected is not None and sum((each.amount for each in found), ZERO) != expected:
            raise MoneyRefusedError(
                gettext("Something has changed meanwhile. Please look at the amounts again.")
            )
        check_day(day, found, profile, made_on or timezone.localdate())
        runs = []
        for scheme in Scheme:
            of_scheme = [each for each in found if each.mandate.scheme == scheme]
            if of_scheme:
                runs.append(_create_run(actor, day, scheme, of_scheme, profile))
        notices = [each for each in found if not each.announced]
        transaction.on_commit(lambda: _send_notices(notices, day, profile))
    return runs


def reject_item(actor: Person | None, item: CollectionItem) -> None:
    """The bank never credited it: the claim can be collected or reminded again; nothing is booked. Raises MoneyRefusedError."""
    with transaction.atomic():
        standing = CollectionItem.objects.select_for_update().get(pk=item.pk)
        if standing.state != ItemState.PENDING:
            raise MoneyRefusedError(
                gettext("This debit is not waiting any more: it is paid or came back. Look at it again.")
            )
        standing.state = ItemState.RETURNED
        standing.save(update_fields=["state"])
        record_change(actor, "collection_item", standing.pk, "rejected", {"claim": standing.claim.reference})


def pay_item(item: CollectionItem, day: date) -> None:
    """The bank's statement says so. Inside of the caller's transaction, with the booking."""
    item.state, item.paid_on = ItemState.PAID, day
    item.save(update_fields=["state", "paid_on"])


def _create_run(
    actor: Person | None, day: date, scheme: Scheme, found: list[Collectible], profile: BillingProfile
) -> CollectionRun:
    tries = {each.claim.pk: CollectionItem.objects.filter(claim=each.claim).count() for each in found}
    collections = [
        Collection(
            name=each.mandate.holder,
            iban=each.mandate.iban,
            amount=each.amount,
            first=each.is_first,
            mandate=each.mandate.reference,
            signed_on=each.mandate.signed_on,
            end_to_end=_end_to_end(each.claim, tries[each.claim.pk]),
            purpose=f"{each.claim.text} {profile.name}",
        )
        for each in found
    ]
    party = Party(profile.name, profile.iban, profile.bic, profile.creditor_id)
    file = collection_file(party, day, scheme.value, collections)
    run = CollectionRun.objects.create(
        day=day, scheme=scheme, message_id=file.message_id, xml=file.xml, created_by=actor
    )
    CollectionItem.objects.bulk_create(
        CollectionItem(
            run=run,
            claim=each.claim,
            mandate=each.mandate,
            amount=each.amount,
            is_first=each.is_first,
            end_to_end=made.end_to_end,
        )
        for each, made in zip(found, collections, strict=True)
    )
    record_change(actor, "collection", run.pk, "created", {"day": day, "items": len(found), "sum": run.total})
    return run


def _end_to_end(claim: Claim, tries: int) -> str:
    """Each attempt has its own, so that a return names the attempt that came back."""
    return claim.reference if tries == 0 else f"{claim.reference}.{tries + 1}"


def _was_used(mandate: Mandate) -> bool:
    """A first collection that came back unpaid leaves the next one the first."""
    rows = CollectionItem.objects.filter(mandate=mandate)
    return rows.filter(models.Q(state=ItemState.PENDING) | models.Q(paid_on__isnull=False)).exists()


def _announced(claim: Claim, mandate: Mandate, day: date, amount: Decimal) -> bool:
    """By the invoice itself: it names this mandate, the amount and a day that is not after the collection's."""
    invoice = claim.invoices.filter(corrects__isnull=True).first()
    if invoice is None or CollectionItem.objects.filter(claim=claim).exists():
        return False
    debit = invoice.content.get("debit")
    return bool(
        debit and debit["mandate"] == mandate.reference and invoice.gross == amount and invoice.due_day <= day
    )


def _send_notices(found: list[Collectible], day: date, profile: BillingProfile) -> None:
    for each in found:
        member = each.claim.member
        address = billing_of(member).invoice_email or member.email
        if not address:
            continue
        EmailMessage(
            subject=f"Ankündigung einer SEPA-Lastschrift: {each.claim.reference}",
            body=(
                "Sehr geehrte Damen und Herren,\n\n"
                f"am {day:%d.%m.%Y} ziehen wir {euros(each.amount)} durch SEPA-Lastschrift ein:\n"
                f"{each.claim.text}\n\n"
                f"Mandat: {each.mandate.reference}\nGläubiger-Identifikationsnummer: {profile.creditor_id}\n"
                f"Konto: {each.mandate.iban[:4]} … {each.mandate.iban[-4:]}\n\n"
                f"{profile.name}\n{profile.contact_name}, {profile.contact_phone}\n"
            ),
            from_email=getattr(settings, "DEFAULT_FROM_EMAIL", None),
            to=[address],
            reply_to=[profile.contact_email],
        ).send(fail_silently=False)
