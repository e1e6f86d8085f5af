# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""One device as deliveries see it: its client, and what it last said it can do.

The answer to Get-Printer-Attributes is kept for a minute and asked for already at the tap, so that a release finds a warm
connection and knows the device. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from allmende.devices.device_client import (
    DeviceClient,
    DeviceConnections,
    DeviceLimits,
    DeviceNonsenseError,
    Reply,
)
from allmende.devices.device_requests import get_printer_attributes, identify_printer
from allmende.devices.device_states import DeviceState
from allmende.devices.devices import Device
from allmende.ipp import AttributeSet, GroupTag, Status
from allmende.printing.delivery.plans import PLAN_ATTRIBUTES

#: Seconds for which a device's capabilities are believed.
DESCRIPTION_AGE: Final = 60.0
#: A state that did not change is written again after so many seconds, so that one sees when the device was last there.
STATE_AGE: Final = 30.0


class DeviceStatusError(Exception):
    """The device answered with an IPP error; `status` is its number."""

    def __init__(self, status: int) -> None:
        super().__init__(f"IPP status 0x{status:04x}")
        self.status = status


def require_success(reply: Reply) -> Reply:
    """Raises DeviceStatusError."""
    if not reply.is_successful:
        raise DeviceStatusError(reply.status)
    return reply


class DevicePrinter:
    """Raises DeviceUnreachableError where the address is none that this service connects to."""

    def __init__(self, device: Device, connections: DeviceConnections, limits: DeviceLimits) -> None:
        self.device_id: Final = device.pk
        self.uri: Final = device.uri
        self.pinned_sha256: Final = device.certificate_sha256
        self.client: Final = DeviceClient(
            device.uri,
            pinned_sha256=device.certificate_sha256 or None,
            connections=connections,
            limits=limits,
        )
        self.version = (2, 0)
        self._attributes: AttributeSet | None = None
        self._asked_at = 0.0
        self._asking = asyncio.Lock()
        self._noted: DeviceState | None = None
        self._noted_at = 0.0

    def is_for(self, device: Device) -> bool:
        """Whether the row still has the address and the certificate that this was made for."""
        return self.uri == device.uri and self.pinned_sha256 == device.certificate_sha256

    async def describe(self) -> AttributeSet:
        """What the device can do, at most a minute old. Raises DeviceError, DeviceStatusError."""
        async with self._asking:
            if self._attributes is None or time.monotonic() - self._asked_at > DESCRIPTION_AGE:
                self._asked_at = time.monotonic()
                self._attributes = await self._ask()
            return self._attributes

    def forget_description(self) -> None:
        """Ask anew next time: the device refused what it had promised."""
        self._attributes = None

    @property
    def state(self) -> DeviceState | None:
        """As the device last said it; None where that is forgotten or was never asked."""
        return DeviceState.read(self._attributes) if self._attributes is not None else None

    def take_news(self, state: DeviceState | None = None) -> DeviceState | None:
        """The state (or the given one) if it is to be written down: it changed, or was last written a while ago."""
        state = state or self.state
        now = time.monotonic()
        if state is None or (state == self._noted and now - self._noted_at < STATE_AGE):
            return None
        self._noted, self._noted_at = state, now
        return state

    @property
    def may_be_well_again(self) -> bool:
        """It was in trouble when its state was last written, and has not been asked for a while."""
        troubled = self._noted is not None and self._noted.is_troubled
        return troubled and time.monotonic() - self._asked_at >= STATE_AGE

    async def warm(self) -> None:
        """Connection and description at hand for the release that may follow. Raises as `describe`.

        A fault that the device had told of may have been mended, so such a device is asked anew.
        """
        if self.state is not None and self.state.is_troubled:
            self.forget_description()
        await self.describe()
        await self.client.connect()

    async def identify(self) -> None:
        """Have the device show itself, in the way that it does this by itself. Raises DeviceError."""
        await self.client.request(identify_printer(self.uri, version=self.version))

    async def _ask(self) -> AttributeSet:
        reply = await self.client.request(
            get_printer_attributes(self.uri, PLAN_ATTRIBUTES, version=self.version)
        )
        if reply.status == Status.SERVER_ERROR_VERSION_NOT_SUPPORTED and self.version > (1, 1):
            self.version = (1, 1)
            return await self._ask()
        require_success(reply)
        printer = reply.message.group(GroupTag.PRINTER)
        if not printer.attributes:
            raise DeviceNonsenseError("a description without attributes")
        return printer


def pin_certificate(device_id: int, uri: str, sha256: str) -> None:
    """The certificate of the first use; another one later is refused until the town's IT accepts it."""
    Device.objects.filter(pk=device_id, uri=uri, certificate_sha256="").update(certificate_sha256=sha256)
