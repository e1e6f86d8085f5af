# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Settings of queues and direct queues, by the town's IT. Every change is in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError
from django.http import Http404

from allmende.devices.devices import Device
from allmende.directory.access import check_town_it
from allmende.directory.audit import record_audit
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person
from allmende.printing.queues import Queue, QueueKind, ReportedState, ensure_direct_queue


class QueueInUseError(Exception):
    """Jobs belong to the queue: it can be closed, not deleted."""


@dataclass(frozen=True, slots=True)
class QueueDetails:
    name: str
    reported_state: ReportedState
    is_active: bool


def access_queue_for(actor: Person, queue_id: int) -> Queue:
    """A queue of the actor's town; Http404 for every other number."""
    queue = (
        Queue.objects.select_related("municipality", "device")
        .filter(pk=queue_id, municipality_id=town_id_of(actor))
        .first()
    )
    if queue is None:
        raise Http404
    return queue


def change_queue(actor: Person, queue: Queue, details: QueueDetails) -> list[str]:
    """The names of the fields that changed. Raises PermissionDenied."""
    check_town_it(actor, queue.municipality_id)
    changed = {
        name: [getattr(queue, name), value]
        for name, value in (
            ("name", details.name),
            ("reported_state", details.reported_state.value),
            ("is_active", details.is_active),
        )
        if getattr(queue, name) != value
    }
    if changed:
        for name, (_old, new) in changed.items():
            setattr(queue, name, new)
        with transaction.atomic():
            queue.save(update_fields=list(changed))
            record_audit(queue.municipality, actor, "queue.changed", f"queue:{queue.pk}", **changed)
    return list(changed)


def add_direct_queue(actor: Person, device: Device) -> Queue:
    """The device's direct queue, open; the same again only opens it. Raises PermissionDenied."""
    check_town_it(actor, device.municipality_id)
    with transaction.atomic():
        queue = ensure_direct_queue(device)
        if not queue.is_active:
            Queue.objects.filter(pk=queue.pk).update(is_active=True)
            queue.is_active = True
        record_audit(device.municipality, actor, "queue.added", f"queue:{queue.pk}", device=device.pk)
    return queue


def delete_queue(actor: Person, queue: Queue) -> None:
    """Only a direct queue that no job belongs to. Raises PermissionDenied, QueueInUseError."""
    check_town_it(actor, queue.municipality_id)
    if queue.kind != QueueKind.DIRECT:
        raise QueueInUseError
    number = queue.pk
    try:
        with transaction.atomic():
            queue.delete()
            record_audit(queue.municipality, actor, "queue.deleted", f"queue:{number}", name=queue.name)
    except ProtectedError:
        raise QueueInUseError from None
