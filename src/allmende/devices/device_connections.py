# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Connections to devices that stay open for the next request.

Always holds: a connection is used by one request at a time; idle ones are bounded in number and in age; one that the device
closed meanwhile is not given out (as far as the news has arrived: see `DeviceClient.request` for the rest).
Everything runs on one event loop.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from allmende.devices.device_addresses import AddressPolicy, DeviceAddress
from allmende.devices.device_dialogue import DeviceLimits, Dialogue
from allmende.devices.device_wire import Wire

_Key = tuple[str, str, int, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Idle:
    dialogue: Dialogue
    expiry: asyncio.TimerHandle


class DeviceConnections:
    """A pool. `idle_seconds` should be less than what devices allow (CUPS closes after 30 s, many printers after 10 to 60)."""

    def __init__(
        self,
        *,
        policy: AddressPolicy = AddressPolicy(),  # noqa: B008
        idle_seconds: float = 25.0,
        idle_per_device: int = 2,
        idle_in_all: int = 256,
    ) -> None:
        self.policy: Final = policy
        self._idle_seconds = idle_seconds
        self._idle_per_device = idle_per_device
        self._idle_in_all = idle_in_all
        self._idle: OrderedDict[_Key, list[_Idle]] = OrderedDict()
        self._count = 0

    def take_warm(self, address: DeviceAddress, pinned_sha256: str | None) -> Dialogue | None:
        """The connection that was used last, if one is open."""
        key = _key(address, pinned_sha256)
        while waiting := self._idle.get(key):
            idle = waiting.pop()
            self._forget(key, idle)
            if idle.dialogue.can_serve_another:
                return idle.dialogue
            idle.dialogue.wire.close()
        return None

    async def open(self, address: DeviceAddress, pinned_sha256: str | None, limits: DeviceLimits) -> Dialogue:
        """A fresh connection. Raises DeviceUnreachableError, CertificateChangedError."""
        wire = await Wire.connect(
            address, pinned_sha256=pinned_sha256, policy=self.policy, seconds=limits.connect
        )
        return Dialogue(wire, limits)

    def give_back(self, address: DeviceAddress, pinned_sha256: str | None, dialogue: Dialogue) -> None:
        """Keeps it for the next request where it can serve one."""
        if not dialogue.can_serve_another:
            dialogue.wire.close()
            return
        key = _key(address, pinned_sha256)
        waiting = self._idle.setdefault(key, [])
        self._idle.move_to_end(key)
        if len(waiting) >= self._idle_per_device:
            self._drop(key, waiting[0].dialogue)
        elif self._count >= self._idle_in_all:
            oldest = next(iter(self._idle))
            self._drop(oldest, self._idle[oldest][0].dialogue)
        waiting = self._idle.setdefault(key, [])
        expiry = asyncio.get_running_loop().call_later(self._idle_seconds, self._drop, key, dialogue)
        waiting.append(_Idle(dialogue, expiry))
        self._count += 1

    def idle_connections(self) -> int:
        return self._count

    def close(self) -> None:
        for key in list(self._idle):
            for idle in list(self._idle.get(key, ())):
                self._drop(key, idle.dialogue)

    def _drop(self, key: _Key, dialogue: Dialogue) -> None:
        waiting = self._idle.get(key, [])
        for idle in [idle for idle in waiting if idle.dialogue is dialogue]:
            waiting.remove(idle)
            self._forget(key, idle)
            dialogue.wire.close()

    def _forget(self, key: _Key, idle: _Idle) -> None:
        idle.expiry.cancel()
        self._count -= 1
        if not self._idle.get(key):
            self._idle.pop(key, None)


def _key(address: DeviceAddress, pinned_sha256: str | None) -> _Key:
    return address.scheme, address.host, address.port, pinned_sha256
