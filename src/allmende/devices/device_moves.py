# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a device stood on which day: moves and swaps, append-only.

A move is never changed or deleted; a wrong one is put right by another of the same day, because of several of one day the one written
last holds. Site and place are kept as words too: the history survives a renamed or deleted room. At a swap one device leaves
and another takes its place; both rows name the other one and carry the counter of that moment.
"""

from __future__ import annotations

from typing import Any, Never

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.devices.places import Room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class MoveKind(models.TextChoices):
    PLACED = "placed", _("set up")
    MOVED = "moved", _("moved")
    SWAPPED_IN = "swapped-in", _("took another's place")
    SWAPPED_OUT = "swapped-out", _("replaced")
    REMOVED = "removed", _("taken away")

    @property
    def leaves(self) -> bool:
        """Whether the device stands nowhere afterwards."""
        return self in (MoveKind.SWAPPED_OUT, MoveKind.REMOVED)


class MoveImmutableError(Exception):
    """A row of the history was to be changed."""


class _AppendOnly(models.QuerySet["DeviceMove"]):
    def update(self, **_kwargs: Any) -> Never:
        raise MoveImmutableError

    def delete(self) -> Never:
        raise MoveImmutableError


class DeviceMove(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="moves")
    kind = models.CharField(max_length=20, choices=MoveKind.choices)
    #: From this day on (the town's date).
    day = models.DateField(_("day"))
    #: Where it stands from then on; empty where it stands nowhere.
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    site_name = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=120, blank=True)
    #: All impressions that the device's counter shows at that moment, where somebody read it.
    counter = models.PositiveIntegerField(_("counter"), null=True, blank=True)
    #: The other device of a swap.
    other_device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = _AppendOnly.as_manager()

    class Meta:
        ordering = ["-day", "-id"]
        verbose_name = _("move of a device")
        verbose_name_plural = _("moves of devices")
        indexes = [models.Index(fields=["device", "-day", "-id"], name="moves_of_device")]

    def __str__(self) -> str:
        return f"{self.day} {self.device_id} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise MoveImmutableError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        raise MoveImmutableError
