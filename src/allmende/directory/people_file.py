# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People as CSV: reading what spreadsheets and staff systems write, and writing what they read (RFC 4180, with their habits).

Reading sniffs what differs: encoding (UTF-8 with or without a mark, UTF-16 with a mark, else Windows-1252), delimiter (the one with which
the first line names most known columns), German or English column names. A cell that a spreadsheet would
take for a formula is written with an apostrophe before it, and read back without.

Always holds: any bytes give a `PeopleFile` or an `UnreadableFileError`; every line is either a row or has a problem.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from allmende.directory.login_names import MAX_NAME_LENGTH, canonical_login

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 100
MAX_ALIASES: Final = 20
DELIMITERS: Final = (";", ",", "\t", "|")
COLUMNS: Final = ("login", "name", "email", "cost_centre", "aliases")

_HEADERS: Final = {
    "login": "login",
    "loginname": "login",
    "user": "login",
    "username": "login",
    "samaccountname": "login",
    "anmeldename": "login",
    "anmeldung": "login",
    "benutzer": "login",
    "benutzername": "login",
    "benutzerkennung": "login",
    "kennung": "login",
    "name": "name",
    "displayname": "name",
    "fullname": "name",
    "anzeigename": "name",
    "vollername": "name",
    "firstname": "given_name",
    "givenname": "given_name",
    "vorname": "given_name",
    "lastname": "family_name",
    "surname": "family_name",
    "sn": "family_name",
    "nachname": "family_name",
    "familienname": "family_name",
    "email": "email",
    "emailaddress": "email",
    "mail": "email",
    "emailadresse": "email",
    "costcentre": "cost_centre",
    "costcenter": "cost_centre",
    "kostenstelle": "cost_centre",
    "kst": "cost_centre",
    "alias": "aliases",
    "aliases": "aliases",
    "aliase": "aliases",
    "aliasnamen": "aliases",
    "weiterenamen": "aliases",
}
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_MAX_LENGTHS: Final = {"name": 200, "email": 254, "cost_centre": 40}


class FileFault(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    TOO_MANY_ROWS = "too-many-rows"
    NOT_TEXT = "not-text"
    NO_LOGIN_COLUMN = "no-login-column"
    COLUMN_TWICE = "column-twice"
    BROKEN_QUOTES = "broken-quotes"


class UnreadableFileError(ValueError):
    """Nothing of the file can be used; `detail` is a column's name or a line's number."""

    def __init__(self, fault: FileFault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.detail = detail


class LineFault(StrEnum):
    LOGIN_MISSING = "login-missing"
    NAME_MISSING = "name-missing"
    TOO_LONG = "too-long"
    NOT_AN_EMAIL = "not-an-email"
    TOO_MANY_CELLS = "too-many-cells"
    TOO_MANY_ALIASES = "too-many-aliases"
    LOGIN_TWICE = "login-twice"
    NAME_TAKEN = "name-taken"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is left out; `line` counts from 1 as an editor does, `detail` is the cell or the column in question."""

    line: int
    fault: LineFault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line. None: the file has no such column, so what is stored stays; names are canonical."""

    line: int
    login: str
    name: str | None = None
    email: str | None = None
    cost_centre: str | None = None
    aliases: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PeopleFile:
    rows: tuple[PersonRow, ...]
    problems: tuple[LineProblem, ...]
    encoding: str
    delimiter: str
    ignored_columns: tuple[str, ...]


def read_people_file(data: bytes, domains: Collection[str] = ()) -> PeopleFile:
    """Raises UnreadableFileError. `domains` are the town's own, see `login_names`."""
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFileError(FileFault.TOO_LARGE)
    text, encoding = _decode(data)
    if not text.strip():
        raise UnreadableFileError(FileFault.EMPTY)
    delimiter = _sniff_delimiter(text)
    lines = _split(text, delimiter)
    header_line, header = next(((n, cells) for n, cells in lines if any(cells)), (0, []))
    columns = [_HEADERS.get(_plain(cell), "") for cell in header[:MAX_COLUMNS]]
    for name in filter(None, columns):
        if columns.count(name) > 1:
            raise UnreadableFileError(FileFault.COLUMN_TWICE, header[columns.index(name)].strip()[:40])
    if "login" not in columns:
        raise UnreadableFileError(FileFault.NO_LOGIN_COLUMN)
    rows: list[PersonRow] = []
    problems: list[LineProblem] = []
    seen: set[str] = set()
    for number, cells in lines:
        if number <= header_line or not any(cell.strip() for cell in cells):
            continue
        if len(rows) + len(problems) >= MAX_ROWS:
            raise UnreadableFileError(FileFault.TOO_MANY_ROWS)
        row = _read_row(number, columns, cells, len(header), domains)
        if isinstance(row, PersonRow) and row.login in seen:
            row = LineProblem(number, LineFault.LOGIN_TWICE, row.login)
        if isinstance(row, PersonRow):
            seen.add(row.login)
            rows.append(row)
        else:
            problems.append(row)
    ignored = tuple(
        cell.strip()[:40]
        for cell, column in zip(header, columns, strict=False)
        if not column and cell.strip()
    )
    return PeopleFile(tuple(rows), tuple(problems), encoding, delimiter, ignored)


def write_people_file(rows: Iterable[PersonRow]) -> bytes:
    """UTF-8 with a mark and semicolons: what a German spreadsheet opens without questions."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [
            row.login,
            row.name or "",
            row.email or "",
            row.cost_centre or "",
            ",".join(row.aliases or ()),
        ]
        writer.writerow([_disarm(cell) for cell in cells])
    return codecs.BOM_UTF8 + out.getvalue().encode()


def _read_row(
    number: int, columns: list[str], cells: list[str], width: int, domains: Collection[str]
) -> PersonRow | LineProblem:
    if any(cell.strip() for cell in cells[width:]):
        return LineProblem(number, LineFault.TOO_MANY_CELLS)
    padded = cells + [""] * (len(columns) - len(cells))
    found = {name: _rearm(cell.strip()) for name, cell in zip(columns, padded, strict=False) if name}
    if len(found["login"]) > MAX_NAME_LENGTH:
        return LineProblem(number, LineFault.TOO_LONG, "login")
    login = canonical_login(found["login"], domains)
    if not login:
        return LineProblem(number, LineFault.LOGIN_MISSING)
    name = found.get("name")
    parts = [found[part] for part in ("given_name", "family_name") if part in found]
    if not name and parts:
        name = " ".join(filter(None, parts))
    values = {"name": name, "email": found.get("email"), "cost_centre": found.get("cost_centre")}
    if name is not None and not name:
        return LineProblem(number, LineFault.NAME_MISSING, login)
    for field, longest in _MAX_LENGTHS.items():
        if len(values[field] or "") > longest:
            return LineProblem(number, LineFault.TOO_LONG, field)
    if email := values["email"]:
        try:
            validate_email(email)
        except ValidationError:
            return LineProblem(number, LineFault.NOT_AN_EMAIL, email[:80])
    aliases = None
    if "aliases" in found:
        written = re.split(r"[,|\n]", found["aliases"])
        if any(len(alias.strip()) > MAX_NAME_LENGTH for alias in written):
            return LineProblem(number, LineFault.TOO_LONG, "aliases")
        aliases = tuple(sorted({canonical_login(alias, domains) for alias in written} - {"", login}))
        if len(aliases) > MAX_ALIASES:
            return LineProblem(number, LineFault.TOO_MANY_ALIASES)
    return PersonRow(number, login, values["name"], values["email"], values["cost_centre"], aliases)


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
    raise UnreadableFileError(FileFault.NOT_TEXT)


def _sniff_delimiter(text: str) -> str:
    first = next(line for line in text.splitlines() if line.strip())[:10_000]

    def known(delimiter: str) -> int:
        return sum(_plain(cell) in _HEADERS for cell in first.split(delimiter))

    return max(DELIMITERS, key=known)


def _split(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """(number of the line on which the record ends, cells) of each record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        raise UnreadableFileError(FileFault.BROKEN_QUOTES, str(reader.line_num)) from None


def _plain(header: str) -> str:
    return "".join(character for character in header.casefold() if character.isalnum())


def _disarm(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def _rearm(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
