# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a town's devices counted in a span, for the proof: by their meters, or where they have none by the ledger of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from allmende.devices.devices import Device
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.spans import How, MeterSpan, SpanEnd, counts_between
from allmende.directory.municipalities import Municipality
from allmende.fleet.contracts import Contract, ContractDevice
from allmende.fleet.figures import day_words
from allmende.fleet.prices import ONE_DAY
from allmende.fleet.proof.case import Origin, Per, Reading, Volume
from allmende.fleet.settlement.arithmetic import Days
from allmende.fleet.settlement.volumes import EXACT_ENOUGH, midnight
from allmende.printing.api import SheetSum, sum_sheets


def measured_volume(
    municipality: Municipality, contracts: Sequence[Contract], days: Days
) -> tuple[Volume | None, int]:
    """The pages of all devices that were in a contract in the span; and how many devices are on its last day."""
    places = ContractDevice.objects.filter(
        Q(last_day__isnull=True) | Q(last_day__gte=days.first_day),
        contract__in=contracts,
        first_day__lte=days.last_day,
    )
    now = {row.device_id for row in places if row.last_day is None or row.last_day >= days.last_day}
    devices = Device.objects.filter(pk__in=places.values("device"), municipality=municipality).order_by(
        "name"
    )
    sums = {
        each.device_id: each
        for each in sum_sheets(municipality.pk, days.first_day, days.last_day, ("device",))
        if each.device_id is not None
    }
    spans: dict[int, Days] = {}
    for row in places:
        own = days.within(Days(row.first_day, row.last_day or days.last_day))
        if own is not None:
            known = spans.get(row.device_id, own)
            spans[row.device_id] = Days(
                min(known.first_day, own.first_day), max(known.last_day, own.last_day)
            )
    readings = tuple(
        reading for device in devices for reading in _readings(device, spans[device.pk], sums.get(device.pk))
    )
    if not readings:
        return None, len(now)
    source = _("Meters of the devices, %(since)s to %(until)s") % {
        "since": day_words(days.first_day),
        "until": day_words(days.last_day),
    }
    volume = Volume(
        Origin(source, measured=True),
        Per.SPAN,
        since=days.first_day,
        until=days.last_day,
        readings=readings,
    )
    return volume, len(now)


def _readings(device: Device, days: Days, ledger: SheetSum | None) -> Iterator[Reading]:
    span = counts_between(device.pk, midnight(days.first_day), midnight(days.last_day + ONE_DAY))
    lives = list(_lives(span)) if span is not None else []
    if span is None or not lives:
        if ledger is not None and ledger.impressions > 0:
            yield _from_ledger(device, ledger)
        return
    href = reverse("meter", args=[device.pk])
    for number, (first, last) in enumerate(lives, 1):
        mono_from, colour_from = _split(first)
        mono_to, colour_to = _split(last)
        name = (
            device.name
            if len(lives) == 1
            else _("%(device)s, counter %(number)d")
            % {
                "device": device.name,
                "number": number,
            }
        )
        if mono_to < mono_from or colour_to < colour_from:
            # A kind that is told at one end only: the total is right, its parts are not known.
            mono_from, colour_from = _total(first), 0
            mono_to, colour_to = _total(last), 0
        origin = Origin(
            _("Readings of %(device)s") % {"device": device.name},
            _how(span),
            assumed=not _reaches(span),
            measured=True,
            href=href,
        )
        yield Reading(name, mono_from, mono_to, colour_from, colour_to, origin)


def _reaches(span: MeterSpan) -> bool:
    """Whether the readings reach to both ends of what is measured; else it is an assumption that nothing was printed beyond them."""
    return span.start.at - span.since <= EXACT_ENOUGH and span.until - span.end.at <= EXACT_ENOUGH


def _lives(span: MeterSpan) -> Iterator[tuple[Counts, Counts]]:
    """The counters at both ends of each life of the span's counters."""
    first = span.start.counts
    for swap in span.swaps:
        if swap.last_before.at >= span.start.at:
            yield first, swap.last_before.counts
        first = swap.first_after.counts
    if not span.end.counts.is_empty:
        yield first, span.end.counts


def _split(counts: Counts) -> tuple[int, int]:
    """(mono, colour); where only the total is known it stands as mono."""
    if counts.mono is not None:
        return counts.mono, counts.colour or 0
    if counts.total is not None:
        return counts.total - (counts.colour or 0), counts.colour or 0
    return 0, counts.colour or 0


def _total(counts: Counts) -> int:
    return counts.total if counts.total is not None else sum(_split(counts))


def _how(span: MeterSpan) -> str:
    beginning = _end_words(pgettext("of what is measured", "Beginning"), span.start)
    end = _end_words(pgettext("of what is measured", "End"), span.end)
    words = f"{beginning} {end}"
    if not _reaches(span):
        words += " " + _(
            "The readings do not reach to both ends of what is measured; what was printed beyond them is missing."
        )
    if span.swaps:
        words += " " + _(
            "The counter began anew in between; what was printed between the two readings is not known."
        )
    if span.counts.colour is None:
        words += " " + _("The device tells only its total: all pages stand as black and white.")
    return words


def _end_words(which: str, end: SpanEnd) -> str:
    first, last = end.readings[0], end.readings[-1]
    gaps = {"which": which, "at": _when(end.at), "first": _when(first.at), "last": _when(last.at)}
    if end.how is How.READING:
        return _("%(which)s: reading of %(first)s.") % gaps
    if end.how is How.INTERPOLATED:
        return _("%(which)s: between the readings of %(first)s and %(last)s.") % gaps
    return _("%(which)s: nearest reading, of %(first)s.") % gaps


def _when(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{day_words(local.date())} {local:%H:%M}"


def _from_ledger(device: Device, ledger: SheetSum) -> Reading:
    note = _("No readings of this device: counted by its jobs. Copies made there without a job are missing.")
    return Reading(
        device.name,
        0,
        max(0, ledger.impressions_mono),
        0,
        max(0, ledger.impressions_colour),
        Origin(
            _("Ledger of %(device)s") % {"device": device.name},
            note,
            measured=True,
            href=reverse("meter", args=[device.pk]),
        ),
    )
