# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.cooperative.bank.camt import (
    LARGEST_FILE,
    StatementFault,
    UnreadableStatementError,
    read_statements,
)

from .money_makers import statement_xml, transaction_xml

DAY = date(2026, 3, 31)
GOOD = statement_xml(
    "7", DAY, "0", [transaction_xml("12.30", DAY, name="A & B", purpose="2026-00001")], ["12.30"]
)


def fault(data: bytes) -> StatementFault:
    with pytest.raises(UnreadableStatementError) as caught:
        read_statements(data)
    return caught.value.fault


@given(st.lists(st.decimals("-9999", "9999", places=2).filter(bool), max_size=6))
def test_what_was_written_is_read(amounts: list[Decimal]) -> None:
    texts = [f"{each:.2f}" for each in amounts]
    rows = [
        transaction_xml(each, DAY, end_to_end=f"E{index}", purpose="Zahlung <1>")
        for index, each in enumerate(texts)
    ]
    (statement,) = read_statements(statement_xml("S", DAY, "-5.00", rows, texts))
    assert [each.amount for each in statement.movements] == amounts
    assert [each.end_to_end for each in statement.movements] == [f"E{index}" for index in range(len(texts))]
    assert statement.closing == Decimal("-5.00") + sum(amounts, Decimal(0))
    assert {each.purpose for each in statement.movements} <= {"Zahlung <1>"}


def test_a_returned_debit_names_its_reason_and_what_was_asked() -> None:
    row = transaction_xml(
        "-303.50", DAY, end_to_end="2026-00001", return_code="AM04", returned="300.00", iban="DE1"
    )
    (statement,) = read_statements(statement_xml("1", DAY, "0", [row], ["-303.50"]))
    (movement,) = statement.movements
    assert (movement.return_code, movement.returned, movement.end_to_end) == (
        "AM04",
        Decimal("300.00"),
        "2026-00001",
    )


def test_hostile_xml_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    head = b"<?xml version='1.0' encoding='UTF-8'?>"
    external = f"<!DOCTYPE Document [<!ENTITY x SYSTEM '{secret.as_uri()}'>]>".encode()
    assert fault(GOOD.replace(head, head + external).replace(b"A &amp; B", b"&x;")) is StatementFault.NOT_XML
    bombs = (
        b"<!DOCTYPE Document [<!ENTITY a 'ha'>"
        + b"".join(
            b"<!ENTITY a%d '%s'>" % (n, b"&a%s;" % (b"" if n == 0 else b"%d" % (n - 1)) * 10)
            for n in range(9)
        )
        + b"]>"
    )
    assert fault(GOOD.replace(head, head + bombs).replace(b"A &amp; B", b"&a8;")) is StatementFault.NOT_XML
    assert fault(GOOD.replace(head, head + b"<!DOCTYPE Document>")) is StatementFault.NOT_XML
    assert fault(b" " * (LARGEST_FILE + 1)) is StatementFault.TOO_LARGE
    assert fault(b"<a>" * 5000) is StatementFault.NOT_XML


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"camt.053", b"camt.052", StatementFault.NOT_CAMT),
        (
            b"12.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            b"12.31</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>",
            StatementFault.BALANCE,
        ),
        (b'Ccy="EUR">12.30', b'Ccy="USD">12.30', StatementFault.NOT_EUROS),
        (b'"EUR">12.30', b'"EUR">NaN', StatementFault.BROKEN),
        (b'"EUR">12.30', b'"EUR">1e9999999', StatementFault.BROKEN),
        (b'"EUR">12.30', b'"EUR">-12.30', StatementFault.BROKEN),
        (b"<BookgDt><Dt>2026-03-31", b"<BookgDt><Dt>2026-02-30", StatementFault.BROKEN),
        (b"OPBD", b"XXXX", StatementFault.BROKEN),
        (b"CRDT</CdtDbtInd><Sts>", b"</CdtDbtInd><Sts>", StatementFault.BROKEN),
    ],
)
def test_broken_statements_are_refused(old: bytes, new: bytes, expected: StatementFault) -> None:
    assert old in GOOD
    assert fault(GOOD.replace(old, new)) is expected


@given(st.binary(max_size=300), st.integers(0, len(GOOD)))
def test_any_octets_are_read_or_refused(noise: bytes, at: int) -> None:
    for data in (noise, GOOD[:at] + noise + GOOD[at:]):
        try:
            found = read_statements(data)
        except UnreadableStatementError:
            continue
        assert all(each.iban for each in found)
