# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Meter readings: what a device's counters stood at, who says so, and whether it is believed.

Always holds: a reading's counts and time are never changed and never deleted by this room. A correction is another reading that
`replaces` the wrong one. The flags (`is_plausible`, `reason`) are derived from the whole series by `plausibility` and may be set anew
when an older reading arrives late; the `verdict` is a person's and is given once.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.devices.meters.counts import KINDS, Counts
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person


class ReadingSource(models.TextChoices):
    SNMP = "snmp", _("SNMP")
    IPP = "ipp", _("IPP")
    MANUAL = "manual", _("read off by hand")
    IMPORT = "import", _("from a file")


class Verdict(models.TextChoices):
    """What a person said of a reading that was flagged."""

    NONE = "", _("none")
    #: True all the same: counting goes on from the reading before.
    CONFIRMED = "confirmed", _("confirmed")
    #: True, and the counter began anew: another device or another counter. What was before is another life.
    NEW_LIFE = "new-life", _("counter begins anew")
    #: Wrong; it stays on file and is never counted with.
    REJECTED = "rejected", _("rejected")


class MeterReading(models.Model):
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="meter_readings")
    #: When the counters stood so.
    at = models.DateTimeField(_("time"))
    #: When this service learned of it.
    recorded_at = models.DateTimeField(auto_now_add=True)
    source = models.CharField(_("source"), max_length=10, choices=ReadingSource.choices)
    serial_number = models.CharField(_("serial number"), max_length=100, blank=True)

    total = models.BigIntegerField(_("all sides"), null=True)
    mono = models.BigIntegerField(_("black and white"), null=True)
    colour = models.BigIntegerField(_("colour"), null=True)
    a3 = models.BigIntegerField(_("larger than A4"), null=True)
    a3_colour = models.BigIntegerField(_("larger than A4, colour"), null=True)
    sheets = models.BigIntegerField(_("sheets"), null=True)

    is_plausible = models.BooleanField(default=True)
    #: Why not: a keyword of `plausibility.Reason`; empty where plausible.
    reason = models.CharField(max_length=30, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    verdict_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict_at = models.DateTimeField(null=True)

    #: The wrong reading that this one stands for.
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    #: Who typed or imported it; None: a machine asked a machine.
    entered_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    #: What was answered, by the name of what was asked, bounded (see `round`): so that a figure can be followed to the device's words.
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("meter reading")
        verbose_name_plural = _("meter readings")
        indexes = [
            models.Index(fields=["device", "at"], name="meter_reading_by_device"),
            models.Index(
                fields=["municipality", "-at"],
                name="meter_reading_flagged",
                condition=Q(is_plausible=False, verdict=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.total}"

    @property
    def counts(self) -> Counts:
        return Counts(**{kind: getattr(self, kind) for kind in KINDS})


def believed_readings() -> models.QuerySet[MeterReading]:
    """All readings that are counted with, of all devices; narrow it down."""
    return MeterReading.objects.filter(
        Q(verdict__in=[Verdict.CONFIRMED, Verdict.NEW_LIFE]) | Q(is_plausible=True, verdict=Verdict.NONE),
        replaced_by__isnull=True,
    )
