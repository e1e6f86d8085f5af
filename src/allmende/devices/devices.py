# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices: printers and multifunction devices, where they stand and what they can do.

What a device says of itself (`capabilities`, `state`, `state_reasons`) is a cache of its last answer and as untrusted as any
answer; it serves display and the choice of a format, never a decision about whether something was printed.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality


class Device(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="devices")
    slug = models.SlugField(_("short name"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices")
    place = models.CharField(_("floor and room"), max_length=120, blank=True)
    #: `ipp://`, `ipps://` or, as a last resort, `socket://host:9100`.
    uri = models.CharField(_("address"), max_length=300)
    is_active = models.BooleanField(_("in use"), default=True)
    #: With True a tap releases everything at once, without a touch: for readers without a panel.
    release_on_tap = models.BooleanField(_("a tap prints at once"), default=False)

    make_and_model = models.CharField(_("model"), max_length=200, blank=True)
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True)
    #: The device's answer to Get-Printer-Attributes as sent (application/ipp), bounded; empty where never asked.
    description = models.BinaryField(default=b"", editable=False)
    #: SHA-256 of the certificate seen at first use; another one later is refused until the town's IT accepts it.
    certificate_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(max_length=20, default="unknown", editable=False)
    state_reasons = models.JSONField(default=list, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [models.UniqueConstraint(fields=["municipality", "slug"], name="device_slug_once")]

    def __str__(self) -> str:
        return self.name
