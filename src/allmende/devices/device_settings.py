# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Django's settings say about devices."""

from django.conf import settings

from allmende.devices.device_addresses import AddressPolicy


def address_policy() -> AddressPolicy:
    """Where devices may be (`ALLMENDE_LOOPBACK_DEVICES`)."""
    return AddressPolicy(loopback=bool(getattr(settings, "ALLMENDE_LOOPBACK_DEVICES", False)))
