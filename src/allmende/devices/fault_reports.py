# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people in front of a device report: a fault that the town's IT sees and closes.

Whoever knows a device's label may report, also without signing in; so the text is bounded, and a device takes only so many reports
in an hour and so many open ones (`report_fault`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from allmende.devices.devices import Device
from allmende.directory.access import check_town_it
from allmende.directory.attempts import Limit, TooManyAttemptsError, spend_attempt
from allmende.directory.audit import record_audit
from allmende.directory.municipalities import Municipality
from allmende.directory.page_access import town_id_of
from allmende.directory.people import Person

MAX_TEXT: Final = 500
MAX_ANSWER: Final = 300
#: Of one device: more would only bury the first ones.
MAX_OPEN_REPORTS: Final = 10
REPORT_LIMIT: Final = Limit("fault-report", 5, timedelta(hours=1))


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
    text = models.CharField(_("what is wrong"), max_length=MAX_TEXT, blank=True)
    reported_at = models.DateTimeField(auto_now_add=True)
    #: None: not signed in.
    reported_by = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    answer = models.CharField(_("what was done"), max_length=MAX_ANSWER, blank=True)

    class Meta:
        ordering = ["-reported_at", "-id"]
        verbose_name = _("fault report")
        verbose_name_plural = _("fault reports")
        indexes = [
            models.Index(fields=["municipality", "closed_at", "-reported_at"], name="faults_of_town"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind}"


class TooManyReportsError(Exception):
    """The device has as many reports as anybody could read; the town's IT knows of it."""


def find_labelled_device(label_code: str) -> Device | None:
    """The device whose label was scanned, also one out of use; None for a code that no label carries."""
    return Device.objects.select_related("municipality", "site").filter(label_code=label_code).first()


def report_fault(device: Device, kind: FaultKind, text: str, reporter: Person | None) -> FaultReport:
    """A report for the town's IT. A reporter of another town counts as not signed in. Raises TooManyReportsError."""
    if reporter is not None and reporter.municipality_id != device.municipality_id:
        reporter = None
    try:
        spend_attempt(REPORT_LIMIT, device.pk)
    except TooManyAttemptsError:
        raise TooManyReportsError from None
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=device.pk)
        if open_faults(device.municipality_id).filter(device=device).count() >= MAX_OPEN_REPORTS:
            raise TooManyReportsError
        return FaultReport.objects.create(
            municipality_id=device.municipality_id,
            device=device,
            kind=kind,
            text=text.strip()[:MAX_TEXT],
            reported_by=reporter,
        )


def open_faults(municipality_id: int) -> models.QuerySet[FaultReport]:
    return FaultReport.objects.filter(municipality_id=municipality_id, closed_at__isnull=True)


def access_fault_for(actor: Person, fault_id: int) -> FaultReport:
    """A report of the actor's town; Http404 for every other number."""
    found = (
        FaultReport.objects.select_related("device", "municipality")
        .filter(pk=fault_id, municipality_id=town_id_of(actor))
        .first()
    )
    if found is None:
        raise Http404
    return found


def close_fault(actor: Person, report: FaultReport, answer: str) -> bool:
    """False where it was closed already. Raises PermissionDenied."""
    check_town_it(actor, report.municipality_id)
    with transaction.atomic():
        closed = FaultReport.objects.filter(pk=report.pk, closed_at__isnull=True).update(
            closed_at=timezone.now(), closed_by=actor, answer=answer.strip()[:MAX_ANSWER]
        )
        if closed:
            record_audit(
                report.municipality,
                actor,
                "fault.closed",
                f"device:{report.device_id}",
                report=report.pk,
            )
    return bool(closed)
