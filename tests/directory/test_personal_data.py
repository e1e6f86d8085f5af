# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Everything stored about a person, told to that person: complete, without secrets, and without other people."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.utils import translation

from allmende.directory.audit import AuditEntry
from allmende.directory.chips import Chip
from allmende.directory.delegations import delegate_to
from allmende.directory.people import Person, PersonAlias
from allmende.directory.personal_data import _registry, export_of, stored_about, title_of
from allmende.fleet.environment import EnvironmentFactor
from fleet.reports.ledger import count_sheets
from makers import make_chip, make_job, make_person, make_town

pytestmark = pytest.mark.django_db


def read(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


@pytest.fixture
def anna() -> Person:
    town = make_town("zerbst")
    anna, bernd = make_person(town, "anna", email="anna@zerbst.example"), make_person(town, "bernd")
    make_chip(anna)
    anna.refresh_from_db()
    PersonAlias.objects.create(municipality=town, person=anna, name="a.muster")
    delegate_to(anna, bernd)
    make_job(town, anna, title="GEHEIMTITEL")
    make_job(town, bernd, title="FREMDTITEL", claimed_name="FREMDNAME")
    count_sheets(town, date(2026, 2, 1), mono=12, person=anna)
    count_sheets(town, date(2026, 2, 1), mono=7777, person=bernd)
    return anna


def test_the_export_has_all_rooms(anna: Person) -> None:
    files = read(export_of(anna))
    assert files["directory.Person.pk.json"][0]["email"] == "anna@zerbst.example"
    assert files["directory.PersonAlias.person.json"] == [{"name": "a.muster"}]
    assert len(files["directory.Chip.person.json"]) == 1
    assert files["directory.Delegation.owner.json"][0]["delegate__display_name"] == "Bernd"
    assert len(files["printing.Job.person.json"]) == 1
    assert files["printing.SheetEntry.person.json"][0]["impressions_mono"] == 12
    assert {each["file"] for each in files["index.json"]["files"]} == set(files) - {
        "index.json",
        "lookups.json",
    }


def test_no_secret_and_nobody_else_is_in_it(anna: Person) -> None:
    anna.set_password("ein langes Passwort")
    anna.save()
    text = json.dumps(read(export_of(anna)), ensure_ascii=False)
    chip = Chip.objects.get(person=anna)
    for secret in (anna.password, anna.recipient, bytes(chip.lookup).hex(), "GEHEIMTITEL", "FREMD", "7777"):
        assert secret not in text


def test_every_table_that_names_a_person_is_told(anna: Person) -> None:
    """Also those that no room has registered: with the number and the times of their rows."""
    keys = {
        f"{model._meta.label}.{key.name}"
        for model in apps.get_models()
        for key in model._meta.get_fields()
        if isinstance(key, models.ForeignKey) and key.related_model is Person
    }
    assert len(keys) > 15
    told = {table.name for table in stored_about(anna)}
    for name in keys:
        label, _dot, key = name.rpartition(".")
        there = apps.get_model(label)._default_manager.filter(**{key: anna.pk}).exists()
        assert (name in told) == there, name


def test_unregistered_tables_tell_no_more_than_number_and_times(anna: Person) -> None:
    town = anna.municipality
    assert town is not None
    EnvironmentFactor.objects.create(
        municipality=town, effect="wood", per_sheet=1, first_day=date(2026, 1, 1), source="x", entered_by=anna
    )
    (table,) = [each for each in stored_about(anna) if each.name == "fleet.EnvironmentFactor.entered_by"]
    assert [set(row) for row in table.rows] == [{"pk", "first_day", "checked_on"}]
    with translation.override("de"):
        (told,) = [each for each in stored_about(anna) if each.name == table.name]
    assert "von Ihnen eingegeben" in told.title


def test_no_title_is_untranslated() -> None:
    """Of tables that are registered, and of all that are told by their name and the role in which they name a person."""
    registered = {(table.model.lower(), table.key) for table in _registry.tables}
    others = [
        (model, key)
        for model in apps.get_models()
        for key in model._meta.get_fields()
        if isinstance(key, models.ForeignKey)
        and key.related_model is Person
        and (model._meta.label_lower, key.name) not in registered
    ]

    def titles(language: str) -> list[str]:
        with translation.override(language):
            found = [str(table.title) for table in _registry.tables]
            for model, key in others:
                found += title_of(model, key).split(" (")
            return found

    same = {one for one, other in zip(titles("en"), titles("de"), strict=True) if one == other}
    assert same == set()


def test_what_was_done_with_the_account_of_the_own_town_alone(anna: Person) -> None:
    other = make_town("coswig")
    AuditEntry.objects.create(
        municipality=other, action="person.changed", target=f"person:{anna.pk}", detail={"x": "FREMD"}
    )
    AuditEntry.objects.create(
        municipality=anna.municipality, action="person.changed", target=f"person:{anna.pk}", detail={"y": 1}
    )
    files = read(export_of(anna))
    assert {"y": 1} in [row["detail"] for row in files["directory.AuditEntry.target.json"]]
    assert "FREMD" not in json.dumps(files)


def test_on_pages(anna: Person) -> None:
    client = Client()
    assert client.get("/meine-daten/auskunft/").status_code == 302
    client.force_login(anna)
    assert "Bernd" not in client.get("/meine-daten/auskunft/").content.decode()
    assert "/meine-daten/auskunft/" in client.get("/meine-daten/").content.decode()
    assert client.get("/meine-daten/auskunft/datei/").status_code == 405
    response = client.post("/meine-daten/auskunft/datei/")
    assert response.headers["Content-Type"] == "application/zip"
    assert read(response.content)["index.json"]["person"] == "anna@zerbst"
    assert AuditEntry.objects.filter(action="personal_data.exported", actor=anna).count() == 1
