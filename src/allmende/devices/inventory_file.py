# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inventory of devices as CSV: what old lists and spreadsheets say, and what they read.

A column that is missing leaves what is stored; an empty cell empties it (but for a name, a kind and whether the device is in use).

Always holds: any bytes give an `InventoryFile` or an `UnreadableTableError`; every line is either a row or has a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Final

from allmende.devices.device_addresses import AddressPolicy, parse_device_uri
from allmende.devices.device_errors import DeviceUnreachableError
from allmende.devices.devices import DeviceKind
from allmende.documents.csv_text import (
    CsvLine,
    TableFault,
    UnreadableTableError,
    read_csv_table,
    write_csv_table,
)

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 5_000


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One line. None: the file has no such column. Dates are ISO 8601, `in_use` is "yes" or "no", `kind` a DeviceKind."""

    line: int
    inventory_number: str | None = None
    slug: str | None = None
    name: str | None = None
    kind: str | None = None
    maker: str | None = None
    model: str | None = None
    serial_number: str | None = None
    uri: str | None = None
    site: str | None = None
    floor: str | None = None
    room: str | None = None
    place: str | None = None
    acquired_on: str | None = None
    lease_ends_on: str | None = None
    in_use: str | None = None
    remark: str | None = None


#: In the order of the exported file.
COLUMNS: Final = tuple(each.name for each in fields(InventoryRow) if each.name != "line")
#: By one of these a line says which device it means.
KEYS: Final = ("inventory_number", "serial_number", "slug", "name")
_MAX_LENGTHS: Final = {
    "inventory_number": 60,
    "slug": 60,
    "name": 120,
    "maker": 60,
    "model": 100,
    "serial_number": 100,
    "uri": 300,
    "site": 120,
    "floor": 50,
    "room": 60,
    "place": 120,
    "remark": 200,
}
_HEADERS: Final = {
    **{name.replace("_", ""): name for name in COLUMNS},
    "inventarnummer": "inventory_number",
    "inventarnr": "inventory_number",
    "inventar": "inventory_number",
    "anlagennummer": "inventory_number",
    "assettag": "inventory_number",
    "kurzname": "slug",
    "shortname": "slug",
    "gerät": "name",
    "gerätename": "name",
    "bezeichnung": "name",
    "device": "name",
    "art": "kind",
    "geräteart": "kind",
    "typ": "kind",
    "type": "kind",
    "hersteller": "maker",
    "manufacturer": "maker",
    "vendor": "maker",
    "modell": "model",
    "seriennummer": "serial_number",
    "seriennr": "serial_number",
    "serial": "serial_number",
    "serialno": "serial_number",
    "adresse": "uri",
    "geräteadresse": "uri",
    "address": "uri",
    "standort": "site",
    "gebäude": "site",
    "liegenschaft": "site",
    "building": "site",
    "etage": "floor",
    "geschoss": "floor",
    "stockwerk": "floor",
    "raum": "room",
    "zimmer": "room",
    "raumnummer": "room",
    "ort": "place",
    "aufstellort": "place",
    "location": "place",
    "anschaffung": "acquired_on",
    "anschaffungsdatum": "acquired_on",
    "kaufdatum": "acquired_on",
    "purchased": "acquired_on",
    "acquired": "acquired_on",
    "leasingende": "lease_ends_on",
    "mietende": "lease_ends_on",
    "leaseends": "lease_ends_on",
    "leaseend": "lease_ends_on",
    "inbetrieb": "in_use",
    "aktiv": "in_use",
    "active": "in_use",
    "bemerkung": "remark",
    "anmerkung": "remark",
    "notes": "remark",
}
_KINDS: Final = {
    **{kind.value: kind.value for kind in DeviceKind},
    "multifunktionsgerät": "multifunction",
    "mfp": "multifunction",
    "mfg": "multifunction",
    "multifunktion": "multifunction",
    "drucker": "printer",
    "arbeitsplatzdrucker": "printer",
    "kopierer": "copier",
    "faxgerät": "fax",
}
_YES_NO: Final = {
    **dict.fromkeys(("yes", "ja", "j", "y", "1", "true", "wahr", "x", "aktiv"), "yes"),
    **dict.fromkeys(("no", "nein", "n", "0", "false", "falsch", "inaktiv"), "no"),
}
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_GERMAN: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLUG: Final = re.compile(r"[a-z0-9_-]*")


class RowFault(StrEnum):
    NAMELESS = "nameless"
    TOO_LONG = "too-long"
    TOO_MANY_CELLS = "too-many-cells"
    NOT_A_DATE = "not-a-date"
    NOT_A_KIND = "not-a-kind"
    NOT_YES_OR_NO = "not-yes-or-no"
    NOT_AN_ADDRESS = "not-an-address"
    NOT_A_SLUG = "not-a-slug"
    DEVICE_TWICE = "device-twice"
    TWO_DEVICES = "two-devices"
    SERIAL_DIFFERS = "serial-differs"
    NUMBER_TAKEN = "number-taken"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a line is left out; `line` counts from 1 as an editor does, `detail` is the cell or the column in question."""

    line: int
    fault: RowFault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class InventoryFile:
    rows: tuple[InventoryRow, ...]
    problems: tuple[RowProblem, ...]
    ignored_columns: tuple[str, ...]


def read_inventory_file(data: bytes, policy: AddressPolicy) -> InventoryFile:
    """Raises UnreadableTableError. `policy`: which addresses a device may have."""
    table = read_csv_table(data, _HEADERS, max_bytes=MAX_FILE_BYTES, max_rows=MAX_ROWS)
    if not set(KEYS) & set(table.columns):
        raise UnreadableTableError(TableFault.COLUMN_MISSING, "name")
    rows: list[InventoryRow] = []
    problems: list[RowProblem] = []
    for line in table.lines:
        row = _read_row(line, policy)
        if isinstance(row, InventoryRow):
            rows.append(row)
        else:
            problems.append(row)
    return InventoryFile(tuple(rows), tuple(problems), table.ignored_columns)


def write_inventory_file(rows: Iterable[InventoryRow]) -> bytes:
    return write_csv_table(COLUMNS, ([getattr(row, name) or "" for name in COLUMNS] for row in rows))


def _read_row(line: CsvLine, policy: AddressPolicy) -> InventoryRow | RowProblem:
    number, cells = line.number, dict(line.cells)
    if line.is_too_wide:
        return RowProblem(number, RowFault.TOO_MANY_CELLS)
    # A line break or a tab in a cell is none in a name.
    cells = {name: " ".join(cell.split()) for name, cell in cells.items()}
    for name, longest in _MAX_LENGTHS.items():
        if len(cells.get(name, "")) > longest:
            return RowProblem(number, RowFault.TOO_LONG, name)
    if not any(cells.get(key) for key in KEYS):
        return RowProblem(number, RowFault.NAMELESS)
    if not _SLUG.fullmatch(cells.get("slug", "").lower()):
        return RowProblem(number, RowFault.NOT_A_SLUG, cells["slug"])
    for name in ("acquired_on", "lease_ends_on"):
        if cells.get(name):
            day = read_day(cells[name])
            if day is None:
                return RowProblem(number, RowFault.NOT_A_DATE, cells[name][:40])
            cells[name] = day.isoformat()
    if cells.get("kind"):
        kind = _KINDS.get(cells["kind"].casefold())
        if kind is None:
            return RowProblem(number, RowFault.NOT_A_KIND, cells["kind"][:40])
        cells["kind"] = kind
    if cells.get("in_use"):
        answer = _YES_NO.get(cells["in_use"].casefold())
        if answer is None:
            return RowProblem(number, RowFault.NOT_YES_OR_NO, cells["in_use"][:40])
        cells["in_use"] = answer
    if cells.get("uri"):
        try:
            cells["uri"] = str(parse_device_uri(cells["uri"], policy))
        except DeviceUnreachableError:
            return RowProblem(number, RowFault.NOT_AN_ADDRESS, cells["uri"][:80])
    if "slug" in cells:
        cells["slug"] = cells["slug"].lower()
    return InventoryRow(number, **cells)


def read_day(text: str) -> date | None:
    """2024-03-01 or 01.03.2024; None for anything else."""
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _GERMAN.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
