# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The baseline as finance enters and imports it: versions that never change, nothing typed gets lost, other towns see nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from allmende.directory.audit import AuditEntry
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.fleet.baseline_file import read_baseline_file, write_baseline_file
from allmende.fleet.baseline_forms import read_amount
from allmende.fleet.baselines import (
    Baseline,
    BaselineClosedError,
    BaselineRow,
    HeadValues,
    RowValues,
    StaleBaselineError,
    find_baseline,
    rows_of,
    save_baseline,
)
from makers import make_person, make_town

BASE = "/verwaltung/einsparung/vorher/"
ROW = RowValues("paper", "Paper A4", Decimal("4100.00"), "year", "Account 1101", is_replaced=False)
LINES = (
    "Art;Bezeichnung;Betrag;Zeitraum;Monate;Von;Bis;Beleg;Belegdatum;Entfällt;Betrag heute\r\n"
    "Geräte;Leasing;1.250,00;Monat;;;;Vertrag 4711;02.05.2019;ja;\r\n"
    "Toner;Rathaus;6.312,40;Zeitraum;;2023-01-01;2023-12-31;Rechnungen;;ja;\r\n"
    "Papier;A4;4100;Jahr;;;;Haushalt;;nein;3.900,00\r\n"
)


def make_finance(slug: str = "zerbst", role: RoleName = RoleName.FINANCE) -> Person:
    town = make_town(slug)
    person = make_person(town, "fritz")
    Role.objects.create(municipality=town, person=person, name=role)
    return person


def open_client(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def typed(count: int = 1, **fields: Any) -> dict[str, Any]:
    row = {
        "kind": "paper", "name": "Paper A4", "amount": "4,100.50", "tax": "gross", "tax_percent": "19",
        "per": "year", "document": "Account 1101", "is_replaced": "on", **fields,
    }  # fmt: skip
    return {
        "after": "0",
        "reason": "first bills",
        "head-compares": "gross",
        "rows-TOTAL_FORMS": str(count),
        "rows-INITIAL_FORMS": "0",
        **{f"rows-0-{name}": value for name, value in row.items()},
    }


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1234,5", "1234.5"), ("1234.56 €", "1234.56"),
        ("1.234", "1234"), ("1.234.567", "1234567"), ("-3,20", "-3.20"), ("12 345,00", "12345.00"),
        ("0", "0"), ("1,2,3", None), ("1.23.456", None), ("abc", None), ("", None), ("1e5", None), ("NaN", None),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, amount: str | None) -> None:
    assert read_amount(text) == (None if amount is None else Decimal(amount))


@given(st.decimals(-(10**9), 10**9, places=2))
def test_german_and_english_writing_of_an_amount_are_read_the_same(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_amount(english) == read_amount(german) == amount


@pytest.mark.django_db
def test_a_row_is_typed_and_saved_as_a_version() -> None:
    person = make_finance()
    client = open_client(person)
    assert "Nothing is entered yet" in client.get(BASE).content.decode()
    page = client.post(f"{BASE}bearbeiten/", typed(), follow=True).content.decode()
    assert "Paper A4" in page
    assert "€4,100.50" in page
    assert person.municipality is not None
    (row,) = rows_of(find_baseline(person.municipality))
    assert (row.amount, row.document, row.is_replaced) == (Decimal("4100.50"), "Account 1101", True)
    assert AuditEntry.objects.filter(action="baseline.saved").exists()


@pytest.mark.django_db
def test_what_is_wrong_is_said_and_what_was_typed_stays() -> None:
    client = open_client(make_finance())
    answer = client.post(f"{BASE}bearbeiten/", typed(amount="much", per="term", document=""))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This is no number" in page
    assert "For how many months was it paid?" in page
    assert 'value="much"' in page
    assert 'value="first bills"' in page
    assert not Baseline.objects.exists()


@pytest.mark.django_db
def test_more_rows_keep_what_is_typed_and_complain_of_nothing() -> None:
    client = open_client(make_finance())
    data = typed(amount="much") | {"more": "1"}
    answer = client.post(f"{BASE}bearbeiten/", data)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'value="much"' in page
    assert 'name="rows-3-name"' in page
    assert "This is no number" not in page
    assert not Baseline.objects.exists()


@pytest.mark.django_db
def test_rows_that_are_removed_or_left_empty_are_not_saved() -> None:
    person = make_finance()
    data = typed(3, DELETE="on") | {
        "rows-1-kind": "devices", "rows-1-tax": "gross", "rows-1-tax_percent": "19", "rows-1-per": "year",
        "rows-1-is_replaced": "on",
    } | {f"rows-2-{name}": value for name, value in {
        "kind": "energy", "name": "Power", "amount": "10", "tax": "net", "tax_percent": "19", "per": "month",
        "document": "Bill",
    }.items()}  # fmt: skip
    open_client(person).post(f"{BASE}bearbeiten/", data)
    assert [row.name for row in BaselineRow.objects.all()] == ["Power"]


@pytest.mark.django_db
def test_a_version_never_changes_and_a_stale_one_is_refused() -> None:
    person = make_finance()
    town = person.municipality
    assert town is not None
    first = save_baseline(person, town, HeadValues(), [ROW], reason="a", after=0)
    with pytest.raises(StaleBaselineError):
        save_baseline(person, town, HeadValues(), [], reason="b", after=0)
    second = save_baseline(person, town, HeadValues(), [], reason="b", after=1)
    assert (first.number, second.number) == (1, 2)
    assert first.rows.count() == 1
    with pytest.raises(BaselineClosedError):
        first.save()
    with pytest.raises(BaselineClosedError):
        first.rows.get().delete()
    client = open_client(person)
    assert "no longer counts" in client.get(f"{BASE}1/").content.decode()
    assert "no longer counts" not in client.get(f"{BASE}2/").content.decode()
    page = client.get(BASE, headers={"accept-language": "de"}).content.decode()
    assert ">Bearbeiten<" in page, "what the button does, and not the noun of a list's heading"


@pytest.mark.django_db
def test_a_file_is_looked_at_corrected_and_saved() -> None:
    person = make_finance()
    client = open_client(person)
    wrong = LINES.replace("6.312,40", "sechs").encode("cp1252")
    page = client.post(
        f"{BASE}einlesen/", {"file": SimpleUploadedFile("a.csv", wrong), "mode": "replace", "after": "0"}
    ).content.decode()
    assert "Betrag: This is no number" in page
    assert "sechs" in page
    assert "Save as a new version" not in page
    data = {"lines": LINES, "mode": "replace", "after": "0"}
    page = client.post(f"{BASE}einlesen/", data).content.decode()
    assert "€15,000.00" in page, "1,250 a month are 15,000 a year"
    assert not Baseline.objects.exists()
    client.post(f"{BASE}einlesen/", {**data, "save": "1", "reason": "bills"})
    assert person.municipality is not None
    rows = rows_of(find_baseline(person.municipality))
    assert [row.kind for row in rows] == ["devices", "consumables", "paper"]
    assert rows[2].amount_now == Decimal("3900.00")
    assert not rows[2].is_replaced
    assert str(rows[0].document_day) == "2019-05-02"


@pytest.mark.django_db
def test_lines_with_mistakes_are_never_saved() -> None:
    client = open_client(make_finance())
    data = {
        "lines": LINES.replace("6.312,40", "x"),
        "mode": "replace",
        "after": "0",
        "save": "1",
        "reason": "r",
    }
    assert client.post(f"{BASE}einlesen/", data).status_code == 422
    assert not Baseline.objects.exists()


@pytest.mark.django_db
def test_what_is_exported_is_imported_as_it_was() -> None:
    person = make_finance()
    assert person.municipality is not None
    rows = list(read_baseline_file(LINES.encode()).rows)
    save_baseline(person, person.municipality, HeadValues(), rows, reason="a", after=0)
    data = open_client(person).get(f"{BASE}liste.csv").content
    assert list(read_baseline_file(data).rows) == rows


@given(
    st.builds(
        RowValues,
        kind=st.sampled_from(["devices", "consumables", "service", "paper", "energy", "other"]),
        name=st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30),
        amount=st.decimals(-(10**6), 10**6, places=2),
        per=st.sampled_from(["year", "quarter", "month"]),
        document=st.text(st.characters(categories=["L", "N", "S"]), min_size=1, max_size=30),
        tax=st.sampled_from(["net", "gross"]),
        tax_percent=st.decimals(0, 99, places=2),
    )
)
def test_any_row_survives_the_file(row: RowValues) -> None:
    file = read_baseline_file(write_baseline_file([row]))
    assert not file.problems
    assert file.rows == (row,)


@pytest.mark.django_db
def test_who_only_reads_cannot_change() -> None:
    client = open_client(make_finance(role=RoleName.MANAGEMENT))
    assert client.get(BASE).status_code == 200
    assert "Enter" not in client.get(BASE).content.decode()
    for name in ("bearbeiten/", "einlesen/"):
        assert client.get(BASE + name).status_code == 403
        assert client.post(BASE + name, typed()).status_code == 403
    assert open_client(make_person(make_town("coswig"), "anna")).get(BASE).status_code == 403


@pytest.mark.django_db
def test_another_towns_version_does_not_exist() -> None:
    person = make_finance()
    assert person.municipality is not None
    save_baseline(person, person.municipality, HeadValues(), [ROW], reason="a", after=0)
    assert open_client(make_finance("coswig")).get(f"{BASE}1/").status_code == 404
