# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Announcing and finding on the loopback interface, with our browser and with Avahi's."""

import asyncio
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import ServiceInfo, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from allmende.devices import discovery
from allmende.devices.discovery import AnnouncedQueue, Announcer, browse_devices, read_service
from devices.avahi import private_avahi
from devices.programs import require_program

LOOPBACK = ["127.0.0.1"]


def queue(name: str) -> AnnouncedQueue:
    return AnnouncedQueue(
        name,
        "ipp/print/zerbst",
        str(uuid.uuid4()),
        "http://localhost:8631/",
        formats=("application/pdf", "image/urf"),
        urf=("V1.4", "W8"),
        place="Rathaus",
    )


async def test_what_is_announced_is_found() -> None:
    ours = queue(f"Zerbst {uuid.uuid4().hex[:8]}")
    announcer = Announcer(lambda: [ours], port=8631, interfaces=LOOPBACK)
    assert await announcer.start()
    try:
        found = {d.name: d for d in await browse_devices(1.0, interfaces=LOOPBACK)}[ours.name]
        assert found.uri == "ipps://127.0.0.1:8631/ipp/print/zerbst"
        assert (found.make_and_model, found.place, found.uuid) == ("Allmende", "Rathaus", ours.uuid)
        assert "image/urf" in found.formats
        others = await browse_devices(0.5, interfaces=LOOPBACK, ignored_uuids=frozenset({ours.uuid}))
        assert ours.name not in {d.name for d in others}
    finally:
        await announcer.stop()


@pytest.mark.parametrize("subtype", ["_universal", "_print"])
async def test_subtypes_lead_to_the_queue(subtype: str) -> None:
    ours = queue(f"Zerbst {uuid.uuid4().hex[:8]}")
    announcer = Announcer(lambda: [ours], port=8631, interfaces=LOOPBACK)
    assert await announcer.start()
    seen = asyncio.Event()

    def note(zeroconf: object, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if name.startswith(ours.name):
            seen.set()

    client = AsyncZeroconf(interfaces=LOOPBACK)
    try:
        AsyncServiceBrowser(client.zeroconf, f"{subtype}._sub._ipp._tcp.local.", handlers=[note])
        async with asyncio.timeout(10):
            await seen.wait()
    finally:
        await client.async_close()
        await announcer.stop()


async def test_queues_come_and_go_while_it_announces() -> None:
    """Each with its subtypes; a look that fails leaves all as it was."""
    name = f"Zerbst {uuid.uuid4().hex[:8]}"
    before = queue(name)
    after = replace(before, place="Stadthaus")
    queues, fails = [before], 2

    def find() -> list[AnnouncedQueue]:
        nonlocal fails
        if queues != [before] and fails:
            fails -= 1
            raise OSError("the database is away")
        return list(queues)

    async def places() -> dict[str, str]:
        """Of this test's queues, by name, as a client sees them that comes now."""
        found = await browse_devices(0.5, interfaces=LOOPBACK)
        return {device.name: device.place for device in found if device.name.startswith(name)}

    announcer = Announcer(find, port=8631, interfaces=LOOPBACK, seconds=0.05)
    assert await announcer.start()
    try:
        async with asyncio.timeout(60):
            while await places() != {name: "Rathaus"}:
                pass
            queues[:] = [after]
            while (seen := await places()) != {name: "Stadthaus"}:
                assert seen in ({}, {name: "Rathaus"})
            queues.clear()
            while await places():
                pass
        assert announcer._zeroconf is not None
        left = announcer._zeroconf.zeroconf.registry.types
        assert not [instances for kind, instances in left.items() if "_sub" in kind and instances]
    finally:
        await announcer.stop()


@pytest.mark.system
async def test_avahi_finds_it_too(tmp_path: Path) -> None:
    program = require_program("avahi-browse")
    ours = queue(f"Zerbst {uuid.uuid4().hex[:8]}")
    announcer = Announcer(lambda: [ours], port=8631, interfaces=LOOPBACK)
    assert await announcer.start()
    try:
        async with private_avahi(tmp_path) as environment, asyncio.timeout(30):
            output = b""
            while b'"rp=ipp/print/zerbst"' not in output:
                process = await asyncio.create_subprocess_exec(
                    program, "-rpt", "_universal._sub._ipp._tcp", env=environment,
                    stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                )  # fmt: skip
                output, _ = await process.communicate()
    finally:
        await announcer.stop()
    assert ours.uuid.encode() in output


async def test_a_network_without_multicast_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(discovery, "AsyncZeroconf", refuse)
    assert await browse_devices(0.01) == []
    assert not await Announcer(lambda: [queue("Zerbst")], port=1).start()


@given(st.dictionaries(st.binary(min_size=1, max_size=20), st.none() | st.binary(max_size=100), max_size=20))
def test_any_txt_record_is_read_or_refused(properties: dict[bytes, bytes | None]) -> None:
    info = ServiceInfo(
        "_ipp._tcp.local.",
        "x\u202e<b>._ipp._tcp.local.",
        port=631,
        properties=properties,
        parsed_addresses=["192.0.2.1"],
    )
    found = read_service(info)
    if found:
        assert found.name.isprintable()
        assert found.make_and_model.isprintable()
        assert found.uri.startswith("ipp://192.0.2.1:631/")
        assert found.uri.isascii()


def test_no_string_of_the_record_is_too_long() -> None:
    long = replace(
        queue("ä" * 300),
        path="p" * 300,
        admin_url="http://x/" + "y" * 400,
        place="ö" * 300,
        formats=("a/b",) * 90,
        urf=("V1.4",) * 90,
    )
    assert all(len(f"{key}={value}".encode()) <= 255 for key, value in long.txt().items())
