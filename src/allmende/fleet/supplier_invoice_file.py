# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A supplier's invoice as CSV: one line for each device and kind of charge. Read tolerantly, nothing guessed silently.

Columns are found by their names, in German or English, in any order (`COLUMNS`); `;`, `,` or a tabulator between them; UTF-8 or Windows-1252;
`1.234,56` and `1,234.56`. A line that can't be read is told with its number, and the others are read.

The file is a stranger's, so it is not read by `documents.csv_text`: that one refuses two columns of one meaning (“Betrag” and “Nettobetrag”) and loose
quotation marks, which are right to refuse in a file that somebody makes for us.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

MAX_BYTES: Final = 500_000
MAX_ROWS: Final = 20_000
_MAX_CELL: Final = 300
_UMLAUTS: Final = str.maketrans("äöü", "aou")
_LARGEST: Final = Decimal(10) ** 12

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "serial": ("seriennummer", "seriennr", "serialnumber", "serial", "snr", "maschinennummer", "geratenummer", "geraetenummer"),
    "device": ("gerat", "geraet", "geratename", "device", "name", "bezeichnung", "standort", "modell"),
    "kind": ("leistung", "art", "position", "positionstext", "text", "beschreibung", "artikel", "kind", "description", "item"),
    "quantity": ("menge", "anzahl", "seiten", "drucke", "quantity", "qty", "volumen"),
    "unit_price": ("einzelpreis", "preis", "klickpreis", "stuckpreis", "stueckpreis", "epreis", "ep", "unitprice", "price"),
    "amount": ("betrag", "gesamt", "gesamtpreis", "nettobetrag", "netto", "summe", "gp", "amount", "total", "net"),
    "counter_start": ("zahlerstandalt", "zaehlerstandalt", "anfangszahler", "zahleralt", "zahlerstandanfang", "counterstart", "startcounter"),
    "counter_end": ("zahlerstandneu", "zaehlerstandneu", "endzahler", "zahlerneu", "zahlerstandende", "counterend", "endcounter"),
}  # fmt: skip


class ChargedFor(StrEnum):
    RENT = "rent"
    MONO = "mono"
    COLOUR = "colour"
    MONO_A3 = "mono_a3"
    COLOUR_A3 = "colour_a3"
    SHORTFALL = "shortfall"
    OTHER = "other"


class FileFault(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    NO_DEVICE = "no_device"
    NO_AMOUNT = "no_amount"
    NO_KIND = "no_kind"
    BROKEN = "broken"


class LineFault(StrEnum):
    NO_NUMBER = "no_number"
    NO_AMOUNT = "no_amount"
    TOO_LONG = "too_long"


class UnreadableInvoiceError(Exception):
    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """Euros, net. `line` is the file's line; what the file does not have is None."""

    line: int
    serial: str
    device: str
    kind_text: str
    charged_for: ChargedFor
    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    counter_start: int | None = None
    counter_end: int | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    line: int
    fault: LineFault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    rows: tuple[InvoiceRow, ...]
    problems: tuple[RowProblem, ...]
    ignored_columns: tuple[str, ...]

    @property
    def net(self) -> Decimal:
        return sum((row.amount for row in self.rows), Decimal(0))


def decode_invoice(data: bytes) -> str:
    """Raises UnreadableInvoiceError."""
    if len(data) > MAX_BYTES:
        raise UnreadableInvoiceError(FileFault.TOO_LARGE)
    if b"\0" in data:
        raise UnreadableInvoiceError(FileFault.NOT_TEXT)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_invoice(text: str) -> InvoiceFile:
    """Raises UnreadableInvoiceError."""
    if len(text) > MAX_BYTES:
        raise UnreadableInvoiceError(FileFault.TOO_LARGE)
    head = text.lstrip("\ufeff\r\n ").split("\n", 1)[0]
    delimiter = max(";\t,", key=head.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff\r\n ")), delimiter=delimiter)
    try:
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        raise UnreadableInvoiceError(FileFault.BROKEN) from None
    if len(lines) > MAX_ROWS:
        raise UnreadableInvoiceError(FileFault.TOO_LARGE)
    if not lines or not any(cell.strip() for cell in lines[0][1]):
        raise UnreadableInvoiceError(FileFault.EMPTY)
    places, ignored = _find_columns(lines[0][1])
    for fault, columns in (
        (FileFault.NO_DEVICE, ("serial", "device")),
        (FileFault.NO_KIND, ("kind",)),
        (FileFault.NO_AMOUNT, ("amount", "quantity")),
    ):
        if not any(column in places for column in columns):
            raise UnreadableInvoiceError(fault)
    rows: list[InvoiceRow] = []
    problems: list[RowProblem] = []
    for number, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        values = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        read = _read_row(number, values)
        if isinstance(read, InvoiceRow):
            rows.append(read)
        else:
            problems.append(read)
    if not rows and not problems:
        raise UnreadableInvoiceError(FileFault.EMPTY)
    return InvoiceFile(tuple(rows), tuple(problems), tuple(ignored))


def read_number(text: str) -> Decimal | None:
    """German or English; None for what is no number."""
    text = re.sub(r"[\s\u00a0\u202f'€]|EUR", "", text).replace("\u2212", "-")
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if point > comma else "."
        text = text.replace(thousands, "").replace(",", ".")
    elif comma >= 0:
        text = text.replace(",", ".") if text.count(",") == 1 else text.replace(",", "")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{0,10})?", text, re.ASCII):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern lets none through
        return None
    return value if abs(value) < _LARGEST else None


def read_count(text: str) -> int | None:
    """A whole number: a point or comma before three digits separates thousands here."""
    text = re.sub(r"[\s\u00a0\u202f']", "", text)
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", text, re.ASCII):
        text = re.sub(r"[.,]", "", text)
    value = read_number(text)
    return int(value) if value is not None and value == int(value) else None


def charged_for(text: str) -> ChargedFor:
    words = _plain(text)
    if any(word in words for word in ("mindest", "minimum", "minder", "shortfall")):
        return ChargedFor.SHORTFALL
    if any(word in words for word in ("miet", "leasing", "rent", "rate", "grundpreis")):
        return ChargedFor.RENT
    if "pauschale" in words:
        # A flat rate for something else that is named is no rent: added to it, it would hide there.
        if any(word in words for word in ("service", "wartung", "anfahrt", "liefer", "transport", "fracht")):
            return ChargedFor.OTHER
        return ChargedFor.RENT
    is_a3 = "a3" in words
    if any(word in words for word in ("farb", "color", "colour")):
        return ChargedFor.COLOUR_A3 if is_a3 else ChargedFor.COLOUR
    if any(word in words for word in ("schwarz", "mono", "black", "klick", "click", "seiten")) or re.search(
        r"\bs[/ ]?w\b", text.lower()
    ):
        return ChargedFor.MONO_A3 if is_a3 else ChargedFor.MONO
    return ChargedFor.OTHER


def _read_row(number: int, values: Mapping[str, str]) -> InvoiceRow | RowProblem:
    if any(len(value) > _MAX_CELL for value in values.values()):
        return RowProblem(number, LineFault.TOO_LONG)
    numbers: dict[str, Decimal | None] = {}
    for name in ("quantity", "unit_price", "amount"):
        text = values.get(name, "")
        # A price has more than two decimals, an amount never three: "1.234" is a number of thousands there.
        whole = read_count(text) if name != "unit_price" else None
        numbers[name] = Decimal(whole) if whole is not None else read_number(text)
        if text and numbers[name] is None:
            return RowProblem(number, LineFault.NO_NUMBER, text)
    amount, quantity, price = numbers["amount"], numbers["quantity"], numbers["unit_price"]
    if amount is None:
        if quantity is None or price is None:
            return RowProblem(number, LineFault.NO_AMOUNT)
        amount = (quantity * price).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    kind = values.get("kind", "")
    return InvoiceRow(
        number,
        values.get("serial", ""),
        values.get("device", ""),
        kind,
        charged_for(kind),
        amount,
        quantity,
        price,
        read_count(values.get("counter_start", "")),
        read_count(values.get("counter_end", "")),
    )


def _find_columns(head: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, title in enumerate(head):
        plain = _plain(title)
        name = next((name for name, titles in COLUMNS.items() if plain in titles), None)
        if name is None or name in places:
            ignored.append(title.strip()[:80])
        else:
            places[name] = place
    return places, [title for title in ignored if title]


def _plain(text: str) -> str:
    folded = text.casefold().translate(_UMLAUTS)
    return re.sub(r"\(.*?\)|[^a-z0-9]", "", folded)
