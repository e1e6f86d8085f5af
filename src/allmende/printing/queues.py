# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Queues: what clients print to.

A *held* queue keeps jobs until a chip is tapped; every town has one default held queue at `/ipp/print/<municipality>`. A
*direct* queue belongs to one device of a counter workplace, at `/ipp/direct/<municipality>/<device>`, and holds nothing.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality


class QueueKind(models.TextChoices):
    HELD = "held", _("held until the chip is tapped")
    DIRECT = "direct", _("direct to one device")


class ReportedState(models.TextChoices):
    """What clients are told of a held job: some block their queue behind a job that stays pending."""

    PENDING_HELD = "pending-held", _("held (CUPS, macOS, Android)")
    COMPLETED = "completed", _("completed (Windows)")


class Queue(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="queues")
    kind = models.CharField(max_length=10, choices=QueueKind.choices, default=QueueKind.HELD)
    name = models.CharField(_("name"), max_length=100)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    reported_state = models.CharField(
        _("state that clients are told of a held job"),
        max_length=20,
        choices=ReportedState.choices,
        default=ReportedState.PENDING_HELD,
    )
    is_active = models.BooleanField(_("accepts jobs"), default=True)
    uuid = models.UUIDField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["kind", "name"]
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = [
            models.UniqueConstraint(
                fields=["municipality"], condition=models.Q(kind="held"), name="one_held_queue"
            ),
            models.UniqueConstraint(
                fields=["device"], condition=models.Q(kind="direct"), name="one_direct_queue_per_device"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="held", device__isnull=True)
                | models.Q(kind="direct", device__isnull=False),
                name="direct_queues_have_a_device",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def path(self) -> str:
        """The path of its printer URI."""
        if self.kind == QueueKind.DIRECT:
            device: Device | None = self.device
            return f"/ipp/direct/{self.municipality.slug}/{device.slug if device else ''}"
        return f"/ipp/print/{self.municipality.slug}"


def ensure_held_queue(municipality: Municipality) -> Queue:
    """The town's one held queue, made at first need."""
    queue, _ = Queue.objects.get_or_create(
        municipality=municipality,
        kind=QueueKind.HELD,
        defaults={"name": municipality.name, "uuid": uuid.uuid4()},
    )
    return queue


def ensure_direct_queue(device: Device) -> Queue:
    """The direct queue of a counter workplace's device, made at first need."""
    queue, _ = Queue.objects.get_or_create(
        municipality_id=device.municipality_id,
        device=device,
        kind=QueueKind.DIRECT,
        defaults={"name": device.name, "uuid": uuid.uuid4()},
    )
    return queue
