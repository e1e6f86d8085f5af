# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices that announce themselves in the network: a list, and one click that asks the device and fills the form."""

from __future__ import annotations

import asyncio
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from allmende.devices.devices import Device
from allmende.devices.discovery import browse_devices
from allmende.directory.administration_access import Desk, changing_page

_SECONDS: Final = 3.0
#: What our own queues announce as their product.
_OURSELVES: Final = "Allmende"


@require_GET
@changing_page
def list_found_devices(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Takes some seconds: that is how long answers are waited for."""
    found = [
        device for device in asyncio.run(browse_devices(_SECONDS)) if device.make_and_model != _OURSELVES
    ]
    known = set(Device.objects.filter(municipality=desk.municipality).values_list("uri", flat=True))
    rows = [{"device": device, "known": device.uri in known} for device in found]
    return desk.show(request, "devices/found_devices.html", rows=rows)
