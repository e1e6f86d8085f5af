# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Meters and supplies by IPP: a virtual device that has really printed, Debian's ippeveprinter, and hostile words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende import ipp
from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.device_client import DeviceClient, DeviceConnections
from allmende.devices.device_requests import print_job
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.ipp_answers import ask_by_ipp, read_alert, read_answer, read_supply, read_tray
from allmende.documents import make_demo_pdf
from allmende.ipp import make
from devices.real_printer import real_printer
from devices.virtual_device_process import virtual_device

POLICY = AddressPolicy(loopback=True)


async def ask(uri: str) -> DeviceAnswer:
    connections = DeviceConnections(policy=POLICY)
    try:
        answer, state = await ask_by_ipp(uri, pinned_sha256=None, connections=connections)
    finally:
        connections.close()
    assert state in {"idle", "processing"}
    return answer


async def test_the_virtual_device_tells_what_it_really_printed(tmp_path: Path) -> None:
    async with virtual_device(tmp_path, "--keep-meters") as device:
        before = await ask(device.uri)
        assert before.counts == Counts(total=0, mono=0, colour=0, sheets=0)
        client = DeviceClient(device.uri, policy=POLICY)
        wishes = [make.keyword("sides", "two-sided-long-edge"), make.integer("copies", 2)]

        async def document() -> AsyncIterator[bytes]:
            yield make_demo_pdf("x", 3)

        reply = await client.request(print_job(device.uri, "application/pdf", wishes), document=document())
        job = reply.message.group(ipp.GroupTag.JOB).integer("job-id")
        assert job is not None
        await device.wait_for_job(job, lambda facts: facts["state"] == "completed")
        client.close()
        after = await ask(device.uri)
        assert (after.counts.total, after.counts.sheets) == (6, 4)
        assert (after.counts.mono or 0) + (after.counts.colour or 0) == 6
        assert [each.kind for each in after.supplies] == ["toner"] * 4
        assert all(each.level is not None for each in after.supplies)
    async with virtual_device(tmp_path, "--keep-meters") as device:
        assert (await ask(device.uri)).counts == after.counts


async def test_a_printer_that_none_of_us_wrote(tmp_path: Path) -> None:
    async with real_printer(tmp_path) as uri:
        answer = await ask(uri)
    assert answer.model
    assert answer.supplies
    assert {each.kind for each in answer.supplies} <= {"toner", "waste", "drum", "part", "other"}
    assert any(each.level is not None for each in answer.supplies)


def answer_of(*attributes: ipp.Attribute) -> DeviceAnswer:
    return read_answer(ipp.Message((2, 0), 0, 1, (ipp.Group(ipp.GroupTag.PRINTER, attributes),)))


def test_words_of_the_standard() -> None:
    answer = answer_of(
        make.octets(
            "printer-supply",
            b"index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=8;colorantname=black;",
            b"index=2;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=-2;",
            b"index=3;type=opc;unit=impressions;maxcapacity=50000;level=5000;",
        ),
        make.text("printer-supply-description", "Schwarz", "Resttoner", "Trommel"),
        make.octets(
            "printer-alert",
            b"code=jam;severity=critical;group=mediaPath;",
            b"code=inputMediaSupplyEmpty;severity=warning;",
        ),
        make.octets(
            "printer-input-tray", b"type=sheetFeedAutoRemovableTray;maxcapacity=500;level=250;name=Fach 1;"
        ),
        make.keyword("printer-state-reasons", "toner-low-warning"),
        make.integer("printer-impressions-completed", 1000),
        make.collection(
            "printer-impressions-completed-col",
            [
                make.integer("monochrome", 500),
                make.integer("monochrome-two-sided", 300),
                make.integer("full-color", 200),
            ],
        ),
    )
    assert [(each.key, each.kind, each.name, each.level) for each in answer.supplies] == [
        ("1", "toner", "Schwarz", 8),
        ("2", "waste", "Resttoner", None),
        ("3", "drum", "Trommel", 10),
    ]
    assert answer.reasons == {"media-jam", "toner-low"}
    assert [(tray.name, tray.level) for tray in answer.inputs] == [("Fach 1", 50)]
    assert answer.counts == Counts(total=1000, mono=800, colour=200)


def test_markers_of_older_devices() -> None:
    answer = answer_of(
        make.name("marker-names", "Black", "Waste"),
        make.keyword("marker-types", "toner-cartridge", "waste-toner"),
        make.name("marker-colors", "#000000", "none"),
        make.integer("marker-levels", 42, -1),
    )
    assert [(each.kind, each.level) for each in answer.supplies] == [("toner", 42), ("waste", None)]


words = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["type", "level", "maxcapacity", "index", "unit", "code", "severity", "colorantname", "name"]
            ),
            st.text(max_size=30),
        ),
        max_size=12,
    ).map(lambda fields: "".join(f"{name}={value};" for name, value in fields).encode("utf-8", "replace")),
)


@given(words, st.text(max_size=50))
def test_hostile_words_do_no_harm(data: bytes, description: str) -> None:
    supply = read_supply(data, description, 1)
    if supply is not None:
        assert supply.level is None or 0 <= supply.level <= 100
        assert len(supply.key) <= 40
        assert "\x1b" not in supply.name + supply.colour
    tray = read_tray(data, 1)
    assert tray is None or tray.level is None or 0 <= tray.level <= 100
    assert len(read_alert(data)) <= 1


def test_counters_that_contradict_each_other_are_cut_to_the_total() -> None:
    answer = answer_of(
        make.integer("printer-impressions-completed", 100),
        make.collection("printer-impressions-completed-col", [make.integer("full-color", 5000)]),
    )
    assert answer.counts == Counts(total=100)
    assert answer.raw["left out"]
    assert answer_of(make.integer("printer-impressions-completed", -5)).counts.is_empty


@pytest.mark.parametrize("data", [b"", b";;;", b"=", b"level"])
def test_nothing_is_no_supply(data: bytes) -> None:
    assert read_supply(data, "x", 1) is None
