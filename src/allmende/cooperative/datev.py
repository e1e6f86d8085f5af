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

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from allmende.cooperative.accounts import Account, BookEntry
from allmende.cooperative.billing_profile import BillingProfile, billing_of
from allmende.cooperative.datev_fields import HEADINGS

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
#: Where a row's fields stand, counted from zero.
_AMOUNT, _SIDE, _CURRENCY, _ACCOUNT, _COUNTER, _DAY, _DOCUMENT, _TEXT = 0, 1, 2, 6, 7, 9, 10, 13
_FIXED: Final = HEADINGS.index("Festschreibung")
#: What DATEV takes as a document's number ("Belegfeld 1"); everything else becomes a hyphen.
_NOT_IN_NUMBERS: Final = re.compile(r"[^A-Za-z0-9$&%*+/-]+")


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
    rows = [_header(profile, first_day, last_day, made_at), ";".join(HEADINGS)]
    rows += [row for entry in entries for row in _rows(entry)]
    return ("\r\n".join(rows) + "\r\n").encode("cp1252")


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
        fields = [""] * len(HEADINGS)
        fields[_AMOUNT], fields[_SIDE] = f"{pair.amount:.2f}".replace(".", ","), '"S"'
        fields[_CURRENCY], fields[_DAY] = '"EUR"', f"{entry.day:%d%m}"
        fields[_ACCOUNT], fields[_COUNTER] = str(pair.debit), str(pair.credit)
        number = _NOT_IN_NUMBERS.sub("-", entry.document).strip("-") or str(entry.pk)
        fields[_DOCUMENT], fields[_TEXT] = _quoted(number, 36), _quoted(entry.text, 60)
        fields[_FIXED] = "0"
        yield ";".join(fields)


def _quoted(text: str, longest: int) -> str:
    """Without control characters; quotation marks doubled, never cut apart; letters that CP1252 lacks lose their marks (ć, ř)."""
    clean = "".join(_in_cp1252(letter) if letter.isprintable() else " " for letter in text)[:longest]
    return '"' + clean.replace('"', '""') + '"'


def _in_cp1252(letter: str) -> str:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        bare = "".join(
            part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
        )
        return bare.encode("cp1252", "replace").decode("cp1252")
    return letter
