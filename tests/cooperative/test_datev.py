# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The file for DATEV, read back as DATEV's description says it is read."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from allmende.cooperative.accounts import Account, Line, balances, book
from allmende.cooperative.billing_profile import billing_of
from allmende.cooperative.charges import ChargeKind, add_member_charge
from allmende.cooperative.datev import ACCOUNTS, export_bookings
from allmende.cooperative.invoices.issued import issue_invoice
from allmende.cooperative.money_rules import add_money_rules
from allmende.cooperative.shares import subscribe_shares
from allmende.cooperative.tax import Tax

from .money_makers import make_paying_member, make_profile

pytestmark = pytest.mark.django_db
D = Decimal
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
MADE_AT = datetime(2026, 12, 31, 18, 5, 6, 789_000, ZoneInfo("Europe/Berlin"))
#: By the field's number, as DATEV counts: how what stands there looks, with its quotation marks.
FORMS = {
    1: r"\d{1,10},\d\d", 2: '"S"', 3: '"EUR"', 7: r"[1-9]\d{2,4}", 8: r"[1-9]\d{2,4}", 10: r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])",
    11: r'"[A-Za-z0-9$&%*+/-]{1,36}"', 14: r'"([^"]|""){1,60}"', 114: "0",
}  # fmt: skip


def raw_rows(data: bytes) -> list[list[str]]:
    """Fields with their quotation marks; a separator within them does not part."""
    text = data.decode("cp1252")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return [re.findall(r'(?:^|;)("(?:[^"]|"")*"|[^;"]*)', line) for line in text.split("\r\n")[:-1]]


def test_every_field_has_its_form_and_the_sums_are_the_ledgers() -> None:
    add_money_rules()
    profile = make_profile(datev_consultant=29098, datev_client=55003)
    member = make_paying_member("Chóśebuz „Markt; Süd“", date(2014, 7, 1))
    subscribe_shares(None, member, 1, date(2026, 1, 2), date(2026, 1, 31))
    charge = add_member_charge(
        member,
        source_key="a",
        kind=ChargeKind.SETTLEMENT,
        text='Druck "A4"; März',
        first_day=date(2026, 3, 1),
        last_day=date(2026, 3, 31),
        net=D("100.03"),
        tax=Tax.STANDARD,
    )
    issue_invoice(None, [charge], date(2026, 4, 1))
    lines = [
        Line(Account.BANK, D("7.00")),
        Line(Account.BANK_COSTS, D("3.00")),
        Line(Account.UNCLEAR, D("-10.00")),
    ]
    book(
        date(2026, 12, 31),
        "Zeile\nmit „;“ und \x07 Řeka",
        lines,
        source_key="b",
        document="Auszug 12/2026 (Kopie)",
    )
    book(
        date(2027, 1, 1),
        "gehört ins nächste Jahr",
        [Line(Account.BANK, D("1.00")), Line(Account.UNCLEAR, D("-1.00"))],
        source_key="c",
    )

    header, headings, *rows = raw_rows(export_bookings(profile, FIRST, LAST, made_at=MADE_AT))
    assert header[:6] == ['"EXTF"', "700", "21", '"Buchungsstapel"', "13", "20261231180506789"]
    assert header[10:16] == ["29098", "55003", "20260101", "4", "20260101", "20261231"]
    assert (len(header), header[18], header[20], header[21]) == (31, "1", "0", '"EUR"')
    assert len(headings) == len(set(headings)) == 125
    assert (headings[36], headings[113], headings[117]) == (
        "KOST1 - Kostenstelle",
        "Festschreibung",
        "Generalumkehr (GU)",
    )
    for row in rows:
        assert len(row) == 125
        for number, field in enumerate(row, start=1):
            assert re.fullmatch(FORMS.get(number, ""), field), (number, field)

    sums: dict[int, Decimal] = {}
    for row in rows:
        amount = D(row[0].replace(",", "."))
        sums[int(row[6])] = sums.get(int(row[6]), D(0)) + amount
        sums[int(row[7])] = sums.get(int(row[7]), D(0)) - amount
    expected = {ACCOUNTS[account]: amount for account, amount in balances(on=LAST).items() if amount}
    expected[billing_of(member).debtor_number] = expected.pop(ACCOUNTS[Account.RECEIVABLES])
    assert {account: amount for account, amount in sums.items() if amount} == expected


def test_any_csv_reader_finds_the_texts_again() -> None:
    profile = make_profile()
    lines = [Line(Account.BANK, D("1.00")), Line(Account.UNCLEAR, D("-1.00"))]
    book(FIRST, 'Stadt "Zerbst"; Ćišinski', lines, source_key="a", document="2026-00001")
    data = export_bookings(profile, FIRST, LAST, made_at=MADE_AT).decode("cp1252")
    row = list(csv.reader(io.StringIO(data, newline=""), delimiter=";"))[2]
    assert (row[10], row[13]) == ("2026-00001", 'Stadt "Zerbst"; Cišinski')


def test_every_account_of_the_books_has_one_of_datev() -> None:
    assert set(ACCOUNTS) == set(Account)
    assert len(set(ACCOUNTS.values())) == len(ACCOUNTS)
