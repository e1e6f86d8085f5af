# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The baseline's rows as CSV: every line goes through the same form as a row that is typed. What is written is read back as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from allmende.documents.csv_text import plain_header, read_csv_table, write_csv_table
from allmende.fleet.baseline_forms import RowForm
from allmende.fleet.baselines import MOST_ROWS, RowValues

MAX_BYTES: Final = 1024 * 1024
#: Column → the names it is known by, the German one first, which is also written.
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("Art", "kind", "Kostenart"),
    "name": ("Bezeichnung", "name", "Position"),
    "amount": ("Betrag", "amount"),
    "tax": ("Steuer", "tax"),
    "tax_percent": ("Steuersatz", "tax_percent", "MwSt"),
    "per": ("Zeitraum", "per", "gezahlt"),
    "months": ("Monate", "months"),
    "first_day": ("Von", "from"),
    "last_day": ("Bis", "until", "to"),
    "document": ("Beleg", "document", "Quelle", "source"),
    "document_day": ("Belegdatum", "document_date"),
    "is_replaced": ("Entfällt", "replaced"),
    "amount_now": ("Betrag heute", "amount_now"),
    "note": ("Anmerkung", "note", "Bemerkung"),
}
_HEADERS: Final = {plain_header(word): name for name, words in _COLUMNS.items() for word in words}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {
        "devices": "Geräte Gerät Kauf Miete Leasing devices",
        "consumables": "Verbrauch Verbrauchsmaterial Toner Tinte consumables",
        "service": "Wartung Service Reparatur service",
        "paper": "Papier paper",
        "energy": "Energie Strom energy",
        "other": "Sonstiges Sonstige Anderes other",
    },
    "per": {
        "year": "Jahr jährlich year",
        "quarter": "Quartal vierteljährlich quarter",
        "month": "Monat monatlich month",
        "term": "einmalig Laufzeit term once",
        "span": "Zeitraum Tage span",
    },
    "tax": {"gross": "brutto gross", "net": "netto net"},
}
_YES: Final = frozenset({"ja", "yes", "x", "1", "true", "wahr"})


@dataclass(frozen=True, slots=True)
class LineProblem:
    """`number` counts as an editor does; `words` say which column and what to do."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class BaselineFile:
    rows: tuple[RowValues, ...]
    problems: tuple[LineProblem, ...]
    ignored_columns: tuple[str, ...]


def read_baseline_file(data: bytes) -> BaselineFile:
    """Raises UnreadableTableError. Missing columns take what a new row has (gross, 19 %, each year, replaced)."""
    table = read_csv_table(data, _HEADERS, max_bytes=MAX_BYTES, max_rows=MOST_ROWS)
    rows: list[RowValues] = []
    problems: list[LineProblem] = []
    for line in table.lines:
        form = RowForm(_form_data(line.cells))
        if form.is_valid() and not line.is_too_wide:
            rows.append(form.values())
            continue
        words = [f"{_COLUMNS[name][0]}: {error}" for name, errors in form.errors.items() for error in errors]
        problems.append(LineProblem(line.number, " ".join(words)))
    return BaselineFile(tuple(rows), tuple(problems), table.ignored_columns)


def write_baseline_file(rows: Iterable[RowValues]) -> bytes:
    return write_csv_table(
        [words[0] for words in _COLUMNS.values()],
        [[_cell(name, getattr(row, name)) for name in _COLUMNS] for row in rows],
    )


def _form_data(cells: Mapping[str, str]) -> dict[str, str]:
    data = {"tax": "gross", "tax_percent": "19", "per": "year", "is_replaced": "ja"}
    data |= {name: cell for name, cell in cells.items() if cell or name not in data}
    for name, words in _WORDS.items():
        wanted = plain_header(data.get(name, ""))
        data[name] = next(
            (key for key, known in words.items() if wanted in map(plain_header, known.split())),
            data.get(name, ""),
        )
    data["is_replaced"] = "on" if plain_header(data["is_replaced"]) in _YES else ""
    return data


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", ",")
    if name in _WORDS:
        return _WORDS[name][str(value)].split()[0]
    return str(value)
