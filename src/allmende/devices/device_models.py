# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a maker says of a model: the catalogue of a town's devices.

These are facts from data sheets, not what a device says of itself (`device_description`); nobody prints by them. An energy figure is
the typical consumption of a week (TEC) as the Energy Star test procedure measures it.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality


class DeviceModel(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="device_models")
    maker = models.CharField(_("maker"), max_length=60)
    name = models.CharField(_("model"), max_length=100)
    is_colour = models.BooleanField(_("colour"), default=False)
    has_a3 = models.BooleanField(_("A3"), default=False)
    has_duplex = models.BooleanField(_("both sides"), default=True)
    has_finisher = models.BooleanField(_("finisher"), default=False)
    pages_per_minute = models.PositiveSmallIntegerField(_("pages per minute"), null=True, blank=True)
    #: Impressions per month that the maker allows.
    duty_cycle = models.PositiveIntegerField(_("duty cycle per month"), null=True, blank=True)
    kwh_per_week = models.DecimalField(
        _("energy, kWh per week (TEC)"), max_digits=6, decimal_places=2, null=True, blank=True
    )

    class Meta:
        ordering = ["maker", "name"]
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "maker", "name"], name="device_model_once")
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"
