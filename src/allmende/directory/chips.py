# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Chips: what opens a person's key. The chip's number is stored nowhere.

One Argon2id over number, town's salt and pepper gives through HKDF both `lookup` (finds the row) and the key that wraps
the person's private key (`wrapped_identity`). Removing the row removes the only way from that chip to the documents.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class Chip(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="chips")
    label = models.CharField(_("label"), max_length=80, blank=True)
    lookup = models.BinaryField(max_length=32, editable=False)
    wrapped_identity = models.BinaryField(editable=False)
    has_pin = models.BooleanField(_("asks for a PIN"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("chip")
        verbose_name_plural = _("chips")
        constraints = [
            models.UniqueConstraint(fields=["municipality", "lookup"], name="chip_once_per_municipality"),
        ]

    def __str__(self) -> str:
        return self.label or f"chip {self.pk}"


class EnrolmentCode(models.Model):
    """A one-time code that lets the holder of an unknown chip say at a panel who they are. Only its hash is stored."""

    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="enrolment_codes")
    lookup = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "lookup"], name="enrolment_code_once"),
        ]

    def __str__(self) -> str:
        return f"code for {self.person}"
