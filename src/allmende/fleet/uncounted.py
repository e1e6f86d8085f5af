# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uncounted sides: what a device's own meter counted and the ledger did not. Copies at the glass, prints past the service, faxes.

Always holds: both are of the very same days. Where the readings do not reach as far as was asked, the days are fewer and said so; a day's edge
that lies between two readings is interpolated (`MeterSpan`). Less than nothing is shown as it is: the ledger then counts what the
device does not, and somebody should look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.meters.spans import How, MeterSpan, counts_between
from allmende.directory.municipalities import Municipality
from allmende.fleet.reports.withholding import withheld_places
from allmende.printing.api import sum_sheets

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Of one device, from `first` to `last` (both days included). `span` None: no readings, so nothing can be said."""

    device_id: int
    device: str
    first: date
    last: date
    span: MeterSpan | None
    counted: int = 0
    #: Too few people stand behind the device, so what was counted is not told.
    is_withheld: bool = False

    @property
    def metered(self) -> int | None:
        return self.span.counts.total if self.span else None

    @property
    def uncounted(self) -> int | None:
        return None if self.metered is None or self.is_withheld else self.metered - self.counted

    @property
    def percent(self) -> int | None:
        """Of what the meter counted."""
        return (
            round(100 * self.uncounted / self.metered)
            if self.metered and self.uncounted is not None
            else None
        )


def uncounted_sides(municipality_id: int, first: date, last: date) -> list[Uncounted]:
    """All active devices of a town, those with the most uncounted sides first, those without readings last."""
    devices = Device.objects.filter(municipality_id=municipality_id, is_active=True).order_by("name")
    withheld = withheld_places(Municipality.objects.get(pk=municipality_id)).devices
    found = [
        replace(_of_device(municipality_id, device, first, last), is_withheld=device.pk in withheld)
        for device in devices
    ]
    return sorted(found, key=lambda row: (row.uncounted is None, -(row.uncounted or 0), row.device))


def _of_device(municipality_id: int, device: Device, first: date, last: date) -> Uncounted:
    span = counts_between(device.pk, _midnight(first), _midnight(last + _DAY))
    if span is not None:
        if span.start.how is How.NEAREST:
            first = _first_whole_day(span.start.at)
        if span.end.how is How.NEAREST:
            last = timezone.localtime(span.end.at).date() - _DAY
        span = counts_between(device.pk, _midnight(first), _midnight(last + _DAY)) if first <= last else None
    if span is None:
        return Uncounted(device.pk, device.name, first, last, None)
    sums = sum_sheets(municipality_id, first, last, by=("kind",), device_ids=[device.pk])
    counted = sum(each.impressions for each in sums if each.kind != "scan")
    return Uncounted(device.pk, device.name, first, last, span, counted)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _first_whole_day(moment: datetime) -> date:
    local = timezone.localtime(moment)
    return local.date() if local.time() == time() else local.date() + _DAY
