# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device last said of its state, for panels and the town's IT; never a reason to decide anything about a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from allmende.devices.device_description import read_state, read_state_reasons
from allmende.devices.devices import Device
from allmende.ipp import AttributeSet


@dataclass(frozen=True, slots=True)
class DeviceState:
    """`name`: idle, processing, stopped, unreachable, unknown; `reasons` as the device's keywords, bounded."""

    name: str
    reasons: tuple[str, ...] = ()

    @property
    def is_troubled(self) -> bool:
        return self.name not in {"idle", "processing"} or bool(self.reasons)

    @classmethod
    def read(cls, printer: AttributeSet) -> DeviceState:
        """Out of the printer group of an answer to Get-Printer-Attributes."""
        return cls(read_state(printer), read_state_reasons(printer))


UNREACHABLE: Final = DeviceState("unreachable")
#: Something answers in its place, or it was reset; nothing is sent until the town's IT has looked.
CERTIFICATE_CHANGED: Final = DeviceState("unreachable", ("certificate-changed",))


def record_state(device_id: int, uri: str, state: DeviceState) -> None:
    """Unless the device's row has got another address meanwhile. Blocks on the database."""
    columns: dict[str, object] = {"state": state.name, "state_reasons": list(state.reasons)}
    if state.name != UNREACHABLE.name:
        columns["seen_at"] = timezone.now()
    Device.objects.filter(pk=device_id, uri=uri).update(**columns)
