# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Importing the inventory: what a file adds and changes, what it leaves out and why, and that the same file again changes nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.device_moves import DeviceMove
from allmende.devices.devices import Device
from allmende.devices.inventory_file import (
    COLUMNS,
    InventoryRow,
    RowFault,
    read_inventory_file,
    write_inventory_file,
)
from allmende.devices.inventory_import import (
    InventoryChangedError,
    InventoryPlan,
    export_inventory,
    find_inventory_draft,
    import_inventory,
    keep_inventory_draft,
    plan_inventory,
)
from allmende.devices.places import Floor, Room
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db

POLICY = AddressPolicy(loopback=True)
LIST = """Inventarnummer;Gerät;Art;Hersteller;Modell;Seriennummer;Standort;Etage;Raum;Anschaffungsdatum;Bemerkung
IT-001;Bürgerbüro;MFP;Kyocera;TASKalfa 3554ci;R4P1234567;Rathaus;1. OG;104;01.03.2021;
IT-002;Standesamt;Drucker;Brother;HL-L5100DN;E78;Rathaus;EG;12;2019-07-15;"alt, aber gut"
IT-003;Fax Poststelle;Faxgerät;;;;Bauhof;;Pforte;;
"""


@pytest.fixture
def town() -> Municipality:
    return make_town()


@pytest.fixture
def it(town: Municipality) -> Person:
    return make_person(town, "it", it=True)


def load(it: Person, town: Municipality, data: bytes | str) -> InventoryPlan:
    """Upload and look."""
    raw = data.encode() if isinstance(data, str) else data
    keep_inventory_draft(it, town, read_inventory_file(raw, POLICY))
    draft = find_inventory_draft(it, town)
    assert draft is not None
    return plan_inventory(draft)


def run(it: Person, town: Municipality, data: bytes | str) -> InventoryPlan:
    return import_inventory(it, town, load(it, town, data).digest)


def stored(town: Municipality) -> list[dict[str, Any]]:
    return [dict(row) for row in Device.objects.filter(municipality=town).order_by("pk").values()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_list_becomes_devices_in_rooms(
    town: Municipality, it: Person, encoding: str, delimiter: str
) -> None:
    plan = run(it, town, LIST.replace(";", delimiter).encode(encoding))
    assert (len(plan.added), plan.problems) == (3, ())
    device = Device.objects.select_related("room__floor__site", "device_model").get(inventory_number="IT-001")
    assert device.room is not None
    assert device.device_model is not None
    assert (device.name, device.slug, device.kind, str(device.device_model)) == (
        "Bürgerbüro",
        "buergerbuero",
        "multifunction",
        "Kyocera TASKalfa 3554ci",
    )
    assert (device.room.floor.site, device.room.floor.level, device.place) == (device.site, 1, "1. OG, 104")
    assert str(device.acquired_on) == "2021-03-01"
    fax = Device.objects.get(inventory_number="IT-003")
    # Without a floor there is no room, only words.
    assert (fax.kind, fax.uri, fax.room, fax.place, str(fax.site)) == ("fax", "", None, "Pforte", "Bauhof")
    assert (Floor.objects.count(), Room.objects.count(), DeviceMove.objects.count()) == (2, 2, 3)


def test_the_same_file_again_changes_nothing(town: Municipality, it: Person) -> None:
    run(it, town, LIST)
    before = stored(town)
    again = load(it, town, LIST)
    assert (again.changes_anything, again.unchanged, again.problems) == (False, 3, ())
    assert stored(town) == before
    exported = write_inventory_file(export_inventory(town))
    back = load(it, town, exported)
    assert (back.changes_anything, back.unchanged) == (False, 3)


def test_one_column_for_maker_and_model_is_read_the_same_twice(town: Municipality, it: Person) -> None:
    data = "Gerät;Modell;Etage;Raum\nFlur;Kyocera TASKalfa 3554ci;EG;3\n"
    run(it, town, data)
    device = Device.objects.select_related("device_model").get()
    assert device.device_model is not None
    assert (device.device_model.maker, device.device_model.name) == ("Kyocera", "TASKalfa 3554ci")
    assert device.place == "EG, 3"
    assert load(it, town, data).unchanged == 1


def test_a_missing_column_keeps_and_an_empty_cell_empties(town: Municipality, it: Person) -> None:
    run(it, town, LIST)
    run(it, town, "Inventarnummer;Bemerkung;Raum;Etage\nIT-002;;14;EG\n")
    device = Device.objects.select_related("room", "site").get(inventory_number="IT-002")
    assert (device.remark, device.serial_number, device.place) == ("", "E78", "EG, 14")
    assert device.room is not None
    assert device.room.name == "14"
    assert list(device.moves.values_list("kind", "place")) == [("moved", "EG, 14"), ("placed", "EG, 12")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (";ipp://x/;;", RowFault.NAMELESS),
        ("a;x;gestern;", RowFault.NOT_A_DATE),
        ("a;x;2024-02-30;", RowFault.NOT_A_DATE),
        ("a;x;;Toaster", RowFault.NOT_A_KIND),
        ("a;http://x/;;", RowFault.NOT_AN_ADDRESS),
        ("a;;;;zu viel", RowFault.TOO_MANY_CELLS),
        (f"{'a' * 121};;;", RowFault.TOO_LONG),
    ],
)
def test_a_bad_line_is_left_out_and_the_others_come(
    town: Municipality, it: Person, line: str, fault: RowFault
) -> None:
    plan = run(it, town, f"Name;Adresse;Anschaffung;Art\n{line}\ngut;;;\n")
    assert [(each.line, each.fault) for each in plan.problems] == [(2, fault)]
    assert [row.name for row in plan.added] == ["gut"]


def test_a_line_that_means_two_devices_or_one_twice_is_left_out(town: Municipality, it: Person) -> None:
    run(it, town, LIST)
    plan = load(
        it,
        town,
        "Inventarnummer;Seriennummer;Gerät\nIT-001;E78;beides\nIT-002;E78;A\nIT-002;;B\nIT-9;neu-1;C\nIT-9;neu-2;D\n",
    )
    assert [(each.line, each.fault) for each in plan.problems] == [
        (2, RowFault.TWO_DEVICES),
        (4, RowFault.DEVICE_TWICE),
        (6, RowFault.NUMBER_TAKEN),
    ]


def test_a_serial_number_that_the_device_told_is_not_overwritten(town: Municipality, it: Person) -> None:
    device = make_device(town)
    Device.objects.filter(pk=device.pk).update(serial_number="TOLD", description=b"\1\1")
    plan = load(it, town, f"Kurzname;Seriennummer\n{device.slug};ANDERE\n")
    assert [(each.fault, each.detail) for each in plan.problems] == [(RowFault.SERIAL_DIFFERS, "TOLD")]
    assert load(it, town, f"Kurzname;Seriennummer\n{device.slug};\n").unchanged == 1


def test_an_address_without_its_port_is_the_same_address(town: Municipality, it: Person) -> None:
    device = make_device(town, uri="ipp://printer.example/ipp/print")
    Device.objects.filter(pk=device.pk).update(certificate_sha256="ab" * 32)
    assert load(it, town, write_inventory_file(export_inventory(town))).unchanged == 1


def test_a_device_changed_since_the_preview_asks_to_look_again(town: Municipality, it: Person) -> None:
    run(it, town, LIST)
    plan = load(it, town, "Inventarnummer;Bemerkung\nIT-001;neu\n")
    Device.objects.filter(inventory_number="IT-001").update(remark="anders")
    with pytest.raises(InventoryChangedError):
        import_inventory(it, town, plan.digest)
    assert Device.objects.get(inventory_number="IT-001").remark == "anders"


def test_another_town_has_the_same_numbers(town: Municipality, it: Person) -> None:
    other = make_town("coswig")
    run(it, town, LIST)
    before = stored(town)
    run(make_person(other, "it", it=True), other, LIST.replace("Bürgerbüro", "Meldeamt"))
    assert stored(town) == before
    assert Device.objects.filter(municipality=other).count() == 3


CELL = st.text(alphabet="aB1ä ;,\"'=-\n", max_size=6)
WORDS = {
    "kind": st.sampled_from(["", "Drucker", "fax", "x"]),
    "acquired_on": st.sampled_from(["", "2020-01-31", "31.1.2020", "31.02.2020"]),
    "lease_ends_on": st.sampled_from(["", "2029-12-31"]),
    "in_use": st.sampled_from(["", "ja", "nein"]),
    "uri": st.sampled_from(["", "ipp://p.example/a", "socket://10.1.2.3", "nonsense"]),
    "slug": st.sampled_from(["", "a", "b", "A-1"]),
    "inventory_number": st.sampled_from(["", "1", "2", "x"]),
    "serial_number": st.sampled_from(["", "S", "T"]),
    "name": st.sampled_from(["", "Eins", "Zwei", "=1+1"]),
}


@st.composite
def files(draw: Any) -> bytes:
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=9, unique=True))
    if not {"name", "slug", "inventory_number"} & set(columns):
        columns.append("name")
    cells = {name: WORDS.get(name, CELL) for name in COLUMNS}
    count = draw(st.integers(0, 5))
    rows = [InventoryRow(0, **{name: draw(cells[name]) for name in columns}) for _ in range(count)]
    table = write_inventory_file(rows).decode("utf-8-sig")
    # Only the drawn columns: what is missing must stay.
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(csv.DictReader(io.StringIO(table, newline=""), delimiter=";"))
    return out.getvalue().encode()


class AnyFile(TestCase):
    """Whatever a file says: it can be imported, and then it has nothing more to say.

    Only a file that is wholly read: a line that was left out because its name belonged to another device may come the second time,
    when that device has got another name.
    """

    @given(first=files(), second=files())
    @settings(max_examples=25, deadline=None)
    def test_any_file_settles(self, first: bytes, second: bytes) -> None:
        town = make_town()
        it = make_person(town, "it", it=True)
        run(it, town, first)
        problems = run(it, town, second).problems
        again = load(it, town, second)
        assert problems or not again.changes_anything, (again.added, again.changed)
        exported = load(it, town, write_inventory_file(export_inventory(town)))
        assert not exported.changes_anything, (exported.added, exported.changed)
