# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where Django looks for the room's models; they live with their nouns."""

from allmende.devices.device_models import DeviceModel
from allmende.devices.device_moves import DeviceMove
from allmende.devices.device_tokens import DeviceToken
from allmende.devices.devices import Device
from allmende.devices.fault_reports import FaultReport
from allmende.devices.inventory_import import InventoryDraft
from allmende.devices.meters.alerts import DeviceAlert
from allmende.devices.meters.plans import MeterPlan
from allmende.devices.meters.readings import MeterReading
from allmende.devices.meters.rounds import MeterRound
from allmende.devices.meters.snmp_access import SnmpAccess
from allmende.devices.meters.supplies import DeviceSupply, SupplySample
from allmende.devices.places import Floor, Room
from allmende.devices.sites import Site

__all__ = [
    "Device",
    "DeviceAlert",
    "DeviceModel",
    "DeviceMove",
    "DeviceSupply",
    "DeviceToken",
    "FaultReport",
    "Floor",
    "InventoryDraft",
    "MeterPlan",
    "MeterReading",
    "MeterRound",
    "Room",
    "Site",
    "SnmpAccess",
    "SupplySample",
]
