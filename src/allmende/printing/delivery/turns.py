# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whose turn it is at a device: one delivery at a time, over all processes.

A turn is a lease: it ends by itself when the process that holds it dies. It keeps deliveries in order and is not what keeps a
job from printing twice: that is the job's own row (`job_changes`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from allmende.devices.devices import Device

#: A turn that isn't renewed for so long is free.
TURN_LEASE: Final = timedelta(seconds=20)


class DeviceTurn(models.Model):
    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="+")
    holder = models.CharField(max_length=40, default="", blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"device {self.device_id}: {self.holder or 'free'}"


def take_turn(device_id: int, holder: str) -> bool:
    """Whether this process has the turn now; taking it again renews it."""
    now = timezone.now()
    free = Q(holder="") | Q(holder=holder) | Q(until__lt=now)
    rows = DeviceTurn.objects.filter(free, device_id=device_id)
    if rows.update(holder=holder, until=now + TURN_LEASE):
        return True
    try:
        with transaction.atomic():
            DeviceTurn.objects.create(device_id=device_id, holder=holder, until=now + TURN_LEASE)
    except IntegrityError:
        return False
    return True


def leave_turn(device_id: int, holder: str) -> None:
    DeviceTurn.objects.filter(device_id=device_id, holder=holder).update(holder="")


def leave_turns(holder: str) -> None:
    """All that this process has, at any device."""
    DeviceTurn.objects.filter(holder=holder).update(holder="")
