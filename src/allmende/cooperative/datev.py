# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Export for bookkeeping: DATEV format, batch of bookings ("EXTF", header version 700, category 21, format version 13).

Fields that are filled (their numbers as DATEV's description of the format counts them):

    1 amount, always positive · 2 S or H, seen from the account · 3 EUR · 7 account · 8 counter-account · 10 day as TTMM
    11 document's number · 14 text · 114 fixed (0)

Accounts are those of `ACCOUNTS` (four digits); claims on a member stand on the member's debtor account. Tax is booked on an account of its own,
so no key for automatic tax is set: with a chart of accounts that taxes by account, choose accounts without automatic tax.
Written after DATEV's public description; it was not tried in a DATEV program.

Always holds: CP1252, CR LF, one file for one financial year; the amounts of every entry are the ledger's, split into pairs of accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from allmende.cooperative.accounts import Account, BookEntry
from allmende.cooperative.billing_profile import BillingProfile, billing_of

#: After the chart SKR 03 where it has such an account; the adviser may want others.
ACCOUNTS: Final[Mapping[Account, int]] = {
    Account.BANK: 1200,
    Account.UNCLEAR: 1590,
    Account.RECEIVABLES: 1400,
    Account.SHARES_UNCALLED: 9981,
    Account.SHARES_DUE: 1299,
    Account.SHARES: 800,
    Account.SHARES_PAYABLE: 1705,
    Account.MEMBER_CREDIT: 1731,
    Account.CONTRIBUTIONS: 8200,
    Account.CHARGES: 8400,
    Account.FEES: 2700,
    Account.BANK_COSTS: 4970,
    Account.TAX: 1776,
    Account.RESERVES: 855,
}
_FIELDS: Final = 125
_HEADINGS: Final = {
    0: "Umsatz (ohne Soll/Haben-Kz)", 1: "Soll/Haben-Kennzeichen", 2: "WKZ Umsatz", 3: "Kurs", 4: "Basis-Umsatz",
    5: "WKZ Basis-Umsatz", 6: "Konto", 7: "Gegenkonto (ohne BU-Schlüssel)", 8: "BU-Schlüssel", 9: "Belegdatum",
    10: "Belegfeld 1", 11: "Belegfeld 2", 12: "Skonto", 13: "Buchungstext",
}  # fmt: skip
_FIXED: Final = 113


@dataclass(frozen=True, slots=True)
class Pair:
    """`amount` above zero: debit of `debit`, credit of `credit`."""

    debit: int
    credit: int
    amount: Decimal


def pairs_of(lines: Iterable[tuple[int, Decimal]]) -> list[Pair]:
    """Lines (account, euros with sign) that sum to zero, as pairs; each account keeps its sum."""
    debits = [(account, amount) for account, amount in lines if amount > 0]
    credits_ = [(account, -amount) for account, amount in lines if amount < 0]
    if sum((a for _n, a in debits), Decimal(0)) != sum((a for _n, a in credits_), Decimal(0)):
        raise ValueError(lines)
    pairs: list[Pair] = []
    while debits and credits_:
        (debit, left), (credit, right) = debits[0], credits_[0]
        amount = min(left, right)
        pairs.append(Pair(debit, credit, amount))
        debits[:1] = [(debit, left - amount)] if left > amount else []
        credits_[:1] = [(credit, right - amount)] if right > amount else []
    return pairs


def export_bookings(profile: BillingProfile, first_day: date, last_day: date, *, made_at: datetime) -> bytes:
    """The file's octets; name it `EXTF_Buchungsstapel_….csv`. Days of one financial year (here: calendar year) of DATEV."""
    entries = BookEntry.objects.filter(day__range=(first_day, last_day)).prefetch_related("lines__member")
    rows = [
        _header(profile, first_day, last_day, made_at),
        ";".join(
            _HEADINGS.get(i, "Festschreibung" if i == _FIXED else f"Feld {i + 1}") for i in range(_FIELDS)
        ),
    ]
    rows += [row for entry in entries for row in _rows(entry)]
    return ("\r\n".join(rows) + "\r\n").encode("cp1252", "replace")


def _header(profile: BillingProfile, first_day: date, last_day: date, made_at: datetime) -> str:
    fields: Sequence[str] = (
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", f"{made_at:%Y%m%d%H%M%S}{made_at.microsecond // 1000:03d}",
        "", '""', '""', '""', str(profile.datev_consultant), str(profile.datev_client), f"{first_day.year}0101", "4",
        f"{first_day:%Y%m%d}", f"{last_day:%Y%m%d}", '"Allmende"', '""', "1", "0", "0", '"EUR"',
        "", '""', "", "", '""', "", "", '""', '""',
    )  # fmt: skip
    return ";".join(fields)


def _rows(entry: BookEntry) -> Iterator[str]:
    lines = [
        (
            billing_of(line.member).debtor_number
            if line.account == Account.RECEIVABLES and line.member
            else ACCOUNTS[Account(line.account)],
            line.amount,
        )
        for line in entry.lines.all()
    ]
    for pair in pairs_of(lines):
        fields = [""] * _FIELDS
        fields[0], fields[1], fields[2] = f"{pair.amount:.2f}".replace(".", ","), '"S"', '"EUR"'
        fields[6], fields[7], fields[9] = str(pair.debit), str(pair.credit), f"{entry.day:%d%m}"
        fields[10], fields[13] = _quoted(entry.document or str(entry.pk), 36), _quoted(entry.text, 60)
        fields[_FIXED] = "0"
        yield ";".join(fields)


def _quoted(text: str, longest: int) -> str:
    """Without control characters; quotation marks doubled, never cut apart."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)[:longest]
    return '"' + clean.replace('"', '""') + '"'
