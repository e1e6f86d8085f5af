# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Floors and rooms of a site, with the coordinates that a plan is drawn from.

Coordinates are metres in the plan of the site, the same origin on every floor, x to the right and y down; both are there or neither.
A device's `place` is text that people read; while the device stands in a room, it is that room's words, and is written anew when
the room or the floor is renamed (`place_administration`).
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality

#: A device's place is at most this long; a floor's and a room's names together are shorter.
MAX_PLACE_LENGTH = 120


class Floor(models.Model):
    """One floor of a site. `level` orders them: 0 is the ground floor, negative ones lie below."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="floors")
    name = models.CharField(_("name"), max_length=50)
    level = models.SmallIntegerField(
        _("level of the floor"), default=0, validators=[MinValueValidator(-20), MaxValueValidator(200)]
    )

    class Meta:
        ordering = ["level", "name"]
        verbose_name = _("floor")
        verbose_name_plural = _("floors")
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="floor_name_once")]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room or a place in a corridor where devices stand or people work."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    floor = models.ForeignKey(Floor, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(_("name"), max_length=60)
    x = models.DecimalField(_("x in metres"), max_digits=7, decimal_places=2, null=True, blank=True)
    y = models.DecimalField(_("y in metres"), max_digits=7, decimal_places=2, null=True, blank=True)
    #: How many people have their desk here; the print-and-copy concept weighs their ways with it.
    people_count = models.PositiveSmallIntegerField(_("people"), default=0)

    class Meta:
        ordering = ["floor", "name"]
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(fields=["floor", "name"], name="room_name_once"),
            models.CheckConstraint(
                condition=Q(x__isnull=True, y__isnull=True) | Q(x__isnull=False, y__isnull=False),
                name="room_both_coordinates",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def write_place(room: Room) -> str:
    """A room's words at the panel and on labels; needs `floor`."""
    return f"{room.floor.name}, {room.name}"[:MAX_PLACE_LENGTH]
