# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Invoices of every kind that the cooperative writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from allmende.cooperative.invoices.content import (
    CREDIT_NOTE,
    INVOICE,
    Buyer,
    DebitNotice,
    InvoiceContent,
    InvoiceLine,
    Seller,
)

from .money_makers import OWN_IBAN, iban_of

D = Decimal
#: Check number by ISO 7064 MOD 97-10.
LEITWEG = "15082-ZE-" + f"{98 - int('15082' + '3514' + '00') % 97:02d}"
SELLER = Seller(
    "Genossenschaft eG", "Domplatz 1", "39104", "Magdeburg", "GnR 1234", "102/111/12345", "DE123456789", "Frau Beispiel",
    "+49 391 12", "rechnung@eg.example", OWN_IBAN, "COBADEFFXXX",
)  # fmt: skip
BUYER = Buyer(
    "Stadt Zerbst/Anhalt", "Schloßfreiheit 12", "39261", "Zerbst/Anhalt", LEITWEG, "rechnung@zerbst.example"
)
DAY = date(2026, 7, 1)


def content(category: str = "S", rate: str = "19", net: str = "100.00", **changes: Any) -> InvoiceContent:
    reason = "" if category == "S" else "Nicht steuerbar"
    line = InvoiceLine("Beitrag <Juli> & Ümlaut", DAY, date(2026, 7, 31), D(net), category, D(rate), reason)
    made = InvoiceContent("2026-00001", INVOICE, DAY, date(2026, 7, 15), SELLER, BUYER, (line,))
    return replace(made, **changes)


DEBIT = DebitNotice("M-1", "DE98ZZZ09999999999", iban_of(1))
CORRECTS = ("2025-00009", date(2025, 12, 1))
#: Each tax treatment as a transfer, a debit and a credit note; then lines of two treatments, one of them money back.
KINDS = [
    each
    for tax in (("S", "19"), ("E", "0"), ("O", "0"))
    for each in (
        content(*tax),
        content(*tax, debit=DEBIT),
        content(*tax, kind=CREDIT_NOTE, corrects=CORRECTS),
    )
]
KINDS.append(
    content(lines=(*content().lines, *content(net="-33.33").lines, *content("E", "0", "0.01").lines)),
)
