# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Django's raw administration: superusers alone, and no secret in any of its pages."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import BinaryField
from django.test import Client
from django.urls import reverse

from allmende.directory.people import Person
from allmende.printing.models import QueueAddress
from makers import make_chip, make_device, make_job, make_person, make_token, make_town

pytestmark = pytest.mark.django_db

HIDDEN = {"password", "recipient", "enrolment_recipient", "holder", "spool_key"}


@pytest.fixture
def pages() -> list[str]:
    town = make_town()
    person = make_person(town, "anna", it=True, is_staff=True)
    make_chip(person)
    make_token(make_device(town))
    make_job(town, person)
    QueueAddress.objects.create(municipality=town, person=person)
    found = []
    for model in admin.site._registry:
        if model.__module__.startswith("allmende"):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            found.append(reverse(f"{name}_changelist"))
            found += [
                reverse(f"{name}_change", args=[pk])
                for pk in model._default_manager.values_list("pk", flat=True)
            ]
    return found


def test_a_superuser_sees_no_secret(pages: list[str]) -> None:
    operator = Person.objects.create_superuser("operator", "ein langes Passwort")
    client = Client()
    client.force_login(operator)
    assert len(pages) > 20
    anna = Person.objects.get(login="anna")
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        text = response.content.decode()
        assert anna.recipient not in text, page
        assert anna.password not in text, page
        form = response.context.get("adminform")
        if form is not None:
            shown = {name for _title, options in form.fieldsets for name in options["fields"]}
            assert not shown & HIDDEN, page
            fields = {field.name: field for field in form.model_admin.model._meta.fields}
            assert not [name for name in shown if isinstance(fields[name], BinaryField)], page


def test_everybody_else_is_refused(pages: list[str]) -> None:
    client = Client()
    client.force_login(Person.objects.get(login="anna"))
    for page in pages:
        assert client.get(page).status_code == 403, page
    assert Client().get(pages[0]).status_code == 302
