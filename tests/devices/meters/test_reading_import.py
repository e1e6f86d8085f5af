# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readings out of CSV: all or nothing, twice is once."""

from __future__ import annotations

import pytest
from django.utils import translation

from allmende.devices.devices import Device
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.reading_import import import_readings, read_readings_file
from allmende.devices.meters.readings import MeterReading
from allmende.directory.municipalities import Municipality
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Municipality:
    town = make_town()
    make_device(town, "eg")
    make_device(make_town("gommern"), "fremd")
    return town


def test_a_german_file_of_a_spreadsheet(town: Municipality) -> None:
    data = "Geraet;Zeit;Gesamt;Farbe;A3\r\nEG;31.12.2024;1.000;200;\r\neg;30.06.2025 12:30;1 500;300;10\r\n;;\r\n"
    found = read_readings_file(town, data.encode("cp1252"))
    assert found.faults == []
    it = make_person(town, "it", it=True)
    assert import_readings(it, town, found.lines) == 2
    assert import_readings(it, town, found.lines) == 0
    first, second = MeterReading.objects.order_by("at")
    assert first.counts == Counts(total=1000, mono=800, colour=200)
    assert second.counts == Counts(total=1500, mono=1200, colour=300, a3=10)
    assert second.at.isoformat() == "2025-06-30T10:30:00+00:00"
    assert (second.source, second.entered_by) == ("import", it)


def test_every_wrong_line_is_named(town: Municipality) -> None:
    data = (
        "device,at,total,mono,colour\nfremd,2025-01-01,5,,\neg,gestern,5,,\neg,2099-01-01,5,,\n"
        "eg,2025-01-01,-5,,\neg,2025-01-01,5,4,4\neg,2025-01-02,,,\neg,2025-01-03,7,,\n"
    )
    found = read_readings_file(town, data.encode())
    assert [int(fault.split()[1].rstrip(":")) for fault in found.faults] == [2, 3, 4, 5, 6, 7]
    assert len(found.lines) == 1


def test_a_device_is_found_by_its_shown_name_too(town: Municipality) -> None:
    Device.objects.filter(slug="eg").update(name="Bürgeramt  Süd (EG)", serial_number="HA1")
    found = read_readings_file(town, "device;at;total\nbürgeramt süd (eg);2025-01-01;5\n".encode("cp1252"))
    assert [line.device.slug for line in found.lines] == ["eg"]
    assert found.faults == []


def test_a_list_with_name_and_serial_number_goes_by_the_number(town: Municipality) -> None:
    Device.objects.filter(slug="eg").update(serial_number="HA1")
    data = "Gerät;Serien-Nr.;Seriennummer;Zeit;Gesamt\nim Flur;;HA1;01.01.2025;5\neg;;;02.01.2025;7\n"
    found = read_readings_file(town, data.encode())
    assert [(line.device.slug, line.counts.total) for line in found.lines] == [("eg", 5), ("eg", 7)]
    assert found.faults == []


def test_a_fault_after_a_cell_of_two_lines_is_told_by_the_editor_s_number(town: Municipality) -> None:
    data = 'device;at;total;remark\neg;2025-01-01;5;"two\nlines"\nug;2025-01-01;5;\n'
    (fault,) = read_readings_file(town, data.encode()).faults
    assert fault.split()[1] == "4:"


def test_a_name_that_means_two_devices_is_asked_back(town: Municipality) -> None:
    other = make_device(town, "og")
    Device.objects.filter(pk=other.pk).update(name="EG")
    with translation.override("en"):
        found = read_readings_file(
            town, b"device;at;total\neg;2025-01-01;5\nog;2025-01-01;5\nug;2025-01-01;5\n"
        )
    assert [line.device.slug for line in found.lines] == ["og"]
    assert found.faults == [
        "Line 2: “eg” can mean several devices. Write the short name instead: eg, og.",
        "Line 4: There is no device “ug”.",
    ]


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\xfe", b"a;b;c\n1;2;3", b"device,at,total\n" + b'"' * 100, b"x" * 2_100_000]
)
def test_what_is_no_such_file_is_refused(town: Municipality, data: bytes) -> None:
    assert read_readings_file(town, data).faults


def test_what_can_not_be_true_is_flagged_after_an_import_too(town: Municipality) -> None:
    data = "device,at,total\neg,2025-01-01,1000\neg,2025-02-01,900\neg,2025-03-01,1100\n"
    found = read_readings_file(town, data.encode())
    import_readings(make_person(town, "it", it=True), town, found.lines)
    assert list(MeterReading.objects.order_by("at").values_list("reason", flat=True)) == ["", "goes-back", ""]
