# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: S314 - the XML that is read here was made here
"""Tables in their forms: read back, they hold what was put in, and no formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from allmende.fleet.tables import WITHHELD, Cell, Column, Kind, Table, cell_words, to_csv, to_html, to_xlsx

COLUMNS = (
    Column("Site"),
    Column("Day", Kind.DAY),
    Column("Sheets", Kind.COUNT),
    Column("Cost", Kind.MONEY),
    Column("Duplex", Kind.PERCENT),
)
TABLE = Table(
    "Sheets / sites",
    COLUMNS,
    (
        ("Rathaus", date(2026, 1, 2), 12345, Decimal("1234.50"), Decimal("0.333")),
        ("Bauhof", None, WITHHELD, Decimal(-3), None),
    ),
    ("Total", None, 12345, Decimal("1231.50"), None),
    ("A note.",),
)
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_xlsx(data: bytes, sheet: int = 1) -> list[list[tuple[str, str]]]:
    """Rows of (type, value): "s" text, "n" number."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        strings = []
        if "xl/sharedStrings.xml" in book.namelist():
            shared = ET.fromstring(book.read("xl/sharedStrings.xml"))
            strings = ["".join(t.text or "" for t in si.iter(f"{{{NS['m']}}}t")) for si in shared]
        rows = []
        for row in ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml")).iterfind(".//m:row", NS):
            cells = []
            for cell in row.iterfind("m:c", NS):
                assert cell.find("m:f", NS) is None, "a formula"
                value = cell.findtext("m:v", "", NS)
                text = cell.get("t") == "s"
                cells.append(("s" if text else "n", strings[int(value)] if text else value))
            rows.append(cells)
        return rows


def test_csv_is_what_german_excel_reads() -> None:
    with override("de"):
        rows = read_csv(to_csv(TABLE))
    assert rows[1] == ["Rathaus", "2026-01-02", "12345", "1234,50", "0,333"]
    assert rows[-1] == ["Total", "", "12345", "1231,50", ""]
    with override("en"):
        assert read_csv(to_csv(TABLE))[1][3] == "1234.50"


def test_a_share_has_an_end_in_csv() -> None:
    table = Table("t", (Column("x", Kind.PERCENT),), ((Decimal(1) / 3,),))
    with override("de"):
        assert read_csv(to_csv(table))[1] == ["0,333333"]


def test_xlsx_holds_real_numbers_and_days() -> None:
    rows = read_xlsx(to_xlsx(TABLE))
    assert [value for _type, value in rows[0]] == [column.title for column in COLUMNS]
    assert rows[1] == [("s", "Rathaus"), ("n", "46024"), ("n", "12345"), ("n", "1234.50"), ("n", "0.333")]
    assert rows[3][0] == ("s", "Total")
    assert [row[0][1] for row in read_xlsx(to_xlsx(TABLE), 2)] == ["Sheets / sites", "A note."]


def test_sheets_of_one_book_have_names_of_their_own() -> None:
    long = "A name that is much longer than Excel allows"
    data = to_xlsx(Table(long, COLUMNS, ()), Table(long, COLUMNS, ()), Table("[]:*?/\\'", COLUMNS, ()))
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = [
            s.attrib["name"] for s in ET.fromstring(book.read("xl/workbook.xml")).iterfind(".//m:sheet", NS)
        ]
    assert len({name.casefold() for name in names}) == 4
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
hostile = st.tuples(
    st.sampled_from(["=", "+", "-", "@", "\t=", "\r", " =", "\n+", "＝", "|", "%"]), texts
).map("".join)


@given(hostile | texts)
def test_no_text_is_a_formula_in_csv(text: str) -> None:
    cell = read_csv(to_csv(Table("t", (Column(text),), ((text,),))))
    for written in (cell[0][0], cell[1][0]):
        assert written in {text, "'" + text}
        assert not written.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%"))
        assert not written.startswith(("\t", "\r", "\n"))


@given(hostile)
def test_no_text_is_a_formula_in_xlsx(text: str) -> None:
    kind, _value = read_xlsx(to_xlsx(Table("t", (Column("x"),), ((text,),))))[1][0]
    assert kind == "s"


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_comes_back_to_the_cent(amount: Decimal) -> None:
    table = Table("t", (Column("x", Kind.MONEY),), ((amount,),))
    assert round(Decimal(float(read_xlsx(to_xlsx(table))[1][0][1])), 2) == amount
    with override("de"):
        assert Decimal(read_csv(to_csv(table))[1][0].replace(",", ".")) == amount


def test_html_has_headers_and_escapes() -> None:
    html = to_html(Table("t", COLUMNS, (("<b>", None, 1, None, WITHHELD),), links=("/verwaltung/",)))
    assert "&lt;b&gt;" in html
    assert html.count('scope="col"') == 5
    assert html.count('scope="row"') == 1
    assert 'href="/verwaltung/"' in html


@pytest.mark.parametrize(
    ("cell", "column", "german", "english"),
    [
        (1234567, COLUMNS[2], "1.234.567", "1,234,567"),
        (Decimal("-1234.5"), COLUMNS[3], "−1.234,50 €", "−€1,234.50"),
        (Decimal("0.005"), COLUMNS[3], "0,01 €", "€0.01"),
        (Decimal("-0.001"), COLUMNS[3], "0,00 €", "€0.00"),
        (Decimal("0.1234"), COLUMNS[4], "12,3 %", "12.3%"),
        (date(2026, 3, 1), COLUMNS[1], "01.03.2026", "1 Mar 2026"),
        (None, COLUMNS[2], "–", "–"),
        (Decimal("0.0049"), Column("c", Kind.MONEY, 4), "0,0049 €", "€0.0049"),
    ],
)
def test_cells_in_words(cell: Cell, column: Column, german: str, english: str) -> None:
    with override("de"):
        assert cell_words(cell, column).replace("\u00a0", " ") == german
    with override("en"):
        assert cell_words(cell, column).replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    "row",
    [
        ("a", None, "12", None, None),
        ("a", None, 1.5, None, None),
        ("a", None, None, Decimal("NaN"), None),
        (1, None, None, None, None),
        ("a", "2026-01-01", None, None, None),
        ("a", None, True, None, None),
        ("a",),
    ],
)
def test_a_cell_of_another_type_is_refused(row: Any) -> None:
    with pytest.raises(ValueError):
        Table("t", COLUMNS, (row,))
