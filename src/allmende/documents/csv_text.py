# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables as text, the way spreadsheets and old lists write them (RFC 4180, with their habits), and back.

What differs is sniffed: encoding (UTF-8 with or without a mark, UTF-16 with a mark, else Windows-1252), delimiter (the one with which
the first line names most known columns), German or English column names. A cell that a spreadsheet would take for a
formula is written with an apostrophe before it, and read back without.

Always holds: any bytes give a `CsvTable` or an `UnreadableTableError`; a written table reads back as it was.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DELIMITERS: Final = (";", ",", "\t", "|")
MAX_COLUMNS: Final = 100
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


class TableFault(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    TOO_MANY_ROWS = "too-many-rows"
    NOT_TEXT = "not-text"
    COLUMN_MISSING = "column-missing"
    COLUMN_TWICE = "column-twice"
    BROKEN_QUOTES = "broken-quotes"


class UnreadableTableError(ValueError):
    """Nothing of the file can be used; `detail` is a column's name or a line's number."""

    def __init__(self, fault: TableFault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CsvLine:
    """`number` counts from 1 as an editor does; `cells` are stripped, by known column; `is_too_wide`: more cells than columns."""

    number: int
    cells: Mapping[str, str]
    is_too_wide: bool


@dataclass(frozen=True, slots=True)
class CsvTable:
    columns: tuple[str, ...]
    lines: tuple[CsvLine, ...]
    ignored_columns: tuple[str, ...]
    encoding: str
    delimiter: str


def read_csv_table(data: bytes, headers: Mapping[str, str], *, max_bytes: int, max_rows: int) -> CsvTable:
    """`headers`: a column's name as `plain_header` writes it → what the caller calls the column. Empty lines are passed over.

    Raises UnreadableTableError.
    """
    if len(data) > max_bytes:
        raise UnreadableTableError(TableFault.TOO_LARGE)
    text, encoding = _decode(data)
    if not text.strip():
        raise UnreadableTableError(TableFault.EMPTY)
    delimiter = _sniff_delimiter(text, headers)
    records = _split(text, delimiter)
    header_line, header = next(((n, cells) for n, cells in records if any(cells)), (0, []))
    columns = [headers.get(plain_header(cell), "") for cell in header[:MAX_COLUMNS]]
    known = [name for name in columns if name]
    for name in known:
        if known.count(name) > 1:
            raise UnreadableTableError(TableFault.COLUMN_TWICE, header[columns.index(name)].strip()[:40])
    lines: list[CsvLine] = []
    for number, cells in records:
        if number <= header_line or not any(cell.strip() for cell in cells):
            continue
        if len(lines) >= max_rows:
            raise UnreadableTableError(TableFault.TOO_MANY_ROWS)
        padded = cells + [""] * (len(columns) - len(cells))
        found = {name: _rearm(cell.strip()) for name, cell in zip(columns, padded, strict=False) if name}
        lines.append(CsvLine(number, found, any(cell.strip() for cell in cells[len(header) :])))
    ignored = tuple(
        cell.strip()[:40]
        for cell, column in zip(header, columns, strict=False)
        if not column and cell.strip()
    )
    return CsvTable(tuple(known), tuple(lines), ignored, encoding, delimiter)


def write_csv_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark and semicolons: what a German spreadsheet opens without questions."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_disarm(cell) for cell in row])
    return codecs.BOM_UTF8 + out.getvalue().encode()


def plain_header(header: str) -> str:
    """Letters and digits alone, in small letters: `Inventar-Nr.` and `inventarnr` are the same column."""
    return "".join(character for character in header.casefold() if character.isalnum())


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise UnreadableTableError(TableFault.NOT_TEXT)


def _sniff_delimiter(text: str, headers: Mapping[str, str]) -> str:
    first = next(line for line in text.splitlines() if line.strip())[:10_000]

    def known(delimiter: str) -> int:
        return sum(plain_header(cell) in headers for cell in first.split(delimiter))

    return max(DELIMITERS, key=known)


def _split(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """(number of the line on which the record ends, cells) of each record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        raise UnreadableTableError(TableFault.BROKEN_QUOTES, str(reader.line_num)) from None


def _disarm(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def _rearm(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
