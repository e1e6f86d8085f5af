# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""CSV with people: any bytes, every dialect, and the way back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.directory.login_names import canonical_login
from allmende.directory.people_file import (
    LineFault,
    PersonRow,
    read_people_file,
    write_people_file,
)
from allmende.documents.csv_text import DELIMITERS, TableFault, UnreadableTableError

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(str.strip)
_NAMES = _TEXT.map(lambda text: canonical_login(text.replace(",", "").replace("|", ""), ()))


@st.composite
def rows(draw: st.DrawFn) -> list[PersonRow]:
    logins = draw(st.lists(_NAMES.filter(_stays), unique=True, max_size=6))
    found = []
    for line, login in enumerate(logins, start=2):
        aliases = draw(st.sets(_NAMES.filter(_stays), max_size=3)) - {login}
        found.append(
            PersonRow(
                line,
                login,
                draw(_TEXT.filter(bool)),
                draw(st.sampled_from(["", "a@b.example", "-x@b.example"])),
                draw(_TEXT.map(lambda text: text[:40])),
                tuple(sorted(aliases)),
            )
        )
    return found


def _stays(name: str) -> bool:
    """Whether the name is canonical, so that reading it again changes nothing."""
    return bool(name) and name == canonical_login(name, ()) == name.strip()


@given(rows())
def test_what_is_written_is_read_back(people: list[PersonRow]) -> None:
    file = read_people_file(write_people_file(people))
    assert file.problems == ()
    assert list(file.rows) == people


@given(rows())
def test_no_cell_is_a_formula(people: list[PersonRow]) -> None:
    text = write_people_file(people).decode("utf-8-sig")
    for record in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in record)


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda data: b"login;name\n" + data)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        file = read_people_file(data)
    except UnreadableTableError:
        return
    logins = [row.login for row in file.rows]
    assert len(set(logins)) == len(logins)
    assert all(logins)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    "header",
    [
        ("login", "name", "cost_centre"),
        ("Anmeldename", "Anzeigename", "Kostenstelle"),
        ("LOGIN", " Name ", "KST"),
    ],
)
def test_dialects(delimiter: str, encoding: str, header: tuple[str, ...]) -> None:
    text = "\r\n".join([delimiter.join(header), delimiter.join(["Jörg", "Jörg Größe", "1101"])])
    (row,) = read_people_file(text.encode(encoding)).rows
    assert (row.login, row.name, row.cost_centre) == ("jörg", "Jörg Größe", "1101")
    assert row.email is None
    assert row.aliases is None


def test_given_and_family_names_make_one_name() -> None:
    (row,) = read_people_file(b"Nachname;Vorname;Benutzername\nAhorn;Anna;aahorn\n").rows
    assert row.name == "Anna Ahorn"


def test_the_towns_own_domain_is_dropped() -> None:
    file = read_people_file(
        b"login;aliases\nZERBST\\Anna;anna@zerbst.example,a@else.example\n", ["zerbst", "zerbst.example"]
    )
    assert file.rows[0].login == "anna"
    assert file.rows[0].aliases == ("a@else.example",)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (";Anna;;", LineFault.LOGIN_MISSING),
        ("a;;;", LineFault.NAME_MISSING),
        ("a;Anna;nowhere;", LineFault.NOT_AN_EMAIL),
        ("a;Anna;;;more", LineFault.TOO_MANY_CELLS),
        ("a;" + "x" * 201 + ";;", LineFault.TOO_LONG),
        ("a" * 101 + ";Anna;;", LineFault.TOO_LONG),
        ("a;Anna;;" + ",".join(f"n{i}" for i in range(21)), LineFault.TOO_MANY_ALIASES),
        ("first;Again;;", LineFault.LOGIN_TWICE),
    ],
)
def test_line_faults_name_their_line(line: str, fault: LineFault) -> None:
    file = read_people_file(f"login;name;email;aliases\nfirst;First;;\n\n{line}\nlast;Last;;\n".encode())
    assert [row.login for row in file.rows] == ["first", "last"]
    assert [(problem.line, problem.fault) for problem in file.problems] == [(4, fault)]


def test_a_login_that_is_twice_is_not_taken_from_either_line_when_the_first_is_at_fault() -> None:
    file = read_people_file(b"login;name;email\nanna;Anna;nowhere\nanna;Anna Ahorn;\nlast;Last;\n")
    assert [row.login for row in file.rows] == ["last"]
    assert [(problem.line, problem.fault) for problem in file.problems] == [
        (2, LineFault.NOT_AN_EMAIL),
        (3, LineFault.LOGIN_TWICE),
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", TableFault.EMPTY),
        (b"login\n" + b"x" * (2 * 1024 * 1024), TableFault.TOO_LARGE),
        (b"login;name\n" + b"".join(b"p%d;P\n" % n for n in range(20_001)), TableFault.TOO_MANY_ROWS),
        (b"PK\x03\x04\x00\x00", TableFault.NOT_TEXT),
        (b"a;b\n1;2\n", TableFault.COLUMN_MISSING),
        (b"login;user\n1;2\n", TableFault.COLUMN_TWICE),
        (b'login;name\na;"Anna\n', TableFault.BROKEN_QUOTES),
    ],
)
def test_files_that_are_refused(data: bytes, fault: TableFault) -> None:
    with pytest.raises(UnreadableTableError) as raised:
        read_people_file(data)
    assert raised.value.fault is fault
