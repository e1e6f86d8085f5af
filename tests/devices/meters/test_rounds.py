# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rounds over a real agent, a virtual device and devices that are gone; when they are due; the command."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from allmende.devices.devices import Device
from allmende.devices.meters.alerts import raised_alerts
from allmende.devices.meters.meters_command import run as run_command
from allmende.devices.meters.plans import MeterPlan
from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.rounds import MeterRound, RoundKind, ask_for_round, run_due_rounds, run_round
from allmende.devices.meters.snmp_access import SnmpAccess, keep_access
from allmende.devices.meters.supplies import DeviceSupply
from allmende.directory.municipalities import Municipality
from devices.meters.snmp_agent import Agent
from devices.programs import free_port
from devices.virtual_device_process import virtual_device
from makers import make_device, make_person, make_town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.ALLMENDE_LOOPBACK_DEVICES = True


def make_snmp_device(town: Municipality, slug: str, agent: Agent, community: str) -> Device:
    device = make_device(town, slug, uri="")
    access = SnmpAccess(municipality=town, device=device, version="v2c", host=agent.host, port=agent.port)
    keep_access(make_person(town, f"it-{slug}", it=True), access, {"community": community})
    return device


async def test_a_round_reads_what_it_can_and_says_what_it_can_not(agent: Agent, tmp_path: Path) -> None:
    def make() -> tuple[MeterRound, list[Device]]:
        town = make_town()
        devices = [
            make_snmp_device(town, "kyocera", agent, "kyocera"),
            make_snmp_device(town, "canon", agent, "canon"),
            make_device(town, "weg", uri=f"ipp://127.0.0.1:{free_port()}/ipp/print"),
            make_device(town, "virtuell", uri=virtual.uri),
            make_device(town, "nur-inventar", uri=""),
        ]
        return ask_for_round(None, town), devices

    async with virtual_device(tmp_path) as virtual:
        waiting, devices = await sync_to_async(make)()
        assert await asyncio.to_thread(run_round, waiting.pk)
        assert not await asyncio.to_thread(run_round, waiting.pk)

    def check() -> None:
        done = MeterRound.objects.get(pk=waiting.pk)
        assert done.ended_at is not None
        assert (done.devices, done.done, done.readings) == (4, 4, 3)
        assert [problem["device"] for problem in done.problems] == [devices[2].pk]
        assert done.problems[0]["ipp"] == "The device does not listen at this port."
        kyocera = MeterReading.objects.get(device=devices[0])
        assert (kyocera.source, kyocera.total, kyocera.a3) == ("snmp", 220_000, 6_500)
        assert kyocera.serial_number == "RFA1234567"
        assert kyocera.raw["Kyocera: colour"] == 50_000
        assert MeterReading.objects.get(device=devices[3]).source == "ipp"
        assert DeviceSupply.objects.filter(device=devices[0], is_present=True).count() == 6
        devices[2].refresh_from_db()
        assert devices[2].state == "unreachable"
        # The drum is at 6 %; which toner is low the device does not say: the level of one is unknown.
        found = raised_alerts(done.municipality_id).values_list("kind", "subject")
        assert sorted(found) == [("drum-low", "snmp:1.6"), ("toner-low", "")]

    await sync_to_async(check)()


async def test_a_device_keeps_to_its_source(agent: Agent, tmp_path: Path) -> None:
    """SNMP and IPP need not count alike: a night without SNMP adds no reading of the other kind."""
    async with virtual_device(tmp_path) as virtual:

        def first() -> tuple[Municipality, Device]:
            town = make_town()
            device = make_snmp_device(town, "beides", agent, "ricoh")
            Device.objects.filter(pk=device.pk).update(uri=virtual.uri)
            return town, device

        town, device = await sync_to_async(first)()
        assert await asyncio.to_thread(run_round, (await sync_to_async(ask_for_round)(None, town)).pk)

        def break_snmp() -> None:
            access = SnmpAccess.objects.get(device=device)
            access.port = free_port()
            access.save()

        await sync_to_async(break_snmp)()
        assert await asyncio.to_thread(run_round, (await sync_to_async(ask_for_round)(None, town)).pk)

    def check() -> None:
        (reading,) = MeterReading.objects.filter(device=device)
        assert (reading.source, reading.total) == ("snmp", 100_000)

    await sync_to_async(check)()


def test_one_nightly_round_a_day_and_watches_between() -> None:
    town = make_town()
    make_device(town, "nur-inventar", uri="")
    MeterPlan.objects.create(municipality=town, watch_minutes=60)
    tomorrow = timezone.localtime() + timedelta(days=1)
    night = tomorrow.replace(hour=2, minute=29, second=0, microsecond=0)
    assert run_due_rounds(night) == 1
    assert run_due_rounds(night + timedelta(minutes=1)) == 1
    assert run_due_rounds(night + timedelta(minutes=2)) == 0
    kinds = list(MeterRound.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == [RoundKind.WATCH, RoundKind.NIGHTLY]
    assert run_due_rounds(night + timedelta(days=1, minutes=1)) == 1
    assert MeterRound.objects.filter(kind=RoundKind.NIGHTLY).count() == 2


def test_a_plan_that_is_off_runs_nothing() -> None:
    town = make_town()
    make_device(town, "eg", uri="")
    MeterPlan.objects.create(municipality=town, is_on=False)
    assert run_due_rounds(datetime(2026, 3, 2, 12, tzinfo=UTC)) == 0


def test_a_round_that_was_left_behind_is_run_once_more() -> None:
    town = make_town()
    left = MeterRound.objects.create(
        municipality=town, kind=RoundKind.ASKED, begun_at=datetime(2026, 3, 2, 10, tzinfo=UTC), tries=1
    )
    assert run_due_rounds(datetime(2026, 3, 2, 10, 30, tzinfo=UTC)) == 0
    assert run_due_rounds(datetime(2026, 3, 2, 12, tzinfo=UTC)) == 1
    left.refresh_from_db()
    assert left.ended_at is not None


def test_the_command_tells_readings_as_json(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    make_snmp_device(make_town(), "canon", agent, "canon")
    assert run_command(Namespace(action="read", town="zerbst", json=True)) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["device"] == "canon"
    assert row["counts"]["total"] == 8468
    assert row["plausible"] is True
    assert run_command(Namespace(action="read", town="nirgends", json=False)) == 2
