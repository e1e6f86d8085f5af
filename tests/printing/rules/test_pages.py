# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages on rules: what is typed comes back and out, order and conflicts, undoing, the preview, and what would happen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.sites import Site
from allmende.directory.audit import AuditEntry
from allmende.directory.cost_centres import CostCentre, ensure_cost_centres
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName
from allmende.printing.job_states import State
from allmende.printing.jobs import Job
from allmende.printing.rules.approvals import ApprovalRequest
from allmende.printing.rules.effects import RuleEffect
from allmende.printing.rules.forms import RuleForm, describe_rule
from allmende.printing.rules.print_rules import MAX_RULES, PrintRule
from makers import make_device, make_job, make_person, make_town

pytestmark = pytest.mark.django_db
RULES = "/verwaltung/regeln/"


@pytest.fixture
def it() -> Person:
    return make_person(make_town(), "it", it=True)


@pytest.fixture
def client(it: Person) -> Client:
    signed_in = Client(headers={"accept-language": "en"})
    signed_in.force_login(it)
    return signed_in


@pytest.fixture
def device(it: Person) -> Device:
    assert it.municipality is not None
    return make_device(it.municipality)


def entries(**fields: Any) -> dict[str, Any]:
    return {"name": "Beidseitig", "is_active": "on", "effect": "duplex", **fields}


def add(client: Client, **fields: Any) -> PrintRule:
    response = client.post(f"{RULES}neu/", entries(**fields))
    assert response.status_code == 302, response.context["form"].errors
    return PrintRule.objects.latest("pk")


def errors_of(client: Client, **fields: Any) -> dict[str, Any]:
    response = client.post(f"{RULES}neu/", entries(**fields))
    assert response.status_code == 422
    assert not PrintRule.objects.exists()
    form: RuleForm = response.context["form"]
    return dict(form.errors)


def test_everything_that_is_typed_is_stored_and_comes_back(
    client: Client, it: Person, device: Device
) -> None:
    assert it.municipality is not None
    site = Site.objects.create(municipality=it.municipality, name="Rathaus")
    ensure_cost_centres(it.municipality, ["4100", "4200"])
    typed = {
        "name": "Alles auf einmal",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
        "pages_from": "2",
        "impressions_to": "500",
        "colour_from": "1",
        "colour_to": "20",
        "kilobytes_from": "10",
        "formats": ["application/pdf", "image/png"],
        "persons": "it",
        "cost_centres": "4100\n4200",
        "devices": [str(device.pk)],
        "sites": [str(site.pk)],
        "weekdays": ["1", "5"],
        "time_from": "18:00",
        "time_until": "06:00",
        "effect": "approve",
        "approver": "it",
        "approver_role": "management",
        "approval_hours": "8",
        "reason_de": "Bitte absprechen",
        "reason_en": "Please ask",
    }
    rule = add(client, **typed)
    assert [row["kind"] for row in rule.conditions] == [
        "persons", "cost_centres", "formats", "weekdays", "devices", "sites",
        "pages", "impressions", "colour_impressions", "bytes", "hours",
    ]  # fmt: skip
    assert {"kind": "bytes", "at_least": 10_000, "at_most": None} in rule.conditions
    assert {"kind": "persons", "values": [it.pk]} in rule.conditions
    shown = RuleForm(initial=describe_rule(rule), municipality=it.municipality)
    for name, value in typed.items():
        found = shown[name].value()
        assert sorted(found) == sorted(value) if isinstance(value, list) else str(found) == value, name
    # Saving it unchanged changes nothing.
    again = client.post(f"{RULES}{rule.pk}/", entries(**typed), follow=True)
    assert b"Nothing was changed." in again.content


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"effect": "explode"}, "effect"),
        ({"effect": "advise"}, "advised_device"),
        ({"effect": "approve"}, "approver"),
        ({"effect": "approve", "approver": "niemand"}, "approver"),
        ({"effect": "refuse"}, "reason_de"),
        ({"pages_from": "20", "pages_to": "10"}, "pages_to"),
        ({"pages_from": "-1"}, "pages_from"),
        ({"pages_from": "1e99"}, "pages_from"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, "valid_until"),
        ({"time_from": "08:00"}, "time_until"),
        ({"time_from": "08:00", "time_until": "08:00"}, "time_until"),
        ({"persons": "it\nfremde"}, "persons"),
        ({"persons": "\n".join(f"p{n}" for n in range(300))}, "persons"),
        ({"cost_centres": "x" * 61}, "cost_centres"),
        ({"cost_centres": "4711"}, "cost_centres"),
        ({"formats": ["text/x-shellscript"]}, "formats"),
        ({"weekdays": ["9"]}, "weekdays"),
        ({"devices": ["999999"]}, "devices"),
        ({"devices": ["1 OR 1=1"]}, "devices"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    client: Client, device: Device, fields: dict[str, Any], wrong: str
) -> None:
    assert list(errors_of(client, reason_en="", **fields)) == [wrong]
    page = client.post(f"{RULES}neu/", entries(**{**fields, "name": fields.get("name", "Mein Name")}))
    assert page.context["form"]["name"].value() == fields.get("name", "Mein Name")


def test_a_device_of_another_town_can_be_neither_asked_for_nor_advised(client: Client) -> None:
    foreign = make_device(make_town("coswig"))
    assert list(errors_of(client, devices=[str(foreign.pk)])) == ["devices"]
    assert "advised_device" in errors_of(client, effect="advise", advised_device=str(foreign.pk))


def test_markup_in_a_name_is_text(client: Client) -> None:
    add(client, name="<script>alert(1)</script>")
    assert b"<script>alert" not in client.get(RULES).content


def names_in_order() -> list[str]:
    rows = PrintRule.objects.filter(removed_at__isnull=True).order_by("position")
    return list(rows.values_list("name", flat=True))


def test_moving_removing_and_bringing_back(client: Client) -> None:
    first, second, third = (add(client, name=name) for name in ("eins", "zwei", "drei"))
    client.post(f"{RULES}{third.pk}/verschieben/", {"to": "up"})
    client.post(f"{RULES}{first.pk}/verschieben/", {"to": "up"})
    assert names_in_order() == ["eins", "drei", "zwei"]
    assert client.get(f"{RULES}{first.pk}/entfernen/").status_code == 200
    assert len(names_in_order()) == 3
    client.post(f"{RULES}{first.pk}/entfernen/")
    assert names_in_order() == ["drei", "zwei"]
    assert "eins" in client.get(RULES).content.decode()
    client.post(f"{RULES}{first.pk}/wiederherstellen/")
    assert names_in_order() == ["drei", "zwei", "eins"]
    first.refresh_from_db()
    assert not first.is_active
    client.post(f"{RULES}{first.pk}/schalten/", {"to": "on"})
    first.refresh_from_db()
    assert first.is_active
    assert [row.position for row in PrintRule.objects.order_by("position")] == [1, 2, 3]
    assert second.pk in PrintRule.objects.values_list("pk", flat=True)
    told = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"rule.added", "rule.moved", "rule.removed", "rule.restored", "rule.switched_on"} <= told


def test_the_list_shows_conflicts_and_counted_effects(client: Client, it: Person) -> None:
    first = add(client, effect="refuse", reason_de="zu viel", pages_from="100")
    add(client, name="Nie", effect="approve", approver_role="it", pages_from="200")
    add(client, name="Streit", effect="approve", approver_role="it", pages_from="50")
    RuleEffect.objects.create(
        municipality=it.municipality, rule=first, job_number=7, day=timezone.localdate(), effect="refuse",
        sheets_saved=120, colour_saved=3, euros_saved="4.5",
    )  # fmt: skip
    page = client.get(RULES).content.decode()
    assert page.count("never acts") == 1
    assert page.count("contradicts") == 1
    assert "120 sheets saved" in page
    assert "4.50 EUR saved" in page


def test_a_town_has_not_endless_rules(client: Client, it: Person) -> None:
    PrintRule.objects.bulk_create(
        PrintRule(municipality=it.municipality, position=number, name=str(number), effect="duplex")
        for number in range(1, MAX_RULES + 1)
    )
    page = client.post(f"{RULES}neu/", entries())
    assert f"{MAX_RULES} rules at most" in page.content.decode()
    assert PrintRule.objects.count() == MAX_RULES


def test_the_preview_counts_last_months_jobs_and_saves_nothing(
    client: Client, it: Person, device: Device
) -> None:
    assert it.municipality is not None
    now = timezone.now()
    printed = {"state": State.PRINTED, "device": device, "released_at": now, "finished_at": now}
    for pages in (1, 10, 20, None):
        make_job(it.municipality, it, pages=pages, **printed)
    make_job(it.municipality, it, pages=30, **{**printed, "finished_at": now - timedelta(days=40)})
    make_job(it.municipality, it, pages=30)
    make_job(make_town("coswig"), None, pages=30, **{**printed, "device": None})
    page = client.post(f"{RULES}neu/", entries(pages_from="5", preview="1"))
    preview = page.context["preview"]
    assert (preview.jobs, preview.matched, preview.acted, preview.unknown, preview.sheets) == (4, 2, 2, 1, 15)
    assert not PrintRule.objects.exists()
    assert page.context["form"]["pages_from"].value() == "5"


def trial(client: Client, device: Device, **fields: Any) -> Any:
    asked = {
        "person": "it", "device": device.pk, "pages": 10, "colour_pages": 0, "copies": 1, "sides": "one-sided",
        "colour": "as-sent", "document_format": "application/pdf", "kilobytes": 100, "day": "2026-11-18",
        "time": "12:00", **fields,
    }  # fmt: skip
    return client.get(f"{RULES}probe/", asked)


def test_what_would_happen_is_explained_rule_by_rule(client: Client, device: Device) -> None:
    add(client, name="Nachts", effect="refuse", reason_de="zu", time_from="22:00", time_until="05:00")
    add(client, name="Beidseitig", pages_from="2")
    add(client, name="Aus", is_active="", effect="mono")
    page = trial(client, device)
    text = page.content.decode()
    assert "It is printed." in text
    assert "5 sheets saved" in text
    assert "time: 22:00 to 05:00" in text
    assert [each["acts"] for each in page.context["findings"]] == [False, True, False]
    night = trial(client, device, time="23:30")
    assert "It is not printed." in night.content.decode()
    assert (RuleEffect.objects.count(), ApprovalRequest.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_the_trial_says_what_is_wrong_with_the_question(client: Client, device: Device) -> None:
    page = trial(client, device, person="niemand", colour_pages=20)
    assert {"person", "colour_pages"} == set(page.context["form"].errors)
    assert "trial" not in page.context


def test_the_trial_takes_another_cost_centre_than_the_person_s_own(
    it: Person, client: Client, device: Device
) -> None:
    assert it.municipality is not None
    centres = ensure_cost_centres(it.municipality, ["1000", "6000"])
    Person.objects.filter(pk=it.pk).update(cost_centre=centres["1000"])
    add(client, name="Bauamt", effect="refuse", reason_de="zu", cost_centres="6000")
    assert "It is printed." in trial(client, device).content.decode()
    assert "It is not printed." in trial(client, device, cost_centre=centres["6000"].pk).content.decode()
    CostCentre.objects.filter(number="6000").update(valid_to=date(2026, 11, 17))
    page = trial(client, device, cost_centre=centres["6000"].pk)
    assert set(page.context["form"].errors) == {"cost_centre"}


def test_auditors_look_and_change_nothing(it: Person, client: Client) -> None:
    assert it.municipality is not None
    rule = add(client)
    auditor = make_person(it.municipality, "pruefer")
    Role.objects.create(municipality=it.municipality, person=auditor, name=RoleName.AUDITOR)
    client.force_login(auditor)
    assert client.get(RULES).status_code == 200
    assert client.get(f"{RULES}probe/").status_code == 200
    for address in ("neu/", f"{rule.pk}/", f"{rule.pk}/entfernen/"):
        assert client.get(RULES + address).status_code == 403
    for word in ("schalten", "verschieben", "entfernen", "wiederherstellen"):
        assert client.post(f"{RULES}{rule.pk}/{word}/", {"to": "off"}).status_code == 403
    rule.refresh_from_db()
    assert rule.is_active


def test_the_approvers_page(client: Client, it: Person) -> None:
    assert it.municipality is not None
    anna = make_person(it.municipality, "anna", display_name="Anna Ahorn")
    assert "/genehmigungen/" not in client.get("/").content.decode()
    rule = add(client, effect="approve", approver="it")
    job = make_job(it.municipality, anna, pages=30).job
    now = timezone.now()
    request = ApprovalRequest.objects.create(
        municipality=it.municipality, job=job, rule=rule, owner=anna, impressions=30, asked_at=now,
        expires_at=now + timedelta(hours=2),
    )  # fmt: skip
    assert "/genehmigungen/" in client.get("/").content.decode()
    page = client.get("/genehmigungen/").content.decode()
    assert "Anna Ahorn" in page
    assert "Haushaltsplan" not in page
    client.post(f"/genehmigungen/{request.pk}/", {"answer": "decline", "note": "Bitte  kürzen\n"})
    request.refresh_from_db()
    assert (request.answer, request.note, request.answered_by) == ("declined", "Bitte kürzen", it)
    twice = client.post(f"/genehmigungen/{request.pk}/", {"answer": "approve"}, follow=True)
    assert "answered already" in twice.content.decode()
    Job.objects.update(reason="awaits-approval")
    ApprovalRequest.objects.update(answer="asked")
    client.force_login(anna)
    assert "Waits for approval by It, until" in client.get("/").content.decode()
    Job.objects.update(reason="approval-declined")
    ApprovalRequest.objects.update(answer="declined")
    assert "It has declined it. The answer: Bitte kürzen." in client.get("/").content.decode()
