# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adding readings, correcting them, and saying whether a doubted one is true.

Always holds: the flags in the database are what `plausibility.judge_series` says of all the device's readings, whatever the order in
which they came; writers of one device wait for each other. What a person does is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from allmende.devices.device_description import clean_text
from allmende.devices.devices import Device
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.plausibility import (
    Limits,
    Point,
    Reason,
    Says,
    is_counted_among_followers,
    judge_series,
)
from allmende.devices.meters.readings import MeterReading, ReadingSource, Verdict, believed_readings
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person

RAW_ENTRIES: Final = 60
RAW_TEXT: Final = 200
_DEFAULT_SPEED: Final = 120
_SAID_OF: Final[dict[Verdict, frozenset[str]]] = {
    # A counter that went back can't simply go on: only a new life explains it.
    Verdict.CONFIRMED: frozenset({Reason.JUMP, Reason.AVERAGE, Reason.CONTRADICTED}),
    Verdict.NEW_LIFE: frozenset({Reason.GOES_BACK, Reason.OTHER_DEVICE, Reason.JUMP}),
    Verdict.REJECTED: frozenset(Reason),
}


class VerdictRefusedError(Exception):
    """The verdict is not one that can be given of this reading."""


def access_reading_for(actor: Person, reading_id: int) -> MeterReading:
    """A reading of the actor's town; Http404 for every other number."""
    found = (
        MeterReading.objects.select_related("device", "municipality")
        .filter(pk=reading_id, municipality_id=town_id_of(actor))
        .first()
    )
    if found is None:
        raise Http404
    return found


def record_reading(
    device: Device,
    at: datetime,
    source: ReadingSource,
    counts: Counts,
    *,
    serial_number: str = "",
    raw: Mapping[str, Any] | None = None,
    entered_by: Person | None = None,
    replaces: MeterReading | None = None,
    note: str = "",
) -> MeterReading:
    """Append one reading and judge it with its neighbours; returns it with its flags."""
    with transaction.atomic():
        hold_device(device)
        reading = MeterReading.objects.create(
            municipality_id=device.municipality_id,
            device=device,
            at=at,
            source=source,
            serial_number=clean_text(serial_number, 100),
            entered_by=entered_by,
            replaces=replaces,
            note=clean_text(note),
            raw=_bounded(raw or {}),
            **counts.as_dict(),
        )
        judge_again(device, min(at, replaces.at) if replaces else at)
        reading.refresh_from_db()
    return reading


def enter_reading(
    actor: Person, device: Device, at: datetime, counts: Counts, *, note: str = ""
) -> MeterReading:
    """Read off by hand. Raises PermissionDenied."""
    check_town_it(actor, device.municipality_id)
    with transaction.atomic():
        reading = record_reading(device, at, ReadingSource.MANUAL, counts, entered_by=actor, note=note)
        record_audit(
            device.municipality,
            actor,
            "reading.entered",
            f"reading:{reading.pk}",
            device=device.pk,
            at=str(at),
        )
    return reading


def correct_reading(
    actor: Person, wrong: MeterReading, at: datetime, counts: Counts, *, note: str = ""
) -> MeterReading:
    """Another reading in the wrong one's place; that one stays on file. Raises PermissionDenied, VerdictRefusedError (corrected already)."""
    check_town_it(actor, wrong.municipality_id)
    with transaction.atomic():
        hold_device(wrong.device)
        if MeterReading.objects.filter(replaces=wrong).exists():
            raise VerdictRefusedError
        reading = record_reading(
            wrong.device,
            at,
            ReadingSource.MANUAL,
            counts,
            serial_number=wrong.serial_number,
            entered_by=actor,
            replaces=wrong,
            note=note,
        )
        record_audit(
            wrong.municipality, actor, "reading.corrected", f"reading:{reading.pk}", replaces=wrong.pk
        )
    return reading


def give_verdict(actor: Person, reading: MeterReading, verdict: Verdict) -> None:
    """What a person says of a doubted reading, once. Raises PermissionDenied, VerdictRefusedError."""
    check_town_it(actor, reading.municipality_id)
    with transaction.atomic():
        hold_device(reading.device)
        row = MeterReading.objects.select_for_update().get(pk=reading.pk)
        if (
            row.is_plausible
            or row.verdict != Verdict.NONE
            or row.reason not in _SAID_OF.get(verdict, frozenset())
        ):
            raise VerdictRefusedError
        MeterReading.objects.filter(pk=row.pk).update(
            verdict=verdict, verdict_by=actor, verdict_at=timezone.now()
        )
        record_audit(
            reading.municipality,
            actor,
            f"reading.{verdict.value.replace('-', '_')}",
            f"reading:{row.pk}",
            reason=row.reason,
        )
        judge_again(reading.device, row.at)


def possible_verdicts(reading: MeterReading) -> list[Verdict]:
    """Which of them a person can give now."""
    if reading.is_plausible or reading.verdict != Verdict.NONE:
        return []
    return [verdict for verdict, reasons in _SAID_OF.items() if reading.reason in reasons]


def judge_again(device: Device, since: datetime) -> None:
    """Set the flags of all readings that one at `since` can bear on. Call it inside a transaction that holds the device."""
    rows = MeterReading.objects.filter(device=device, replaced_by__isnull=True).order_by("at", "id")
    start, witnesses = since, 0
    # The rules look at two readings that follow, so the three before may be judged anew.
    for row in rows.filter(at__lt=since).reverse()[:500]:
        start = row.at
        witnesses += is_counted_among_followers(_point(row))
        if witnesses >= 3:
            break
    before = (
        believed_readings()
        .filter(device=device, at__lt=start)
        .order_by("at", "verdict", "total", "id")
        .last()
    )
    window = {row.pk: row for row in rows.filter(at__gte=start)}
    reasons = judge_series(
        [_point(row) for row in window.values()], limits_of(device), _point(before) if before else None
    )
    for pk, reason in reasons.items():
        row = window[pk]
        if row.reason != (reason or "") or row.is_plausible != (reason is None):
            MeterReading.objects.filter(pk=pk).update(is_plausible=reason is None, reason=reason or "")


def limits_of(device: Device) -> Limits:
    """From the catalogue's entry of the device's model; where it has none, what no office device outdoes."""
    model = device.device_model
    speed = model.pages_per_minute if model else None
    duty = model.duty_cycle if model else None
    return Limits(per_minute=speed or _DEFAULT_SPEED, per_month=duty or None)


def _point(row: MeterReading) -> Point:
    return Point(row.pk, row.at, row.counts, row.serial_number, Says(row.verdict))


def hold_device(device: Device) -> None:
    """Until the transaction ends no other writer judges this device's readings (SQLite has one writer anyway)."""
    Device.objects.select_for_update().filter(pk=device.pk).first()


def _bounded(raw: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in list(raw.items())[:RAW_ENTRIES]:
        kept[clean_text(str(name), 80)] = (
            value if isinstance(value, int) else clean_text(str(value), RAW_TEXT)
        )
    return kept
