# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each alert once until it has gone: raised in time, mailed once, ended by an answer only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404

from allmende.devices.devices import Device
from allmende.devices.meters.alerts import (
    DeviceAlert,
    acknowledge_alert,
    mail_alerts,
    observe_answer,
    observe_readings,
    observe_silence,
    raised_alerts,
)
from allmende.devices.meters.answers import DeviceAnswer, SupplyState
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.plans import MeterPlan
from allmende.devices.meters.reading_keeping import give_verdict, record_reading
from allmende.devices.meters.readings import ReadingSource, Verdict
from allmende.devices.meters.supplies import SupplySample, keep_supplies, thin_samples
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def device() -> Device:
    return make_device(make_town(), "eg")


@pytest.fixture
def plan(device: Device) -> MeterPlan:
    return MeterPlan.objects.create(
        municipality=device.municipality, mail_to="it@example.org leitung@example.org"
    )


def observe(
    device: Device, plan: MeterPlan, hours: float, *reasons: str, toner: int | None = 80, drum: int = 90
) -> None:
    now = NOW + timedelta(hours=hours)
    answer = DeviceAnswer(
        source="ipp",
        supplies=(
            SupplyState("1", "toner", "black", "TK-1", toner),
            SupplyState("2", "drum", "", "DK", drum),
        ),
        reasons=frozenset(reasons),
    )
    observe_answer(device, answer, keep_supplies(device, answer, now), plan, now)


def seen(device: Device) -> list[tuple[str, str]]:
    return sorted(raised_alerts(device.municipality_id).values_list("kind", "subject"))


def test_low_toner_is_told_once_until_it_was_changed(device: Device, plan: MeterPlan) -> None:
    for hour, level in enumerate((11, 10, 9, 12, 10, 14, 3)):
        observe(device, plan, hour, toner=level)
        mail_alerts(device.municipality, plan, NOW)
    assert seen(device) == [("toner-low", "ipp:1")]
    assert DeviceAlert.objects.count() == 1
    assert len(mail.outbox) == 1
    observe(device, plan, 10, toner=100)
    assert seen(device) == []
    observe(device, plan, 20, toner=5)
    mail_alerts(device.municipality, plan, NOW)
    assert DeviceAlert.objects.count() == 2
    assert len(mail.outbox) == 2


def test_paper_counts_when_it_has_been_out_for_hours(device: Device, plan: MeterPlan) -> None:
    observe(device, plan, 0, "media-empty")
    observe(device, plan, 3, "media-empty")
    assert seen(device) == []
    observe(device, plan, 3.5)
    observe(device, plan, 4, "media-empty")
    observe(device, plan, 7.9, "media-empty")
    assert seen(device) == []
    observe(device, plan, 8, "media-empty")
    assert seen(device) == [("paper-out", "")]


def test_faults_drums_and_devices_without_levels(device: Device, plan: MeterPlan) -> None:
    for hour in (0, 1):
        observe(device, plan, hour, "media-jam", "toner-low", "moving-to-paused", toner=None, drum=4)
    assert seen(device) == [("drum-low", "ipp:2"), ("fault", "media-jam"), ("toner-low", "")]


def test_silence_ends_nothing_and_is_told_after_its_time(device: Device, plan: MeterPlan) -> None:
    observe(device, plan, 0, toner=5)
    for hour in (1, 20, 26):
        observe_silence(device, plan, NOW + timedelta(hours=hour))
    assert seen(device) == [("not-seen", ""), ("toner-low", "ipp:1")]
    observe(device, plan, 30, toner=5)
    assert seen(device) == [("toner-low", "ipp:1")]


def test_doubtful_readings_are_one_alert(device: Device, plan: MeterPlan) -> None:
    record_reading(device, NOW, ReadingSource.SNMP, Counts(total=1000))
    bad = [
        record_reading(device, NOW + timedelta(days=day), ReadingSource.SNMP, Counts(total=10))
        for day in (1, 2)
    ]
    observe_readings(device, NOW)
    assert seen(device) == [("reading", "")]
    it = make_person(device.municipality, "it", it=True)
    for each in bad:
        give_verdict(it, each, Verdict.REJECTED)
    observe_readings(device, NOW)
    assert seen(device) == []


def test_the_mail_says_what_and_where_in_the_towns_language(
    device: Device, plan: MeterPlan, settings: Any
) -> None:
    settings.ALLMENDE_PUBLIC_URL = "https://druck.example"
    plan.mail_language = "en"
    observe(device, plan, 0, toner=5)
    mail_alerts(device.municipality, plan, NOW)
    (message,) = mail.outbox
    assert message.to == ["it@example.org", "leitung@example.org"]
    assert "Zerbst: 1 alert" in message.subject
    assert "Toner low" in message.body
    assert "TK-1: 5 %" in message.body
    assert "https://druck.example/verwaltung/zaehler/meldungen/" in message.body


def test_a_mail_that_can_not_be_sent_is_tried_again(
    device: Device, plan: MeterPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe(device, plan, 0, toner=5)

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr("allmende.devices.meters.alerts.send_mail", refuse)
        assert mail_alerts(device.municipality, plan, NOW) == 0
    assert mail_alerts(device.municipality, plan, NOW) == 1
    assert mail_alerts(device.municipality, plan, NOW) == 0


def test_the_database_holds_one_open_alert(device: Device) -> None:
    facts: dict[str, Any] = {
        "municipality": device.municipality,
        "device": device,
        "kind": "fault",
        "since": NOW,
    }
    DeviceAlert.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceAlert.objects.create(**facts)


def test_who_takes_care(device: Device, plan: MeterPlan) -> None:
    observe(device, plan, 0, toner=5)
    alert = DeviceAlert.objects.get()
    it = make_person(device.municipality, "it", it=True)
    assert acknowledge_alert(it, alert.pk).acknowledged_by is None
    alert.refresh_from_db()
    assert alert.acknowledged_by == it
    with pytest.raises(PermissionDenied):
        acknowledge_alert(make_person(device.municipality, "anna"), alert.pk)
    with pytest.raises(Http404):
        acknowledge_alert(make_person(make_town("gommern"), "fremd", it=True), alert.pk)


def test_history_is_thinned_to_one_a_week(device: Device, plan: MeterPlan) -> None:
    for day in range(200):
        observe(device, plan, 24 * day, toner=100 - day % 100)
    now = NOW + timedelta(days=200)
    samples = SupplySample.objects.filter(supply__key="ipp:1")
    assert samples.count() == 200
    assert thin_samples(device.municipality_id, now) > 0
    assert samples.filter(at__gt=now - timedelta(days=90)).count() == 89
    assert samples.filter(at__lt=now - timedelta(days=91)).count() in range(15, 18)
    assert thin_samples(device.municipality_id, now) == 0
