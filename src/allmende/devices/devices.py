# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices: printers and multifunction devices, where they stand and what they can do.

What a device says of itself (`capabilities`, `state`, `state_reasons`) is a cache of its last answer and as untrusted as any
answer; it serves display and the choice of a format, never a decision about whether something was printed.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.devices.device_models import DeviceModel
from allmende.devices.places import Room
from allmende.devices.sites import Site
from allmende.directory.municipalities import Municipality


def make_label_code() -> str:
    """What a label's address ends in: 80 random bits, so that only who has seen the label knows it."""
    return secrets.token_hex(10)


class DeviceKind(models.TextChoices):
    MULTIFUNCTION = "multifunction", _("multifunction device")
    PRINTER = "printer", _("printer")
    COPIER = "copier", _("copier")
    SCANNER = "scanner", _("scanner")
    FAX = "fax", _("fax")


class Device(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="devices")
    slug = models.SlugField(_("short name"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices")
    #: Of the same site. With a room, `place` is its words (`places.write_place`).
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices")
    place = models.CharField(_("floor and room"), max_length=120, blank=True)
    #: `ipp://`, `ipps://` or, as a last resort, `socket://host:9100`. Empty: in the inventory only, never printed to by chip.
    uri = models.CharField(_("address"), max_length=300, blank=True)
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

    kind = models.CharField(
        _("kind"), max_length=20, choices=DeviceKind.choices, default=DeviceKind.MULTIFUNCTION
    )
    #: The catalogue's entry; `make_and_model` is what the device says of itself.
    device_model = models.ForeignKey(
        DeviceModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices"
    )
    inventory_number = models.CharField(_("inventory number"), max_length=60, blank=True)
    acquired_on = models.DateField(_("bought or leased on"), null=True, blank=True)
    #: None: it is the town's own, or nobody has entered it.
    lease_ends_on = models.DateField(_("lease ends on"), null=True, blank=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    label_code = models.CharField(max_length=20, unique=True, default=make_label_code, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "slug"], name="device_slug_once"),
            models.UniqueConstraint(
                fields=["municipality", "inventory_number"],
                condition=~Q(inventory_number=""),
                name="device_inventory_number_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_printable(self) -> bool:
        """Whether Allmende can send documents to it: what has no address is in the inventory only."""
        return bool(self.uri)
