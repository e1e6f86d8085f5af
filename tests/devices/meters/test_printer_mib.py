# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real SNMP agent that plays makers' printers, over v2c and v3; and agents that mean no good."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.meters import snmp_session
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.counts import Counts
from allmende.devices.meters.printer_mib import PRT_SUPPLIES, TABLES, ask_by_snmp, read_answer
from allmende.devices.meters.snmp_credentials import Community, SnmpCredentials, UserKeys
from allmende.devices.meters.snmp_session import FORBIDDEN, NO_ANSWER, REFUSED, SnmpError, Value, open_snmp
from allmende.devices.meters.vendors import vendors
from devices.meters.snmp_agent import AUTH_KEY, PRIV_KEY, USER, Agent

POLICY = AddressPolicy(loopback=True)
V3 = UserKeys(USER, "sha256", AUTH_KEY, "aes128", PRIV_KEY, "public")


async def ask(agent: Agent, credentials: SnmpCredentials) -> DeviceAnswer:
    return await ask_by_snmp(agent.host, agent.port, credentials, policy=POLICY)


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("kyocera", Counts(total=220_000, mono=170_000, colour=50_000, a3=6_500, a3_colour=2_500)),
        ("ricoh", Counts(total=100_000, mono=80_500, colour=19_500)),
        ("konica_minolta", Counts(total=55_000, mono=40_000, colour=15_000, a3=1_500, a3_colour=500)),
        ("canon", Counts(total=8_468, mono=7_290, colour=1_178, a3=468, a3_colour=178)),
        ("hp", Counts(total=1_170, mono=332, colour=838)),
        ("xerox", Counts(total=70_000, mono=50_000, colour=20_000, a3=2_000, a3_colour=700)),
        ("plain", Counts(sheets=4_000)),
    ],
)
async def test_counters_of_makers(agent: Agent, name: str, counts: Counts) -> None:
    answer = await ask(agent, Community(name))
    assert answer.counts == counts
    assert answer.raw["prtMarkerLifeCount.1.1"]


async def test_supplies_trays_and_complaints_over_v3(agent: Agent) -> None:
    answer = await ask(agent, V3)
    assert answer == await ask(agent, Community("kyocera"))
    assert answer.serial_number == "RFA1234567"
    assert [(each.kind, each.colour, each.level) for each in answer.supplies] == [
        ("toner", "black", 20),
        ("toner", "cyan", 90),
        ("toner", "magenta", None),
        ("toner", "yellow", 50),
        ("waste", "", None),
        ("drum", "", 6),
    ]
    assert [(tray.name, tray.level) for tray in answer.inputs] == [("Kassette 1", 0), ("Kassette 2", 60)]
    # The empty tray is one of two: no reason to run.
    assert answer.reasons == {"toner-low"}


@pytest.mark.parametrize(
    ("user", "auth", "priv"), [("wer", AUTH_KEY, PRIV_KEY), (USER, "falsche-signatur", PRIV_KEY)]
)
async def test_wrong_keys_are_refused_and_not_told(agent: Agent, user: str, auth: str, priv: str) -> None:
    with pytest.raises(SnmpError) as caught:
        await ask(agent, UserKeys(user, "sha256", auth, "aes128", priv, "public"))
    assert caught.value.reason == REFUSED
    assert auth not in repr(caught.value)
    assert auth not in repr(UserKeys(user, "sha256", auth, "aes128", priv))
    assert "geheim" not in repr(Community("geheim"))


async def test_a_wrong_community_is_silence(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp_session, "REQUEST_SECONDS", 0.2)
    with pytest.raises(SnmpError) as caught:
        await ask(agent, Community("falsch"))
    assert caught.value.reason == NO_ANSWER


async def test_only_addresses_of_devices_are_asked(agent: Agent) -> None:
    for host, policy in (("127.0.0.1", AddressPolicy()), ("169.254.169.254", POLICY)):
        with pytest.raises(SnmpError) as caught:
            async with open_snmp(host, 161, Community("x"), policy=policy):
                pass
        assert caught.value.reason == FORBIDDEN


class _Nonsense(asyncio.DatagramProtocol):
    """Answers each datagram with that many of these bytes, whatever was asked."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for reply in (self._data, data[:-3], data, self._data * 200):
            self._transport.sendto(reply[:60_000], addr)  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [b"\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30" * 300, b"\xff" * 1400])
async def test_nonsense_ends_in_bounded_time(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp_session, "REQUEST_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Nonsense(data), local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    start = time.monotonic()
    try:
        with pytest.raises(SnmpError):
            await ask_by_snmp("127.0.0.1", port, Community("public"), policy=POLICY)
    finally:
        transport.close()
    assert time.monotonic() - start < 5


async def test_a_table_without_end_is_cut(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp_session, "TABLE_OBJECTS", 5)
    async with open_snmp(agent.host, agent.port, Community("kyocera"), policy=POLICY) as session:
        assert len(await session.walk(PRT_SUPPLIES)) <= 5 + snmp_session._REPETITIONS
    monkeypatch.setattr(snmp_session, "SESSION_OBJECTS", 10)
    with pytest.raises(SnmpError):
        await ask(agent, Community("kyocera"))


oids = st.one_of(
    st.builds(
        lambda table, column, index: f"{table}.{column}.1.{index}",
        st.sampled_from(TABLES),
        st.integers(0, 20),
        st.integers(0, 5),
    ),
    st.sampled_from([oid for vendor in vendors() for oid in vendor.objects]),
    st.builds(
        lambda table, index: f"{table}.{index}",
        st.sampled_from([table for vendor in vendors() for table in vendor.tables]),
        st.integers(0, 900),
    ),
)
values = st.one_of(st.integers(-(2**63), 2**64), st.binary(max_size=40), st.just("1.3.6.1.4.1.1347.41"))


@given(
    st.dictionaries(oids, values, max_size=60),
    st.sampled_from([f"1.3.6.1.4.1.{vendor.enterprise}.1" for vendor in vendors()]),
)
def test_no_answer_of_an_agent_breaks_anything(objects: dict[str, Value], object_id: str) -> None:
    answer = read_answer({**objects, "1.3.6.1.2.1.1.2.0": object_id})
    told = answer.counts.as_dict()
    assert all(0 <= count <= 1_000_000_000 for count in told.values())
    assert all(each.level is None or 0 <= each.level <= 100 for each in answer.supplies)
    assert len(answer.serial_number) <= 100


def test_makers_are_told_apart_by_their_number() -> None:
    found = vendors()
    assert len({vendor.enterprise for vendor in found}) == len(found)
    assert [vendor.name for vendor in found if vendor.is_of("1.3.6.1.4.1.11.2.3.9.1")] == ["HP"]
    assert not any(vendor.is_of("1.3.6.1.4.1.110") for vendor in found)
