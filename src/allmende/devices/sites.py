# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sites: the buildings of a municipality."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality


class Site(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [models.UniqueConstraint(fields=["municipality", "name"], name="site_name_once")]

    def __str__(self) -> str:
        return self.name
