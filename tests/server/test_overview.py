# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the overview says is wrong, and the plot's measures."""

from __future__ import annotations

import shutil
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.fault_reports import FaultKind, close_fault, report_fault
from allmende.devices.meters.alerts import AlertKind, DeviceAlert, acknowledge_alert
from allmende.directory.attempts import UNKNOWN_CHIP_LIMIT, spend_attempt
from allmende.directory.roles import Role, RoleName
from allmende.printing.administration.town_figures import count_jobs
from allmende.printing.job_states import State
from allmende.printing.queues import Queue
from allmende.server.overview import draw_hours, find_town_problems
from makers import make_device, make_job, make_person, make_queue, make_token, make_town

pytestmark = pytest.mark.django_db


class Usage(NamedTuple):
    free: int


def hrefs(town: Any) -> list[tuple[str, str]]:
    return [(finding.kind, finding.href) for finding in find_town_problems(town, count_jobs(town))]


def test_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12))
    town = make_town()
    make_queue(town)
    device = make_device(town)
    make_token(device)
    Device.objects.update(state="idle", state_reasons=["toner-low-warning", "media-low-report"])
    assert hrefs(town) == []


def test_each_problem_leads_to_where_it_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**6))
    town = make_town()
    person = make_person(town)
    make_job(town, person, state=State.UNCERTAIN)
    make_job(town, None, state=State.QUARANTINED)
    Queue.objects.update(is_active=False)
    device = make_device(town)
    Device.objects.update(state="processing", state_reasons=["media-jam-error"])
    unused = make_device(town, "old")
    Device.objects.filter(pk=unused.pk).update(is_active=False, state="stopped")
    assert hrefs(town) == [
        ("danger", f"/verwaltung/geraete/{device.pk}/"),
        ("danger", "/verwaltung/warteschlangen/"),
        ("danger", ""),
        ("warning", "/verwaltung/auftraege/?state=quarantined"),
        ("info", f"/verwaltung/geraete/{device.pk}/"),
        ("info", "/verwaltung/auftraege/?state=uncertain"),
    ]


def test_a_closed_device_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12))
    town = make_town()
    make_queue(town)
    device = make_device(town)
    make_token(device)
    for _ in range(UNKNOWN_CHIP_LIMIT.count):
        spend_attempt(UNKNOWN_CHIP_LIMIT, device.pk)
    assert hrefs(town) == [("warning", f"/verwaltung/geraete/{device.pk}/")]


def test_what_was_reported_and_found_is_told_until_somebody_takes_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12))
    town = make_town()
    make_queue(town)
    device = make_device(town)
    make_token(device)
    Device.objects.update(state="idle")
    report = report_fault(device, FaultKind.JAM, "", None)
    now = timezone.now()
    alert = DeviceAlert.objects.create(
        municipality=town, device=device, kind=AlertKind.READING, since=now, raised_at=now
    )
    assert hrefs(town) == [
        ("warning", "/verwaltung/geraete/stoerungen/"),
        ("info", "/verwaltung/zaehler/meldungen/"),
    ]
    it = make_person(town, "it", it=True)
    close_fault(it, report, "")
    acknowledge_alert(it, alert.pk)
    assert hrefs(town) == []


def test_another_towns_problems_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12))
    town, other = make_town(), make_town("coswig")
    make_queue(town)
    make_device(other)
    Device.objects.update(state="stopped")
    make_job(other, None, state=State.QUARANTINED)
    assert hrefs(town) == []


def test_the_plot_stays_in_its_frame() -> None:
    town = make_town()
    person = make_person(town)
    for _ in range(3):
        make_job(town, person)
    plot = draw_hours(count_jobs(town))
    assert plot["most"] == 3
    assert len(plot["bars"]) == 24
    for bar in plot["bars"]:
        assert 0 <= bar["left"] < bar["left"] + bar["width"] <= plot["width"]
        assert 0 <= bar["top"] <= plot["floor"]
        assert bar["top"] + bar["height"] == pytest.approx(plot["floor"])
    assert max(bar["height"] for bar in plot["bars"]) > 50


@pytest.mark.django_db
def test_who_has_another_role_comes_to_the_first_page_of_theirs() -> None:
    town = make_town("zerbst")
    mayor = make_person(town, "mayor")
    Role.objects.create(municipality=town, person=mayor, name=RoleName.MANAGEMENT)
    client = Client()
    client.force_login(mayor)
    response = client.get("/verwaltung/", follow=True)
    assert response.status_code == 200
    assert response.redirect_chain[0][0].startswith("/verwaltung/")
    stranger = make_person(town, "stranger")
    client.force_login(stranger)
    assert client.get("/verwaltung/").status_code == 403
