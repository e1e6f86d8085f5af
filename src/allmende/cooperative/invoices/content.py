# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an invoice says, and its arithmetic. Pure: the same content gives the same XML and the same page.

Amounts of an invoice and of a credit note are both written positive, as EN 16931 wants it; a single line may be negative.
Always holds: tax is computed once for each category and rate from the sum of its lines (EN 16931-1, BR-CO-17), and rounded there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from allmende.cooperative.money import ZERO, cents

INVOICE: Final = "380"
CREDIT_NOTE: Final = "381"


@dataclass(frozen=True, slots=True)
class Seller:
    name: str
    street: str
    postcode: str
    place: str
    register_number: str
    tax_number: str
    vat_id: str
    contact_name: str
    contact_phone: str
    contact_email: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    street: str
    postcode: str
    place: str
    leitweg_id: str
    email: str


@dataclass(frozen=True, slots=True)
class DebitNotice:
    """Paid by debit: the mandate's reference, the creditor's identifier, the debited account."""

    mandate: str
    creditor_id: str
    iban: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """`net` euros; `rate` per cent; `category` of UNTDID 5305; `reason` where no tax is charged."""

    text: str
    first_day: date
    last_day: date
    net: Decimal
    category: str
    rate: Decimal
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaxGroup:
    category: str
    rate: Decimal
    reason: str
    base: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """`kind` is INVOICE or CREDIT_NOTE; `corrects` the number and day of the invoice that a credit note takes back."""

    number: str
    kind: str
    day: date
    due_day: date
    seller: Seller
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    debit: DebitNotice | None = None
    corrects: tuple[str, date] | None = None

    @property
    def groups(self) -> list[TaxGroup]:
        bases: dict[tuple[str, Decimal, str], Decimal] = {}
        for line in self.lines:
            key = (line.category, line.rate, line.reason)
            bases[key] = bases.get(key, ZERO) + line.net
        return [
            TaxGroup(category, rate, reason, base, cents(base * rate / 100))
            for (category, rate, reason), base in bases.items()
        ]

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((group.tax for group in self.groups), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def as_json(self) -> dict[str, Any]:
        """For keeping: Decimals and days as text."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def content_from_json(kept: dict[str, Any]) -> InvoiceContent:
    corrects = kept["corrects"]
    return InvoiceContent(
        number=kept["number"],
        kind=kept["kind"],
        day=date.fromisoformat(kept["day"]),
        due_day=date.fromisoformat(kept["due_day"]),
        seller=Seller(**kept["seller"]),
        buyer=Buyer(**kept["buyer"]),
        lines=tuple(
            InvoiceLine(
                text=line["text"],
                first_day=date.fromisoformat(line["first_day"]),
                last_day=date.fromisoformat(line["last_day"]),
                net=Decimal(line["net"]),
                category=line["category"],
                rate=Decimal(line["rate"]),
                reason=line["reason"],
            )
            for line in kept["lines"]
        ),
        debit=DebitNotice(**kept["debit"]) if kept["debit"] else None,
        corrects=(corrects[0], date.fromisoformat(corrects[1])) if corrects else None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
