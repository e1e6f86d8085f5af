# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is to be invoiced to a member: one row for each contribution, settlement or other charge, until an invoice takes it.

Always holds: a source key is unique, so whoever brings a charge may bring it again after a crash; a charge of an invoice is never changed,
only met by another with the opposite sign.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.members import Member
from allmende.cooperative.money import MoneyRefusedError, cents
from allmende.cooperative.tax import Tax
from allmende.directory.audit import record_audit
from allmende.directory.people import Person


class ChargeKind(models.TextChoices):
    CONTRIBUTION = "contribution", _("contribution")
    SETTLEMENT = "settlement", _("settlement of a contract")
    OTHER = "other", _("other")


class Charge(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(_("kind"), max_length=12, choices=ChargeKind.choices)
    source_key = models.CharField(max_length=120, unique=True)
    text = models.CharField(_("text"), max_length=300)
    #: Days of the service.
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    #: Euros; negative where the member gets something back.
    net = models.DecimalField(_("amount, net"), max_digits=12, decimal_places=2)
    tax = models.CharField(_("value-added tax"), max_length=1, choices=Tax.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    invoice = models.ForeignKey(
        "cooperative.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="charges"
    )

    class Meta:
        ordering = ["first_day", "pk"]
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        indexes = [models.Index(fields=["invoice", "member"], name="charge_by_invoice")]

    def __str__(self) -> str:
        return f"{self.member}: {self.text} {self.net}"


@transaction.atomic
def add_member_charge(
    member: Member,
    *,
    source_key: str,
    kind: ChargeKind,
    text: str,
    first_day: date,
    last_day: date,
    net: Decimal,
    tax: Tax,
) -> Charge:
    """The same key with the same content gives the row that stands already.

    Raises MoneyRefusedError for an amount of zero or with parts of a cent, days the wrong way round, or the key with another content.
    """
    if net == 0 or net != cents(net):
        raise MoneyRefusedError(gettext("A charge needs an amount in whole cents that is not zero."))
    if last_day < first_day:
        raise MoneyRefusedError(gettext("The last day is before the first: correct one of the two."))
    values: dict[str, Any] = {
        "member": member,
        "kind": kind.value,
        "text": text[:300],
        "first_day": first_day,
        "last_day": last_day,
        "net": net,
        "tax": tax.value,
    }
    charge, made = Charge.objects.get_or_create(source_key=source_key, defaults=values)
    if not made and any(getattr(charge, name) != value for name, value in values.items()):
        raise MoneyRefusedError(
            gettext(
                "“%(key)s” was charged already with another content. Bring the difference as a charge of its own."
            )
            % {"key": source_key}
        )
    return charge


def remove_charge(actor: Person, charge: Charge) -> None:
    """Only while no invoice has it. Raises MoneyRefusedError."""
    with transaction.atomic():
        standing = Charge.objects.select_for_update().get(pk=charge.pk)
        if standing.invoice_id is not None:
            raise MoneyRefusedError(gettext("An invoice has this charge: write a credit note instead."))
        record_audit(
            actor.municipality,
            actor,
            "charge.removed",
            f"charge:{standing.pk}",
            member=standing.member_id,
            text=standing.text,
            net=str(standing.net),
        )
        standing.delete()
