# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readings out of a CSV file: all of them, or none and what is wrong with each line.

A line has the device (name, short name, inventory number or serial number), the time, and counters by kind; headings in German or English, in any
order. A reading that is there already is passed over, so that a file may be read in twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from allmende.devices.devices import Device
from allmende.devices.meters.counts import HIGHEST_COUNT, KINDS, Counts
from allmende.devices.meters.reading_keeping import hold_device, judge_again
from allmende.devices.meters.readings import MeterReading, ReadingSource
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.csv_upload_page import describe_fault
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.documents.csv_text import TableFault, UnreadableTableError, read_csv_table

FILE_BYTES: Final = 2 * 1024 * 1024
LINES: Final = 20_000
FAULTS_SHOWN: Final = 50
_NAMED: Final = 5
_HEADINGS: Final = {
    "geraet": "device", "gerät": "device", "device": "device", "seriennummer": "serial", "serial": "serial",
    "zeit": "at", "datum": "at", "at": "at", "date": "at", "time": "at",
    "gesamt": "total", "total": "total",
    "sw": "mono", "schwarzweiss": "mono", "mono": "mono",
    "farbe": "colour", "colour": "colour", "color": "colour",
    "a3": "a3",
    "a3farbe": "a3_colour", "a3colour": "a3_colour", "a3color": "a3_colour",
    "blatt": "sheets", "sheets": "sheets",
}  # fmt: skip
_FORMATS: Final = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadLine:
    device: Device
    at: datetime
    counts: Counts


@dataclass(slots=True)
class ReadFile:
    """`faults`: sentences for people, each with its line's number; with any of them nothing may be stored."""

    lines: list[ReadLine] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_readings_file(municipality: Municipality, data: bytes) -> ReadFile:
    """Checks every line against the town's devices; stores nothing."""
    found = ReadFile()
    try:
        table = read_csv_table(data, _HEADINGS, max_bytes=FILE_BYTES, max_rows=LINES)
        if not {"at", "total"} <= set(table.columns) or not {"device", "serial"} & set(table.columns):
            raise UnreadableTableError(TableFault.COLUMN_MISSING)  # noqa: TRY301 - told like the other faults
    except UnreadableTableError as error:
        missing = _("The first line needs the headings geraet, zeit and gesamt.")
        found.faults.append(describe_fault(error, missing, FILE_BYTES, LINES))
        return found
    devices = _by_name(municipality)
    for line in table.lines:
        read = _read_line({name: cell for name, cell in line.cells.items() if cell}, devices)
        if isinstance(read, str):
            found.faults.append(_("Line %(number)d: %(fault)s") % {"number": line.number, "fault": read})
            if len(found.faults) >= FAULTS_SHOWN:
                break
        else:
            found.lines.append(read)
    return found


def import_readings(actor: Person, municipality: Municipality, lines: list[ReadLine]) -> int:
    """Store what is not there yet; how many. Raises PermissionDenied."""
    check_town_it(actor, municipality.pk)
    by_device: dict[int, list[ReadLine]] = {}
    for line in lines:
        by_device.setdefault(line.device.pk, []).append(line)
    count = 0
    with transaction.atomic():
        for device_lines in by_device.values():
            device = device_lines[0].device
            hold_device(device)
            there = set(
                MeterReading.objects.filter(device=device, source=ReadingSource.IMPORT).values_list(
                    "at", *KINDS
                )
            )
            fresh = []
            for line in device_lines:
                key = (line.at, *(getattr(line.counts, kind) for kind in KINDS))
                if key not in there:
                    there.add(key)
                    fresh.append(line)
            MeterReading.objects.bulk_create(
                MeterReading(
                    municipality=municipality,
                    device=device,
                    at=line.at,
                    source=ReadingSource.IMPORT,
                    entered_by=actor,
                    **line.counts.as_dict(),
                )
                for line in fresh
            )
            if fresh:
                judge_again(device, min(line.at for line in fresh))
            count += len(fresh)
        record_audit(municipality, actor, "readings.imported", "", lines=count)
    return count


def _by_name(municipality: Municipality) -> dict[str, list[Device]]:
    """All that a name could mean: one device's name may be another's short name."""
    names: dict[str, list[Device]] = {}
    for device in Device.objects.filter(municipality=municipality).select_related("device_model"):
        own = (device.name, device.slug, device.inventory_number, device.serial_number)
        for key in {_plain(name) for name in own} - {""}:
            names.setdefault(key, []).append(device)
    return names


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _read_line(cells: Mapping[str, str], devices: dict[str, list[Device]]) -> ReadLine | str:
    name = cells.get("serial") or cells.get("device", "")
    meant = devices.get(_plain(name), [])
    if not meant:
        return _("There is no device “%(name)s”.") % {"name": name[:60]}
    if len(meant) > 1:
        slugs = ", ".join(sorted(device.slug for device in meant)[:_NAMED])
        return _("“%(name)s” can mean several devices. Write the short name instead: %(slugs)s.") % {
            "name": name[:60],
            "slugs": slugs,
        }
    device = meant[0]
    at = read_moment(cells.get("at", ""))
    if at is None:
        return _("“%(text)s” is no time such as 31.12.2025 23:59.") % {"text": cells.get("at", "")[:40]}
    if at > timezone.now() + timedelta(minutes=10):
        return _("The time lies in the future.")
    values: dict[str, int | None] = {}
    for kind in KINDS:
        if kind in cells:
            digits = re.sub(r"[.\s\u00a0\u202f]", "", cells[kind])
            if not re.fullmatch(r"[0-9]{1,10}", digits, re.ASCII) or int(digits) > HIGHEST_COUNT:
                return _("“%(text)s” is no count.") % {"text": cells[kind][:40]}
            values[kind] = int(digits)
    fault = fault_of(values)
    return fault or ReadLine(device, at, Counts.read(values))


def read_moment(text: str) -> datetime | None:
    """The town's local time; None for what is none."""
    for form in _FORMATS:
        try:
            naive = datetime.strptime(text, form)  # noqa: DTZ007 - made aware below
        except ValueError:
            continue
        return timezone.make_aware(naive)
    return None


def fault_of(values: dict[str, int | None]) -> str:
    """What is wrong with counts that a person gave; "" where nothing is."""
    total, mono, colour = values.get("total"), values.get("mono"), values.get("colour")
    if total is None:
        return _("The total is missing.")
    if (mono or 0) + (colour or 0) > total:
        return _("Black and white and colour are more than the total.")
    if (values.get("a3") or 0) > total or (values.get("a3_colour") or 0) > (values.get("a3") or total):
        return _("More large sides than sides.")
    return ""
