# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk: what a page answers to a form that it refuses, in whichever room."""

from __future__ import annotations

import pytest
from django.test import Client

from makers import make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "page", ["budgets/neu/", "vertraege/neu/", "regeln/neu/", "kostenstellen/neu/", "standorte/neu/"]
)
def test_a_refused_form_is_422_on_every_page(client: Client, page: str) -> None:
    client.force_login(make_person(make_town(), "it", it=True))
    assert client.get(f"/verwaltung/{page}").status_code == 200
    refused = client.post(f"/verwaltung/{page}", {"name": ""})
    assert refused.status_code == 422
    assert refused.context["form"].errors


def test_a_question_that_is_not_understood_is_no_refused_form(client: Client) -> None:
    client.force_login(make_person(make_town(), "it", it=True))
    page = client.get("/verwaltung/regeln/probe/", {"person": "niemand"})
    assert page.context["form"].errors
    assert page.status_code == 200
