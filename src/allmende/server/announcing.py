# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this service announces in the network by DNS-SD: every town's held queue.

Direct queues are not announced: they belong to one workplace, whose client is given the address. Nothing is announced by a service that
only this machine can reach, or where `ALLMENDE_ANNOUNCE=0`.
"""

from __future__ import annotations

import ipaddress
import os

from allmende.devices.discovery import AnnouncedQueue, Announcer
from allmende.printing.queues import Queue, QueueKind


def make_announcer(host: str, port: int, public_url: str) -> Announcer | None:
    """The announcer for a service that listens on `host`, not yet started; None where nothing is to be announced."""
    if os.environ.get("ALLMENDE_ANNOUNCE") == "0" or _is_loopback(host):
        return None
    queues = Queue.objects.filter(kind=QueueKind.HELD, is_active=True).select_related("municipality")
    announced = [
        AnnouncedQueue(
            name=queue.name,
            path=queue.path().lstrip("/"),
            uuid=str(queue.uuid),
            admin_url=f"{public_url}/",
            place=queue.municipality.name,
        )
        for queue in queues
    ]
    return Announcer(announced, port=port) if announced else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
