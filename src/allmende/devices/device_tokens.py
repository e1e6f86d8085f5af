# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Device tokens: what a reader or a panel shows to prove that it stands at a certain device. Only a hash is stored."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality


class TokenKind(models.TextChoices):
    READER = "reader", _("Reader")
    PANEL = "panel", _("Panel")


class DeviceToken(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=10, choices=TokenKind.choices)
    label = models.CharField(_("label"), max_length=80, blank=True)
    lookup = models.BinaryField(max_length=32, unique=True, editable=False)
    #: How this reader writes numbers: the fields of `allmende.seal.NumberFormat` as JSON.
    number_format = models.JSONField(_("number format"), default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("device token")
        verbose_name_plural = _("device tokens")

    def __str__(self) -> str:
        return self.label or f"{self.kind} {self.pk}"
