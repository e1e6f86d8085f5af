# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""People as CSV: reading what spreadsheets and staff systems write, and writing what they read.

Always holds: any bytes give a `PeopleFile` or an `UnreadableTableError`; every line is either a row or has a problem.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from allmende.directory.login_names import MAX_NAME_LENGTH, canonical_login
from allmende.documents.csv_text import (
    CsvLine,
    TableFault,
    UnreadableTableError,
    read_csv_table,
    write_csv_table,
)

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_ALIASES: Final = 20
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
_MAX_LENGTHS: Final = {"name": 200, "email": 254, "cost_centre": 40}


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
    """Raises UnreadableTableError. `domains` are the town's own, see `login_names`."""
    table = read_csv_table(data, _HEADERS, max_bytes=MAX_FILE_BYTES, max_rows=MAX_ROWS)
    if "login" not in table.columns:
        raise UnreadableTableError(TableFault.COLUMN_MISSING, "login")
    rows: list[PersonRow] = []
    problems: list[LineProblem] = []
    seen: set[str] = set()
    for line in table.lines:
        row = _read_row(line, domains)
        login = _login_of(line, domains)
        # Also where the first line has a fault: which of the two is meant nobody knows.
        if isinstance(row, PersonRow) and login in seen:
            row = LineProblem(line.number, LineFault.LOGIN_TWICE, login)
        seen.add(login)
        if isinstance(row, PersonRow):
            rows.append(row)
        else:
            problems.append(row)
    return PeopleFile(tuple(rows), tuple(problems), table.encoding, table.delimiter, table.ignored_columns)


def write_people_file(rows: Iterable[PersonRow]) -> bytes:
    return write_csv_table(
        COLUMNS,
        [
            (row.login, row.name or "", row.email or "", row.cost_centre or "", ",".join(row.aliases or ()))
            for row in rows
        ],
    )


def _login_of(line: CsvLine, domains: Collection[str]) -> str:
    """Canonical; empty where the line has none that could be one."""
    written = line.cells["login"]
    return canonical_login(written, domains) if len(written) <= MAX_NAME_LENGTH else ""


def _read_row(line: CsvLine, domains: Collection[str]) -> PersonRow | LineProblem:
    number, found = line.number, line.cells
    if line.is_too_wide:
        return LineProblem(number, LineFault.TOO_MANY_CELLS)
    if len(found["login"]) > MAX_NAME_LENGTH:
        return LineProblem(number, LineFault.TOO_LONG, "login")
    login = _login_of(line, domains)
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
