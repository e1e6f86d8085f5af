# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail's page: filters, paging, and the file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from allmende.directory.audit import AuditEntry, record_audit
from allmende.directory.municipalities import Municipality
from makers import make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def client(town: Municipality) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_person(town, "it", it=True))
    return client


def lines(client: Client, query: str = "") -> list[list[str]]:
    response = client.get(f"/verwaltung/protokoll/liste.csv{query}")
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]


def test_filters(town: Municipality, client: Client) -> None:
    anna = make_person(town, "anna")
    old = record_audit(town, anna, "chip.enrolled", "chip:1")
    AuditEntry.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=10))
    record_audit(town, anna, "chip.revoked", "chip:1")
    record_audit(town, None, "chip.revoked", "chip:2")
    record_audit(make_town("coswig"), None, "chip.revoked", "chip:3")
    today = timezone.localdate().isoformat()
    week_ago = (timezone.localdate() - timedelta(days=7)).isoformat()

    def targets(query: str) -> list[str]:
        return [line[3] for line in lines(client, query)]

    assert targets("") == ["chip:2", "chip:1", "chip:1"]
    assert targets("?action=chip.revoked&actor=ANNA") == ["chip:1"]
    assert targets(f"?since={today}") == ["chip:2", "chip:1"]
    assert targets(f"?until={week_ago}") == ["chip:1"]
    assert targets("?since=nonsense") == []
    assert targets("?until=9999-12-31") == ["chip:2", "chip:1", "chip:1"]


def test_pages_follow_each_other_without_gap(town: Municipality, client: Client) -> None:
    for number in range(120):
        record_audit(town, None, "chip.enrolled", f"chip:{number:03d}")
    seen: list[str] = []
    query = ""
    while True:
        page = client.get(f"/verwaltung/protokoll/{query}")
        seen += [row["target"] for row in page.context["rows"]]
        if page.context["older"] is None:
            break
        query = f"?before={page.context['older']}"
    assert seen == [f"chip:{number:03d}" for number in range(119, -1, -1)]


def test_no_cell_of_the_file_is_a_formula(town: Municipality, client: Client) -> None:
    record_audit(town, make_person(town, "=cmd"), "chip.enrolled", "@target", label="=x")
    (line,) = lines(client)
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in line)


def test_old_and_new_stand_in_the_details(town: Municipality, client: Client) -> None:
    record_audit(town, None, "settings.changed", held_hours=[24, 48], trusted_networks=[[], ["10.0.0.0/8"]])
    page = client.get("/verwaltung/protokoll/").content.decode()
    assert "held_hours: 24 → 48" in page
    assert "trusted_networks: – → 10.0.0.0/8" in page
