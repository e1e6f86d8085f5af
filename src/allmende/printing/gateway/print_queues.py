# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Queues as the gateway sees them, and the paths that name them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from allmende.devices.devices import Device
from allmende.directory.identities import Town, load_town
from allmende.directory.municipalities import Municipality
from allmende.printing.queues import Queue, QueueKind, ReportedState, ensure_held_queue

_SLUG: Final = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_PATH: Final = re.compile(
    rf"/ipp/(?:print/(?P<town>{_SLUG})(?:/(?P<key>[0-9a-z]{{1,13}}-[a-z2-7]{{24}}))?"
    rf"|direct/(?P<direct_town>{_SLUG})/(?P<device>{_SLUG}))"
    r"(?:/jobs/(?P<job>[0-9]{1,10}))?/?",
)


@dataclass(frozen=True, slots=True)
class QueuePath:
    """`device` for a direct queue, `key` of a personal address; `base` is the queue's own path without a job."""

    town: str
    device: str | None
    key: str | None
    job_id: int | None
    base: str


@lru_cache(maxsize=4096)
def read_queue_path(path: str) -> QueuePath | None:
    """None for a path that can't name a queue. Letters' case does not count: some clients change it."""
    match = _PATH.fullmatch(path.lower())
    if match is None:
        return None
    town = match["town"] or match["direct_town"]
    device, key, job = match["device"], match["key"], match["job"]
    base = f"/ipp/direct/{town}/{device}" if device else f"/ipp/print/{town}" + (f"/{key}" if key else "")
    return QueuePath(town, device, key, int(job) if job else None, base)


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue and its town; `device_id` is None on a held queue."""

    id: int
    town: Town
    uuid: uuid.UUID
    name: str
    is_active: bool
    reported_completed: bool
    device_id: int | None
    device_name: str
    location: str
    #: Since when the printer is "up": the same for all processes, and over their restarts.
    created_at: datetime

    @property
    def is_direct(self) -> bool:
        return self.device_id is not None

    @property
    def tells_completed(self) -> bool:
        """Whether clients hear that a job is complete as soon as it is held."""
        return self.reported_completed and not self.is_direct

    def up_time(self, at: datetime | None = None) -> int:
        """`printer-up-time` now, or at another moment; from 1."""
        return max(1, int(((at or datetime.now(UTC)) - self.created_at).total_seconds()))


def load_queue(town_slug: str, device_slug: str | None) -> QueueView | None:
    """The queue; a town's held queue is made where it has none yet. Synchronous."""
    town = load_town(town_slug)
    if town is None:
        return None
    if device_slug is None:
        queue = Queue.objects.filter(municipality_id=town.id, kind=QueueKind.HELD).first()
        if queue is None:
            queue = ensure_held_queue(Municipality.objects.get(pk=town.id))
        return _view(queue, town, None)
    device = (
        Device.objects.filter(municipality_id=town.id, slug=device_slug, is_active=True)
        .exclude(uri="")
        .first()
    )
    if device is None:
        return None
    queue = Queue.objects.filter(municipality_id=town.id, kind=QueueKind.DIRECT, device=device).first()
    return None if queue is None else _view(queue, town, device)


def _view(queue: Queue, town: Town, device: Device | None) -> QueueView:
    return QueueView(
        id=queue.pk,
        town=town,
        uuid=queue.uuid,
        name=queue.name,
        is_active=queue.is_active,
        reported_completed=queue.reported_state == ReportedState.COMPLETED,
        device_id=device.pk if device else None,
        device_name=device.name if device else "",
        location=device.place if device else "",
        created_at=queue.created_at,
    )
