# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asking many devices at once, by SNMP and by IPP, each in bounded time.

The network runs in a thread of its own with an event loop; what came is handed to the caller's thread, which alone speaks to the database.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from allmende.devices.device_addresses import AddressPolicy
from allmende.devices.device_client import DeviceConnections
from allmende.devices.device_probe import ProbeError
from allmende.devices.device_states import UNREACHABLE, DeviceState
from allmende.devices.meters.answers import DeviceAnswer
from allmende.devices.meters.ipp_answers import ask_by_ipp
from allmende.devices.meters.snmp_credentials import SnmpCredentials

log = logging.getLogger(__name__)

AT_ONCE: Final = 16
DEVICE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """One device. `ipp_uri`: "" where it speaks none; `snmp_host`: "" or no credentials where it is not asked so."""

    device_id: int
    ipp_uri: str = ""
    certificate_sha256: str = ""
    snmp_host: str = ""
    snmp_port: int = 161
    snmp_credentials: SnmpCredentials | None = None


@dataclass(slots=True)
class Asked:
    """What came of it; `problems` are lazy translations, by how it was asked. `state`: IPP's, "" without; `away`: why IPP had no answer."""

    target: Target
    answers: dict[str, DeviceAnswer] = field(default_factory=dict)
    problems: dict[str, object] = field(default_factory=dict)
    state: str = ""
    away: DeviceState = UNREACHABLE


def ask_devices(
    targets: Sequence[Target], policy: AddressPolicy, *, at_once: int = AT_ONCE
) -> Iterator[Asked]:
    """Each device's outcome as soon as it is there, in no order. Never raises for what a device does."""
    done: queue.Queue[Asked | None] = queue.Queue()
    worker = threading.Thread(
        target=lambda: asyncio.run(_ask_all(targets, policy, at_once, done)), name="meters", daemon=True
    )
    worker.start()
    for _ in targets:
        asked = done.get()
        if asked is None:
            break
        yield asked
    worker.join(timeout=DEVICE_SECONDS)


async def _ask_all(
    targets: Sequence[Target], policy: AddressPolicy, at_once: int, done: queue.Queue[Asked | None]
) -> None:
    connections = DeviceConnections(policy=policy)
    places = asyncio.Semaphore(at_once)

    async def ask(target: Target) -> None:
        async with places:
            done.put(await _ask_one(target, policy, connections))

    try:
        await asyncio.gather(*(ask(target) for target in targets))
    finally:
        connections.close()
        done.put(None)


async def _ask_one(target: Target, policy: AddressPolicy, connections: DeviceConnections) -> Asked:
    asked = Asked(target)
    try:
        async with asyncio.timeout(DEVICE_SECONDS):
            await asyncio.gather(_by_snmp(asked, policy), _by_ipp(asked, connections))
    except TimeoutError:
        asked.problems.setdefault("ipp", "timeout")
    except Exception:
        # One device's nonsense that nobody foresaw must not end the round of all others.
        log.exception("device %d could not be asked", target.device_id)
        asked.problems.setdefault("ipp", "error")
    return asked


async def _by_snmp(asked: Asked, policy: AddressPolicy) -> None:
    target = asked.target
    if not target.snmp_host or target.snmp_credentials is None:
        return
    # pysnmp is heavy: a service without SNMP never loads it.
    from allmende.devices.meters.printer_mib import ask_by_snmp  # noqa: PLC0415
    from allmende.devices.meters.snmp_session import SnmpError  # noqa: PLC0415

    try:
        asked.answers["snmp"] = await ask_by_snmp(
            target.snmp_host, target.snmp_port, target.snmp_credentials, policy=policy
        )
    except SnmpError as error:
        asked.problems["snmp"] = error.reason


async def _by_ipp(asked: Asked, connections: DeviceConnections) -> None:
    target = asked.target
    if not target.ipp_uri:
        return
    try:
        asked.answers["ipp"], asked.state = await ask_by_ipp(
            target.ipp_uri, pinned_sha256=target.certificate_sha256 or None, connections=connections
        )
    except ProbeError as error:
        asked.problems["ipp"], asked.away = error.reason, error.state
