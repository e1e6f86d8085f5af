# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people in front of a device report: a fault that the town's IT sees and closes.

Whoever knows a device's label may report, also without signing in; so the text is bounded, and a device takes only so many reports
in an hour and so many open ones (`report_fault`).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class FaultKind(models.TextChoices):
    JAM = "jam", _("Paper jam")
    SUPPLIES = "supplies", _("Paper or toner is empty")
    QUALITY = "quality", _("Bad print")
    READER = "reader", _("Reader or panel does not work")
    OTHER = "other", _("Something else")


class FaultReport(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="fault_reports")
    kind = models.CharField(max_length=20, choices=FaultKind.choices, default=FaultKind.OTHER)
    text = models.CharField(_("what is wrong"), max_length=500, blank=True)
    reported_at = models.DateTimeField(auto_now_add=True)
    #: None: not signed in.
    reported_by = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    answer = models.CharField(_("what was done"), max_length=300, blank=True)

    class Meta:
        ordering = ["-reported_at", "-id"]
        verbose_name = _("fault report")
        verbose_name_plural = _("fault reports")
        indexes = [
            models.Index(fields=["municipality", "closed_at", "-reported_at"], name="faults_of_town"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind}"
