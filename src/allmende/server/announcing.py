# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this service announces in the network by DNS-SD: every town's held queue.

Direct queues are not announced: they belong to one workplace, whose client is given the address. Nothing is announced by a service that
only this machine can reach, or where `ALLMENDE_ANNOUNCE=0`.
"""

from __future__ import annotations

import ipaddress
import os

from django.db import connection

from allmende.devices.discovery import AnnouncedQueue, Announcer
from allmende.printing.gateway.print_queues import load_queue
from allmende.printing.gateway.printer_attributes import PrinterAnswers
from allmende.printing.queues import Queue, QueueKind


def make_announcer(host: str, port: int, public_url: str) -> Announcer | None:
    """The announcer for a service that listens on `host`, not yet started; None where nothing is to be announced."""
    if os.environ.get("ALLMENDE_ANNOUNCE") == "0" or _is_loopback(host):
        return None

    def find() -> list[AnnouncedQueue]:
        try:
            return find_announced_queues(public_url)
        finally:
            # Another thread may look the next time.
            connection.close()

    return Announcer(find, port=port)


def find_announced_queues(public_url: str) -> list[AnnouncedQueue]:
    active = Queue.objects.filter(kind=QueueKind.HELD, is_active=True).select_related("municipality")
    queues = list(active.order_by("pk"))
    # What a held queue can do is the same in all towns.
    view = load_queue(queues[0].municipality.slug, None) if queues else None
    if view is None:
        return []
    capabilities = PrinterAnswers().capabilities(view)
    formats = capabilities.strings("document-format-supported") or ()
    return [
        AnnouncedQueue(
            name=queue.name,
            path=queue.path().lstrip("/"),
            uuid=str(queue.uuid),
            admin_url=f"{public_url}/",
            # "Find out yourself" is no format that a client could choose by.
            formats=tuple(each for each in formats if each != "application/octet-stream"),
            urf=capabilities.keywords("urf-supported") or (),
            place=queue.municipality.name,
        )
        for queue in queues
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
