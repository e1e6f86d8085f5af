# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is believed of a device's answer."""

from hypothesis import given
from hypothesis import strategies as st

from allmende import ipp
from allmende.devices.device_description import LIST_LENGTH, DeviceDescription, Supply, clean_text
from allmende.ipp import make

URI = "ipp://192.0.2.7/ipp/print"


def read(*attributes: ipp.Attribute) -> DeviceDescription:
    message = ipp.Message((2, 0), 0, 1, (ipp.Group(ipp.GroupTag.PRINTER, attributes),))
    return DeviceDescription.read(URI, message)


def test_facts_of_a_good_answer() -> None:
    device = read(
        make.text("printer-info", "Kopierer im Flur"),
        make.text("printer-make-and-model", "Muster 4000"),
        make.text("printer-device-id", "MFG:Muster;MDL:4000;SN:AB12;"),
        make.mime("document-format-supported", "application/pdf", "image/urf"),
        make.boolean("color-supported", value=True),
        make.keyword("sides-supported", "one-sided", "two-sided-long-edge"),
        make.enum("finishings-supported", 3, 4),
        make.integer("pages-per-minute", 40),
        make.enum("printer-state", 5),
        make.keyword("printer-state-reasons", "media-jam-error"),
        make.octets("printer-supply", b"type=toner;maxcapacity=200;level=50;colorantname=cyan;"),
        make.text("printer-supply-description", "Toner blau"),
    )
    assert (device.name, device.make_and_model, device.serial_number) == (
        "Kopierer im Flur",
        "Muster 4000",
        "AB12",
    )
    assert device.is_color
    assert device.is_duplex
    assert device.takes_documents
    assert (device.speed, device.finishings) == (40, (3, 4))
    assert (device.state, device.state_reasons) == ("stopped", ("media-jam-error",))
    assert device.supplies == (Supply("Toner blau", "toner", "cyan", 25),)


def test_markers_where_there_are_no_supplies() -> None:
    device = read(
        make.name("marker-names", "Schwarz", "Blau"),
        make.keyword("marker-types", "toner", "toner"),
        make.name("marker-colors", "#000000", "#00FFFF"),
        make.integer("marker-levels", 30, -2),
    )
    assert [supply.level for supply in device.supplies] == [30, None]


def test_wrong_types_and_senseless_numbers_are_left_out() -> None:
    device = read(
        make.integer("printer-info", 5),
        make.keyword("color-supported", "yes"),
        make.integer("pages-per-minute", -7),
        make.enum("printer-state", 99),
        make.octets("printer-supply", b"level=999999999999;maxcapacity=-4", b"\xff\xfe=;;;="),
        make.keyword("printer-state-reasons", "none", "<script>", "door-open"),
        make.keyword("media-supported", *(f"custom_{n}" for n in range(5000))),
    )
    assert (device.name, device.is_color, device.speed, device.state) == ("", False, None, "unknown")
    assert device.state_reasons == ("door-open",)
    assert len(device.media) == LIST_LENGTH
    assert {supply.level for supply in device.supplies} == {None}


NAMES = (
    "printer-info",
    "printer-make-and-model",
    "printer-device-id",
    "printer-supply",
    "printer-supply-description",
    "marker-names",
    "marker-levels",
    "printer-state",
    "media-supported",
    "finishings-supported",
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.lists(st.binary(max_size=60), min_size=1, max_size=3),
            st.integers(0x10, 0x49),
        )
    )
)
def test_any_message_that_decodes_can_be_described(parts: list[tuple[str, list[bytes], int]]) -> None:
    octets = b"\x02\x00\x00\x00\x00\x00\x00\x01\x04"
    for name, values, tag in parts:
        if tag in (0x34, 0x37):
            continue
        field = name.encode()
        for value in values:
            octets += (
                bytes([tag]) + len(field).to_bytes(2, "big") + field + len(value).to_bytes(2, "big") + value
            )
            field = b""
    try:
        message, _ = ipp.decode(octets + b"\x03")
    except ipp.IppError:
        return
    device = DeviceDescription.read(URI, message)
    for text in (
        device.name,
        device.make_and_model,
        device.serial_number,
        *(s.name for s in device.supplies),
    ):
        assert len(text) <= 200
        assert text == clean_text(text)
        text.encode()
    assert all(supply.level is None or 0 <= supply.level <= 100 for supply in device.supplies)


def test_text_can_not_turn_the_direction_of_writing() -> None:
    assert clean_text("a\u202egnp.exe\x00\n" + "b" * 500) == ("a gnp.exe " + "b" * 500)[:200]
