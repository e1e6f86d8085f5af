# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readings in the database: flags as the rules say, whatever the order of arrival; corrections; verdicts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from allmende.devices.meters.counts import Counts
from allmende.devices.meters.plausibility import Point, Says, judge_series
from allmende.devices.meters.reading_keeping import (
    VerdictRefusedError,
    access_reading_for,
    correct_reading,
    give_verdict,
    limits_of,
    record_reading,
)
from allmende.devices.meters.readings import MeterReading, ReadingSource, Verdict, believed_readings
from allmende.devices.meters.spans import counts_between
from allmende.directory.audit import AuditEntry
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 1, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(6))
def test_flags_are_those_of_the_whole_series_in_any_order_of_arrival(seed: int) -> None:
    device = make_device(make_town(), "eg")
    chance = random.Random(seed)
    total = 10_000
    facts = []
    for day in range(25):
        total += chance.randrange(900)
        wild = chance.choice([0, 0, 0, 0, 9_000, -5_000, 40_000_000])
        facts.append((DAY + timedelta(days=day), total + wild))
    chance.shuffle(facts)
    for at, count in facts:
        record_reading(device, at, ReadingSource.SNMP, Counts(total=count))
    rows = list(MeterReading.objects.filter(device=device))
    points = [Point(row.pk, row.at, row.counts, says=Says(row.verdict)) for row in rows]
    expected = judge_series(points, limits_of(device))
    assert {row.pk: row.reason for row in rows} == {pk: reason or "" for pk, reason in expected.items()}
    assert all(row.is_plausible == (not row.reason) for row in rows)


def test_a_correction_is_another_reading() -> None:
    town = make_town()
    device, it = make_device(town, "eg"), make_person(town, "it", it=True)
    record_reading(device, DAY, ReadingSource.MANUAL, Counts(total=1000))
    wrong = record_reading(device, DAY + timedelta(days=30), ReadingSource.MANUAL, Counts(total=12_000))
    right = correct_reading(it, wrong, wrong.at, Counts(total=1200), note="Zahlendreher")
    wrong.refresh_from_db()
    assert wrong.total == 12_000
    assert right.replaces == wrong
    assert wrong not in believed_readings()
    span = counts_between(device.pk, DAY, DAY + timedelta(days=30))
    assert span is not None
    assert span.counts.total == 200
    with pytest.raises(VerdictRefusedError):
        correct_reading(it, wrong, wrong.at, Counts(total=1300))
    assert AuditEntry.objects.filter(action="reading.corrected", actor=it).count() == 1


def test_a_swapped_device_counts_when_somebody_says_so() -> None:
    town = make_town()
    device, it = make_device(town, "eg"), make_person(town, "it", it=True)
    for day, total, serial in ((0, 90_000, "A"), (1, 90_100, "A"), (2, 10, "B"), (3, 60, "B")):
        record_reading(
            device, DAY + timedelta(days=day), ReadingSource.SNMP, Counts(total=total), serial_number=serial
        )
    first, second = MeterReading.objects.filter(is_plausible=False).order_by("at")
    assert {first.reason, second.reason} == {"other-device"}
    span = counts_between(device.pk, DAY, DAY + timedelta(days=3))
    assert span is not None
    assert span.counts.total == 100
    with pytest.raises(VerdictRefusedError):
        give_verdict(it, first, Verdict.CONFIRMED)
    give_verdict(it, first, Verdict.NEW_LIFE)
    second.refresh_from_db()
    assert second.is_plausible
    span = counts_between(device.pk, DAY, DAY + timedelta(days=3))
    assert span is not None
    assert span.counts.total == 150
    assert len(span.swaps) == 1
    with pytest.raises(VerdictRefusedError):
        give_verdict(it, first, Verdict.REJECTED)


def test_other_towns_and_other_people_have_no_say() -> None:
    town = make_town()
    device, anna = make_device(town, "eg"), make_person(town, "anna")
    record_reading(device, DAY, ReadingSource.SNMP, Counts(total=100))
    bad = record_reading(device, DAY + timedelta(days=1), ReadingSource.SNMP, Counts(total=50))
    with pytest.raises(PermissionDenied):
        give_verdict(anna, bad, Verdict.REJECTED)
    stranger = make_person(make_town("gommern"), "fremd", it=True)
    with pytest.raises(Http404):
        access_reading_for(stranger, bad.pk)
    with pytest.raises(PermissionDenied):
        give_verdict(stranger, bad, Verdict.REJECTED)


def test_what_a_device_says_is_kept_bounded() -> None:
    device = make_device(make_town(), "eg")
    raw = {f"x{number}": "y\x00" * 5000 for number in range(500)}
    reading = record_reading(
        device, DAY, ReadingSource.SNMP, Counts(total=1), serial_number="\x1b[2J" + "9" * 500, raw=raw
    )
    assert len(reading.raw) == 60
    assert max(len(value) for value in reading.raw.values()) <= 200
    assert len(reading.serial_number) == 100
    assert "\x1b" not in reading.serial_number
