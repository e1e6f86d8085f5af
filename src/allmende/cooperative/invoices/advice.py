# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the office does about an invoice that the rules refuse: by the rule's number, in the reader's language.

The rules speak of business terms ("BT-10"); the office knows pages and fields. A rule that is not named here is about what the program
computes or writes by itself: nothing that is entered mends it.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allmende.cooperative.invoices.schematron import Finding

#: Stands for a rule's number where the rules could not be run.
NO_RULES: Final = "XRechnung"

_NO_RULES = _(
    "The official rules of XRechnung are not installed, so nothing is issued unchecked. Ask who runs Allmende to install them (requirements/rules.txt)."
)
_SELLER_ADDRESS = _("Enter name, street, postcode and place of the cooperative under “Own details”.")
_SELLER_CONTACT = _(
    "Enter the contact under “Own details”: a name, a telephone number with at least three digits, and a valid e-mail address."
)
_SELLER_TAX = _("Enter the tax number or the VAT identification number under “Own details”.")
_SELLER_ACCOUNT = _("Enter the cooperative's IBAN under “Own details”; compare it with a bank statement.")
_BUYER_REFERENCE = _("Enter the member's Leitweg-ID with its details for invoices.")
_BUYER_ADDRESS = _("Enter name, street, postcode and place of the member with its data.")
_BUYER_MAIL = _("Enter an e-mail address for invoices with the member's details for invoices.")
_DEBIT = _(
    "Compare the member's mandate: reference and IBAN; and the creditor identifier under “Own details”. Where they are wrong, revoke the mandate and record the right one."
)
_UNKNOWN = _(
    "Nothing that you enter mends this: it is about what the program computes. Nothing was issued; report it to who runs Allmende, with the rule's number."
)

_ADVICE: Final[dict[str, Promise]] = {
    rule: words
    for words, rules in (
        (_NO_RULES, (NO_RULES,)),
        (_SELLER_ADDRESS, ("BR-06", "BR-08", "BR-09", "BR-DE-3", "BR-DE-4")),
        (
            _SELLER_CONTACT,
            ("BR-DE-2", "BR-DE-5", "BR-DE-6", "BR-DE-7", "BR-DE-27", "BR-DE-28", "PEPPOL-EN16931-R020"),
        ),
        (_SELLER_TAX, ("BR-CO-26", "BR-S-02", "BR-E-02", "BR-DE-16")),
        (
            _SELLER_ACCOUNT,
            ("BR-49", "BR-50", "BR-51", "BR-61", "CII-SR-470", "BR-DE-1", "BR-DE-19", "BR-DE-23-a"),
        ),
        (_BUYER_REFERENCE, ("BR-DE-15",)),
        (_BUYER_ADDRESS, ("BR-07", "BR-10", "BR-11", "BR-DE-8", "BR-DE-9")),
        (_BUYER_MAIL, ("PEPPOL-EN16931-R010",)),
        (
            _DEBIT,
            (
                "BR-DE-20",
                "BR-DE-23-b",
                "BR-DE-25-a",
                "BR-DE-25-b",
                "BR-DE-30",
                "BR-DE-31",
                "PEPPOL-EN16931-R061",
            ),
        ),
    )
    for rule in rules
}


def advice_for(finding: Finding) -> str:
    """What to do, then which rule says so and in what words."""
    return f"{_ADVICE.get(finding.rule, _UNKNOWN)} ({finding.rule}: {_without_number(finding)})"


def _without_number(finding: Finding) -> str:
    """The rules' texts begin with their own number."""
    return finding.text.removeprefix(f"[{finding.rule}]").lstrip(" -")
