# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One table, four forms: HTML, CSV, XLSX, PDF. All that the fleet's pages show as rows goes through here.

Always holds: columns are typed, and a cell of another type is refused when the table is made; money is exact (Decimal, euros), a share
is a fraction (0.25 is 25 %); no text reaches a spreadsheet as a formula; a withheld figure says so in a word, in every form.

CSV is for German Excel: `;`, a BOM, CRLF, the decimal mark of the reader's language, days as ISO 8601. XLSX holds real numbers and days.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import xlsxwriter
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from allmende.fleet.figures import DECIMALS, Kind, day_words, figure_words, is_german, round_half_up

__all__ = [
    "WITHHELD",
    "Cell",
    "Column",
    "Kind",
    "Table",
    "Withheld",
    "cell_words",
    "to_csv",
    "to_html",
    "to_xlsx",
]

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Also behind blanks, and in their wide forms: some spreadsheets fold those (OWASP, CSV injection).
_FORMULA: Final = re.compile(r"^[\s\0]*[=+\-@＝＋－＠|%]|^[\t\r\n]")
_LONGEST_XLSX: Final = 32_767
_NO_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")


class Withheld(Enum):
    """A figure that exists and is not told: it would speak of too few people."""

    WITHHELD = "withheld"


WITHHELD: Final = Withheld.WITHHELD
#: None is a cell without a value.
Cell = str | int | Decimal | date | Withheld | None


@dataclass(frozen=True, slots=True)
class Column:
    """`decimals` None: as is usual for the kind (count 0, money 2, percent 1)."""

    title: str
    kind: Kind = Kind.TEXT
    decimals: int | None = None

    @property
    def is_numeric(self) -> bool:
        return self.kind in DECIMALS

    @property
    def digits(self) -> int:
        return DECIMALS.get(self.kind, 0) if self.decimals is None else self.decimals


@dataclass(frozen=True, slots=True)
class Table:
    """`links`: an address per row for its first cell (HTML only), or nothing. Raises ValueError for what does not fit."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = ()
    links: tuple[str | None, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._check(row, self.columns)
        if self.totals is not None:
            # A total's first cell is a word ("Total"), whatever its column holds.
            word = isinstance(self.totals[0], str)
            self._check(self.totals, (Column(""), *self.columns[1:]) if word else self.columns)
        if self.links and len(self.links) != len(self.rows):
            raise ValueError(f"{self.title}: one link per row")

    def _check(self, row: tuple[Cell, ...], columns: tuple[Column, ...]) -> None:
        if len(row) != len(columns):
            raise ValueError(f"{self.title}: a row has {len(row)} cells, not {len(columns)}")
        for column, cell in zip(columns, row, strict=True):
            _check_cell(column, cell)


def cell_words(cell: Cell, column: Column) -> str:
    """As people read it, in the active language."""
    if cell is None:
        return "–"
    if isinstance(cell, Withheld):
        return _("withheld")
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return day_words(cell)
    return figure_words(cell, column.kind, column.digits)


def to_html(table: Table, *, with_caption: bool = False) -> SafeString:
    """The table in its scrolling frame, and its notes. The page's heading is its name, or its caption."""
    rows = [
        {"cells": _html_cells(table, row), "href": table.links[index] if table.links else None}
        for index, row in enumerate(table.rows)
    ]
    context = {
        "table": table,
        "rows": rows,
        "totals": _html_cells(table, table.totals) if table.totals is not None else None,
        "with_caption": with_caption,
    }
    return render_to_string("fleet/parts/table.html", context)


def to_csv(table: Table) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(column.title) for column in table.columns])
    for row in (*table.rows, *([table.totals] if table.totals is not None else [])):
        writer.writerow([_csv_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def harmless(text: str) -> str:
    """Nothing that a spreadsheet takes for a formula."""
    return "'" + text if _FORMULA.match(text) else text


def to_xlsx(*tables: Table, title: str = "") -> bytes:
    """One sheet for each table, and one with their notes."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": title or tables[0].title, "author": "Allmende"})
        taken: set[str] = set()
        for table in tables:
            _write_sheet(book, table, _sheet_name(table.title, taken))
        notes = [note for table in tables for note in (table.title, *table.notes)]
        about = book.add_worksheet(_sheet_name(_("Notes"), taken))
        about.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
        for index, note in enumerate(notes):
            about.write_string(index, 0, note[:_LONGEST_XLSX])
    return stream.getvalue()


def paper_table(table: Table) -> dict[str, Any]:
    """The table as the data of a Typst template (`fleet/parts.typ`): all cells in words."""

    def words(row: tuple[Cell, ...]) -> list[str]:
        return [cell_words(cell, column) for cell, column in zip(row, table.columns, strict=True)]

    return {
        "title": table.title,
        "columns": [column.title for column in table.columns],
        "numeric": [column.is_numeric for column in table.columns],
        "rows": [words(row) for row in table.rows],
        "totals": words(table.totals) if table.totals is not None else None,
        "notes": list(table.notes),
    }


def _check_cell(column: Column, cell: Cell) -> None:
    if cell is None or isinstance(cell, Withheld):
        return
    if column.kind is Kind.DAY:
        fits = isinstance(cell, date) and not isinstance(cell, datetime)
    elif column.is_numeric:
        fits = isinstance(cell, int | Decimal) and not isinstance(cell, bool) and Decimal(cell).is_finite()
    else:
        fits = isinstance(cell, str)
    if not fits:
        raise ValueError(f"{column.title}: {cell!r} is no {column.kind}")


def _html_cells(table: Table, row: tuple[Cell, ...]) -> list[dict[str, Any]]:
    return [
        {"words": cell_words(cell, column), "is_numeric": column.is_numeric}
        for cell, column in zip(row, table.columns, strict=True)
    ]


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Withheld):
        return _("withheld")
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    number = format(_at_most(Decimal(cell)), "f")
    return number.replace(".", ",") if is_german() else number


def _at_most(number: Decimal) -> Decimal:
    """A share has no end of digits; prices have six."""
    exponent = number.as_tuple().exponent
    return round_half_up(number, 6) if isinstance(exponent, int) and exponent < -6 else number


def _sheet_name(title: str, taken: set[str]) -> str:
    r"""Excel's rules: 31 characters, none of `[]:*?/\`, no name twice whatever its case."""
    base = _NO_SHEET_NAME.sub(" ", title).strip()[:31] or "1"
    name, number = base, 2
    while name.casefold() in taken:
        ending = f" {number}"
        name, number = base[: 31 - len(ending)] + ending, number + 1
    taken.add(name.casefold())
    return name


def _write_sheet(book: Any, table: Table, name: str) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    plain = [book.add_format(_number_format(column)) for column in table.columns]
    bold = [book.add_format({**_number_format(column), "bold": True, "top": 1}) for column in table.columns]
    for number, column in enumerate(table.columns):
        widest = max([len(column.title), *(len(cell_words(row[number], column)) for row in table.rows[:500])])
        sheet.set_column(number, number, min(60, widest + 3))
        sheet.write_string(0, number, column.title, head)
    for index, row in enumerate(table.rows):
        for number, cell in enumerate(row):
            _write_cell(sheet, index + 1, number, cell, plain[number])
    if table.totals is not None:
        for number, cell in enumerate(table.totals):
            _write_cell(sheet, len(table.rows) + 1, number, cell, bold[number])
    sheet.freeze_panes(1, 0)
    if table.rows and table.columns:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, form: Any) -> None:
    if cell is None:
        sheet.write_blank(row, column, None, form)
    elif isinstance(cell, Withheld):
        sheet.write_string(row, column, _("withheld"), form)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell[:_LONGEST_XLSX], form)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), form)  # noqa: DTZ001 - a day
    else:
        sheet.write_number(row, column, cell, form)


def _number_format(column: Column) -> dict[str, str]:
    digits = "." + "0" * column.digits if column.digits else ""
    formats = {
        Kind.COUNT: f"#,##0{digits}",
        Kind.MONEY: f'#,##0{digits} "€"',
        Kind.PERCENT: f"0{digits}%",
        Kind.DAY: "yyyy-mm-dd",
    }
    return {"num_format": formats[column.kind]} if column.kind in formats else {}
