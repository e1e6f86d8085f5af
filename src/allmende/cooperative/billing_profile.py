# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands on the cooperative's invoices and payment files, and what of a member is needed for them."""

from __future__ import annotations

import re
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from allmende.cooperative.members import Member

#: Coarse, fine and check number, e.g. `15082015-ZERBST-51` (Leitweg-ID, format specification 2.0.2).
_LEITWEG: Final = re.compile(r"^(\d{2,12})(?:-([0-9A-Z]{1,30}))?-(\d{2})$")
_CREDITOR: Final = re.compile(r"^[A-Z]{2}\d{2}[0-9A-Z]{3}[0-9A-Z]{1,28}$")


def clean_iban(text: str) -> str:
    """Without blanks, capital letters, checked (country, length, check number). Raises ValidationError."""
    try:
        return str(IBAN(text).compact)
    except SchwiftyException as error:
        raise ValidationError(
            gettext(
                "This is no valid IBAN: compare it digit by digit with the bank statement or the mandate."
            )
        ) from error


def clean_bic(text: str) -> str:
    """Raises ValidationError."""
    try:
        return str(BIC(text).compact)
    except SchwiftyException as error:
        raise ValidationError(gettext("This is no valid BIC: it has 8 or 11 letters and digits.")) from error


def check_leitweg(text: str) -> None:
    """Form and check number (ISO 7064 MOD 97-10 over coarse, fine and check number). Raises ValidationError."""
    fault = ValidationError(
        gettext(
            "This is no valid Leitweg-ID: the check number at its end does not fit. Ask the member for it."
        )
    )
    match = _LEITWEG.match(text)
    if match is None:
        raise fault
    digits = "".join(str(int(letter, 36)) for letter in "".join(part or "" for part in match.groups()))
    if int(digits) % 97 != 1:
        raise fault


def check_creditor_id(text: str) -> None:
    """ISO 7064 MOD 97-10 without the creditor's business code (EPC262-08). Raises ValidationError."""
    fault = ValidationError(gettext("This is no valid creditor identifier, e.g. DE98ZZZ09999999999."))
    if not _CREDITOR.match(text):
        raise fault
    digits = "".join(str(int(letter, 36)) for letter in text[7:] + text[:4])
    if int(digits) % 97 != 1:
        raise fault


def check_iban(text: str) -> None:
    clean_iban(text)


def check_bic(text: str) -> None:
    clean_bic(text)


class BillingProfile(models.Model):
    """The cooperative as the seller on its invoices. One row."""

    name = models.CharField(_("name of the cooperative"), max_length=70)
    street = models.CharField(_("street and number"), max_length=100)
    postcode = models.CharField(_("postcode"), max_length=5)
    place = models.CharField(_("place"), max_length=100)
    register_number = models.CharField(
        _("number in the register of cooperatives"),
        max_length=60,
        help_text=_("e.g. GnR 1234, Amtsgericht Stendal"),
    )
    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    vat_id = models.CharField(_("VAT identification number"), max_length=20, blank=True)
    contact_name = models.CharField(_("contact for invoices"), max_length=100)
    contact_phone = models.CharField(_("telephone"), max_length=40)
    contact_email = models.EmailField(_("e-mail"))
    iban = models.CharField(_("IBAN"), max_length=34, validators=[check_iban])
    bic = models.CharField(_("BIC"), max_length=11, validators=[check_bic])
    creditor_id = models.CharField(
        _("creditor identifier"),
        max_length=35,
        blank=True,
        validators=[check_creditor_id],
        help_text=_("From the Bundesbank; needed for collecting by debit."),
    )
    due_days = models.PositiveSmallIntegerField(_("days until an invoice is due"), default=14)
    #: Days between the notice to the member and the debit; 14 unless agreed otherwise (SEPA rulebook, section 4.3.4).
    notice_days = models.PositiveSmallIntegerField(_("days of notice before a debit"), default=14)
    collects_fee = models.BooleanField(
        _("pass the bank's fee for a returned debit on to the member"), default=True
    )
    datev_consultant = models.PositiveIntegerField(_("DATEV: consultant's number"), default=1001)
    datev_client = models.PositiveIntegerField(_("DATEV: client's number"), default=1)

    class Meta:
        verbose_name = _("details for invoices and payments")
        verbose_name_plural = _("details for invoices and payments")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        self.iban, self.bic = clean_iban(self.iban), clean_bic(self.bic)
        super().save(*args, **kwargs)


class NoProfileError(Exception):
    """The office has not yet entered the cooperative's own details; the message says so."""


def billing_profile() -> BillingProfile:
    """Raises NoProfileError."""
    profile = BillingProfile.objects.filter(pk=1).first()
    if profile is None:
        raise NoProfileError(
            gettext("Enter the cooperative's own details first: name, address, contact and bank account.")
        )
    return profile


class MemberBilling(models.Model):
    """What invoices to one member need beyond its address."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="billing", primary_key=True)
    leitweg_id = models.CharField(_("Leitweg-ID"), max_length=46, blank=True, validators=[check_leitweg])
    invoice_email = models.EmailField(_("e-mail for invoices"), blank=True)
    debtor_number = models.PositiveIntegerField(_("debtor's account (DATEV)"), unique=True)
    payout_iban = models.CharField(_("IBAN for pay-outs"), max_length=34, blank=True, validators=[check_iban])

    class Meta:
        verbose_name = _("details of a member for invoices")
        verbose_name_plural = _("details of members for invoices")

    def __str__(self) -> str:
        return str(self.member)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.payout_iban:
            self.payout_iban = clean_iban(self.payout_iban)
        super().save(*args, **kwargs)


#: Where debtors' accounts begin in the usual charts of accounts.
_FIRST_DEBTOR: Final = 10000


def billing_of(member: Member) -> MemberBilling:
    """The member's row; it is made where there is none."""
    row, _made = MemberBilling.objects.get_or_create(
        member=member, defaults={"debtor_number": _FIRST_DEBTOR + int(member.pk)}
    )
    return row
